//! Whatever arrives is read or refused.

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::{collection::vec, prelude::*, sample::Index};
use runtime::delivery::{read_event, read_task};

proptest! {
    #[test]
    fn arbitrary_headers_and_bodies_do_not_panic(
        pairs in vec((any::<Index>(), any::<Vec<u8>>()), 0..8),
        body: Vec<u8>,
    ) {
        const NAMES: [&str; 13] = [
            "ce-id", "ce-type", "ce-source", "ce-specversion", "ce-subject", "ce-time",
            "ce-traceparent", "content-type", "traceparent", "x-cloud-trace-context",
            "x-cloudtasks-queuename", "x-cloudtasks-taskname", "x-cloudtasks-taskretrycount",
        ];
        let pairs = pairs.iter().filter_map(|(name, value)| {
            let name = HeaderName::from_static(name.get::<&str>(&NAMES));
            Some((name, HeaderValue::from_bytes(value).ok()?))
        });
        let headers: HeaderMap = pairs.collect();
        let _ = read_event(&headers, &body);
        let _ = read_task(&headers, &body);
    }
}
