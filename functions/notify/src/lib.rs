//! Signs and delivers one webhook.
//!
//! Listens to the topic of notices, and works off the queue in which those wait
//! that were not taken at once. The log of each notice lies below its
//! interview: how often it was tried, what the receiver answered, when it is
//! tried next. Standard Webhooks (<https://www.standardwebhooks.com>): [`sign`]
//! has the signatures, [`schedule`] the waits, [`client`] with [`resolver`],
//! [`target`] and [`address`] sees to it that only public addresses are called.

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
    webhook::{Delivery, DeliveryAttempt, DeliveryState, EventType, QUEUE, WebhookEvent},
};
use outcome::Outcome;
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
    /// What notices are signed with.
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
            Trigger::Task(task) => self.traced(&task.decode()?, Source::Task).await,
            Trigger::Event(Event::MessagePublished(message)) => {
                let notice = serde_json::from_slice(&message.data).map_err(ShapeError::from);
                let notice = notice.map_err(Failure::permanent)?;
                self.traced(&notice, Source::Message).await
            }
            Trigger::Event(_) => Ok(()),
        }
    }
}

/// How many attempts a log has at most.
const MAX_LOGGED: usize = 50;

/// What brings a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Message,
    Task,
}

impl Notify {
    /// Delivers as part of the interview's trace, with the interview on every
    /// line of the log.
    async fn traced(&self, notice: &WebhookEvent, source: Source) -> Result<(), Failure> {
        let span = tracing::info_span!(
            "notice",
            interview = %notice.key.interview_id,
            event = notice.event_type.word(),
        );
        let trace = notice.trace.or_else(trace::current);
        trace::scope(
            trace.unwrap_or_else(TraceContext::generate),
            self.deliver(notice, source),
        )
        .instrument(span)
        .await
    }

    async fn deliver(&self, notice: &WebhookEvent, source: Source) -> Result<(), Failure> {
        match self.receiver(notice).await? {
            ReceiverState::Listening => {}
            ReceiverState::Gone => return self.give_up(notice).await,
            ReceiverState::Deleted => return self.forget(notice).await,
        }
        let (mut log, version) = self.log_of(notice).await?;
        if log.state != DeliveryState::Pending {
            return Ok(());
        }
        let now = self.clock.now();
        if let Some(due) = log.next_attempt_at.filter(|due| *due > now) {
            let early = due.since(now);
            return match source {
                Source::Message => self.wait(notice, log.attempts.len(), early).await,
                // Its own name is taken: by itself.
                Source::Task => Err(Failure::Later(early)),
            };
        }
        let outcome = self.send(notice, now).await;
        log.attempts.push(DeliveryAttempt {
            at: now,
            status: outcome.status(),
            error: outcome.reason().map(str::to_owned),
            unknown: UnknownFields::default(),
        });
        let wait = schedule::next_attempt(&notice.id, log.attempts.len(), &outcome);
        // A user who has it replayed over and over sees the newest.
        let old = log.attempts.len().saturating_sub(MAX_LOGGED);
        log.attempts.drain(..old);
        log.next_attempt_at = wait.map(|wait| now + wait);
        log.state = match (&outcome, wait) {
            (Outcome::Delivered { .. }, _) => DeliveryState::Delivered,
            (_, Some(_)) => DeliveryState::Pending,
            (_, None) => DeliveryState::Failed,
        };
        if matches!(outcome, Outcome::Gone) {
            self.stop_notices(notice).await?;
        }
        self.keep(notice, &log, version).await?;
        match wait {
            Some(wait) => self.wait(notice, log.attempts.len(), wait).await,
            None => Ok(()),
        }
    }

    /// Notes that no receiver wants the event any more.
    async fn give_up(&self, notice: &WebhookEvent) -> Result<(), Failure> {
        let (mut log, version) = self.log_of(notice).await?;
        if log.state != DeliveryState::Pending {
            return Ok(());
        }
        log.state = DeliveryState::Failed;
        log.next_attempt_at = None;
        self.keep(notice, &log, version).await
    }

