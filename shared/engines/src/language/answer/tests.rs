//! Answers, good and odd.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::language::{answer_object, schema};

fn read(answer: &Value) -> (Draft, usize) {
    draft(answer.as_object().unwrap())
}

#[test]
fn items_of_the_wrong_type_are_dropped_and_counted() {
    let (draft, dropped) = read(&json!({
        "summary": 7,
        "key_points": [
            {"text": "good", "evidence": [
                {"turn": 3, "quote": "q"}, {"turn": "x", "quote": "q"}, {"quote": "q"}, 5
            ], "mood": "unknown fields are ignored"},
            {"text": ["no"]}, "no", null
        ],
        "topics": {"title": "no list"},
        "questions": [{"question": "what", "answer": null}, {"question": "why", "answer": 5}],
        "competencies": [
            {"name": "a", "rating": 4.0, "rationale": "r"},
            {"name": "b", "rating": "3", "rationale": "r"},
            {"name": "c", "rating": 4.5, "rationale": "r"},
            {"name": "d", "rating": 99, "rationale": "r"},
            {"name": "e", "rating": -1, "rationale": "r"},
            {"name": "f", "rationale": "r"},
            {"name": "g", "rating": 5}
        ],
        "strengths": null,
        "follow_ups": ["who", 7, " "]
    }));
    assert_eq!(draft.summary, None);
    assert_eq!(draft.key_points.len(), 1);
    assert_eq!(draft.key_points[0].evidence.len(), 1);
    let ratings: Vec<Option<u8>> = draft.competencies.iter().map(|own| own.rating).collect();
    assert_eq!(ratings, [Some(4), Some(3), None, Some(99), Some(0), None]);
    assert_eq!((draft.questions.len(), draft.follow_ups.len()), (2, 1));
    // The summary, 3 quotes, 3 points, the topics, an answer, a rating, a
    // competency, 2 follow-ups.
    assert_eq!(dropped, 1 + 3 + 3 + 1 + 1 + 1 + 1 + 2);
}

#[test]
fn turns_are_read_as_they_are_written_in_the_transcript() {
    for (value, expected) in [
        (json!(12), Some(12)),
        (json!("[12]"), Some(12)),
        (json!("Turn 12"), Some(12)),
        (json!("#12"), Some(12)),
        (json!("-12"), None),
        (json!("12-14"), None),
        (json!(12.0), Some(12)),
        (json!(-1), None),
        (json!(1e300), None),
        (json!("twelve"), None),
    ] {
        assert_eq!(turn(Some(&value)), expected, "{value}");
    }
}

#[test]
fn ratings_are_read_as_people_write_them() {
    for (value, expected) in [
        (json!(4), Some(4)),
        (json!("4"), Some(4)),
        (json!("4.0"), Some(4)),
        (json!("4/5"), Some(4)),
        (json!("4 out of 5"), Some(4)),
        (json!("4.5/5"), None),
        (json!("5/10"), None),
        (json!("four"), None),
        (json!([4]), None),
    ] {
        assert_eq!(rating(&value), expected, "{value}");
    }
}

/// Any JSON, with our own names among its keys.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        "key_points|topics|questions|competencies|strengths|follow_ups|summary",
        "text|evidence|turn|quote|rating|rationale|name|title|first_turn|last_turn|answer",
        "\\PC{0,6}",
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_answers_do_not_panic(value in any_json(), cut in 0_usize..200) {
        let schema = schema::analysis(2);
        let text = value.to_string();
        let end = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
        for text in [&text[..], &text[..end]] {
            if let Ok(found) = answer_object::find(text, &schema) {
                let _ = draft(&found.object);
            }
        }
    }
}
