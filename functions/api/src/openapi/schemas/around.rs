//! Waveform, report, notes, deliveries, and what server-sent events carry.

use serde_json::{Value, json};

use super::{a, count, list, object, or_null, text, time, words};

const EVENT_TYPES: [&str; 5] = [
    "interview.transcribed",
    "interview.analyzed",
    "interview.completed",
    "interview.failed",
    "interview.deleted",
];

pub(super) fn all() -> Value {
    json!({
        "Waveform": waveform(),
        "Report": object("Where the report is.", &[], json!({
            "url": text("Its path."),
            "size_bytes": count("Its size."),
            "derived_from": a("DerivedFrom", "What it was made from."),
            "created_at": time("When it was made."),
        })),
        "Note": object("A note or a bookmark.", &["at_ms"], json!({
            "id": text("Its id."),
            "text": text("What it says."),
            "at_ms": count("What moment of the recording it is about."),
            "kind": words("What sort of note it is.", &["note", "bookmark"]),
            "created_at": time("When it was written."),
        })),
        "NotePage": all_of("Note", "All notes, by the moment they are about."),
        "Delivery": delivery(),
        "DeliveryAttempt": object("One try.", &["status", "error"], json!({
            "at": time("When it was sent."),
            "status": {"type": "integer", "description": "The receiver's status, where it gave one."},
            "error": text("Why it failed."),
        })),
        "DeliveryPage": all_of("Delivery", "All deliveries, newest first."),
        "WebhookEvent": object("What a webhook carries.", &[], json!({
            "type": words("What happened.", &EVENT_TYPES),
            "timestamp": time("When it happened."),
            "data": a("WebhookData", "To which interview."),
        })),
        "WebhookData": webhook_data(),
        "StepEvent": object("What a `step` event carries.", &[], json!({
            "step": words("Which step.", &["transcription", "waveform", "analysis", "report"]),
            "detail": a("Step", "Where it stands now."),
        })),
        "StatusEvent": object("What a `status` event carries.", &[], json!({
            "status": text("Where the interview stands now."),
            "usable": or_null(a("Usable", "Whether its transcript can be relied on.")),
        })),
        "ProgressEvent": object("What a `progress` event carries.", &[], json!({
            "position_ms": count("Up to where the recording is recognised."),
        })),
        "Engines": object("The engines that work.", &[], json!({
            "speech": a("Engine", "From speech to words."),
            "language": a("Engine", "From words to an analysis."),
        })),
        "Engine": engine(),
        "Health": object("That the service answers.", &[], json!({
            "status": {"const": "ok"},
            "version": text("The service's version."),
        })),
    })
}

fn all_of(item: &str, about: &str) -> Value {
    object(
        about,
        &[],
        json!({
            "items": list(item, about),
            "next_page_token": or_null(text("What to ask the next page by; `null` on the last one.")),
        }),
    )
}

fn waveform() -> Value {
    object(
        "audiowaveform's JSON format, version 2.",
        &[],
        json!({
            "version": {"const": 2},
            "channels": {"const": 1},
            "sample_rate": count("Frames per second."),
            "samples_per_pixel": count("How many frames a pixel stands for."),
            "bits": {"enum": [8, 16], "description": "How many bits a value has."},
            "length": count("Number of pixels."),
            "data": {"type": "array", "items": {"type": "integer"},
                "description": "Of each pixel its lowest and its highest value."},
        }),
    )
}

fn engine() -> Value {
    object(
        "An engine, its model, and what is still missing.",
        &[
            "source",
            "done_bytes",
            "total_bytes",
            "reason",
            "retry_in_s",
        ],
        json!({
            "name": text("Its name in the settings."),
            "model": or_null(text("Its model.")),
            "state": words("Whether it works, or its model is being fetched or is missing.",
                &["ok", "fetching", "missing"]),
            "source": or_null(text("From where the model is being fetched.")),
            "done_bytes": count("How much of the model is there."),
            "total_bytes": or_null(count("How much there will be.")),
            "reason": text("Why the model is missing, and what to do."),
            "retry_in_s": count("After how many seconds fetching it is tried again."),
            "fallback": or_null(text("The engine that is used as long as this one cannot be.")),
        }),
    )
}

fn webhook_data() -> Value {
    object(
        "The interview that an event is about.",
        &["usable"],
        json!({
            "interview_id": text("Its id."),
            "user_id": text("Whose it is."),
            "status": words("Where it stands.", &["awaiting_upload", "processing", "completed",
                "partial", "failed", "deleted"]),
            "steps": a("Steps", "Where each of its steps stands."),
            "metadata": {"type": "object", "description": "The client's own data, as it came."},
            "usable": or_null(a("Usable", "Whether its transcript can be relied on; absent \
                once it is deleted.")),
        }),
    )
}

fn delivery() -> Value {
    object(
        "How the delivery of a webhook went.",
        &[],
        json!({
            "id": text("Its id, the `webhook-id` of every attempt."),
            "type": words("What happened.", &EVENT_TYPES),
            "state": words("Where it stands.", &["pending", "delivered", "failed"]),
            "attempts": list("DeliveryAttempt", "Every try, oldest first."),
            "next_attempt_at": or_null(time("When it is tried next.")),
            "created_at": time("When it became due."),
        }),
    )
}
