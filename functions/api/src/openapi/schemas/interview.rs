//! The interview.

use domain::steps::{Code, WaitReason};
use serde_json::{Map, Value, json};

use super::{
    a, count, list, object, or_null,
    requests::{ROLES, kind},
    text, time, words,
};
use crate::list::STATUSES;

pub(super) fn all() -> Value {
    json!({
        "Interview": object("An interview and where it stands.", &[], own()),
        "CreatedInterview": created(),
        "WholeInterview": whole(),
        "InterviewPage": object("A page of interviews, newest first.", &[], json!({
            "items": list("Interview", "The interviews."),
            "next_page_token": or_null(text("What to ask the next page by; `null` on the last one.")),
        })),
        "Audio": audio(),
        "Steps": object("The steps of the pipeline.", &[], json!({
            "transcription": a("Step", "Speech to words."),
            "waveform": a("Step", "Audio to peaks."),
            "analysis": a("Step", "Words to claims with evidence."),
            "report": a("Step", "Everything to a document for people."),
        })),
        "Step": step(),
        "Waiting": waiting(),
        "StepError": object("Why a step did not succeed.", &[], json!({
            "code": step_codes(),
            "message": text("What is wrong and, where something can be done, what to do."),
            "retryable": {"type": "boolean", "description": "Whether running it again may succeed."},
        })),
        "Upload": upload(),
        "ResumableUpload": object("How to begin an upload that survives a broken connection: the \
            resumable protocol of Google Cloud Storage.", &[], json!({
                "method": {"const": "POST"},
                "url": text("Where to; the answer's `Location` takes the bytes."),
                "headers": sent(),
            })),
    })
}

fn step_codes() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    words("A stable word for programs.", &codes)
}

fn own() -> Value {
    json!({
        "id": text("Its id."),
        "title": text("What its owner calls it."),
        "status": words("Where it stands: `completed` when every step is done, `partial` when \
            the transcript is there and another step failed, `failed` when there is no \
            transcript.", &STATUSES),
        "usable": or_null(a("Usable", "Whether its transcript can be relied on; `null` until \
            there is one, and in lists for transcripts of an earlier release.")),
        "kind": kind(),
        "language": or_null(text("The language as a BCP 47 tag, given or recognised.")),
        "created_at": time("When it was created."),
        "updated_at": time("When it last changed."),
        "audio": or_null(a("Audio", "Its recording, once announced.")),
        "steps": a("Steps", "Where each of its steps stands."),
        "webhook_url": or_null(text("Where its events go.")),
        "metadata": {"type": "object", "description": "The client's own data, as it came."},
        "speakers": {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"},
                object("Name and role.", &["name", "role"], json!({
                    "name": text("What the speaker is called."),
                    "role": words("Their part in the interview.", &ROLES),
                }))]},
            "description": "What its owner says about the speakers, by their ids in the \
                transcript: a name, or an object where there is a role. The transcript and what \
                is made of it have them so."},
        "speakers_expected": or_null(count("How many people speak, where its owner knows.")),
        "rubric": or_null(a("Rubric", "What is assessed, in place of the kind's own rubric.")),
        "retention_days": or_null(json!({"type": "integer", "minimum": 1,
            "description": "For how many days it is kept, where that was asked for."})),
    })
}

/// The interview's own properties and some more that may be there.
fn and(about: &str, more: Value) -> Value {
    let mut properties = own();
    let optional: Vec<String> = more
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .cloned()
        .collect();
    if let (Value::Object(all), Value::Object(more)) = (&mut properties, more) {
        all.extend(more);
    }
    let optional: Vec<&str> = optional.iter().map(String::as_str).collect();
    object(about, &optional, properties)
}

fn created() -> Value {
    and(
        "An interview and, while it awaits an announced recording, how to upload it.",
        json!({
            "upload": a("Upload", "How to upload the recording."),
        }),
    )
}

fn whole() -> Value {
    and(
        "An interview with those of its parts that were asked for; one that is not there yet is \
        `null`.",
        json!({
            "transcript": or_null(a("Transcript", "Who said what, when.")),
            "analysis": or_null(a("Analysis", "What is said about it.")),
            "waveform": or_null(a("Waveform", "What the recording looks like.")),
            "report": or_null(a("Report", "Where its report is.")),
            "notes": list("Note", "Its notes and bookmarks."),
        }),
    )
}

fn audio() -> Value {
    object(
        "The recording of an interview.",
        &[],
        json!({
            "filename": text("The client's name for the file."),
            "content_type": text("Its media type, as it was announced."),
            "size_bytes": count("Its size."),
            "duration_ms": or_null(count("Its length by decoded frames.")),
            "channels": or_null(count("Its channels as decoded.")),
            "sample_rate_hz": or_null(count("Frames per second as decoded.")),
            "url": or_null(text("Where to listen, for an hour; `null` until it has arrived.")),
        }),
    )
}

fn step() -> Value {
    object(
        "Where a step stands.",
        &[
            "engine",
            "progress",
            "waiting",
            "started_at",
            "finished_at",
            "error",
        ],
        json!({
            "state": words("Where it stands.", &["pending", "running", "done", "failed"]),
            "attempt": count("How often it was begun since it was last asked for."),
            "engine": text("The engine that does it."),
            "progress": {"type": "integer", "minimum": 0, "maximum": 100,
                "description": "How much of it is done, in percent, where that is known."},
            "waiting": or_null(a("Waiting", "What a pending step waits for.")),
            "started_at": time("When it was last begun."),
            "finished_at": time("When it was settled."),
            "error": a("StepError", "Why it did not succeed."),
        }),
    )
}

/// What a step waits for.
fn waiting() -> Value {
    object(
        "What a pending step waits for. It costs no attempt.",
        &[],
        json!({
            "reason": words("Why it waits.", WaitReason::WORDS),
            "until": or_null(time("When it is tried again at the latest, where that is known.")),
        }),
    )
}

fn upload() -> Value {
    object(
        "How to upload the recording: send exactly these headers. Good for an hour.",
        &[],
        json!({
            "method": {"const": "PUT"},
            "url": text("Where to."),
            "headers": sent(),
            "resumable": a("ResumableUpload", "How to do it in pieces."),
            "expires_at": time("Until when."),
        }),
    )
}

fn sent() -> Value {
    json!({"type": "object", "additionalProperties": {"type": "string"},
        "description": "The headers to send, all of them and as they stand."})
}
