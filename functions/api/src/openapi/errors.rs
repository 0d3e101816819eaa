//! The errors of operations: in groups, and as responses.

use std::collections::BTreeMap;

use domain::ErrorCode;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{named, reference};

/// What every operation for a user can fail with.
pub(crate) const USER: [ErrorCode; 20] = [
    ErrorCode::ForeignOrigin,
    ErrorCode::UnknownHost,
    ErrorCode::TooManyRequests,
    ErrorCode::InvalidUser,
    ErrorCode::TokenMissing,
    ErrorCode::TokenTooLarge,
    ErrorCode::TokenMalformed,
    ErrorCode::TokenAlgorithm,
    ErrorCode::TokenNoKey,
    ErrorCode::TokenUnknownKey,
    ErrorCode::TokenBadSignature,
    ErrorCode::TokenWrongAudience,
    ErrorCode::TokenWrongIssuer,
    ErrorCode::TokenSubject,
    ErrorCode::TokenExpired,
    ErrorCode::TokenNotYetValid,
    ErrorCode::AccessTokenInvalid,
    ErrorCode::ProxyNotTrusted,
    ErrorCode::ProxyUserMissing,
    ErrorCode::IdentityUnavailable,
];

/// What an operation that reads or writes can fail with.
pub(crate) const STORE: [ErrorCode; 3] = [
    ErrorCode::Internal,
    ErrorCode::StorageFull,
    ErrorCode::Unavailable,
];

/// What an operation that changes something can fail with besides.
pub(crate) const WRITE: [ErrorCode; 2] = [ErrorCode::Conflict, ErrorCode::TooLarge];

/// What an operation that starts work can fail with.
pub(crate) const SPEND: [ErrorCode; 1] = [ErrorCode::BudgetExhausted];

/// What an operation with a JSON body can fail with.
pub(crate) const BODY: [ErrorCode; 4] = [
    ErrorCode::BodyIncomplete,
    ErrorCode::InvalidBody,
    ErrorCode::BodyTooLarge,
    ErrorCode::BodyTooSlow,
];

/// The value of the extension `x-errors`, from which the document has the responses of an
/// operation that fails.
pub(crate) fn errors(groups: &[&[ErrorCode]]) -> Vec<&'static str> {
    let codes = groups.iter().copied().flatten();
    codes.map(|code| code.as_str()).collect()
}

/// The responses for the codes of `x-errors`, by status; without bodies for `HEAD`.
pub(super) fn responses(codes: &Value, is_head: bool) -> BTreeMap<u16, Value> {
    let listed = codes.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in ErrorCode::API {
        if listed.iter().any(|listed| listed == code.as_str()) {
            by_status.entry(code.status()).or_default().push(*code);
        }
    }
    let responses = by_status.into_iter();
    let responses = responses.map(|(status, codes)| (status, response(status, &codes, is_head)));
    responses.collect()
}

fn response(status: u16, codes: &[ErrorCode], is_head: bool) -> Value {
    let mut headers = json!({});
    if status == 401 {
        let about = "`Bearer`, with `error=\"invalid_token\"` where a token was sent.";
        headers["WWW-Authenticate"] = json!({"description": about, "schema": {"type": "string"}});
    }
    if status == 429 {
        let about = "How many seconds to wait, where that is known.";
        headers["Retry-After"] = json!({"description": about, "schema": {"type": "integer"}});
    }
    let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let mut response = json!({
        "description": format!("{}: {}", title(status), words.join(", ")),
        "headers": headers,
    });
    if !is_head {
        let named_example = |code: &&str| {
            let example = reference(&format!("examples/{code}"));
            ((*code).to_owned(), example)
        };
        let examples: Map<String, Value> = words.iter().map(named_example).collect();
        response["content"]["application/problem+json"] = json!({
            "schema": named("Problem"),
            "examples": examples,
        });
    }
    response
}

/// The component that is the example of an error, by its name.
pub(super) fn example(code: ErrorCode) -> (String, Value) {
    let mut value = json!({
        "type": format!("urn:interviewlens:problem:{code}"),
        "title": title(code.status()),
        "status": code.status(),
        "detail": code.meaning(),
        "code": code.as_str(),
        "request_id": super::examples::ID,
    });
    if code == ErrorCode::BudgetExhausted {
        value["resets_at"] = json!("2026-03-03T00:00:00.000Z");
    }
    if code == ErrorCode::StaleRevision {
        value["run_id"] = json!(super::examples::RUN_ID);
        value["revision"] = json!(3);
    }
    let example = json!({"summary": code.meaning(), "value": value});
    (code.as_str().to_owned(), example)
}

fn title(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Problem")
}
