//! One interview, in all its parts.

mod collections;
mod highlights;
mod sharing;
mod webhooks;

use serde_json::{Value, json};

pub(crate) use collections::{collection, comparison, new_collection, themes};
pub(crate) use highlights::{collection_highlight, highlight};
pub(crate) use sharing::{SHARE_ID, TOKEN_ID, created_token, share, token};
pub(crate) use webhooks::{WEBHOOK_ID, new_webhook_secret, webhook, webhook_secret, webhook_test};

pub(crate) const ID: &str = "k3f9q2m7x8w4n6p5r2t3v7yz";
pub(crate) const RUN_ID: &str = "5c1f0a9b7d3e2846f0b1c2d3";
pub(crate) const RUBRIC_ID: &str = "r4v7n2k9x5m8q3w6t2p4z7yd";
pub(crate) const COLLECTION_ID: &str = "c6m2x9q4w7n3k8r5t2v4p6zd";
pub(crate) const NOTE_ID: &str = "w8p4z6t2m9k3x7r5v2n4q6fd";
pub(crate) const HIGHLIGHT_ID: &str = "h5v8x2m7q4n9k6r3t2w5p8zd";
pub(crate) const DELIVERY: &str = "msg_5c1f0a9b7d3e2846f0b1c2d3e4f50617";

const CREATED: &str = "2026-03-02T09:30:00.000Z";
const DONE: &str = "2026-03-02T09:31:12.480Z";

pub(crate) fn new_interview() -> Value {
    json!({
        "title": "Ada, first round",
        "kind": "job_interview",
        "language": "en",
        "metadata": {"job": 7},
        "audio": new_audio(),
    })
}

pub(crate) fn new_audio() -> Value {
    json!({"filename": "interview.flac", "content_type": "audio/flac", "size_bytes": 1_048_576})
}

pub(crate) fn rubric() -> Value {
    json!({"competencies": [{
        "name": "Ownership",
        "description": "Takes things to their end",
        "anchors": {
            "low": "Waits to be told",
            "mid": "Finishes what was asked for",
            "high": "Sees what is missing and brings it about",
        },
    }]})
}

pub(crate) fn interview() -> Value {
    json!({
        "id": ID,
        "title": "Ada, first round",
        "status": "completed",
        "usable": {"ok": true, "reasons": []},
        "kind": "job_interview",
        "language": "en",
        "recorded_at": "2025-12-18T14:00:00+01:00",
        "created_at": CREATED,
        "updated_at": DONE,
        "audio": {
            "filename": "interview.flac", "content_type": "audio/flac", "size_bytes": 1_048_576,
            "duration_ms": 62_000, "channels": 1, "sample_rate_hz": 16_000,
            "container": "flac", "codec": "flac",
            "warnings": [{
                "code": "low_level", "from_ms": 0, "to_ms": 62_000,
                "message": "the recording is very quiet",
            }],
            "recorded_at": "2025-12-18T13:00:00Z",
            "url": format!("/v1/audio/{ID}?token=bG9jYWwuazNm"),
            "playback": null,
        },
        "steps": {
            "transcription": step("deepgram"),
            "waveform": {"state": "done", "attempt": 1, "waiting": null, "started_at": CREATED,
                "finished_at": DONE},
            "analysis": step("gemini"),
            "report": {"state": "done", "attempt": 1, "waiting": null, "started_at": CREATED,
                "finished_at": DONE},
        },
        "collection_id": COLLECTION_ID,
        "tags": ["first round"],
        "webhook_url": null,
        "metadata": {"job": 7},
        "speakers": {"1": {"name": "Ada", "role": "interviewee"}},
        "speakers_expected": 2,
        "channels": "auto",
        "key_terms": ["Kubernetes"],
        "rubric": null,
        "rubric_id": null,
        "rubric_version": null,
        "retention_days": null,
    })
}

fn step(engine: &str) -> Value {
    json!({"state": "done", "attempt": 1, "waiting": null, "engine": engine,
        "started_at": CREATED, "finished_at": DONE})
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
    interview["status"] = json!("processing");
    interview["audio"] = Value::Null;
    interview["recorded_at"] = Value::Null;
    interview["steps"] = json!({
        "transcription": step("import"),
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
        "derived_from": derived_from(),
        "created_at": DONE,
        "stale": null,
    });
    whole["notes"] = json!([note()]);
    whole
}

