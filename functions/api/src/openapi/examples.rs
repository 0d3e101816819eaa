//! One interview in all its parts, and what is made of many.
//!
//! `examples.json` has those that the service can send or take as they stand; the others follow
//! from them.

use std::sync::LazyLock;

use serde_json::{Value, json};

pub(crate) const ID: &str = "k3f9q2m7x8w4n6p5r2t3v7yz";
pub(crate) const RUN_ID: &str = "5c1f0a9b7d3e2846f0b1c2d3";
pub(crate) const RUBRIC_ID: &str = "r4v7n2k9x5m8q3w6t2p4z7yd";
pub(crate) const COLLECTION_ID: &str = "c6m2x9q4w7n3k8r5t2v4p6zd";
pub(crate) const NOTE_ID: &str = "w8p4z6t2m9k3x7r5v2n4q6fd";
pub(crate) const HIGHLIGHT_ID: &str = "h5v8x2m7q4n9k6r3t2w5p8zd";
pub(crate) const SHARE_ID: &str = "s5k8x2m7w4n9q3t6r2v5p7zd";
pub(crate) const TOKEN_ID: &str = "t7q3w9k2x5m8n4r6p2v7z3yd";
pub(crate) const WEBHOOK_ID: &str = "h3n8x5q2m7w9k4t6r2v5p7zd";
pub(crate) const DELIVERY: &str = "msg_5c1f0a9b7d3e2846f0b1c2d3e4f50617";

const CREATED: &str = "2026-03-02T09:30:00.000Z";
const DONE: &str = "2026-03-02T09:31:12.480Z";

static WRITTEN: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("examples.json");
    serde_json::from_str(text).unwrap_or_else(|error| unreachable!("examples.json: {error}"))
});

