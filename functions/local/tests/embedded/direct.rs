//! An analysis on the spot, of a transcript from elsewhere.

use crate::support::TestHost;
use serde_json::{Value, json};

async fn analyze(test: &TestHost, body: &Value) -> (u16, Value) {
    let url = format!("{}/v1/analyze", test.url);
    let answer = test.client.post(url).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn lines_of_text_and_turns_are_analysed_and_not_stored() {
    let test = TestHost::start().await;
    let said = "I built a small boat with my sister, and we sailed to the island.";
    let lines = format!("Ada: What did you do last summer?\nBob: {said}");
    let turns = json!({"turns": [
        {"id": 0, "speaker": 0, "text": "What did you do last summer?", "start_ms": 0, "end_ms": 2_000},
        {"id": 1, "speaker": 1, "text": said, "start_ms": 2_500, "end_ms": 7_000},
    ]});
    for transcript in [json!(lines), turns.clone()] {
        let (status, analysis) = analyze(&test, &json!({"transcript": transcript})).await;
        assert_eq!(status, 200, "{analysis}");
        let question = &analysis["questions"][0];
        assert_eq!(question["question"], "What did you do last summer?");
        assert_eq!(question["evidence"][0]["status"], "verified");
        assert_eq!(analysis["metrics"]["speakers"]["1"]["words"], 14);
    }
    let (_, analysis) = analyze(&test, &json!({ "transcript": turns })).await;
    assert_eq!(analysis["questions"][0]["evidence"][0]["end_ms"], 2_000);
    assert_eq!(test.get("/v1/interviews").await["items"], json!([]));
}

#[tokio::test]
async fn invalid_fields_are_named() {
    let test = TestHost::start().await;
    for (body, code) in [
        (json!({}), "invalid_body"),
        (json!({"transcript": ""}), "invalid_field"),
        (json!({"transcript": {"turns": []}}), "invalid_field"),
        (json!({"transcript": "a", "mood": "happy"}), "invalid_body"),
        (
            json!({"transcript": "A: a", "language": "1"}),
            "invalid_field",
        ),
        (
            json!({"transcript": "A: a", "rubric": {"competencies": []}}),
            "invalid_field",
        ),
        (
            json!({"transcript": {"turns": [{"speaker": 0, "text": "a", "start_ms": 2, "end_ms": 1}]}}),
            "invalid_field",
        ),
    ] {
        let (status, problem) = analyze(&test, &body).await;
        assert_eq!(
            (status, problem["code"].as_str()),
            (400, Some(code)),
            "{body}"
        );
    }
}

/// The detail says what was expected, wherever it was.
#[tokio::test]
async fn wrong_types_are_rejected_with_the_expected_type() {
    let test = TestHost::start().await;
    let turn = |turn: Value| json!({"transcript": {"turns": [turn]}});
    for (body, expected) in [
        (json!(["a"]), "sequence, expected an object"),
        (
            json!({"transcript": 7}),
            "lines of text, or an object with `turns`",
        ),
        (
            json!({"transcript": [[]]}),
            "lines of text, or an object with `turns`",
        ),
        (turn(json!([0, "a"])), "sequence, expected an object"),
        (
            turn(json!({"speaker": -1, "text": "a"})),
            "a speaker's name, or a number",
        ),
        (
            turn(json!({"speaker": 1_u64 << 40, "text": "a"})),
            "a speaker's name, or a number",
        ),
        (turn(json!({"speaker": 0})), "missing field `text`"),
        (json!({"transcript": {"turn": []}}), "unknown field `turn`"),
    ] {
        let (status, problem) = analyze(&test, &body).await;
        let detail = problem["detail"].as_str().unwrap();
        assert_eq!(status, 400, "{body}");
        assert!(detail.contains(expected), "{body}: {detail}");
    }
}
