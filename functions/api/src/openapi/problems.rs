//! Every code that a problem can have.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::operation::{named, reference};

/// A code, the status it comes with, and what it means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) why: &'static str,
}

/// What a call for a user can answer, whatever it does.
pub(super) const USER: [&str; 17] = [
    "foreign_origin",
    "unknown_host",
    "too_many_requests",
    "invalid_user",
    "token_missing",
    "token_too_large",
    "token_malformed",
    "token_algorithm",
    "token_no_key",
    "token_unknown_key",
    "token_bad_signature",
    "token_wrong_audience",
    "token_wrong_issuer",
    "token_subject",
    "token_expired",
    "token_not_yet_valid",
    "identity_unavailable",
];

/// What a call that reads or writes can answer.
pub(super) const STORE: [&str; 3] = ["internal", "storage_full", "unavailable"];

/// What a call that changes something can answer besides.
pub(super) const WRITE: [&str; 2] = ["conflict", "too_large"];

/// What a call with a JSON body can answer.
pub(super) const BODY: [&str; 4] = [
    "body_incomplete",
    "invalid_body",
    "body_too_large",
    "body_too_slow",
];

const fn row(status: u16, code: &'static str, why: &'static str) -> Row {
    Row { status, code, why }
}

/// All of them, by status.
const ALL: [Row; 56] = [
    row(400, "body_incomplete", "The body broke off."),
    row(
        400,
        "invalid_body",
        "The body is not the JSON that is expected; the detail names the field.",
    ),
    row(
        400,
        "invalid_field",
        "A field's value is not accepted; the detail names it and says what is.",
    ),
    row(400, "invalid_form", "The form cannot be read."),
    row(
        400,
        "invalid_idempotency_key",
        "`Idempotency-Key` does not have 1 to 255 visible characters.",
    ),
    row(
        400,
        "invalid_parameter",
        "A query parameter's value is not accepted.",
    ),
    row(400, "invalid_user", "`X-User-Id` is not a valid user id."),
    row(
        400,
        "unknown_parameter",
        "There is no query parameter of that name here.",
    ),
    row(401, "token_missing", "No token was sent."),
    row(
        401,
        "token_too_large",
        "The token has more than 8192 bytes.",
    ),
    row(
        401,
        "token_malformed",
        "The token is no Firebase ID token, or not sent once and whole.",
    ),
    row(
        401,
        "token_algorithm",
        "The token is not signed as ID tokens are.",
    ),
    row(
        401,
        "token_no_key",
        "The token names no key: exchange a custom token for an ID token.",
    ),
    row(
        401,
        "token_unknown_key",
        "The token's key is not in use; get a fresh token.",
    ),
    row(
        401,
        "token_bad_signature",
        "The token's signature is wrong.",
    ),
    row(
        401,
        "token_wrong_audience",
        "The token is for another Firebase project.",
    ),
    row(
        401,
        "token_wrong_issuer",
        "The token is no ID token of this Firebase project.",
    ),
    row(401, "token_subject", "The token's user id cannot be one."),
    row(
        401,
        "token_expired",
        "The token has expired; get a fresh one.",
    ),
    row(401, "token_not_yet_valid", "The token is from the future."),
    row(
        403,
        "foreign_origin",
        "The embedded service lets pages of this origin change nothing: `CORS_ALLOWED_ORIGINS`.",
    ),
    row(
        403,
        "invalid_token",
        "The link has expired or is not one that was given out.",
    ),
    row(
        404,
        "console_not_built",
        "This program was built without the console.",
    ),
    row(
        404,
        "interview_not_found",
        "There is no such interview, or it is not the asker's.",
    ),
    row(404, "no_such_delivery", "There is no such delivery."),
    row(404, "no_such_note", "There is no such note."),
    row(404, "no_such_path", "There is nothing at this path."),
    row(404, "not_found", "The file is not there any more."),
    row(
        404,
        "not_ready",
        "The interview does not have this part, or not yet: see its steps.",
    ),
    row(404, "nothing_awaited", "Nothing is awaited here."),
    row(
        405,
        "method_not_allowed",
        "The path does not take this method; `Allow` says which.",
    ),
    row(408, "body_too_slow", "The body came too slowly."),
    row(
        409,
        "already_uploaded",
        "The recording has been uploaded already.",
    ),
    row(
        409,
        "conflict",
        "Another request changed it at the same time; try again.",
    ),
    row(
        409,
        "idempotency_key_used",
        "What this key made is deleted, or has another recording.",
    ),
    row(
        409,
        "no_audio_announced",
        "The interview was created without `audio`.",
    ),
    row(
        409,
        "no_receiver",
        "The interview names no receiver of webhooks any more.",
    ),
    row(409, "no_recording", "The recording has not arrived."),
    row(409, "not_failed", "The step has not failed, or none has."),
    row(
        409,
        "prerequisite_failed",
        "A step that this one needs has to be run first.",
    ),
    row(
        409,
        "transcription_begun",
        "What the speech engine is told can only change before it begins.",
    ),
    row(
        409,
        "too_many_notes",
        "The interview has as many notes as it can have.",
    ),
    row(
        413,
        "body_too_large",
        "The body has more bytes than are taken.",
    ),
    row(
        413,
        "recording_too_large",
        "The recording has more bytes than are accepted.",
    ),
    row(413, "too_large", "It is more than fits into an interview."),
    row(
        415,
        "content_type_missing",
        "`Content-Type` does not say what the body is.",
    ),
    row(
        416,
        "range_not_satisfiable",
        "The range begins behind the end of the recording.",
    ),
    row(
        421,
        "unknown_host",
        "The embedded service is not at home at the host that was asked for: `PUBLIC_URL`.",
    ),
    row(
        422,
        "not_done",
        "It cannot be done with this input; the detail begins with the step's own code, such as `no_speech`.",
    ),
    row(
        429,
        "too_many_requests",
        "The user or the address asks more than it may; wait as long as `Retry-After` says.",
    ),
    row(
        429,
        "too_many_streams",
        "The user has as many streams open as one may have.",
    ),
    row(
        500,
        "internal",
        "Something went wrong here; it has been noted.",
    ),
    row(
        503,
        "identity_unavailable",
        "Tokens cannot be checked just now; try again.",
    ),
    row(
        503,
        "not_done",
        "An engine could not answer; the same request may do later.",
    ),
    row(
        503,
        "storage_full",
        "The disk of an embedded service is full: nothing can be stored until there is room.",
    ),
    row(
        503,
        "unavailable",
        "The service cannot answer just now; try again.",
    ),
];

