//! From an HTTP request to a `CloudEvent`: the binary and the structured mode of
//! the HTTP protocol binding
//! (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>).
//!
//! The SDK's binding reads both, but compares content types with case, refuses
//! headers that are not ASCII and leaves percent-encoding as it is. What it is
//! given and what it gives is put right here.

use std::borrow::Cow;

use cloudevents::{
    AttributesReader as _, AttributesWriter as _, Event as CloudEvent, binding::http::to_event,
    event::ExtensionValue, message,
};
use domain::ShapeError;
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

use crate::cloudevent::EventError;

/// What the headers of an event in binary mode begin with.
const PREFIX: &str = "ce-";

/// What the content types of events in structured mode and of batches begin
/// with, and the only one of them that is read.
const FAMILY: &str = "application/cloudevents";
const STRUCTURED: &str = "application/cloudevents+json";

/// The largest event in structured mode, in bytes: Eventarc's have at most 512 KB
/// (<https://cloud.google.com/eventarc/quotas>). The SDK makes values of it, which take many
/// times the memory of its text.
const MAX_STRUCTURED: usize = 512 * 1024;

/// What the SDK takes no offence at is left alone; the percent sign too, which
/// in a well-formed header is encoding already.
const OFFENSIVE: &AsciiSet = CONTROLS;

/// Whether a request claims to be a `CloudEvent`, well-formed or not.
pub(crate) fn is_cloudevent(headers: &HeaderMap) -> bool {
    let attributes = || headers.keys().any(|name| name.as_str().starts_with(PREFIX));
    essence(headers).starts_with(FAMILY) || attributes()
}

/// Reads a `CloudEvent`.
pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<CloudEvent, EventError> {
    let essence = essence(headers);
    if essence.starts_with(FAMILY) {
        return structured(&essence, body);
    }
    if !headers.contains_key("ce-specversion") {
        return Err(EventError::Attribute("specversion"));
    }
    let mut event = to_event(&ascii(headers), body.to_vec()).map_err(envelope)?;
    decode_attributes(&mut event);
    Ok(event)
}

fn structured(essence: &str, body: &[u8]) -> Result<CloudEvent, EventError> {
    if essence != STRUCTURED {
        return Err(EventError::Format(essence.escape_debug().to_string()));
    }
    if body.len() > MAX_STRUCTURED {
        return Err(EventError::TooLarge);
    }
    let content_type = HeaderValue::from_static(STRUCTURED);
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
    to_event(&headers, body.to_vec()).map_err(envelope)
}

fn essence(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let text = String::from_utf8_lossy(value.unwrap_or_default());
    media_type(&text)
}