    /// Queues the next attempt. A message could not wait: Pub/Sub delivers it
    /// again after ten minutes at the latest and gives it up after a hundred
    /// times, which is hours, where the schedule lasts for days.
    async fn wait(
        &self,
        notice: &WebhookEvent,
        attempts: usize,
        delay: Duration,
    ) -> Result<(), Failure> {
        let task = Task {
            name: task_name(&format!("{}-{attempts}", notice.id)),
            body: serde_json::to_value(notice).map_err(Failure::permanent)?,
            delay,
            trace: trace::current(),
        };
        // A duplicate is a wait that has begun already.
        self.queue.enqueue(QUEUE, task).await?;
        Ok(())
    }

    /// The log so far, with the version it has when it is stored already.
    async fn log_of(&self, notice: &WebhookEvent) -> Result<(Delivery, Option<Version>), Failure> {
        let found = self.records.read(&notice.key.delivery(&notice.id)).await?;
        if let Some(document) = found {
            return Ok((document.decode()?, Some(document.version)));
        }
        let fresh = Delivery {
            event_type: notice.event_type,
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            next_attempt_at: None,
            body: notice.body.clone(),
            created_at: self.clock.now(),
            unknown: UnknownFields::default(),
        };
        Ok((fresh, None))
    }

    /// Whether the event has a receiver. `interview.deleted` is sent although the
    /// interview is deleted.
    async fn receiver(&self, notice: &WebhookEvent) -> Result<ReceiverState, Failure> {
        if notice.event_type == EventType::Deleted {
            return Ok(ReceiverState::Listening);
        }
        let interview = interview_store::interview(&*self.records, &notice.key).await?;
        Ok(match interview {
            None => ReceiverState::Deleted,
            Some(interview) if interview.webhook_gone || interview.webhook_url.is_none() => {
                ReceiverState::Gone
            }
            Some(_) => ReceiverState::Listening,
        })
    }

    async fn send(&self, notice: &WebhookEvent, now: Timestamp) -> Outcome {
        let signed = self
            .secrets
            .headers(&notice.id, now.as_secs(), notice.body.as_bytes());
        let trace = trace::current().map(|trace| trace.child().to_string());
        let traced = trace.map(|trace| (trace::TRACEPARENT, trace));
        let headers: Vec<_> = signed.into_iter().chain(traced).collect();
        let outcome = self
            .client
            .send(&notice.url, &headers, notice.body.clone())
            .await;
        let status = outcome.status();
        tracing::info!(status, "webhook sent");
        outcome
    }

    /// Stores the log. A worker that loses a race for it finds it settled the next
    /// time. A worker that loses a race against a deletion deletes the log again.
    async fn keep(
        &self,
        notice: &WebhookEvent,
        log: &Delivery,
        version: Option<Version>,
    ) -> Result<(), Failure> {
        if notice.event_type == EventType::Deleted && log.state != DeliveryState::Pending {
            return self.forget(notice).await;
        }
        let precondition = version.map_or(Precondition::Absent, Precondition::Version);
        let write = Write::put(notice.key.delivery(&notice.id), log, precondition)?;
        self.records.commit(vec![write]).await?;
        match self.receiver(notice).await? {
            ReceiverState::Deleted => self.forget(notice).await,
            _ => Ok(()),
        }
    }

    /// Deletes the log: a deleted interview leaves nothing.
    async fn forget(&self, notice: &WebhookEvent) -> Result<(), Failure> {
        let delete = Write::Delete {
            path: notice.key.delivery(&notice.id),
            precondition: Precondition::None,
        };
        Ok(self.records.commit(vec![delete]).await?)
    }

    /// The receiver answered 410: it wants to hear no more of this interview.
    async fn stop_notices(&self, notice: &WebhookEvent) -> Result<(), Failure> {
        let now = self.clock.now();
        let stop = |interview: Option<&mut Interview>| match interview {
            // Another receiver may have been named meanwhile, who said nothing.
            Some(interview)
                if !interview.webhook_gone
                    && interview.webhook_url.as_deref() == Some(&notice.url) =>
            {
                interview.webhook_gone = true;
                Decision::Write((), Vec::new())
            }
            _ => Decision::Leave(()),
        };
        Ok(interview_store::transact(&*self.records, &notice.key, now, stop).await?)
    }
}