/// The rows of those codes, in the order of the table.
pub(super) fn rows(codes: &[&str]) -> impl Iterator<Item = Row> {
    ALL.into_iter().filter(|row| codes.contains(&row.code))
}

/// Every row.
pub(super) fn all() -> impl Iterator<Item = Row> {
    ALL.into_iter()
}

/// The answer with one status, for all codes that it comes with.
pub(super) fn answer(status: u16, rows: &[Row], bodiless: bool) -> Value {
    let mut headers = json!({"X-Request-Id": reference("headers/RequestId")});
    if status == 401 {
        let about = "`Bearer`, with `error=\"invalid_token\"` where a token was sent.";
        headers["WWW-Authenticate"] = json!({"description": about, "schema": {"type": "string"}});
    }
    if status == 429 {
        let about = "How many seconds to wait, where that is known.";
        headers["Retry-After"] = json!({"description": about, "schema": {"type": "integer"}});
    }
    let codes: Vec<&str> = rows.iter().map(|row| row.code).collect();
    let mut answer = json!({
        "description": format!("{}: {}", title(status), codes.join(", ")),
        "headers": headers,
    });
    if !bodiless {
        let examples: Map<String, Value> = rows.iter().map(example).collect();
        let own = json!({"properties": {"code": {"enum": codes}, "status": {"const": status}}});
        answer["content"]["application/problem+json"] = json!({
            "schema": {"allOf": [named("Problem"), own]},
            "examples": examples,
        });
    }
    answer
}

fn example(row: &Row) -> (String, Value) {
    let value = json!({
        "type": format!("urn:interviewlens:problem:{}", row.code),
        "title": title(row.status),
        "status": row.status,
        "detail": row.why,
        "code": row.code,
        "request_id": "k3f9q2m7x8w4n6p5r2t3v7yz",
    });
    (
        row.code.to_owned(),
        json!({"summary": row.why, "value": value}),
    )
}

pub(super) fn title(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Problem")
}
