//! A highlight.

use serde_json::{Value, json};

use super::{DONE, HIGHLIGHT_ID, ID, RUN_ID};

pub(crate) fn highlight() -> Value {
    json!({"id": HIGHLIGHT_ID, "run_id": RUN_ID, "is_shown": true, "state": "as_marked",
        "from": "w0", "to": "w3", "text": "I built a boat.", "marked_text": "I built a boat.",
        "speaker": 1, "speaker_name": "Ada", "start_ms": 2_500, "end_ms": 4_100,
        "tags": ["boats"], "created_at": DONE, "updated_at": DONE})
}

pub(crate) fn collection_highlight() -> Value {
    let mut item = highlight();
    item["interview_id"] = json!(ID);
    item["title"] = json!("Ada, first round");
    item["date"] = json!("2025-12-18T13:00:00.000Z");
    item["url"] = json!(format!("/app/interviews/{ID}?t=2500"));
    item
}
