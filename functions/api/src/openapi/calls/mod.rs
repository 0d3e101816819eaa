//! Every call, in groups.

mod analyze;
mod interviews;
mod notes;
mod results;
mod service;
mod webhooks;

use http::Method;
use serde_json::{Value, json};

use self::results::Format;
use super::operation::Operation;

/// The groups, in the order in which they are shown.
pub(super) fn tags() -> Value {
    json!([
        {"name": interviews::TAG, "description": "An interview is created, its recording uploaded, and its steps followed."},
        {"name": results::TAG, "description": "What came of an interview."},
        {"name": notes::TAG, "description": "What people write down about an interview."},
        {"name": webhooks::TAG, "description": "What was sent to an interview's `webhook_url`, and sending it again."},
        {"name": analyze::TAG, "description": "Without creating an interview first, or without one at all."},
        {"name": service::TAG, "description": "The service itself."},
    ])
}

pub(super) use webhooks::webhook;

/// Every call: its path, its method, and what is said of it.
pub(super) fn all() -> Vec<(&'static str, Method, Operation)> {
    use Method as M;
    vec![
        ("/", M::GET, service::page()),
        ("/openapi.json", M::GET, service::openapi()),
        ("/app", M::GET, service::console()),
        ("/app/interviews/{id}", M::GET, service::console_interview()),
        ("/app/assets/{file}", M::GET, service::console_asset()),
        ("/healthz", M::GET, service::health()),
        ("/v1/engines", M::GET, service::engines()),
        ("/v1/interviews", M::GET, interviews::list()),
        ("/v1/interviews", M::POST, interviews::create()),
        ("/v1/interviews/{id}", M::GET, interviews::show()),
        ("/v1/interviews/{id}", M::PATCH, interviews::change()),
        ("/v1/interviews/{id}", M::DELETE, interviews::delete()),
        ("/v1/interviews/{id}/retry", M::POST, interviews::retry()),
        ("/v1/interviews/{id}/notes", M::GET, notes::list()),
        ("/v1/interviews/{id}/notes", M::POST, notes::add()),
        (
            "/v1/interviews/{id}/notes/{note_id}",
            M::PATCH,
            notes::change(),
        ),
        (
            "/v1/interviews/{id}/notes/{note_id}",
            M::DELETE,
            notes::delete(),
        ),
        (
            "/v1/interviews/{id}/webhook-deliveries",
            M::GET,
            webhooks::deliveries(),
        ),
        (
            "/v1/interviews/{id}/webhook-deliveries/{delivery_id}/replay",
            M::POST,
            webhooks::replay(),
        ),
        (
            "/v1/interviews/{id}/upload-url",
            M::POST,
            interviews::upload_url(),
        ),
        ("/v1/interviews/{id}/events", M::GET, interviews::events()),
        (
            "/v1/interviews/{id}/transcript",
            M::GET,
            results::transcript(Format::Json),
        ),
        (
            "/v1/interviews/{id}/transcript.srt",
            M::GET,
            results::transcript(Format::Srt),
        ),
        (
            "/v1/interviews/{id}/transcript.vtt",
            M::GET,
            results::transcript(Format::Vtt),
        ),
        (
            "/v1/interviews/{id}/transcript.txt",
            M::GET,
            results::transcript(Format::Text),
        ),
        (
            "/v1/interviews/{id}/transcript.md",
            M::GET,
            results::transcript(Format::Markdown),
        ),
        ("/v1/interviews/{id}/analysis", M::GET, results::analysis()),
        ("/v1/interviews/{id}/waveform", M::GET, results::waveform()),
        (
            "/v1/interviews/{id}/waveform.dat",
            M::GET,
            results::waveform_data(),
        ),
        ("/v1/interviews/{id}/report.docx", M::GET, results::report()),
        ("/v1/audio/{filename}", M::GET, results::audio()),
        ("/v1/audio/{filename}", M::HEAD, results::audio_head()),
        (
            "/v1/callbacks/deepgram/{token}",
            M::POST,
            webhooks::callback(&M::POST),
        ),
        (
            "/v1/callbacks/deepgram/{token}",
            M::PUT,
            webhooks::callback(&M::PUT),
        ),
        ("/v1/analyze", M::POST, analyze::analyze()),
        ("/v1/analyze-async", M::POST, analyze::analyze_async()),
        (
            "/v1/transcribe-stream",
            M::POST,
            analyze::transcribe_stream(),
        ),
    ]
}