/// The media type of a content type, without its parameters, in lower case.
pub(crate) fn media_type(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// The headers of the event, with what is not ASCII percent-encoded.
fn ascii(headers: &HeaderMap) -> HeaderMap {
    let own = |name: &HeaderName| name == CONTENT_TYPE || name.as_str().starts_with(PREFIX);
    let ours = headers.iter().filter(|(name, _)| own(name));
    let encoded = ours.filter_map(|(name, value)| {
        let text = percent_encode(value.as_bytes(), OFFENSIVE).to_string();
        Some((name.clone(), HeaderValue::from_str(&text).ok()?))
    });
    encoded.collect()
}

fn decode_attributes(event: &mut CloudEvent) {
    let (id, kind) = (decoded(event.id()), decoded(event.ty()));
    let source = decoded(event.source());
    let subject = event.subject().map(decoded);
    event.set_id(id);
    event.set_type(kind);
    event.set_source(source);
    event.set_subject(subject);
    let extensions = event
        .iter_extensions()
        .filter_map(|(name, value)| match value {
            ExtensionValue::String(text) => Some((name.to_owned(), decoded(text))),
            ExtensionValue::Boolean(_) | ExtensionValue::Integer(_) => None,
        });
    for (name, value) in extensions.collect::<Vec<_>>() {
        event.set_extension(&name, value);
    }
}

/// Takes off one round of percent-encoding (section 3.1.3.2); what would not be text
/// afterwards was not encoded. Quotes, which no sender of ours uses, stay.
fn decoded(value: &str) -> String {
    let decoded = percent_decode_str(value).decode_utf8();
    decoded.map_or_else(|_| value.to_owned(), Cow::into_owned)
}

fn envelope(error: message::Error) -> EventError {
    match error {
        message::Error::WrongEncoding {} => EventError::NotAnEvent,
        message::Error::SerdeJsonError { source } => {
            EventError::Envelope(Box::new(ShapeError::from(source)))
        }
        other => EventError::Envelope(Box::new(other)),
    }
}

#[cfg(test)]
mod tests {
    use cloudevents::Data;
    use domain::pipeline::{DOCUMENT_WRITTEN, OBJECT_FINALIZED};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(&str, &[u8])]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_bytes(value).unwrap())
        });
        pairs.collect()
    }

    fn binary(more: &[(&str, &[u8])]) -> HeaderMap {
        let mut all = headers(&[
            ("ce-id", b"1"),
            ("ce-source", b"//s"),
            ("ce-specversion", b"1.0"),
            ("ce-type", OBJECT_FINALIZED.as_bytes()),
        ]);
        all.extend(headers(more));
        all
    }

    #[test]
    fn header_values_are_decoded_however_they_were_written() {
        for subject in [
            "objects/caf%C3%A9 1".as_bytes(),
            "objects/café 1".as_bytes(),
        ] {
            let event = read(
                &binary(&[("ce-subject", subject), ("ce-bucket", b"a%20b")]),
                b"",
            );
            let event = event.unwrap();
            assert_eq!(event.subject(), Some("objects/café 1"));
            let bucket = event.extension("bucket").unwrap();
            assert_eq!(bucket.to_string(), "a b");
        }
        let half = read(&binary(&[("ce-subject", b"objects/100%25 of%FF")]), b"").unwrap();
        assert_eq!(half.subject(), Some("objects/100%25 of%FF"));
    }

    #[test]
    fn content_types_are_compared_without_case() {
        let body = json!({"specversion": "1.0", "id": "1", "source": "//s", "type": "t",
            "datacontenttype": "application/protobuf", "data_base64": "AQI="});
        for kind in [
            "application/cloudevents+json",
            "Application/CloudEvents+JSON; charset=UTF-8",
        ] {
            let headers = headers(&[("content-type", kind.as_bytes())]);
            assert!(is_cloudevent(&headers));
            let event = read(&headers, body.to_string().as_bytes()).unwrap();
            assert_eq!(event.data(), Some(&Data::Binary(vec![1, 2])));
        }
    }

    #[test]
    fn unsupported_attribute_is_named() {
        for (kind, body) in [
            ("application/cloudevents-batch+json", "[]"),
            ("application/cloudevents+protobuf", ""),
        ] {
            let refused = read(
                &headers(&[("content-type", kind.as_bytes())]),
                body.as_bytes(),
            );
            let words = refused.unwrap_err().to_string();
            assert!(words.contains(kind), "{words}");
        }
        let refused = read(&headers(&[("ce-type", DOCUMENT_WRITTEN.as_bytes())]), b"");
        assert!(matches!(refused, Err(EventError::Attribute("specversion"))));
    }

    #[test]
    fn the_time_may_be_absent_but_not_nonsense() {
        assert_eq!(read(&binary(&[]), b"").unwrap().time(), None);
        let refused = read(&binary(&[("ce-time", b"yesterday")]), b"");
        assert!(matches!(refused, Err(EventError::Envelope(_))));
    }

    proptest! {
        #[test]
        fn arbitrary_events_do_not_panic(
            pairs: Vec<(prop::sample::Index, Vec<u8>)>,
            body: Vec<u8>,
        ) {
            const NAMES: [&str; 8] = [
                "ce-id", "ce-type", "ce-source", "ce-specversion", "ce-time", "ce-subject",
                "ce-", "content-type",
            ];
            let pairs = pairs.iter().filter_map(|(name, value)| {
                let name = HeaderName::from_static(name.get::<&str>(&NAMES));
                Some((name, HeaderValue::from_bytes(value).ok()?))
            });
            let _ = read(&pairs.collect(), &body);
        }

        #[test]
        fn any_text_survives_percent_encoding(text in ".*") {
            let everything = percent_encoding::NON_ALPHANUMERIC;
            let encoded = percent_encode(text.as_bytes(), everything).to_string();
            prop_assert_eq!(decoded(&encoded), text);
        }
    }
}
