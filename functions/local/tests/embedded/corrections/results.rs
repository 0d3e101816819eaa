//! What corrections leave of the analysis and the report, and how long they take.

use http::Method;
use serde_json::{Value, json};

use super::{Editor, replace};
use crate::products::report;

/// All evidence of an analysis.
fn evidence(analysis: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let mut open = vec![analysis];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                if let Some(Value::Array(items)) = fields.get("evidence") {
                    found.extend(items.iter().cloned());
                }
                open.extend(fields.values());
            }
            _ => {}
        }
    }
    found
}

#[tokio::test]
async fn quotes_are_looked_up_again_at_once_and_what_is_old_says_so() {
    let editor = Editor::start().await;
    let before = editor.test.interview(&editor.id).await;
    assert_eq!(before["analysis"]["stale"], Value::Null);
    assert_eq!(before["report"]["stale"], Value::Null);
    let derived_from = json!({
        "transcript_revision": 0, "run_id": before["transcript"]["run_id"], "revision": 0,
    });
    assert_eq!(before["analysis"]["derived_from"], derived_from);
    assert_eq!(before["report"]["derived_from"], derived_from);
    let has = |analysis: &Value, words: &str, status: &str| {
        evidence(analysis).iter().any(|quote| {
            quote["status"] == status && quote["quote"].as_str().unwrap().contains(words)
        })
    };
    assert!(
        has(&before["analysis"], "small boat", "verified"),
        "{before}"
    );
    editor.corrected(0, replace("w10", "w10", "little")).await;
    let analysis = editor.test.get(&editor.path("/analysis")).await;
    assert!(has(&analysis, "little boat", "repaired"), "{analysis}");
    assert!(!has(&analysis, "small boat", "verified"));
    assert_eq!(
        analysis["stale"]["reasons"],
        json!(["transcript_corrected"])
    );
    assert!(analysis["stale"]["since"].is_string());
    assert_eq!(analysis["derived_from"], derived_from);
    let whole = editor.test.interview(&editor.id).await;
    assert_eq!(whole["analysis"], analysis);
    assert_eq!(whole["report"]["stale"], analysis["stale"]);
    assert_eq!(whole["status"], "completed", "nothing runs by itself");
    // What is said is no longer there at all.
    editor
        .corrected(1, replace("w6", "w20", "nothing at all"))
        .await;
    let analysis = editor.test.get(&editor.path("/analysis")).await;
    assert!(has(&analysis, "small boat", "unverified"), "{analysis}");
    let warnings = analysis["warnings"].as_array().unwrap().iter();
    assert!(
        warnings
            .clone()
            .any(|warning| warning["code"] == "quotes_lost")
    );
    // The report is made again from what is there now.
    let (_, xml) = report(&editor.test, &editor.id).await;
    assert!(!xml.contains("nothing at all"), "not by itself");
    editor.retry("report").await;
    let whole = editor.test.interview(&editor.id).await;
    assert_eq!(whole["report"]["stale"], Value::Null);
    assert_eq!(whole["report"]["derived_from"]["revision"], 2);
    assert!(whole["analysis"]["stale"].is_object());
    let (_, xml) = report(&editor.test, &editor.id).await;
    assert!(xml.contains("nothing at all"), "{xml}");
    // Taken back, the analysis is as it was, and the report is old.
    for base in [2, 3] {
        assert_eq!(editor.undo(base).await.0, 200);
    }
    let whole = editor.test.interview(&editor.id).await;
    assert_eq!(whole["analysis"], before["analysis"]);
    assert_eq!(
        whole["report"]["stale"]["reasons"],
        json!(["transcript_corrected"])
    );
}

#[tokio::test]
async fn names_and_roles_make_old_what_has_others() {
    let editor = Editor::start().await;
    let path = editor.path("");
    let stale = async || {
        let whole = editor.test.interview(&editor.id).await;
        let stale = |part: &str| whole[part]["stale"]["reasons"].clone();
        (stale("analysis"), stale("report"))
    };
    let change = async |label: Value| {
        let body = json!({"speakers": {"0": label}});
        let (status, _) = editor.test.ask(Method::PATCH, &path, Some(body)).await;
        assert_eq!(status, 200);
    };
    let reasons = json!(["speakers_changed"]);
    change(json!("Ada")).await;
    assert_eq!(
        stale().await,
        (Value::Null, reasons.clone()),
        "no names for engines"
    );
    change(json!({"role": "interviewer"})).await;
    assert_eq!(stale().await, (reasons.clone(), reasons.clone()));
    editor.retry("report").await;
    assert_eq!(stale().await, (reasons.clone(), Value::Null));
    change(Value::Null).await;
    assert_eq!(stale().await, (Value::Null, reasons.clone()));
    let merge = json!([{"op": "merge_speakers", "from": 1, "into": 0}]);
    editor.corrected(0, merge).await;
    assert_eq!(stale().await, (reasons.clone(), reasons));
}
