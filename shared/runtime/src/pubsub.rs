//! Messages as Pub/Sub delivers them: inside an event from Eventarc, or pushed
//! by a subscription of one's own, wrapped in JSON.
//!
//! A push names its subscription but not its topic. Subscriptions here are named
//! `{topic}.{function}`, so the topic is what stands before the last dot.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use cloudevents::{AttributesReader as _, Event as CloudEvent, EventBuilder, EventBuilderV10};
use domain::{ShapeError, event::PublishedMessage, pipeline::MESSAGE_PUBLISHED};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::cloudevent::{EventError, json_body};

/// A message that a subscription pushed.
#[derive(Debug)]
pub(crate) struct Push {
    /// The event that Eventarc would have made of it.
    pub(crate) event: CloudEvent,
    /// Which try this is, from 1, where the subscription counts them: it does
    /// when it has a dead letter, and only roughly.
    pub(crate) attempt: Option<u32>,
}

/// The body of an event about a message.
#[derive(Deserialize)]
struct Envelope {
    message: Message,
}

/// The body of a push. What is in it is read where it is used, so that it takes no more
/// memory than its text.
#[derive(Deserialize)]
struct PushBody<'a> {
    #[serde(borrow)]
    message: &'a RawValue,
    #[serde(default)]
    subscription: Option<String>,
    #[serde(borrow, rename = "deliveryAttempt", default)]
    attempt: Option<&'a RawValue>,
}

/// Real bodies repeat fields in snake case; `null` and nothing are the same.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    data: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
    #[serde(rename = "messageId")]
    id: Option<String>,
    #[serde(rename = "message_id")]
    snake_id: Option<String>,
    #[serde(rename = "publishTime")]
    time: Option<String>,
    #[serde(rename = "publish_time")]
    snake_time: Option<String>,
}

impl Message {
    fn take_id(&mut self) -> Option<String> {
        self.id.take().or_else(|| self.snake_id.take())
    }

    fn take_time(&mut self) -> Option<String> {
        self.time.take().or_else(|| self.snake_time.take())
    }

    fn bytes(&self) -> Result<Vec<u8>, EventError> {
        let data = self.data.as_deref().unwrap_or_default();
        BASE64.decode(data).map_err(EventError::body)
    }
}

/// Reads an event about a message.
pub(crate) fn decode(event: &CloudEvent) -> Result<PublishedMessage, EventError> {
    let source = event.source().clone();
    let (_, topic) = source
        .split_once("/topics/")
        .ok_or(EventError::Attribute("source"))?;
    let Envelope { mut message } = json_body(event)?;
    Ok(PublishedMessage {
        topic: topic.to_owned(),
        id: message.take_id().unwrap_or_else(|| event.id().to_owned()),
        data: message.bytes()?,
        attributes: message.attributes.unwrap_or_default(),
    })
}

/// The attributes of the message that an event is about; none for other events.
pub(crate) fn attributes(event: &CloudEvent) -> BTreeMap<String, String> {
    if event.ty() != MESSAGE_PUBLISHED {
        return BTreeMap::new();
    }
    let envelope = json_body(event).ok();
    envelope
        .and_then(|envelope: Envelope| envelope.message.attributes)
        .unwrap_or_default()
}

/// Reads a push: the event that Eventarc would have made of the message.
pub(crate) fn read(body: &[u8]) -> Result<Push, EventError> {
    let PushBody {
        message,
        subscription,
        attempt,
    } = serde_json::from_slice(body).map_err(|_| EventError::NotAnEvent)?;
    let mut message: Message = serde_json::from_str(message.get()).map_err(ShapeError::from)?;
    let id = message.take_id();
    let id = id.ok_or(EventError::Attribute("message.messageId"))?;
    let subscription = subscription.ok_or(EventError::Attribute("subscription"))?;
    let (project, topic) = topic_of(&subscription).ok_or(EventError::Attribute("subscription"))?;
    message.bytes()?;
    let mut builder = EventBuilderV10::new()
        .id(id)
        .ty(MESSAGE_PUBLISHED)
        .source(format!(
            "//pubsub.googleapis.com/projects/{project}/topics/{topic}"
        ));
    if let Some(time) = message.take_time() {
        builder = builder.time(time);
    }
    // Eventarc's events about messages have the body of a push.
    let built = builder.data("application/json", body.to_vec()).build();
    Ok(Push {
        event: built.map_err(|error| EventError::Envelope(Box::new(error)))?,
        // A whole number, written as one or as text.
        attempt: attempt.and_then(|json| json.get().trim_matches('"').parse().ok()),
    })
}

