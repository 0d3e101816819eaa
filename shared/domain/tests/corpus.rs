//! Documents of every release, and of one that is still to come, are read and written
//! without loss.

#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

use std::{collections::BTreeMap, fs, path::Path};

use domain::{
    Interview,
    analysis::Analysis,
    assessment::Assessment,
    callback::{Callback, Job},
    chunks::Chunk,
    corrections::LogSegment,
    documents,
    interview::{Kind, Status},
    ledger::Ledger,
    note::{Note, NoteKind},
    paths::DocPath,
    pipeline::Pipeline,
    receipt::IdempotencyRecord,
    report::StoredReport,
    rubrics::StoredRubric,
    runs::Kept,
    speaker::Role,
    steps::{StepState, WaitReason},
    transcript::TranscriptHead,
    versions::StripUnknown,
    waveform::StoredWaveform,
    webhook::{DeliveryState, EventType, WebhookDelivery, WebhookEvent},
};
use serde::{Deserialize as _, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// A field that no release has.
const NEWER: &str = "newer_release_field";

/// A value that no enumeration has.
const NEWER_WORD: &str = "newer_release_value";

/// The maps in documents whose keys are no fields.
const MAPS: [&str; 6] = [
    "corrections",
    "days",
    "other_speakers",
    "reservations",
    "run_ids",
    "speakers",
];

/// Every document of the corpus: where it lies, and its fields.
fn corpus() -> Vec<(DocPath, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut documents = Vec::new();
    for release in fs::read_dir(folder).unwrap() {
        for file in fs::read_dir(release.unwrap().path()).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let file: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
            let file = file.into_iter();
            documents.extend(file.map(|(path, fields)| (DocPath::parse(&path).unwrap(), fields)));
        }
    }
    documents
}

/// The sort of a document, by its path.
fn sort(path: &DocPath) -> &str {
    let segments: Vec<&str> = path.as_str().split('/').collect();
    match segments[..] {
        [_, _, "interviews", _] => "interview",
        [_, _, "receipts", _] => "receipt",
        [.., "chunks", _] => "chunk",
        [.., "data", name] if name.starts_with("lease-") => "lease",
        [.., "data", name] => name,
        [.., collection, _] => collection,
        _ => "none",
    }
}

/// Reads a document as what it is and writes it again: whole, and as clients see it.
fn rewritten(path: &DocPath, fields: &Value) -> (Value, Option<Value>) {
    fn shown<T: DeserializeOwned + Serialize + StripUnknown>(
        fields: &Value,
    ) -> (Value, Option<Value>) {
        let read: T = serde_json::from_value(fields.clone()).unwrap();
        let whole = serde_json::to_value(&read).unwrap();
        (
            whole,
            Some(serde_json::to_value(read.known_only()).unwrap()),
        )
    }
    fn kept<T: DeserializeOwned + Serialize>(fields: &Value) -> (Value, Option<Value>) {
        let read: T = serde_json::from_value(fields.clone()).unwrap();
        (serde_json::to_value(&read).unwrap(), None)
    }
    match sort(path) {
        "interview" => shown::<Interview>(fields),
        "transcript" => shown::<TranscriptHead>(fields),
        "analysis" => shown::<Analysis>(fields),
        "waveform" => shown::<StoredWaveform>(fields),
        "report" => shown::<StoredReport>(fields),
        "notes" => shown::<Note>(fields),
        "assessments" => shown::<Assessment>(fields),
        "rubrics" | "versions" => shown::<StoredRubric>(fields),
        "corrections" => kept::<LogSegment>(fields),
        "runs" => kept::<Kept>(fields),
        "deliveries" => shown::<WebhookDelivery>(fields),
        "ledger" => shown::<Ledger>(fields),
        "chunk" => kept::<Chunk>(fields),
        "callbacks" => kept::<Callback>(fields),
        "receipt" => kept::<IdempotencyRecord>(fields),
        // Written once, and read by `announce` alone.
        "announcements" => {
            assert!(WebhookEvent::deserialize(fields).is_ok(), "{path}");
            (fields.clone(), None)
        }
        // The sweep reads its own, and the holder of a lease replaces its whole document.
        "operations" | "lease" => (fields.clone(), None),
        other => panic!("no sort of document: {other}"),
    }
}

/// The same document with an unknown field in every structure.
fn with_unknown_fields(name: &str, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields.iter_mut() {
                // Speakers by the run that recognised them.
                let is_nested = name == "other_speakers";
                let field = if is_nested { "speakers" } else { field };
                // An operation with a field that is not known cannot be applied: it is refused.
                if field != "operations" {
                    with_unknown_fields(field, value);
                }
            }
            let is_map = MAPS.contains(&name);
            if !is_map {
                fields.insert(NEWER.to_owned(), json!({"a": [1, {"b": null}]}));
            }
        }
        Value::Array(items) => {
            // A list's structures are none of the map's by the same name.
            for item in items {
                with_unknown_fields("", item);
            }
        }
        _ => {}
    }
}

