//! Signs and delivers webhooks.
//!
//! Listens to the topic of webhook events, and works off the queues of retries. The log
//! of each event lies below its interview: the attempts, the receiver's responses, and
//! the time of the next attempt. In reading order: [`Notify`], `delivery` from an event to
//! the outcome of an attempt, `fan_out` to the webhooks for all interviews, `redirect` after a
//! change of the receiver, `probe` for tests, `log` with what is
//! stored and queued. [`lanes`] shares the places fairly, [`health`] and `circuit` postpone
//! what goes to a receiver that fails. Standard Webhooks
//! (<https://www.standardwebhooks.com>): [`sign`] makes the signatures with the secrets of
//! `owner`, [`schedule`] the delays, [`client`] with [`resolver`], [`target`] and [`address`]
//! only calls public addresses.

pub mod address;
mod circuit;
pub mod client;
mod delivery;
mod fan_out;
pub mod health;
pub mod lanes;
mod log;
pub mod outcome;
mod owner;
pub mod probe;
mod redirect;
pub mod resolver;
pub mod schedule;
pub mod sign;
pub mod target;

use std::sync::Arc;

use async_trait::async_trait;
use client::WebhookTransport;
use domain::{
    ShapeError,
    event::Event,
    ports::{Clock, Queue, Records},
    trace::TraceContext,
    webhook::WebhookEvent,
};
use lanes::{Lane, LaneLimits, Places};
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
    /// The service's signing secrets.
    pub secrets: Secrets,
    /// What delivers them.
    pub client: Arc<dyn WebhookTransport>,
    /// The places of the lanes.
    pub places: Places,
    /// How long receivers may take.
    pub limits: LaneLimits,
}

/// What brings a webhook event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeliverySource {
    /// The topic.
    Message,
    /// A task of this name and lane.
    Task(String, Lane),
}

impl DeliverySource {
    pub(crate) const fn lane(&self) -> Lane {
        match self {
            Self::Message => Lane::Fast,
            Self::Task(_, lane) => *lane,
        }
    }
}

#[async_trait]
impl Function for Notify {
    fn name(&self) -> &'static str {
        "notify"
    }

    async fn handle(&self, trigger: Trigger) -> Result<(), Failure> {
        match trigger {
            Trigger::Task(task) => {
                let event = task.decode()?;
                let lane = Lane::of_queue(&task.queue);
                self.deliver_traced(event, DeliverySource::Task(task.name, lane))
                    .await
            }
            Trigger::Event(Event::MessagePublished(message)) => {
                let event = serde_json::from_slice(&message.data).map_err(ShapeError::from);
                let event = event.map_err(Failure::permanent)?;
                self.deliver_traced(event, DeliverySource::Message).await
            }
            Trigger::Event(_) => Ok(()),
        }
    }
}

impl Notify {
    /// Delivers as part of the interview's trace, with the interview on every
    /// line of the log.
    async fn deliver_traced(
        &self,
        event: WebhookEvent,
        source: DeliverySource,
    ) -> Result<(), Failure> {
        let span = tracing::info_span!(
            "webhook",
            interview = %event.key.interview_id,
            webhook_event = event.event_type.word(),
        );
        let trace = event.trace.or_else(trace::current);
        trace::scope(
            trace.unwrap_or_else(TraceContext::generate),
            self.deliver(event, &source),
        )
        .instrument(span)
        .await
    }
}
