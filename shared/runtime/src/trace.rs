//! The trace that a delivery belongs to, by its headers and what it brings.
//!
//! An event or a message may carry the trace of what caused it; that one goes
//! before the trace of the request that delivered it, because Cloud Run gives
//! every request a trace of its own and the delivery is only one hop.

use std::collections::BTreeMap;

use cloudevents::Event as CloudEvent;
use domain::trace::TraceContext;
use http::HeaderMap;
use steps::trace::TRACEPARENT;

use crate::pubsub;

/// The message attribute in which Google's client libraries carry it.
const CLIENT_TRACEPARENT: &str = "googclient_traceparent";

/// Google's older header: `TRACE/SPAN;o=OPTIONS`, the span in decimal.
const CLOUD_TRACE: &str = "x-cloud-trace-context";

/// The trace of a request, by its headers.
pub fn from_headers(headers: &HeaderMap) -> Option<TraceContext> {
    let text = |name| headers.get(name)?.to_str().ok();
    text(TRACEPARENT)
        .and_then(|text| TraceContext::parse(text).ok())
        .or_else(|| text(CLOUD_TRACE).and_then(from_cloud_trace))
}

/// The trace that an event carries: in the distributed tracing extension or,
/// for a message, among its attributes.
pub fn from_event(event: &CloudEvent) -> Option<TraceContext> {
    let extension = event.extension(TRACEPARENT).map(ToString::to_string);
    extension
        .and_then(|text| TraceContext::parse(&text).ok())
        .or_else(|| from_attributes(&pubsub::attributes(event)))
}

/// The trace that a message carries.
pub fn from_attributes(attributes: &BTreeMap<String, String>) -> Option<TraceContext> {
    [TRACEPARENT, CLIENT_TRACEPARENT]
        .into_iter()
        .filter_map(|name| attributes.get(name))
        .find_map(|text| TraceContext::parse(text).ok())
}

/// A span of 0, or none, stands for "no span": the work gets one of its own.
fn from_cloud_trace(text: &str) -> Option<TraceContext> {
    let (path, options) = text.split_once(';').unwrap_or((text, ""));
    let (trace, span) = path.split_once('/').unwrap_or((path, "0"));
    let span: u64 = span.trim().parse().ok()?;
    let sampled = u8::from(options.trim() == "o=1");
    let traceparent = |span: u64| {
        let trace = trace.trim().to_ascii_lowercase();
        TraceContext::parse(&format!("00-{trace}-{span:016x}-{sampled:02x}")).ok()
    };
    match span {
        0 => traceparent(1).map(TraceContext::child),
        span => traceparent(span),
    }
}

#[cfg(test)]
mod tests {
    use cloudevents::{EventBuilder, EventBuilderV10};
    use domain::pipeline::{DOCUMENT_WRITTEN, MESSAGE_PUBLISHED};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn traceparent_overrides_the_cloud_trace_header() {
        let both = headers(&[
            (TRACEPARENT, PARENT),
            (CLOUD_TRACE, "105445aa7843bc8bf206b12000100000/1;o=1"),
        ]);
        assert_eq!(from_headers(&both).unwrap().to_string(), PARENT);
        let broken = headers(&[
            (TRACEPARENT, "00-no"),
            (CLOUD_TRACE, "105445aa7843bc8bf206b12000100000/74;o=1"),
        ]);
        assert_eq!(
            from_headers(&broken).unwrap().to_string(),
            "00-105445aa7843bc8bf206b12000100000-000000000000004a-01"
        );
        assert_eq!(from_headers(&HeaderMap::new()), None);
    }

    #[test]
    fn cloud_trace_header_may_omit_fields() {
        let read = |text: &str| from_headers(&headers(&[(CLOUD_TRACE, text)]));
        let recorded = read("9df407335d114d56ea27ee69ff12943f/17236816549570278484").unwrap();
        assert_eq!(
            recorded.span_hex(),
            format!("{:016x}", 17_236_816_549_570_278_484_u64)
        );
        assert!(!recorded.sampled);
        let bare = read("9DF407335D114D56EA27EE69FF12943F").unwrap();
        assert_eq!(bare.trace_hex(), "9df407335d114d56ea27ee69ff12943f");
        assert_ne!(bare.span_id, [0; 8]);
        for wrong in ["", "/", "9df4/1", "9df407335d114d56ea27ee69ff12943f/x;o=1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_event_carries_its_trace_as_an_extension_and_a_message_among_its_attributes() {
        let builder = EventBuilderV10::new().id("1").source("//s");
        let event = builder.ty(DOCUMENT_WRITTEN).extension(TRACEPARENT, PARENT);
        let trace = from_event(&event.build().unwrap()).unwrap();
        assert_eq!(trace.trace_hex(), TRACE);
        for attributes in [
            json!({TRACEPARENT: PARENT}),
            json!({TRACEPARENT: "no", CLIENT_TRACEPARENT: PARENT}),
        ] {
            let body = json!({"message": {"attributes": attributes, "data": "AA=="}});
            let builder = EventBuilderV10::new().id("1").source("//s");
            let event = builder.ty(MESSAGE_PUBLISHED).data("application/json", body);
            let trace = from_event(&event.build().unwrap()).unwrap();
            assert_eq!(trace.trace_hex(), TRACE);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_cloud_trace_headers_do_not_panic(text in ".*") {
            let _ = from_cloud_trace(&text);
        }

        #[test]
        fn cloud_trace_header_gives_the_same_context(trace: u128, span: u64, sampled: bool) {
            let text = format!("{trace:032x}/{span};o={}", u8::from(sampled));
            let read = from_cloud_trace(&text);
            prop_assert_eq!(read.is_some(), trace != 0);
            if let Some(read) = read {
                prop_assert_eq!(u128::from_be_bytes(read.trace_id), trace);
                prop_assert!(span == 0 || u64::from_be_bytes(read.span_id) == span);
                prop_assert_eq!(read.sampled, sampled);
            }
        }
    }
}