pub(crate) fn usage() -> Value {
    json!({
        "month": "2026-03",
        "minutes": 61.5,
        "tokens": {"input_tokens": 15_100, "output_tokens": 4_000, "thinking_tokens": 0, "repairs": 2},
        "cost_usd": 0.279,
        "unpriced": 0,
        "reserved": {"minutes": 12.0, "cost_usd": 0.0516},
        "limits": {"minutes_per_day": 120, "minutes_per_month": null, "cost_per_month_usd": 20.0},
        "exhausted": null,
        "days": [{"date": "2026-03-02", "minutes": 61.5, "reserved_minutes": 12.0, "cost_usd": 0.279}],
    })
}

pub(crate) fn upload() -> Value {
    let name = "users/local/audio/k3f9q2m7x8w4n6p5r2t3v7yz";
    let url = format!("https://storage.googleapis.com/recordings/{name}?X-Goog-Signature=5f1c");
    let headers = json!({
        "content-type": "audio/flac",
        "x-goog-content-length-range": "1048576,1048576",
    });
    json!({
        "method": "PUT", "url": url, "headers": headers,
        "resumable": {"method": "POST", "url": url, "headers": {
            "content-type": "audio/flac",
            "x-goog-content-length-range": "0,1048576",
            "x-goog-resumable": "start",
        }},
        "expires_at": "2026-03-02T10:30:00.000Z",
    })
}

pub(crate) fn transcript() -> Value {
    json!({
        "run_id": RUN_ID, "revision": 0, "engine": "deepgram", "model": "nova-3", "diarization": null, "language": "en",
        "duration_ms": 62_000,
        "speakers": [
            {"id": 0, "name": "Speaker 1", "role": null, "role_confidence": null},
            {"id": 1, "name": "Ada", "role": "interviewee", "role_confidence": 1.0},
        ],
        "turns": [{"id": 0, "speaker": 1, "start_ms": 2_500, "end_ms": 4_100,
            "text": "I built a boat."}],
        "words": [
            {"id": "w0", "text": "I", "start_ms": 2_500, "end_ms": 2_600, "speaker": 1, "confidence": 0.99},
            {"id": "w1", "text": "built", "start_ms": 2_700, "end_ms": 3_050, "speaker": 1, "confidence": 0.98},
            {"id": "w2", "text": "a", "start_ms": 3_100, "end_ms": 3_150, "speaker": 1, "confidence": 0.97},
            {"id": "w3", "text": "boat.", "start_ms": 3_300, "end_ms": 4_100, "speaker": 1, "confidence": 0.99},
        ],
        "quality": quality(),
        "usable": {"ok": true, "reasons": []},
    })
}

fn quality() -> Value {
    json!({"words": 4, "mean_confidence": 0.98, "low_confidence_share": 0.0,
        "speech_coverage": 0.5, "words_per_minute": 120.0, "repetition_share": 0.0})
}

fn derived_from() -> Value {
    json!({"transcript_revision": 0, "run_id": RUN_ID, "revision": 0})
}

