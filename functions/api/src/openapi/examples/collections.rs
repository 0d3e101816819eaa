//! A collection of interviews.

use serde_json::{Value, json};

use super::{COLLECTION_ID, CREATED, DONE, ID, RUBRIC_ID};

pub(crate) fn new_collection() -> Value {
    json!({"title": "Engineer, Berlin", "kind": "job_interview", "rubric_id": null,
        "key_terms": ["Kubernetes"], "retention_days": 180})
}

pub(crate) fn collection() -> Value {
    json!({"id": COLLECTION_ID, "title": "Engineer, Berlin", "kind": "job_interview",
        "rubric_id": null, "key_terms": ["Kubernetes"], "retention_days": 180,
        "webhook_url": null, "created_at": CREATED, "updated_at": DONE})
}

pub(crate) fn comparison() -> Value {
    let rubric = json!({"key": format!("{RUBRIC_ID}.1"), "rubric_id": RUBRIC_ID, "version": 1,
        "kind": null, "interviews": 1, "competencies": ["Ownership"]});
    json!({
        "rubric": rubric, "rubrics": [rubric],
        "items": [{
            "interview_id": ID, "title": "Ada, first round", "date": "2025-12-18T13:00:00.000Z",
            "status": "completed", "comparable": "yes", "stale": null,
            "rubric": format!("{RUBRIC_ID}.1"), "decision": "Advance to the second round",
            "author": "Grace Hopper",
            "cells": [{
                "competency": "Ownership", "status": "assessed", "rating": 4, "person_rating": 5,
                "person_comment": "Two projects brought to their end.",
                "quote": {"text": "I built a boat.", "status": "verified", "speaker": 1,
                    "speaker_name": "Ada", "start_ms": 2_500, "end_ms": 4_100,
                    "url": format!("/app/interviews/{ID}?t=2500")},
            }],
        }],
        "next_page_token": null,
    })
}

pub(crate) fn themes() -> Value {
    const OTHER: &str = "2b9e51c4a7d0";
    let quote = |id: &str, text: &str, name: &str| {
        json!({"text": text, "status": "verified", "speaker": 1, "speaker_name": name,
            "start_ms": 2_500, "end_ms": 4_100, "url": format!("/app/interviews/{id}?t=2500")})
    };
    let voice = |id: &str, title: &str, text: &str, name: &str| json!({"interview_id": id, "title": title, "quotes": [quote(id, text, name)]});
    let source = |id: &str, title: &str| {
        json!({"interview_id": id, "title": title, "run_id": "5d41402abc4b2a76b9719d91", "revision": 0,
            "analyzed_at": DONE})
    };
    json!({
        "run": {"number": 1, "state": "done", "attempt": 1, "engine": "gemini",
            "requested_at": CREATED, "started_at": CREATED, "finished_at": DONE,
            "waits_until": null, "error": null},
        "result": {
            "themes": [{
                "title": "Boats are built with family",
                "summary": "Both built a boat together with a relative.",
                "supports": [
                    voice(ID, "Ada, first round", "I built a boat with my sister.", "Ada"),
                    voice(OTHER, "Grace, first round", "My father and I built one.", "Grace"),
                ],
                "contradicts": [],
            }],
            "derived_from": [source(ID, "Ada, first round"), source(OTHER, "Grace, first round")],
            "left_out": [], "stale": null, "engine": "gemini", "model": "gemini-3.5-flash-lite",
            "prompt_version": "themes-v1",
            "usage": {"input_tokens": 900, "output_tokens": 120, "thinking_tokens": 0},
            "cost_usd": 0.0004, "warnings": [], "created_at": DONE,
        },
    })
}
