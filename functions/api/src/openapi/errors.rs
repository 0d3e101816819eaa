//! The errors of operations: those that follow from what an operation is and takes, and all of
//! them as responses.

use std::collections::BTreeMap;

use domain::ErrorCode;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{named, reference};

/// What every operation for a user can fail with.
const USER: [ErrorCode; 20] = [
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
const WRITE: [ErrorCode; 2] = [ErrorCode::Conflict, ErrorCode::TooLarge];

/// What an operation with a JSON body can fail with.
const BODY: [ErrorCode; 4] = [
    ErrorCode::BodyIncomplete,
    ErrorCode::InvalidBody,
    ErrorCode::BodyTooLarge,
    ErrorCode::BodyTooSlow,
];

/// What an operation can fail with by a value in its path that names nothing of the user's.
const OF_PATH: [(&str, ErrorCode); 10] = [
    ("id", ErrorCode::InterviewNotFound),
    ("collection_id", ErrorCode::NoSuchCollection),
    ("note_id", ErrorCode::NoSuchNote),
    ("highlight_id", ErrorCode::NoSuchHighlight),
    ("rubric_id", ErrorCode::NoSuchRubric),
    ("webhook_id", ErrorCode::NoSuchWebhook),
    ("share_id", ErrorCode::NoSuchShare),
    ("token_id", ErrorCode::NoSuchToken),
    ("run_id", ErrorCode::NoSuchRun),
    ("delivery_id", ErrorCode::NoSuchDelivery),
];

/// The value of the extensions `x-errors`, the codes with which an operation can fail besides
/// those that follow from what it is and takes, and `x-never`, those of them that do not hold.
pub(crate) fn errors(codes: &[ErrorCode]) -> Vec<&'static str> {
    codes.iter().map(|code| code.as_str()).collect()
}

/// What an operation can fail with by its method, its parameters, its body, and who it is for.
fn implied(method: &str, operation: &Map<String, Value>) -> Vec<ErrorCode> {
    let is_public = operation
        .get("security")
        .is_some_and(|all| *all == json!([]));
    let reads = ["get", "head"].contains(&method);
    let body = operation.get("requestBody").unwrap_or(&Value::Null);
    let mut codes = Vec::new();
    if is_public {
        codes.push(ErrorCode::TooManyRequests);
    } else {
        codes.extend(USER.into_iter().chain(STORE));
        // Whatever an access token is accepted for and does not only read, one with the scope
        // `read` is refused for.
        codes.extend((!reads).then_some(ErrorCode::InsufficientScope));
    }
    if !(is_public || reads || method == "delete") {
        codes.extend(WRITE);
    }
    if !body["content"]["application/json"]["schema"]["$ref"].is_null() {
        codes.extend(BODY);
    }
    let parameters = operation.get("parameters").and_then(Value::as_array);
    for parameter in parameters.into_iter().flatten() {
        if parameter["in"] == "query" {
            codes.extend([ErrorCode::InvalidParameter, ErrorCode::UnknownParameter]);
        } else if parameter["name"] == "Idempotency-Key" {
            codes.push(ErrorCode::InvalidIdempotencyKey);
        } else if !is_public {
            let own = OF_PATH
                .iter()
                .filter(|(name, _)| parameter["name"] == *name);
            codes.extend(own.map(|(_, code)| *code));
        }
    }
    codes
}

/// The responses of an operation that fails, by status; without bodies for `HEAD`.
pub(super) fn responses(method: &str, operation: &mut Map<String, Value>) -> BTreeMap<u16, Value> {
    let (named, never) = (operation.remove("x-errors"), operation.remove("x-never"));
    let has = |list: &Option<Value>, code: ErrorCode| {
        let listed = list.as_ref().and_then(Value::as_array);
        listed.is_some_and(|listed| listed.contains(&code.as_str().into()))
    };
    let implied = implied(method, operation);
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in ErrorCode::API {
        if has(&named, *code) || (implied.contains(code) && !has(&never, *code)) {
            by_status.entry(code.status()).or_default().push(*code);
        }
    }
    let responses = by_status.into_iter();
    let responses =
        responses.map(|(status, codes)| (status, response(status, &codes, method == "head")));
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
