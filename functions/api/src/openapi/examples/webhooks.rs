//! Webhooks and what signs them.

use serde_json::{Value, json};

use super::{CREATED, DELIVERY};

pub(crate) const WEBHOOK_ID: &str = "h3n8x5q2m7w9k4t6r2v5p7zd";

const SECRET_ID: &str = "m7w2k9x4q6n8p3r5t2v7y4zd";
const OVERLAP_END: &str = "2026-03-03T09:30:00.000Z";

pub(crate) fn webhook_secret() -> Value {
    json!({"signed_by": "owner", "id": SECRET_ID, "created_at": CREATED,
        "previous_valid_until": OVERLAP_END})
}

pub(crate) fn new_webhook_secret() -> Value {
    json!({"id": SECRET_ID, "created_at": CREATED, "previous_valid_until": OVERLAP_END,
        "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"})
}

pub(crate) fn webhook() -> Value {
    json!({"id": WEBHOOK_ID, "url": "https://example.com/hooks", "types": [],
        "created_at": CREATED, "gone_at": null})
}

pub(crate) fn webhook_test() -> Value {
    json!({"delivered": false, "webhook_id": DELIVERY, "status": 404,
        "error": "the receiver answered 404; 2xx accepts a webhook, and redirects are not followed"})
}
