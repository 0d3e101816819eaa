//! Messages as Pub/Sub delivers them: inside an event from Eventarc, or pushed
//! by a subscription of one's own, wrapped in JSON or unwrapped.
//!
//! A push names its subscription but not its topic. Subscriptions here are named
//! `{topic}.{function}`, so the topic is what stands before the last dot.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use cloudevents::{
    AttributesReader as _, Data, Event as CloudEvent, EventBuilder, EventBuilderV10,
};
use domain::{ShapeError, event::PublishedMessage, pipeline::MESSAGE_PUBLISHED};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use steps::trace::TRACEPARENT;

use crate::cloudevent::{EventError, json_body};

/// The headers that tell an unwrapped push from any other request.
const SUBSCRIPTION: &str = "x-goog-pubsub-subscription-name";
const MESSAGE_ID: &str = "x-goog-pubsub-message-id";

/// The other headers of an unwrapped push that are read.
const PUBLISH_TIME: &str = "x-goog-pubsub-publish-time";
const DELIVERY_ATTEMPT: &str = "x-goog-pubsub-delivery-attempt";

/// A message that a subscription pushed.
#[derive(Debug)]
pub(crate) struct Push {
    /// The event that Eventarc would have made of it.
    pub(crate) event: CloudEvent,
    /// Which try this is, from 1, where the subscription counts them: it does
    /// when it has a dead letter, and only roughly.
    pub(crate) attempt: Option<u32>,
}

/// The body of an event about a message, and of a wrapped push. Real bodies
/// repeat fields in snake case; `null` and nothing are the same.
#[derive(Deserialize)]
struct Envelope {
    message: Message,
    #[serde(default)]
    subscription: Option<String>,
    #[serde(rename = "deliveryAttempt", default)]
    attempt: Option<Value>,
}

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
    let Envelope { mut message, .. } = json_body(event)?;
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

/// Reads a wrapped push.
pub(crate) fn wrapped(body: &[u8]) -> Result<Push, EventError> {
    let value: Value = serde_json::from_slice(body).map_err(|_| EventError::NotAnEvent)?;
    if value.get("message").is_none() {
        return Err(EventError::NotAnEvent);
    }
    let envelope = Envelope::deserialize(value).map_err(|error| ShapeError::from(error).into());
    let Envelope {
        mut message,
        subscription,
        attempt,
    } = envelope.map_err(|error: EventError| error)?;
    let published = Published {
        id: message
            .take_id()
            .ok_or(EventError::Attribute("message.messageId"))?,
        time: message.take_time(),
        subscription: subscription.ok_or(EventError::Attribute("subscription"))?,
        data: message.bytes()?,
        attributes: message.attributes.unwrap_or_default(),
    };
    Ok(Push {
        event: published.into_event()?,
        attempt: attempt.as_ref().and_then(whole),
    })
}

/// Whether a request is an unwrapped push.
pub(crate) fn is_unwrapped(headers: &HeaderMap) -> bool {
    headers.contains_key(SUBSCRIPTION) && headers.contains_key(MESSAGE_ID)
}

/// Reads an unwrapped push (`NoWrapper` with `write_metadata`): the body is the
/// data, metadata and attributes are headers.
///
/// Attributes come as bare headers among those of HTTP, and nothing tells them
/// apart but their names. Taken are those with an underscore, which no
/// registered field of HTTP has
/// (<https://www.iana.org/assignments/http-fields>), and `traceparent`.
pub(crate) fn unwrapped(headers: &HeaderMap, body: &[u8]) -> Result<Push, EventError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let required = |name| text(name).ok_or(EventError::Attribute(name));
    let attributes = headers.iter().filter_map(|(name, value)| {
        let ours = name.as_str().contains('_') || name == TRACEPARENT;
        let value = std::str::from_utf8(value.as_bytes()).ok()?;
        ours.then(|| (name.as_str().to_owned(), value.to_owned()))
    });
    let published = Published {
        id: required(MESSAGE_ID)?.to_owned(),
        time: text(PUBLISH_TIME).map(str::to_owned),
        subscription: required(SUBSCRIPTION)?.to_owned(),
        data: body.to_vec(),
        attributes: attributes.collect(),
    };
    Ok(Push {
        event: published.into_event()?,
        attempt: text(DELIVERY_ATTEMPT).and_then(|text| text.parse().ok()),
    })
}

