//! Which version of the protocol a request is of.
//!
//! From 2026-07-28 on a request carries its version in `_meta`, and headers repeat what the
//! body says. Earlier versions agree on one by `initialize`, and name it by a header from
//! then on; without the header a request is taken for one of those.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use serde_json::{Value, json};

use super::message::{Call, HEADER_MISMATCH, INVALID_PARAMS, RpcError, UNSUPPORTED_VERSION};

/// The version without a handshake.
pub(super) const MODERN: &str = "2026-07-28";

/// The latest version with a handshake.
pub(super) const LATEST_HANDSHAKE: &str = "2025-11-25";

/// The versions with a handshake. Those before have batches, which are not supported.
pub(super) const HANDSHAKE: [&str; 2] = [LATEST_HANDSHAKE, "2025-06-18"];

/// The versions that are spoken, the latest first.
pub(super) fn all() -> Vec<&'static str> {
    [MODERN].into_iter().chain(HANDSHAKE).collect()
}

/// Whether a version begins with a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// Every request stands alone.
    Modern,
    /// Requests follow `initialize`, of which nothing is kept here.
    Handshake,
}

const VERSION_HEADER: &str = "mcp-protocol-version";
const VERSION_FIELD: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_FIELD: &str = "io.modelcontextprotocol/clientCapabilities";

/// The era of a request, if it is whole.
pub(super) fn era(headers: &HeaderMap, call: &Call) -> Result<Era, RpcError> {
    let header = single(headers, VERSION_HEADER)?;
    let meta = call.params.get("_meta").unwrap_or(&Value::Null);
    let version = match meta.get(VERSION_FIELD) {
        Some(version) => version,
        None if header == Some(MODERN) => return Err(missing(VERSION_FIELD, "a text")),
        None => return of_handshake(header),
    };
    let version = version.as_str();
    let version = version.ok_or_else(|| missing(VERSION_FIELD, "a text"))?;
    if !meta.get(CAPABILITIES_FIELD).is_some_and(Value::is_object) {
        return Err(missing(CAPABILITIES_FIELD, "an object"));
    }
    repeats(VERSION_HEADER, header, version)?;
    repeats("mcp-method", single(headers, "mcp-method")?, &call.method)?;
    if call.method == "tools/call" {
        let name = call.params.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| RpcError::new(INVALID_PARAMS, "`name` takes a text"))?;
        let header = single(headers, "mcp-name")?.map(decoded).transpose()?;
        repeats("mcp-name", header.as_deref(), name)?;
    }
    if version == MODERN {
        return Ok(Era::Modern);
    }
    Err(unsupported(version))
}

/// Whether a notification is of a version that is spoken.
pub(super) fn of_notification(headers: &HeaderMap) -> Result<(), RpcError> {
    match single(headers, VERSION_HEADER)? {
        Some(MODERN) => Ok(()),
        header => of_handshake(header).map(drop),
    }
}

fn of_handshake(header: Option<&str>) -> Result<Era, RpcError> {
    match header {
        Some(version) if !HANDSHAKE.contains(&version) => Err(unsupported(version)),
        _ => Ok(Era::Handshake),
    }
}

/// The one value of a header.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, RpcError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| mismatch(name, "is no text"))?;
            Ok(Some(text.trim()))
        }
        (Some(_), Some(_)) => Err(mismatch(name, "is sent twice")),
    }
}

/// Checks that a header says the same as the body.
fn repeats(name: &str, header: Option<&str>, expected: &str) -> Result<(), RpcError> {
    match header {
        None => Err(mismatch(name, "is missing")),
        Some(value) if value != expected => Err(mismatch(name, "is not what the body says")),
        Some(_) => Ok(()),
    }
}

/// The value of a header that may be encoded because it is not plain.
fn decoded(value: &str) -> Result<String, RpcError> {
    let inner = value.strip_prefix("=?base64?");
    let Some(inner) = inner.and_then(|inner| inner.strip_suffix("?=")) else {
        return Ok(value.to_owned());
    };
    let bytes = STANDARD.decode(inner).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| mismatch("mcp-name", "is no Base64 of a text"))
}

