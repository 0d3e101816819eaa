//! From a webhook event to the outcome of an attempt.

use domain::{
    Interview, Timestamp,
    interview_store::{self, Decision},
    ports::Version,
    versions::UnknownFields,
    webhook::{DeliveryAttempt, DeliveryState, EventType, WebhookDelivery, WebhookEvent},
};
use steps::{Failure, trace};
use tokio::time::Instant;

use crate::{
    DeliverySource, Notify,
    circuit::ProbeStart,
    health::{Circuit, PROBE, ReceiverHealth, Verdict},
    lanes::{Lane, WebhookReceiver},
    outcome::SendOutcome,
    schedule::{LIFETIME, next_attempt, stretch},
};

/// How many attempts a log has at most.
const MAX_LOGGED: usize = 50;

/// A webhook that is being delivered.
pub(crate) struct InHand {
    pub(crate) event: WebhookEvent,
    pub(crate) log: WebhookDelivery,
    /// That of the stored log, if it is stored.
    pub(crate) version: Option<Version>,
    pub(crate) lane: Lane,
}

/// Whether an event of an interview has a receiver.
pub(crate) enum ReceiverState {
    /// It has one at this URL.
    Listening(String),
    /// The receiver has answered 410.
    Gone,
    /// The interview has none any more.
    Removed,
    /// The interview is deleted.
    Deleted,
}

impl Notify {
    pub(crate) async fn deliver(
        &self,
        event: WebhookEvent,
        source: &DeliverySource,
    ) -> Result<(), Failure> {
        if *source == DeliverySource::Message {
            self.fan_out(&event).await?;
            if event.url.is_empty() {
                return Ok(());
            }
        }
        let url = match self.receiver(&event).await? {
            ReceiverState::Listening(url) => url,
            ReceiverState::Gone => return self.settle(&event, DeliveryState::Failed).await,
            ReceiverState::Removed => return self.settle(&event, DeliveryState::Superseded).await,
            ReceiverState::Deleted => return self.delete_log(&event).await,
        };
        let (log, version) = self.read_log(&event).await?;
        let lane = source.lane();
        let mut own = InHand {
            event,
            log,
            version,
            lane,
        };
        match own.log.state {
            DeliveryState::Pending => {}
            DeliveryState::Superseded => return self.follow(&own).await,
            _ => return Ok(()),
        }
        if !own.goes_to(&url) {
            if !own.log.attempts.is_empty() {
                return self.supersede(own, url).await;
            }
            // Nothing was sent to the receiver before.
            own.log.next_attempt_at = None;
        }
        own.log.url = Some(url.clone());
        own.event.url = url;
        let due = own.log.next_attempt_at;
        match due.filter(|due| *due > self.clock.now()) {
            Some(due) => self.wait(&own, due, source).await,
            None => self.attempt(own).await,
        }
    }

    /// Whether the event has a receiver. `interview.deleted` is sent although the
    /// interview is deleted.
    pub(crate) async fn receiver(&self, event: &WebhookEvent) -> Result<ReceiverState, Failure> {
        if let Some(id) = &event.webhook {
            return self.user_receiver(event, id).await;
        }
        if event.event_type == EventType::Deleted {
            return Ok(ReceiverState::Listening(event.url.clone()));
        }
        let interview = interview_store::interview(&*self.records, &event.key).await?;
        Ok(match interview {
            None => ReceiverState::Deleted,
            Some(interview) if interview.webhook_gone => ReceiverState::Gone,
            Some(interview) => interview
                .webhook_url
                .map_or(ReceiverState::Removed, ReceiverState::Listening),
        })
    }

    /// Makes an attempt, unless its receiver or the shares of a lane forbid it now.
    async fn attempt(&self, own: InHand) -> Result<(), Failure> {
        let now = self.clock.now();
        let receiver = WebhookReceiver::new(&own.event.key.user_id, &own.event.url);
        let health = self.health(&receiver).await?;
        let circuit = circuit(health.as_ref(), now);
        if let Circuit::Open(until) = circuit {
            return self.postpone(own, until, now).await;
        }
        if own.lane == Lane::Fast && health.is_some_and(|health| health.is_slow(now)) {
            return self.enqueue(&own.event, Lane::Slow, now).await;
        }
        let place = match self.places.take(own.lane, &receiver, now) {
            Ok(place) => place,
            Err(wait) => return self.enqueue(&own.event, own.lane, now + wait).await,
        };
        let mut is_probe = false;
        if circuit == Circuit::HalfOpen {
            match self.begin_probe(&receiver, now).await? {
                ProbeStart::Begun => is_probe = true,
                ProbeStart::NotNeeded => {}
                ProbeStart::Another => return self.postpone(own, now + PROBE, now).await,
            }
        }
        let (outcome, verdict) = self.send(&own, now).await?;
        drop(place);
        if let Some(verdict) = verdict {
            let now = self.clock.now();
            self.remember(&receiver, verdict, is_probe, now).await;
        }
        self.conclude(own, &outcome, now).await
    }

