//! The codes of errors, in groups, and the responses that they come with.

use domain::ErrorCode;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::operation::{named, reference};

/// What a call for a user can answer, whatever it does.
pub(super) const USER: [ErrorCode; 17] = [
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
    ErrorCode::IdentityUnavailable,
];

/// What a call that reads or writes can answer.
pub(super) const STORE: [ErrorCode; 3] = [
    ErrorCode::Internal,
    ErrorCode::StorageFull,
    ErrorCode::Unavailable,
];

/// What a call that changes something can answer besides.
pub(super) const WRITE: [ErrorCode; 2] = [ErrorCode::Conflict, ErrorCode::TooLarge];

/// What a call with a JSON body can answer.
pub(super) const BODY: [ErrorCode; 4] = [
    ErrorCode::BodyIncomplete,
    ErrorCode::InvalidBody,
    ErrorCode::BodyTooLarge,
    ErrorCode::BodyTooSlow,
];

/// The answer with one status, for all codes that it comes with.
pub(super) fn answer(status: u16, codes: &[ErrorCode], bodiless: bool) -> Value {
    let mut headers = json!({"X-Request-Id": reference("headers/RequestId")});
    if status == 401 {
        let about = "`Bearer`, with `error=\"invalid_token\"` where a token was sent.";
        headers["WWW-Authenticate"] = json!({"description": about, "schema": {"type": "string"}});
    }
    if status == 429 {
        let about = "How many seconds to wait, where that is known.";
        headers["Retry-After"] = json!({"description": about, "schema": {"type": "integer"}});
    }
    let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let mut answer = json!({
        "description": format!("{}: {}", title(status), words.join(", ")),
        "headers": headers,
    });
    if !bodiless {
        let examples: Map<String, Value> = codes.iter().copied().map(example).collect();
        let own = json!({"properties": {"code": {"enum": words}, "status": {"const": status}}});
        answer["content"]["application/problem+json"] = json!({
            "schema": {"allOf": [named("Problem"), own]},
            "examples": examples,
        });
    }
    answer
}

fn example(code: ErrorCode) -> (String, Value) {
    let value = json!({
        "type": format!("urn:interviewlens:problem:{code}"),
        "title": title(code.status()),
        "status": code.status(),
        "detail": code.meaning(),
        "code": code.as_str(),
        "request_id": "k3f9q2m7x8w4n6p5r2t3v7yz",
    });
    (
        code.as_str().to_owned(),
        json!({"summary": code.meaning(), "value": value}),
    )
}

pub(super) fn title(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Problem")
}
