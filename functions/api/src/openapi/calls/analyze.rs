//! Calls that need no interview, or bring it with its recording.

use domain::ErrorCode;
use serde_json::{Value, json};

use crate::openapi::{
    examples,
    operation::{Operation, named, reference},
    problems::{BODY, STORE, USER, WRITE},
};

pub(super) const TAG: &str = "Direct calls";

pub(super) fn analyze() -> Operation {
    let transcripts = json!({
        "lines": {"summary": "Lines of text", "value": {
            "transcript": "Ada: What did you do last summer?\nBob: I built a small boat with my sister.",
            "language": "en",
        }},
        "turns": {"summary": "Turns, and a rubric", "value": {
            "transcript": {"turns": [
                {"speaker": "Ada", "text": "What did you do last summer?", "start_ms": 0, "end_ms": 2_000},
                {"speaker": "Bob", "text": "I built a small boat.", "start_ms": 2_500, "end_ms": 4_100},
            ]},
            "kind": "job_interview",
            "rubric": examples::rubric(),
        }},
    });
    Operation::new("analyze", TAG, "Analyse a transcript from elsewhere")
        .about("Nothing is stored.")
        .json("Analyze", true, transcripts)
        .gives(200, "The analysis.", "Analysis", examples::analysis())
        .fails(&USER)
        .fails(&BODY)
        .fails(&[
            ErrorCode::InvalidField,
            ErrorCode::InputUnusable,
            ErrorCode::EngineUnavailable,
            ErrorCode::Internal,
            ErrorCode::Unavailable,
        ])
}

pub(super) fn analyze_async() -> Operation {
    let location = reference("headers/Location");
    let content = json!({
        "application/json": {
            "schema": named("NewInterviewWithAudio"),
            "examples": {"announced": {"summary": "The recording is uploaded afterwards",
                "value": examples::new_interview()}},
        },
        "multipart/form-data": {
            "schema": named("NewInterviewForm"),
            "examples": {"form": {"summary": "The recording is in the form",
                "value": {"file": "@interview.flac", "title": "Ada, first round", "kind": "job_interview"}}},
        },
    });
    Operation::new(
        "analyze_async",
        TAG,
        "Create an interview and bring its recording in one call",
    )
    .about(
        "As JSON: as creating an interview with `audio`, and the answer says how to upload. \
             As a form: the recording is in the field `file`, `metadata` and `rubric` are JSON.",
    )
    .takes(&["idempotency_key"])
    .body(true, content)
    .gives(
        202,
        "The interview.",
        "CreatedInterview",
        examples::awaiting(true),
    )
    .header(202, "Location", location)
    .fails(&USER)
    .fails(&STORE)
    .fails(&BODY)
    .fails(&WRITE)
    .fails(&[
        ErrorCode::InvalidField,
        ErrorCode::InvalidForm,
        ErrorCode::InvalidIdempotencyKey,
    ])
    .fails(&[ErrorCode::IdempotencyKeyUsed, ErrorCode::RecordingTooLarge])
    .fails(&[ErrorCode::TooManyStreams])
}

const LISTENING: &str = "\
The recording is the body as it is, with its `Content-Type`, or the field `file` of a form. \
Answers server-sent events: a `segment` for what is recognised, a `progress` after each one \
that is final, then `done` with the whole transcript, or `error` with a problem. A comment line \
keeps a silent stream open, every 15 seconds. Nothing is stored.";

pub(super) fn transcribe_stream() -> Operation {
    let form = json!({"type": "object", "required": ["file"], "properties": {
        "file": {"type": "string", "format": "binary", "description": "The recording."},
    }});
    let content = json!({
        "audio/*": {},
        "multipart/form-data": {"schema": form,
            "examples": {"form": {"summary": "The recording is in a form",
                "value": {"file": "@interview.flac"}}}},
    });
    Operation::new(
        "transcribe_stream",
        TAG,
        "Recognise a recording on the spot",
    )
    .about(LISTENING)
    .takes(&["language"])
    .body(true, content)
    .answers(200, "The events.", events())
    .fails(&USER)
    .fails(&STORE)
    .fails(&[
        ErrorCode::UnknownParameter,
        ErrorCode::InvalidField,
        ErrorCode::InvalidForm,
        ErrorCode::BodyTooLarge,
    ])
    .fails(&[ErrorCode::BodyIncomplete, ErrorCode::BodyTooSlow])
    .fails(&[
        ErrorCode::ContentTypeMissing,
        ErrorCode::InputUnusable,
        ErrorCode::EngineUnavailable,
    ])
    .fails(&[ErrorCode::TooManyStreams])
}

fn events() -> Value {
    let sample = "event: segment\ndata: {\"speaker\":1,\"start_ms\":2500,\"end_ms\":4100,\
        \"text\":\"I built a boat.\",\"words\":[],\"final\":true}\n\n\
        event: progress\ndata: {\"position_ms\":4100}\n\n";
    json!({"text/event-stream": {
        "schema": {"type": "string"},
        "example": sample,
        "x-events": {
            "segment": {"description": "What is recognised.", "data": named("Segment")},
            "progress": {"description": "How far it is.", "data": named("ProgressEvent")},
            "done": {"description": "The whole transcript; the last event.", "data": named("Transcript")},
            "error": {"description": "It cannot be gone on with; the last event.", "data": named("Problem")},
        },
    }})
}
