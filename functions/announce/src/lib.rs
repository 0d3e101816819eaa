//! Publishes what happened to interviews.
//!
//! The transaction that changes an interview stores the webhook events that the change makes
//! due below it (`domain::interview_store`). `announce` is started by each of them, and by the
//! deletion of an interview, and publishes them for `notify`, which delivers them.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Interview, ShapeError, deletion,
    event::{Event, WrittenDocument},
    paths::INTERVIEWS,
    ports::{Bus, Message},
    webhook::{self, EventType, WebhookEvent},
};
use serde::Deserialize as _;
use serde_json::Value;
use steps::{Failure, Function, Trigger, trace};

/// The function, and what it needs.
pub struct Announce {
    /// Where webhook events are published.
    pub bus: Arc<dyn Bus>,
}

#[async_trait]
impl Function for Announce {
    fn name(&self) -> &'static str {
        "announce"
    }

    async fn handle(&self, trigger: Trigger) -> Result<(), Failure> {
        match trigger {
            Trigger::Event(Event::DocumentWritten(written)) => announce(&written, &*self.bus).await,
            _ => Ok(()),
        }
    }
}

async fn announce(written: &WrittenDocument, bus: &dyn Bus) -> Result<(), Failure> {
    if written.path.split().0.ends_with(INTERVIEWS) {
        return announce_change(written, bus).await;
    }
    match &written.new {
        Some(stored) => {
            let event = WebhookEvent::deserialize(stored).map_err(ShapeError::from);
            publish(&event.map_err(Failure::permanent)?, bus).await
        }
        // It is deleted with its interview.
        None => Ok(()),
    }
}

/// Publishes what a change of an interview document makes due. Of this release only deletions
/// come here; of earlier ones every change, by their trigger or from their queue.
async fn announce_change(written: &WrittenDocument, bus: &dyn Bus) -> Result<(), Failure> {
    let documents = parse(written.old.as_ref()).and_then(|old| {
        let new = parse(written.new.as_ref())?;
        Ok((old, new))
    });
    let (old, new) = match documents {
        Ok(documents) => documents,
        // Nothing can be published about it, now or later.
        Err(_) if is_deleted(written) => {
            tracing::warn!(
                event = "document.unreadable",
                "an interview was deleted whose document cannot be decoded"
            );
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    for event_type in webhook::due(old.as_ref(), new.as_ref()) {
        let about = match event_type {
            EventType::Deleted => old.as_ref(),
            _ => new.as_ref(),
        };
        if let Some(interview) = about {
            publish(&WebhookEvent::about(interview, event_type), bus).await?;
        }
    }
    Ok(())
}

/// Whether the interview is deleted, or marked so.
fn is_deleted(written: &WrittenDocument) -> bool {
    let new = written.new.as_ref().and_then(Value::as_object);
    new.is_none_or(deletion::is_marked)
}

fn parse(document: Option<&Value>) -> Result<Option<Interview>, Failure> {
    let interview = document.map(|fields| serde_json::from_value(fields.clone()));
    let interview = interview.transpose().map_err(ShapeError::from);
    interview.map_err(Failure::permanent)
}

async fn publish(event: &WebhookEvent, bus: &dyn Bus) -> Result<(), Failure> {
    let trace = event.trace.or_else(trace::current);
    let attributes = [
        ("interview_id", Some(event.key.interview_id.to_string())),
        ("webhook_id", Some(event.id.clone())),
        ("type", Some(event.event_type.word().to_owned())),
        (trace::TRACEPARENT, trace.map(|trace| trace.to_string())),
    ];
    let given = |(name, value): (&str, Option<String>)| Some((name.to_owned(), value?));
    let message = Message {
        data: serde_json::to_vec(event).map_err(Failure::permanent)?,
        attributes: attributes.into_iter().filter_map(given).collect(),
    };
    Ok(bus.publish(webhook::TOPIC, message).await?)
}

#[cfg(test)]
mod tests;
