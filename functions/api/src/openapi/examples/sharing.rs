//! Shares and access tokens.

use serde_json::{Value, json};

use super::{CREATED, DONE};

pub(crate) const SHARE_ID: &str = "s5k8x2m7w4n9q3t6r2v5p7zd";
pub(crate) const TOKEN_ID: &str = "t7q3w9k2x5m8n4r6p2v7z3yd";

pub(crate) fn share() -> Value {
    json!({"id": SHARE_ID, "url": "https://interviews.example/s/bG9jYWwuazNm", "scope": "report",
        "highlight_id": null, "with_audio": false, "created_at": CREATED, "expires_at": "2026-03-09T09:30:00.000Z",
        "views": 2, "last_viewed_at": DONE})
}

pub(crate) fn token() -> Value {
    json!({"id": TOKEN_ID, "name": "Nightly export", "scope": "read", "created_at": CREATED,
        "expires_at": "2026-05-31T09:30:00.000Z", "last_used_at": DONE})
}

/// A token with its secret, in its place one that no service has made.
pub(crate) fn created_token() -> Value {
    let mut created = token();
    created["last_used_at"] = Value::Null;
    created["token"] = json!(format!("ilp_{}", "0123456789abcdef".repeat(4)));
    created
}