fn mismatch(name: &str, why: &str) -> RpcError {
    RpcError::new(HEADER_MISMATCH, format!("the header `{name}` {why}"))
}

fn missing(field: &str, takes: &str) -> RpcError {
    let why = format!("`_meta`: `{field}` takes {takes}");
    RpcError::new(INVALID_PARAMS, why)
}

fn unsupported(requested: &str) -> RpcError {
    let requested: String = requested.chars().take(100).collect();
    RpcError {
        data: Some(json!({"supported": all(), "requested": requested})),
        ..RpcError::new(UNSUPPORTED_VERSION, "Unsupported protocol version")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn outcome(headers: &[(&'static str, &str)], meta: Value, method: &str) -> Result<Era, i32> {
        let mut sent = HeaderMap::new();
        for (name, value) in headers {
            sent.append(*name, value.parse().unwrap());
        }
        let mut params = Map::new();
        params.insert("name".into(), json!("search"));
        if !meta.is_null() {
            params.insert("_meta".into(), meta);
        }
        let call = Call {
            id: json!(1),
            method: method.to_owned(),
            params,
        };
        era(&sent, &call).map_err(|error| error.code)
    }

    fn meta(version: &str) -> Value {
        json!({VERSION_FIELD: version, CAPABILITIES_FIELD: {}})
    }

    #[test]
    fn request_stands_alone_where_headers_repeat_its_body() {
        let version = (VERSION_HEADER, MODERN);
        let call = ("mcp-method", "tools/call");
        let name = ("mcp-name", "search");
        let encoded = ("mcp-name", "=?base64?c2VhcmNo?=");
        let of = |headers: &[(&'static str, &str)]| outcome(headers, meta(MODERN), "tools/call");
        assert_eq!(of(&[version, call, name]), Ok(Era::Modern));
        assert_eq!(of(&[version, call, encoded]), Ok(Era::Modern));
        for headers in [
            &[call, name][..],
            &[version, name],
            &[version, call],
            &[version, version, call, name],
            &[(VERSION_HEADER, "2025-11-25"), call, name],
            &[version, ("mcp-method", "tools/list"), name],
            &[version, call, ("mcp-name", "get_quotes")],
            &[version, call, ("mcp-name", "=?base64?!?=")],
        ] {
            assert_eq!(of(headers), Err(HEADER_MISMATCH), "{headers:?}");
        }
        let list = outcome(
            &[version, ("mcp-method", "tools/list")],
            meta(MODERN),
            "tools/list",
        );
        assert_eq!(list, Ok(Era::Modern), "it names nothing");
    }

    #[test]
    fn request_without_a_whole_meta_is_invalid() {
        let headers = [(VERSION_HEADER, MODERN), ("mcp-method", "tools/list")];
        for meta in [
            Value::Null,
            json!({}),
            json!({CAPABILITIES_FIELD: {}}),
            json!({VERSION_FIELD: MODERN}),
            json!({VERSION_FIELD: 1, CAPABILITIES_FIELD: {}}),
            json!({VERSION_FIELD: MODERN, CAPABILITIES_FIELD: 1}),
        ] {
            let found = outcome(&headers, meta.clone(), "tools/list");
            assert_eq!(found, Err(INVALID_PARAMS), "{meta}");
        }
    }

    #[test]
    fn versions_that_are_not_spoken_are_refused() {
        for (header, expected) in [
            (None, Ok(Era::Handshake)),
            (Some("2025-11-25"), Ok(Era::Handshake)),
            (Some("2025-06-18"), Ok(Era::Handshake)),
            (Some("2025-03-26"), Err(UNSUPPORTED_VERSION)),
            (Some("1900-01-01"), Err(UNSUPPORTED_VERSION)),
        ] {
            let headers: Vec<_> = header
                .map(|value| (VERSION_HEADER, value))
                .into_iter()
                .collect();
            assert_eq!(
                outcome(&headers, Value::Null, "tools/list"),
                expected,
                "{header:?}"
            );
        }
        let headers = [(VERSION_HEADER, "2027-01-01"), ("mcp-method", "tools/list")];
        let found = outcome(&headers, meta("2027-01-01"), "tools/list");
        assert_eq!(found, Err(UNSUPPORTED_VERSION));
    }
}
