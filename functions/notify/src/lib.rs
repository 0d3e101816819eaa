//! Signs and delivers webhooks.
//!
//! Listens to the topic of webhook events, and works off the queue of retries. The log
//! of each event lies below its interview: the attempts, the receiver's responses, and
//! the time of the next attempt. Standard Webhooks
//! (<https://www.standardwebhooks.com>): [`sign`] makes the signatures, [`schedule`]
//! the delays, [`client`] with [`resolver`], [`target`] and [`address`] only calls
//! public addresses.

pub mod address;
pub mod client;
pub mod outcome;
pub mod resolver;
pub mod schedule;
pub mod sign;
pub mod target;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use client::WebhookClient;
use domain::{
    Interview, ShapeError, Timestamp,
    event::Event,
    ids::task_name,
    interview_store::{self, Decision},
    ports::{Clock, Precondition, Queue, Records, Task, Version, Write},
    trace::TraceContext,
    versions::UnknownFields,
    webhook::{DeliveryAttempt, DeliveryState, EventType, QUEUE, WebhookDelivery, WebhookEvent},
};
use outcome::SendOutcome;
use sign::Secrets;
use steps::{Failure, Function, Trigger, trace};
use tracing::Instrument as _;

/// The function, and what it needs.
pub struct Notify {
    /// Where the logs are kept.
    pub records: Arc<dyn Records>,
    /// Where waiting webhooks are queued.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The signing secrets.
    pub secrets: Secrets,
    /// What delivers them.
    pub client: WebhookClient,
}

/// Whether an event of an interview has a receiver.
enum ReceiverState {
    /// It has one.
    Listening,
    /// The receiver has answered 410.
    Gone,
    /// The interview is deleted.
    Deleted,
}

#[async_trait]
impl Function for Notify {
    fn name(&self) -> &'static str {
        "notify"
    }

    async fn handle(&self, trigger: Trigger) -> Result<(), Failure> {
        match trigger {
            Trigger::Task(task) => self.deliver_traced(&task.decode()?, Source::Task).await,
            Trigger::Event(Event::MessagePublished(message)) => {
                let event = serde_json::from_slice(&message.data).map_err(ShapeError::from);
                let event = event.map_err(Failure::permanent)?;
                self.deliver_traced(&event, Source::Message).await
            }
            Trigger::Event(_) => Ok(()),
        }
    }
}

/// How many attempts a log has at most.
const MAX_LOGGED: usize = 50;

/// What delivers a webhook event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Message,
    Task,
}

impl Notify {
    /// Delivers as part of the interview's trace, with the interview on every
    /// line of the log.
    async fn deliver_traced(&self, event: &WebhookEvent, source: Source) -> Result<(), Failure> {
        let span = tracing::info_span!(
            "webhook",
            interview = %event.key.interview_id,
            webhook_event = event.event_type.word(),
        );
        let trace = event.trace.or_else(trace::current);
        trace::scope(
            trace.unwrap_or_else(TraceContext::generate),
            self.deliver(event, source),
        )
        .instrument(span)
        .await
    }

    async fn deliver(&self, event: &WebhookEvent, source: Source) -> Result<(), Failure> {
        match self.receiver(event).await? {
            ReceiverState::Listening => {}
            ReceiverState::Gone => return self.fail_delivery(event).await,
            ReceiverState::Deleted => return self.delete_log(event).await,
        }
        let (mut log, version) = self.read_log(event).await?;
        if log.state != DeliveryState::Pending {
            return Ok(());
        }
        let now = self.clock.now();
        if let Some(due) = log.next_attempt_at.filter(|due| *due > now) {
            let early = due.since(now);
            return match source {
                Source::Message => self.enqueue_retry(event, log.attempts.len(), early).await,
                // Its own name is taken: by itself.
                Source::Task => Err(Failure::Later(early)),
            };
        }
        let outcome = self.send(event, now).await;
        log.attempts.push(DeliveryAttempt {
            at: now,
            status: outcome.status(),
            error: outcome.reason().map(str::to_owned),
            unknown: UnknownFields::default(),
        });
        let wait = schedule::next_attempt(&event.id, log.attempts.len(), &outcome);
        // Repeated replays: the log keeps the newest attempts.
        let old = log.attempts.len().saturating_sub(MAX_LOGGED);
        log.attempts.drain(..old);
        log.next_attempt_at = wait.map(|wait| now + wait);
        log.state = match (&outcome, wait) {
            (SendOutcome::Delivered { .. }, _) => DeliveryState::Delivered,
            (_, Some(_)) => DeliveryState::Pending,
            (_, None) => DeliveryState::Failed,
        };
        if matches!(outcome, SendOutcome::Gone) {
            self.mark_receiver_gone(event).await?;
        }
        self.store_log(event, &log, version).await?;
        match wait {
            Some(wait) => self.enqueue_retry(event, log.attempts.len(), wait).await,
            None => Ok(()),
        }
    }