/// The same document with an unknown value in every enumeration.
fn with_unknown_values(value: &mut Value) {
    const ENUMERATIONS: [&[&str]; 9] = [
        Kind::WORDS,
        Status::WORDS,
        StepState::WORDS,
        NoteKind::WORDS,
        DeliveryState::WORDS,
        domain::analysis::EvidenceStatus::WORDS,
        domain::analysis::CompetencyStatus::WORDS,
        Role::WORDS,
        WaitReason::WORDS,
    ];
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                let enumeration =
                    matches!(&name[..], "kind" | "status" | "state" | "role" | "reason");
                let known = |word: &str| ENUMERATIONS.iter().any(|words| words.contains(&word));
                if enumeration && value.as_str().is_some_and(known) {
                    *value = json!(NEWER_WORD);
                } else {
                    with_unknown_values(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(with_unknown_values),
        _ => {}
    }
}

/// Without fields that are `null`: a later release may add such fields.
fn without_nulls(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            for field in fields.values_mut() {
                *field = without_nulls(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_nulls(item.take());
            }
        }
        _ => {}
    }
    value
}

fn has(value: &Value, name: &str) -> bool {
    value.to_string().contains(name)
}

#[test]
fn reads_and_writes_every_document_of_every_release() {
    let corpus = corpus();
    assert!(corpus.len() >= 40, "{}", corpus.len());
    let sorts: std::collections::BTreeSet<&str> =
        corpus.iter().map(|(path, _)| sort(path)).collect();
    assert_eq!(sorts.len(), 17, "{sorts:?}");
    for (path, fields) in &corpus {
        let rewritten = without_nulls(rewritten(path, fields).0);
        assert_eq!(rewritten, without_nulls(fields.clone()), "{path}");
    }
}

#[test]
fn keeps_unknown_fields_in_every_structure_and_shows_none() {
    for (path, fields) in corpus() {
        let mut newer = fields.clone();
        with_unknown_fields("", &mut newer);
        let (whole, shown) = rewritten(&path, &newer);
        assert_eq!(
            without_nulls(whole.clone()),
            without_nulls(newer.clone()),
            "{path}"
        );
        documents::check(&path, &whole, &Pipeline::ours()).unwrap();
        if let Some(shown) = shown {
            assert!(!has(&shown, NEWER), "{path}: {shown}");
            assert_eq!(shown, rewritten(&path, &fields).1.unwrap(), "{path}");
        }
    }
}

#[test]
fn keeps_unknown_values_of_every_enumeration_and_shows_known_ones() {
    let mut changed = 0;
    for (path, fields) in corpus() {
        let mut newer = fields.clone();
        with_unknown_values(&mut newer);
        changed += usize::from(newer != fields);
        let (whole, shown) = rewritten(&path, &newer);
        assert_eq!(
            without_nulls(whole.clone()),
            without_nulls(newer.clone()),
            "{path}"
        );
        if let Some(shown) = shown {
            assert!(!has(&shown, NEWER_WORD), "{path}: {shown}");
        }
    }
    assert!(changed > 20, "{changed}");
}

#[test]
fn shows_a_webhook_event_of_a_newer_release_under_its_own_type() {
    let newer = json!("interview.archived");
    let event: EventType = serde_json::from_value(newer.clone()).unwrap();
    assert_eq!((json!(event), event.word()), (newer, "interview.archived"));
}

#[test]
fn a_rating_of_an_unknown_status_is_not_shown() {
    let (_, analysis) = corpus()
        .into_iter()
        .find(|(path, _)| sort(path) == "analysis")
        .unwrap();
    let mut newer = analysis;
    newer["competencies"][0]["status"] = json!(NEWER_WORD);
    newer["competencies"][0]["rating"] = json!(4);
    let read: Analysis = serde_json::from_value(newer.clone()).unwrap();
    assert_eq!(json!(read), newer);
    let shown = json!(read.known_only());
    assert_eq!(shown["competencies"][0]["status"], "not_assessed");
    assert_eq!(shown["competencies"][0]["rating"], Value::Null);
}

/// Its key and its other fields lie in one structure.
#[test]
fn a_task_of_a_newer_release_keeps_its_fields() {
    let mut newer = Map::new();
    for (name, value) in [
        ("user_id", json!("u")),
        ("interview_id", json!("i")),
        ("object", json!("o")),
        ("generation", json!(1)),
        ("language", json!("en")),
    ] {
        newer.insert(name.to_owned(), value);
    }
    let newer = Value::Object(newer);
    let job: Job = serde_json::from_value(newer.clone()).unwrap();
    assert_eq!(json!(job), newer);
}
