//! Interviews from their creation to their deletion.

use domain::ErrorCode;
use serde_json::{Value, json};

use crate::openapi::{
    examples,
    operation::{Operation, reference},
    problems::{BODY, STORE, USER, WRITE},
};

pub(super) const TAG: &str = "Interviews";

fn operation(id: &str, summary: &str) -> Operation {
    Operation::new(id, TAG, summary).fails(&USER).fails(&STORE)
}

/// A call about one interview.
fn of_one(id: &str, summary: &str) -> Operation {
    let operation = operation(id, summary);
    operation
        .takes(&["id"])
        .fails(&[ErrorCode::InterviewNotFound])
}

pub(super) fn create() -> Operation {
    let location = reference("headers/Location");
    operation("create_interview", "Create an interview")
        .about("With `audio`, the answer says how to upload the recording.")
        .takes(&["idempotency_key"])
        .json("NewInterview", true, creations())
        .gives(
            201,
            "The interview.",
            "CreatedInterview",
            examples::awaiting(true),
        )
        .header(201, "Location", location)
        .fails(&BODY)
        .fails(&WRITE)
        .fails(&[
            ErrorCode::InvalidField,
            ErrorCode::InvalidIdempotencyKey,
            ErrorCode::IdempotencyKeyUsed,
        ])
        .fails(&[ErrorCode::RecordingTooLarge])
}

fn creations() -> Value {
    json!({
        "with_audio": {"summary": "A recording is going to be uploaded", "value": examples::new_interview()},
        "plain": {"summary": "A title alone", "value": {"title": "A summer"}},
        "everything": {"summary": "With a receiver of webhooks, a rubric and a time to be kept", "value": {
            "title": "Ada, second round",
            "kind": "job_interview",
            "webhook_url": "https://example.com/hooks/interviews",
            "rubric": examples::rubric(),
            "retention_days": 90,
        }},
    })
}

pub(super) fn list() -> Operation {
    operation("list_interviews", "List interviews, newest first")
        .takes(&["limit", "page_token", "status"])
        .gives(
            200,
            "A page of interviews.",
            "InterviewPage",
            examples::page(&examples::interview()),
        )
        .fails(&[ErrorCode::UnknownParameter, ErrorCode::InvalidParameter])
}

pub(super) fn show() -> Operation {
    of_one("get_interview", "Read an interview with its parts")
        .takes(&["fields"])
        .gives(200, "The interview.", "WholeInterview", examples::whole())
        .fails(&[ErrorCode::UnknownParameter, ErrorCode::InvalidParameter])
}

pub(super) fn change() -> Operation {
    let change = json!({
        "title": {"summary": "Another title", "value": {"title": "Ada, second round"}},
        "all": {"summary": "Everything that can be changed", "value": {
            "title": "Ada", "metadata": {"job": 8}, "webhook_url": "https://example.com/hooks",
            "speakers": {"0": "Bob", "1": {"name": "Ada", "role": "interviewee"}, "2": null},
            "speakers_expected": 2, "retention_days": 30,
        }},
        "quiet": {"summary": "No more webhooks are sent", "value": {"webhook_url": null}},
    });
    of_one("change_interview", "Change an interview")
        .json("ChangeInterview", true, change)
        .gives(
            200,
            "The interview as it is now.",
            "Interview",
            examples::interview(),
        )
        .fails(&BODY)
        .fails(&WRITE)
        .fails(&[ErrorCode::InvalidField, ErrorCode::TranscriptionBegun])
}

pub(super) fn delete() -> Operation {
    of_one(
        "delete_interview",
        "Delete an interview and everything that belongs to it",
    )
    .answers(204, "It is gone.", Value::Null)
    .fails(&[ErrorCode::Conflict])
}

pub(super) fn upload_url() -> Operation {
    of_one(
        "renew_upload",
        "Get a fresh upload while the recording is awaited",
    )
    .gives(
        200,
        "How to upload the recording.",
        "Upload",
        examples::upload(),
    )
    .fails(&[ErrorCode::NoAudioAnnounced, ErrorCode::AlreadyUploaded])
}

pub(super) fn retry() -> Operation {
    let requested = json!({
        "one": {"summary": "One step", "value": {"step": "analysis"}},
        "all": {"summary": "All that failed", "value": {}},
    });
    of_one("retry_steps", "Run failed steps again")
        .about(
            "Without a body: all that failed, and what no worker has begun for a minute although \
            it could be. Steps that failed for their sake follow. With \
            `report`, a report that is done is made again, with the notes and names that there are \
            now.",
        )
        .json("Retry", false, requested)
        .gives(
            202,
            "The interview, its steps pending.",
            "Interview",
            examples::interview(),
        )
        .fails(&BODY)
        .fails(&WRITE)
        .fails(&[
            ErrorCode::NoRecording,
            ErrorCode::NotFailed,
            ErrorCode::PrerequisiteFailed,
        ])
}

const EVENTS: &str = "\
Server-sent events. First a `snapshot` with the interview, then a `step` event for every \
change of a step and a `status` event for every change of the status. Each has an `id`: send \
the last one as `Last-Event-ID` to miss nothing and hear nothing twice. A comment line keeps \
a silent stream open, every 15 seconds. The stream ends after a final status.";

pub(super) fn events() -> Operation {
    let id = "1r0-1r0-0p0-0p0-processing";
    let sample = format!(
        "id: {id}\nevent: step\ndata: {{\"step\":\"waveform\",\"detail\":{{\"state\":\"running\",\"attempt\":1}}}}\n\n"
    );
    let events = json!({"text/event-stream": {
        "schema": {"type": "string"},
        "example": sample,
        "x-events": {
            "snapshot": {"description": "The interview as it is.", "data": reference("schemas/Interview")},
            "step": {"description": "A step has changed.", "data": reference("schemas/StepEvent")},
            "status": {"description": "The status has changed.", "data": reference("schemas/StatusEvent")},
        },
    }});
    of_one("follow_interview", "Follow an interview's progress")
        .about(EVENTS)
        .takes(&["last_event_id"])
        .answers(200, "The events.", events)
        .fails(&[ErrorCode::TooManyStreams])
}
