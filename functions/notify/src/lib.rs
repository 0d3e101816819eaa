//! Signs and delivers one webhook.
//!
//! Listens to the topic of notices. The log of each notice lies below its
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

use std::sync::Arc;

use async_trait::async_trait;
use client::WebhookClient;
use domain::{
    Interview, Timestamp,
    event::Event,
    ports::{Clock, Precondition, Records, Version, Write},
    webhook::{Delivery, DeliveryAttempt, DeliveryState, EventType, Notice},
    work::{self, Decision},
};
use outcome::Outcome;
use runtime::{Failure, Function, Incoming};
use sign::Secrets;

/// The function, and what it needs.
pub struct Notify {
    /// Where the logs are kept.
    pub records: Arc<dyn Records>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What notices are signed with.
    pub secrets: Secrets,
    /// What delivers them.
    pub client: WebhookClient,
}

#[async_trait]
impl Function for Notify {
    fn name(&self) -> &'static str {
        "notify"
    }

    async fn handle(&self, incoming: Incoming) -> Result<(), Failure> {
        match incoming.event()? {
            Event::MessagePublished(message) => {
                let notice = serde_json::from_slice(&message.data).map_err(Failure::permanent)?;
                self.deliver(&notice).await
            }
            _ => Ok(()),
        }
    }
}

impl Notify {
    async fn deliver(&self, notice: &Notice) -> Result<(), Failure> {
        let (mut log, version) = self.log_of(notice).await?;
        if log.state != DeliveryState::Pending || self.is_unwanted(notice).await? {
            return Ok(());
        }
        let now = self.clock.now();
        if let Some(due) = log.next_attempt_at.filter(|due| *due > now) {
            return Err(Failure::Later(due.since(now)));
        }
        let outcome = self.send(notice, now).await;
        log.attempts.push(DeliveryAttempt {
            at: now,
            status: outcome.status(),
            error: outcome.reason().map(str::to_owned),
        });
        let wait = schedule::next_attempt(&notice.id, log.attempts.len(), &outcome);
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
        wait.map_or(Ok(()), |wait| Err(Failure::Later(wait)))
    }

    /// The log so far, with the version it has when it is stored already.
    async fn log_of(&self, notice: &Notice) -> Result<(Delivery, Option<Version>), Failure> {
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
        };
        Ok((fresh, None))
    }

    /// Whether the interview is deleted, or its receiver has said that it is gone.
    /// That it is deleted is told all the same.
    async fn is_unwanted(&self, notice: &Notice) -> Result<bool, Failure> {
        if notice.event_type == EventType::Deleted {
            return Ok(false);
        }
        let interview = work::interview(&*self.records, &notice.key).await?;
        Ok(interview.is_none_or(|interview| interview.webhook_gone))
    }

    async fn send(&self, notice: &Notice, now: Timestamp) -> Outcome {
        let headers = self
            .secrets
            .headers(&notice.id, now.as_secs(), notice.body.as_bytes());
        let outcome = self
            .client
            .send(&notice.url, &headers, notice.body.clone())
            .await;
        let status = outcome.status();
        tracing::info!(interview.id = %notice.key.interview_id, event = notice.event_type.as_str(), status, "webhook sent");
        outcome
    }

    /// Stores the log, unless the interview and all below it is deleted. Whoever
    /// lost a race for it has sent the same notice under the same id.
    async fn keep(
        &self,
        notice: &Notice,
        log: &Delivery,
        version: Option<Version>,
    ) -> Result<(), Failure> {
        if notice.event_type == EventType::Deleted && log.state != DeliveryState::Pending {
            let path = notice.key.delivery(&notice.id);
            let delete = Write::Delete {
                path,
                precondition: Precondition::None,
            };
            return Ok(self.records.commit(vec![delete]).await?);
        }
        let precondition = version.map_or(Precondition::Absent, Precondition::Version);
        let mut writes = vec![Write::put(
            notice.key.delivery(&notice.id),
            log,
            precondition,
        )?];
        if notice.event_type == EventType::Deleted {
            return Ok(self.records.commit(writes).await?);
        }
        let now = self.clock.now();
        let store = |interview: Option<&mut Interview>| match interview {
            Some(interview) if interview.deleted_at.is_none() => Decision::Leave(true),
            _ => Decision::Leave(false),
        };
        if !work::transact(&*self.records, &notice.key, now, store).await? {
            writes.clear();
        }
        Ok(self.records.commit(writes).await?)
    }

    /// The receiver answered 410: it wants to hear no more of this interview.
    async fn stop_notices(&self, notice: &Notice) -> Result<(), Failure> {
        let now = self.clock.now();
        let stop = |interview: Option<&mut Interview>| match interview {
            Some(interview) if !interview.webhook_gone => {
                interview.webhook_gone = true;
                Decision::Write((), Vec::new())
            }
            _ => Decision::Leave(()),
        };
        Ok(work::transact(&*self.records, &notice.key, now, stop).await?)
    }
}
