//! Any request, as a text of headers, an empty line and a body, on its way to a
//! function: read or refused, as an event or as a task, and never a panic.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use runtime::delivery::{read_event, read_task};

fuzz_target!(|bytes: &[u8]| {
    let (headers, body) = request(bytes);
    let _ = read_event(&headers, body);
    let _ = read_task(&headers, body);
});

/// What cannot be a header is left out.
fn request(bytes: &[u8]) -> (HeaderMap, &[u8]) {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((bytes, &[][..]), |end| (&bytes[..end], &bytes[end + 2..]));
    let lines = head.split(|byte| *byte == b'\n');
    let headers = lines.filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = line[colon + 1..].trim_ascii();
        Some((name, HeaderValue::from_bytes(value).ok()?))
    });
    (headers.take(64).collect(), body)
}