    /// Notes that no receiver wants the event any more.
    async fn fail_delivery(&self, event: &WebhookEvent) -> Result<(), Failure> {
        let (mut log, version) = self.read_log(event).await?;
        if log.state != DeliveryState::Pending {
            return Ok(());
        }
        log.state = DeliveryState::Failed;
        log.next_attempt_at = None;
        self.store_log(event, &log, version).await
    }

    /// Queues the next attempt. A message could not wait: Pub/Sub delivers it
    /// again after ten minutes at the latest and gives it up after a hundred
    /// times, which is hours, where the schedule lasts for days.
    async fn enqueue_retry(
        &self,
        event: &WebhookEvent,
        attempts: usize,
        delay: Duration,
    ) -> Result<(), Failure> {
        let task = Task {
            name: task_name(&format!("{}-{attempts}", event.id)),
            body: serde_json::to_value(event).map_err(Failure::permanent)?,
            delay,
            trace: trace::current(),
        };
        // A duplicate is a wait that has begun already.
        self.queue.enqueue(QUEUE, task).await?;
        Ok(())
    }

    /// The log so far, with the version it has when it is stored already.
    async fn read_log(
        &self,
        event: &WebhookEvent,
    ) -> Result<(WebhookDelivery, Option<Version>), Failure> {
        let found = self.records.read(&event.key.delivery(&event.id)).await?;
        if let Some(document) = found {
            return Ok((document.decode()?, Some(document.version)));
        }
        let fresh = WebhookDelivery {
            event_type: event.event_type,
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            next_attempt_at: None,
            body: event.body.clone(),
            created_at: self.clock.now(),
            unknown: UnknownFields::default(),
        };
        Ok((fresh, None))
    }

    /// Whether the event has a receiver. `interview.deleted` is sent although the
    /// interview is deleted.
    async fn receiver(&self, event: &WebhookEvent) -> Result<ReceiverState, Failure> {
        if event.event_type == EventType::Deleted {
            return Ok(ReceiverState::Listening);
        }
        let interview = interview_store::interview(&*self.records, &event.key).await?;
        Ok(match interview {
            None => ReceiverState::Deleted,
            Some(interview) if interview.webhook_gone || interview.webhook_url.is_none() => {
                ReceiverState::Gone
            }
            Some(_) => ReceiverState::Listening,
        })
    }

    async fn send(&self, event: &WebhookEvent, now: Timestamp) -> SendOutcome {
        let signed = self
            .secrets
            .headers(&event.id, now.as_secs(), event.body.as_bytes());
        let trace = trace::current().map(|trace| trace.child().to_string());
        let traced = trace.map(|trace| (trace::TRACEPARENT, trace));
        let headers: Vec<_> = signed.into_iter().chain(traced).collect();
        let outcome = self
            .client
            .send(&event.url, &headers, event.body.clone())
            .await;
        let status = outcome.status();
        tracing::info!(event = "webhook.sent", status, "webhook sent");
        outcome
    }

    /// Stores the log. A worker that loses a race for it finds it settled the next
    /// time. A worker that loses a race against a deletion deletes the log again.
    async fn store_log(
        &self,
        event: &WebhookEvent,
        log: &WebhookDelivery,
        version: Option<Version>,
    ) -> Result<(), Failure> {
        if event.event_type == EventType::Deleted && log.state != DeliveryState::Pending {
            return self.delete_log(event).await;
        }
        let precondition = version.map_or(Precondition::Absent, Precondition::Version);
        let write = Write::put(event.key.delivery(&event.id), log, precondition)?;
        self.records.commit(vec![write]).await?;
        match self.receiver(event).await? {
            ReceiverState::Deleted => self.delete_log(event).await,
            _ => Ok(()),
        }
    }

    /// Deletes the log: a deleted interview leaves nothing.
    async fn delete_log(&self, event: &WebhookEvent) -> Result<(), Failure> {
        let delete = Write::delete(event.key.delivery(&event.id));
        Ok(self.records.commit(vec![delete]).await?)
    }

    /// The receiver answered 410: it wants to hear no more of this interview.
    async fn mark_receiver_gone(&self, event: &WebhookEvent) -> Result<(), Failure> {
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