/// What either form of a push says.
struct Published {
    id: String,
    time: Option<String>,
    subscription: String,
    data: Vec<u8>,
    attributes: BTreeMap<String, String>,
}

impl Published {
    /// The event that Eventarc would have made of the message.
    fn into_event(self) -> Result<CloudEvent, EventError> {
        let (project, topic) =
            topic_of(&self.subscription).ok_or(EventError::Attribute("subscription"))?;
        let mut builder = EventBuilderV10::new()
            .id(self.id.as_str())
            .ty(MESSAGE_PUBLISHED)
            .source(format!(
                "//pubsub.googleapis.com/projects/{project}/topics/{topic}"
            ));
        if let Some(time) = &self.time {
            builder = builder.time(time.as_str());
        }
        let body = message_body(
            &self.id,
            self.time.as_deref(),
            &self.subscription,
            &self.data,
            &self.attributes,
        );
        builder
            .data("application/json", Data::Json(body))
            .build()
            .map_err(|error| EventError::Envelope(Box::new(error)))
    }
}

/// The body of an event about a message.
pub(crate) fn message_body(
    id: &str,
    time: Option<&str>,
    subscription: &str,
    data: &[u8],
    attributes: &BTreeMap<String, String>,
) -> Value {
    json!({
        "message": {
            "data": BASE64.encode(data),
            "attributes": attributes,
            "messageId": id,
            "publishTime": time,
        },
        "subscription": subscription,
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

/// A whole number, written as one or as text.
fn whole(value: &Value) -> Option<u32> {
    match value {
        Value::String(text) => text.parse().ok(),
        number => number.as_u64()?.try_into().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*};

    use super::*;

    #[test]
    fn the_topic_is_what_stands_before_the_last_dot() {
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
    fn a_push_of_the_least_and_one_of_the_most() {
        let least = br#"{"message": {"message_id": "7", "data": null}, "subscription": "projects/p/subscriptions/sweep.sweep"}"#;
        let push = wrapped(least).unwrap();
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
        let push = wrapped(most.to_string().as_bytes()).unwrap();
        assert_eq!(push.attempt, Some(5));
        assert_eq!(push.event.time().unwrap().timestamp(), 1_614_366_835);
        assert_eq!(decode(&push.event).unwrap().topic, "interview-events");
    }

    #[test]
    fn what_is_no_push_is_told_from_one_that_is_broken() {
        for body in ["", "[]", "{}", "null", r#"{"subscription": "s"}"#, "\u{0}"] {
            let error = wrapped(body.as_bytes()).unwrap_err();
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
            let error = wrapped(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_pushed_is_read_or_refused(body: Vec<u8>) {
            let _ = wrapped(&body);
        }

        #[test]
        fn a_message_survives_being_pushed(
            id in "[0-9]{1,20}",
            data: Vec<u8>,
            attributes in btree_map("[a-z_]{1,9}", ".{0,9}", 0..4),
            attempt in 1_u32..100,
        ) {
            let subscription = "projects/p/subscriptions/interview-events.notify";
            let time = "2021-02-26T19:13:55.749Z";
            let mut body = message_body(&id, Some(time), subscription, &data, &attributes);
            body["deliveryAttempt"] = json!(attempt);
            let push = wrapped(body.to_string().as_bytes()).unwrap();
            prop_assert_eq!(push.attempt, Some(attempt));
            prop_assert_eq!(push.event.id(), &id);
            let topic = "interview-events".to_owned();
            let message = PublishedMessage { topic, id, data, attributes };
            prop_assert_eq!(decode(&push.event).unwrap(), message);
        }
    }
}