pub(crate) fn revision() -> Value {
    json!({"run_id": RUN_ID, "revision": 1})
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

pub(crate) fn assessment() -> Value {
    json!({
        "version": 1,
        "competencies": [{"name": "Ownership", "rating": 4, "comment": "Two projects brought to their end."}],
        "decision": "Advance to the second round", "author": "Grace Hopper", "user": "local",
        "created_at": DONE, "updated_at": DONE,
    })
}

pub(crate) fn started_run() -> Value {
    json!({"run_id": RUN_ID, "step": "analysis", "state": "pending"})
}

pub(crate) fn run() -> Value {
    json!({
        "run_id": RUN_ID, "step": "analysis", "state": "done", "selected": true,
        "engine": "gemini", "model": "gemini-2.5-flash", "language": null, "kind": "job_interview",
        "derived_from": derived_from(),
        "usage": {"input_tokens": 1_200, "output_tokens": 300, "thinking_tokens": 0},
        "cost_usd": 0.001, "created_at": DONE, "error": null,
    })
}

pub(crate) fn correction() -> Value {
    json!({"revision": 1, "created_at": DONE, "author": "local", "undoes": null, "operations": [
        {"op": "replace_words", "from": "w3", "to": "w3", "text": "boat,"},
    ]})
}

/// The analysis of an interview whose transcript has been corrected since.
pub(crate) fn stored_analysis() -> Value {
    let mut stored = analysis();
    stored["stale"] = json!({"since": DONE, "reasons": ["transcript_corrected"]});
    stored
}

pub(crate) fn analysis() -> Value {
    let evidence = json!([{"quote": "I built a boat.", "status": "verified", "speaker": 1,
        "start_ms": 2_500, "end_ms": 4_100, "turn": 0}]);
    json!({
        "derived_from": derived_from(),
        "engine": "gemini", "model": "gemini-2.5-flash", "prompt_version": "1",
        "usage": {"input_tokens": 1_200, "output_tokens": 300, "thinking_tokens": 0, "repairs": 1},
        "cost_usd": 0.001,
        "summary": "Ada built a boat.",
        "key_points": [{"text": "Built a boat", "evidence": evidence}],
        "topics": [{"title": "The boat", "start_ms": 2_500, "end_ms": 4_100}],
        "questions": [{"question": "What did you build?", "answer": "A boat", "evidence": evidence}],
        "competencies": [{"name": "Ownership", "status": "assessed", "rating": 4,
            "rationale": "Finished what she began", "evidence": evidence}],
        "strengths": [], "concerns": [], "follow_ups": ["What was the hardest part?"],
        "metrics": {
            "duration_ms": 62_000, "speech_ms": 31_000, "silence_ms": 31_000, "turns": 2,
            "quality": quality(),
            "speakers": {"1": {"talk_ms": 1_600, "talk_share": 1.0, "words": 4,
                "words_per_minute": 150.0, "longest_monologue_ms": 1_600,
                "response_delay_ms": 500, "interruptions": 0, "fillers": 0, "questions": 0}},
        },
        "evidence_validity": 1.0, "warnings": [], "created_at": DONE,
    })
}

pub(crate) fn waveform() -> Value {
    json!({"version": 2, "channels": 1, "sample_rate": 16_000, "samples_per_pixel": 256,
        "bits": 8, "length": 2, "data": [-1, 0, -128, 127]})
}

pub(crate) fn note() -> Value {
    json!({"id": NOTE_ID, "text": "ask about the boat", "at_ms": 12_000, "kind": "note",
        "created_at": DONE})
}

pub(crate) fn search_hit() -> Value {
    json!({"interview_id": ID, "title": "Ada, second round", "created_at": CREATED,
        "field": "transcript", "speaker": 1, "speaker_name": "Ada", "start_ms": 2_500,
        "snippet": "I built a boat.", "highlights": [{"from": 10, "to": 14}]})
}

pub(crate) fn delivery() -> Value {
    json!({"id": DELIVERY, "webhook_id": DELIVERY, "type": "interview.completed",
        "state": "delivered", "url": "https://example.com/hooks/interviews", "user_webhook_id": null, "attempts": [{"at": DONE, "status": 204}], "next_attempt_at": null, "created_at": DONE})
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

pub(crate) fn engines() -> Value {
    json!({
        "speech": {"name": "whisper", "model": "base", "state": "fetching",
            "source": "huggingface.co", "done_bytes": 52_428_800, "total_bytes": 147_951_465,
            "fallback": null, "check": null,
            "available": [{"engine": "whisper", "model": "base"},
                {"engine": "deepgram", "model": "nova-3"}]},
        "language": {"name": "openai", "model": "llama3.1:8b", "state": "ok", "fallback": null,
            "available": [{"engine": "openai", "model": "llama3.1:8b"},
                {"engine": "extractive", "model": null}],
            "check": {"checked_at": DONE, "findings": [
                {"severity": "ok", "code": "engine_works", "message": "`llama3.1:8b` answers",
                    "settings": []},
                {"severity": "error", "code": "context_size", "message": "the model reads 4096 \
                    tokens at once, and a question needs 22000: let the server give the model a \
                    longer context (Ollama: OLLAMA_CONTEXT_LENGTH, llama.cpp: --ctx-size, vLLM: \
                    --max-model-len)", "settings": ["ANALYZER_PART_TOKENS"]},
            ]}},
    })
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