/// A function for each example of `examples.json`.
macro_rules! written {
    ($($name:ident)*) => {$(
        pub(crate) fn $name() -> Value {
            WRITTEN[stringify!($name)].clone()
        }
    )*
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

written! {
    new_interview interview upload transcript revision correction analysis waveform note
    highlight rubric assessment run started_run new_collection collection comparison themes search_hit
    usage engines share token webhook webhook_test webhook_secret new_webhook_secret delivery
}

/// An interview that awaits its recording, with how to upload it.
pub(crate) fn created() -> Value {
    let pending = json!({"state": "pending", "attempt": 0, "waiting": null});
    let mut interview = interview();
    interview["status"] = json!("awaiting_upload");
    interview["usable"] = Value::Null;
    interview["updated_at"] = json!(CREATED);
    for step in ["transcription", "waveform", "analysis", "report"] {
        interview["steps"][step] = pending.clone();
    }
    for later in [
        "duration_ms",
        "channels",
        "sample_rate_hz",
        "container",
        "codec",
        "recorded_at",
        "url",
    ] {
        interview["audio"][later] = Value::Null;
    }
    interview["audio"]["warnings"] = json!([]);
    interview["upload"] = upload();
    interview
}

/// An interview whose transcript was imported.
pub(crate) fn imported() -> Value {
    let pending = json!({"state": "pending", "attempt": 0, "waiting": null});
    let mut interview = interview();
    let mut transcription = interview["steps"]["transcription"].take();
    transcription["engine"] = json!("import");
    interview["status"] = json!("processing");
    interview["audio"] = Value::Null;
    interview["recorded_at"] = Value::Null;
    interview["steps"] = json!({
        "transcription": transcription,
        "waveform": {"state": "skipped", "attempt": 0, "waiting": null, "finished_at": CREATED},
        "analysis": pending,
        "report": pending,
    });
    interview
}

pub(crate) fn whole() -> Value {
    let mut whole = interview();
    whole["transcript"] = transcript();
    whole["analysis"] = stored_analysis();
    whole["waveform"] = waveform();
    whole["report"] = json!({
        "url": format!("/v1/interviews/{ID}/report.docx"),
        "size_bytes": 48_213,
        "html_url": format!("/v1/interviews/{ID}/report.html"),
        "derived_from": whole["analysis"]["derived_from"],
        "created_at": DONE,
        "stale": null,
    });
    whole["notes"] = json!([note()]);
    whole
}

pub(crate) fn new_rubric() -> Value {
    let mut new = rubric();
    new["name"] = json!("Engineers");
    new["competencies"][0]["weight"] = json!(2.0);
    new
}

pub(crate) fn stored_rubric() -> Value {
    let mut stored = new_rubric();
    stored["id"] = json!(RUBRIC_ID);
    stored["version"] = json!(1);
    stored["created_at"] = json!(DONE);
    stored["updated_at"] = json!(DONE);
    stored
}

pub(crate) fn rubric_templates() -> Value {
    let template = json!({"kind": "job_interview", "name": "Job interview",
        "competencies": rubric()["competencies"]});
    json!({"items": [template]})
}

/// The analysis of an interview whose transcript has been corrected since.
pub(crate) fn stored_analysis() -> Value {
    let mut stored = analysis();
    stored["stale"] = json!({"since": DONE, "reasons": ["transcript_corrected"]});
    stored
}

/// A highlight among those of a collection.
pub(crate) fn collection_highlight() -> Value {
    let mut item = highlight();
    item["interview_id"] = json!(ID);
    item["title"] = json!("Ada, first round");
    item["date"] = json!("2025-12-18T13:00:00.000Z");
    item["url"] = json!(format!("/app/interviews/{ID}?t=2500"));
    item
}

/// A token with its secret, in its place one that no service has made.
pub(crate) fn created_token() -> Value {
    let mut created = token();
    created["last_used_at"] = Value::Null;
    created["token"] = json!(format!("ilp_{}", "0123456789abcdef".repeat(4)));
    created
}

pub(crate) fn event() -> Value {
    let interview = interview();
    json!({"type": "interview.completed", "timestamp": DONE, "data": {
        "interview_id": ID, "user_id": "local", "status": "completed",
        "steps": interview["steps"], "metadata": interview["metadata"],
        "usable": interview["usable"],
    }})
}

/// A page of a list that has no next one.
pub(crate) fn page(item: &Value) -> Value {
    json!({"items": [item], "next_page_token": null})
}

pub(crate) fn pending_delivery() -> Value {
    let mut pending = delivery();
    pending["state"] = json!("pending");
    pending
}

pub(crate) fn health() -> Value {
    json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")})
}

/// A part of the events of an interview.
pub(crate) const STEP_EVENT: &str = "\
id: 1r0-1r0-0p0-0p0-processing
event: step
data: {\"step\":\"waveform\",\"detail\":{\"state\":\"running\",\"attempt\":1}}

";

/// A part of the events of a recording that is recognised.
pub(crate) const SEGMENT_EVENTS: &str = "\
event: segment
data: {\"speaker\":1,\"start_ms\":2500,\"end_ms\":4100,\"text\":\"I built a boat.\",\"words\":[],\"final\":true}

event: progress
data: {\"position_ms\":4100}

";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn written_examples_have_functions_and_the_ids_of_the_others() {
        let written = WRITTEN.as_object().expect("an object").keys();
        let written: BTreeSet<&str> = written.map(String::as_str).collect();
        assert_eq!(written, NAMES.iter().copied().collect());
        for (example, id) in [
            (&interview()["id"], ID),
            (&transcript()["run_id"], RUN_ID),
            (&collection()["id"], COLLECTION_ID),
            (&note()["id"], NOTE_ID),
            (&highlight()["id"], HIGHLIGHT_ID),
            (&share()["id"], SHARE_ID),
            (&token()["id"], TOKEN_ID),
            (&webhook()["id"], WEBHOOK_ID),
            (&delivery()["id"], DELIVERY),
            (&interview()["created_at"], CREATED),
            (&interview()["updated_at"], DONE),
        ] {
            assert_eq!(*example, id);
        }
    }
}