    /// Sends it once; what came of it, and what that says about the receiver.
    async fn send(
        &self,
        own: &InHand,
        now: Timestamp,
    ) -> Result<(SendOutcome, Option<Verdict>), Failure> {
        let event = &own.event;
        let secrets = self.secrets_of(&event.key.user_id, now).await?;
        let signed = secrets.headers(&event.id, now.as_secs(), own.log.body.as_bytes());
        let trace = trace::current().map(|trace| trace.child().to_string());
        let traced = trace.map(|trace| (trace::TRACEPARENT, trace));
        let headers: Vec<_> = signed.into_iter().chain(traced).collect();
        let (limit, begun) = (self.limits.of(own.lane), Instant::now());
        let outcome = self
            .client
            .send_within(limit, &event.url, &headers, own.log.body.clone())
            .await;
        let took_long = begun.elapsed() > self.limits.fast;
        let status = outcome.status();
        tracing::info!(event = "webhook.sent", status, "webhook sent");
        let verdict = Verdict::new(&outcome, own.lane, took_long);
        Ok((outcome, verdict))
    }

    /// Notes the outcome of an attempt that was made at `now`, and queues the next one.
    async fn conclude(
        &self,
        mut own: InHand,
        outcome: &SendOutcome,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let is_cut = own.lane == Lane::Fast && matches!(outcome, SendOutcome::TimedOut { .. });
        let next = if is_cut {
            own.note_cut(outcome, now)
        } else {
            own.note(outcome, now)
        };
        if matches!(outcome, SendOutcome::Gone) {
            self.mark_receiver_gone(&own.event).await?;
        }
        self.store_log(&own).await?;
        let lane = if is_cut { Lane::Slow } else { own.lane };
        match next {
            Some(due) => {
                let event = own.event.without_metadata();
                self.enqueue(&event, lane, due).await
            }
            None => Ok(()),
        }
    }

    /// Postpones an attempt until its receiver may be sent something. It costs no try, and
    /// ends when the webhook has waited for [`LIFETIME`].
    async fn postpone(
        &self,
        mut own: InHand,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if now.since(own.log.since()) > LIFETIME {
            own.log.state = DeliveryState::Failed;
            own.log.next_attempt_at = None;
            return self.store_log(&own).await;
        }
        let wait = until.since(now);
        let due = until + stretch(own.event.delivery_id(), own.log.tries(), wait);
        own.log.next_attempt_at = Some(due);
        self.store_log(&own).await?;
        let event = own.event.without_metadata();
        self.enqueue(&event, own.lane, due).await
    }

    /// The receiver answered 410: it wants to hear no more of this interview.
    async fn mark_receiver_gone(&self, event: &WebhookEvent) -> Result<(), Failure> {
        if let Some(id) = &event.webhook {
            return self.mark_webhook_gone(event, id).await;
        }
        let now = self.clock.now();
        let stop = |interview: Option<&mut Interview>| match interview {
            // The URL may have changed since; the new receiver has not answered
            // anything yet.
            Some(interview)
                if !interview.webhook_gone
                    && interview.webhook_url.as_deref() == Some(&event.url) =>
            {
                interview.webhook_gone = true;
                Decision::Write((), Vec::new())
            }
            _ => Decision::Leave(()),
        };
        Ok(interview_store::transact(&*self.records, &event.key, now, stop).await?)
    }
}

impl InHand {
    /// Whether its attempts so far went to `url`.
    fn goes_to(&self, url: &str) -> bool {
        self.log.url.as_deref().unwrap_or(&self.event.url) == url
    }

    /// Notes an attempt; when the next one is due, if there is one.
    fn note(&mut self, outcome: &SendOutcome, now: Timestamp) -> Option<Timestamp> {
        let tries = self.log.tries() + 1;
        self.push(outcome, outcome.reason().map(str::to_owned), now);
        self.log.tries = Some(tries);
        let wait = next_attempt(&self.event.id, tries, outcome);
        self.log.next_attempt_at = wait.map(|wait| now + wait);
        self.log.state = match (outcome, wait) {
            (SendOutcome::Delivered { .. }, _) => DeliveryState::Delivered,
            (_, Some(_)) => DeliveryState::Pending,
            (_, None) => DeliveryState::Failed,
        };
        self.log.next_attempt_at
    }

    /// Notes an attempt that the fast lane has cut short: it costs no try, and the webhook
    /// is sent in the slow lane at once.
    fn note_cut(&mut self, outcome: &SendOutcome, now: Timestamp) -> Option<Timestamp> {
        let tries = self.log.tries();
        let reason = outcome.reason().unwrap_or_default();
        let reason = format!("{reason}; it is sent again with more time");
        self.push(outcome, Some(reason), now);
        self.log.tries = Some(tries);
        self.log.next_attempt_at = Some(now);
        self.log.next_attempt_at
    }

    fn push(&mut self, outcome: &SendOutcome, error: Option<String>, now: Timestamp) {
        let attempts = &mut self.log.attempts;
        attempts.push(DeliveryAttempt {
            at: now,
            status: outcome.status(),
            error,
            unknown: UnknownFields::default(),
        });
        // Repeated replays: the log keeps the newest attempts.
        let old = attempts.len().saturating_sub(MAX_LOGGED);
        attempts.drain(..old);
    }
}

fn circuit(health: Option<&ReceiverHealth>, now: Timestamp) -> Circuit {
    health.map_or(Circuit::Closed, |health| health.circuit(now))
}