/// Project and topic of `projects/P/subscriptions/{topic}.{function}`.
fn topic_of(subscription: &str) -> Option<(&str, &str)> {
    let rest = subscription.strip_prefix("projects/")?;
    let (project, name) = rest.split_once("/subscriptions/")?;
    let topic = name.rsplit_once('.').map_or(name, |(topic, _)| topic);
    let sensible = |part: &str| !part.is_empty() && !part.contains('/');
    (sensible(project) && sensible(topic)).then_some((project, topic))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*};
    use serde_json::json;

    use super::*;

    #[test]
    fn topic_is_the_text_before_the_last_dot() {
        let topic = |name: &str| {
            topic_of(&format!("projects/p/subscriptions/{name}")).map(|it| it.1.to_owned())
        };
        assert_eq!(
            topic("interview-events.notify").as_deref(),
            Some("interview-events")
        );
        assert_eq!(topic("a.b.notify").as_deref(), Some("a.b"));
        assert_eq!(topic("sweep").as_deref(), Some("sweep"));
        assert_eq!(topic(".notify"), None);
        assert_eq!(topic(""), None);
        assert_eq!(topic_of("subscriptions/sweep"), None);
        assert_eq!(topic_of("projects//subscriptions/sweep"), None);
    }

    #[test]
    fn minimal_and_maximal_pushes_are_read() {
        let least = br#"{"message": {"message_id": "7", "data": null}, "subscription": "projects/p/subscriptions/sweep.sweep"}"#;
        let push = read(least).unwrap();
        assert_eq!(push.attempt, None);
        assert_eq!(push.event.time(), None);
        let message = decode(&push.event).unwrap();
        assert_eq!(
            (message.topic.as_str(), message.id.as_str()),
            ("sweep", "7")
        );
        assert!(message.data.is_empty() && message.attributes.is_empty());
        let most = json!({
            "message": {
                "data": "e30=", "attributes": {"a": "b"}, "messageId": "8", "message_id": "8",
                "publishTime": "2021-02-26T19:13:55.749Z", "publish_time": "2021-02-26T19:13:55.749Z",
                "orderingKey": "k", "@type": "type.googleapis.com/google.pubsub.v1.PubsubMessage",
            },
            "subscription": "projects/p/subscriptions/interview-events.notify",
            "deliveryAttempt": 5,
            "more": [],
        });
        let push = read(most.to_string().as_bytes()).unwrap();
        assert_eq!(push.attempt, Some(5));
        assert_eq!(push.event.time().unwrap().timestamp(), 1_614_366_835);
        assert_eq!(decode(&push.event).unwrap().topic, "interview-events");
    }

    #[test]
    fn non_pushes_and_malformed_pushes_are_distinguished() {
        for body in ["", "[]", "{}", "null", r#"{"subscription": "s"}"#, "\u{0}"] {
            let error = read(body.as_bytes()).unwrap_err();
            assert!(matches!(error, EventError::NotAnEvent), "{body}: {error}");
        }
        for (body, expected) in [
            (
                r#"{"message": {}, "subscription": "projects/p/subscriptions/s"}"#,
                "messageId",
            ),
            (r#"{"message": {"messageId": "1"}}"#, "`subscription`"),
            (
                r#"{"message": {"messageId": "1"}, "subscription": "s"}"#,
                "`subscription`",
            ),
            (r#"{"message": "words"}"#, "body"),
            (
                r#"{"message": {"messageId": "1", "data": "*"}, "subscription": "projects/p/subscriptions/s"}"#,
                "body",
            ),
        ] {
            let error = read(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_pushes_do_not_panic(body: Vec<u8>) {
            let _ = read(&body);
        }

        #[test]
        fn a_message_survives_being_pushed(
            id in "[0-9]{1,20}",
            data: Vec<u8>,
            attributes in btree_map("[a-z_]{1,9}", ".{0,9}", 0..4),
            attempt in 1_u32..100,
        ) {
            let body = json!({
                "message": {
                    "data": BASE64.encode(&data), "attributes": attributes, "messageId": id,
                    "publishTime": "2021-02-26T19:13:55.749Z",
                },
                "subscription": "projects/p/subscriptions/interview-events.notify",
                "deliveryAttempt": attempt,
            });
            let push = read(body.to_string().as_bytes()).unwrap();
            prop_assert_eq!(push.attempt, Some(attempt));
            prop_assert_eq!(push.event.id(), &id);
            let topic = "interview-events".to_owned();
            let message = PublishedMessage { topic, id, data, attributes };
            prop_assert_eq!(decode(&push.event).unwrap(), message);
        }
    }
}
