//! Parameters of paths, queries and headers.

use serde_json::{Value, json};

use super::examples::{DELIVERY, ID, NOTE_ID};
use crate::{
    list::{DEFAULT_LIMIT, MAX_LIMIT, STATUSES},
    validation::{IDEMPOTENCY_KEY, LANGUAGE, MAX_IDEMPOTENCY_KEY},
};

/// All of them, by the names under which calls take them.
pub(super) fn all() -> Value {
    json!({
        "id": path("id", "The interview's id.", ID),
        "note_id": path("note_id", "The note's id.", NOTE_ID),
        "delivery_id": path("delivery_id", "The delivery's id, which is its `webhook-id`.", DELIVERY),
        "filename": path("filename", "As it stands in `audio.url`: the interview's id, which an \
            ending such as `.wav` may follow.", ID),
        "shown_id": path("id", "The interview's id; the page itself finds out whether there is \
            such an interview.", ID),
        "console_file": path("file", "As it stands in the page.", "index.js"),
        "callback_token": path("token", "The token of one job.", "a-token-of-one-job"),
        "limit": query("limit", "How many to answer at most.",
            &json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT})),
        "page_token": query("page_token", "The `next_page_token` of the page before.",
            &json!({"type": "string"})),
        "status": query("status", "Only those that stand there.",
            &json!({"type": "string", "enum": STATUSES})),
        "fields": fields(),
        "samples_per_pixel": query("samples_per_pixel", "Coarser than stored: how many samples \
            a pixel stands for.", &json!({"type": "integer", "minimum": 1, "maximum": u32::MAX})),
        "bits": query("bits", "How many bits a value has.",
            &json!({"type": "integer", "enum": [8, 16], "default": 8})),
        "language": query("language", "What is spoken, as a BCP 47 tag; recognised where it is \
            left out.", &json!({"type": "string", "pattern": LANGUAGE.as_str(), "examples": ["en"]})),
        "audio_token": query("token", "The token of `audio.url`; without it the asker has to be \
            the owner.", &json!({"type": "string"})),
        "idempotency_key": header("Idempotency-Key", "1 to 255 visible characters: the same key \
            makes one thing, however often it is sent and whatever else the request then says; \
            of interviews for a day.",
            &json!({"type": "string", "minLength": 1, "maxLength": MAX_IDEMPOTENCY_KEY,
                "pattern": IDEMPOTENCY_KEY.as_str()})),
        "last_event_id": header("Last-Event-ID", "The `id` of the last event that was received: \
            what changed since is sent, and no snapshot.", &json!({"type": "string"})),
        "range": header("Range", "The bytes wanted, such as `bytes=0-65535`.",
            &json!({"type": "string"})),
        "if_range": header("If-Range", "The `ETag` that the range is of.",
            &json!({"type": "string"})),
    })
}

fn fields() -> Value {
    // Nothing between commas, or at all, asks for nothing.
    let parts = ["transcript", "analysis", "waveform", "report", "notes", ""];
    let about = "The parts to answer, separated by commas, of `transcript`, `analysis`, \
        `waveform`, `report` and `notes`; all of them where it is left out, none where it is empty.";
    let schema = json!({"type": "array", "items": {"type": "string", "enum": parts}});
    let mut fields = query("fields", about, &schema);
    fields["style"] = json!("form");
    fields["explode"] = json!(false);
    fields["example"] = json!(["transcript", "notes"]);
    fields
}

fn path(name: &str, about: &str, example: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "description": about,
        "schema": {"type": "string", "minLength": 1}, "example": example})
}

fn query(name: &str, about: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "query", "description": about, "schema": schema})
}

fn header(name: &str, about: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "header", "description": about, "schema": schema})
}
