//! Mistakes of models, each repaired or refused.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(text: &str) -> Result<(Value, Vec<&'static str>), LenientError> {
    let read = object(text).map_err(|(error, _)| error)?;
    let repairs = read.repairs.iter().map(|repair| repair.as_str()).collect();
    Ok((Value::Object(read.object), repairs))
}

#[test]
fn common_mistakes_are_repaired() {
    for (text, expected, repairs) in [
        (r#"{"a": 1}"#, json!({"a": 1}), &[][..]),
        (r#"{"a": [1, 2,], }"#, json!({"a": [1, 2]}), &["comma"]),
        (
            r#"{"a": 1 "b": [{} {}]}"#,
            json!({"a": 1, "b": [{}, {}]}),
            &["comma"],
        ),
        (r#"{,"a": 1,, "b": 2}"#, json!({"a": 1, "b": 2}), &["comma"]),
        (
            r#"{"a": "x" "b": "y"}"#,
            json!({"a": "x", "b": "y"}),
            &["comma"],
        ),
        (
            "{\"a\": \"two\nlines\tand a tab\"}",
            json!({"a": "two\nlines\tand a tab"}),
            &["control character"],
        ),
        (
            r#"{"a": "She is 6'6" tall and calls it "Project X" now.", "b": 1}"#,
            json!({"a": "She is 6'6\" tall and calls it \"Project X\" now.", "b": 1}),
            &["inner quote"],
        ),
        (
            r#"{"a": "They call it "X", and "Y", too."}"#,
            json!({"a": "They call it \"X\", and \"Y\", too."}),
            &["inner quote"],
        ),
        (
            r#"{"a": ["the "X" of it", "b"]}"#,
            json!({"a": ["the \"X\" of it", "b"]}),
            &["inner quote"],
        ),
        (
            "{'a': 'It's a boat', 'b': None, 'c': [True, False]}",
            json!({"a": "It's a boat", "b": null, "c": [true, false]}),
            &["inner quote", "literal", "quotes"],
        ),
        ("{“a”: “b”}", json!({"a": "b"}), &["quotes"]),
        (
            "{a: 1, b_2: \"x\", c: null}",
            json!({"a": 1, "b_2": "x", "c": null}),
            &["name"],
        ),
        (
            "{\"a\": 1, // one\n \"b\": \"http://x\" /* two */}",
            json!({"a": 1, "b": "http://x"}),
            &["comment"],
        ),
        (
            r#"{"a": "it\'s \d \u0041 \ud83d\ude00 \ud83d."}"#,
            json!({"a": "it's \\d A 😀 \u{fffd}."}),
            &["escape"],
        ),
        (r#"{"a": -1.5e3, "b": 007}"#, Value::Null, &["invalid"]),
    ] {
        match read(text) {
            Ok(read) => assert_eq!(read, (expected, repairs.to_vec()), "{text}"),
            Err(_) => assert_eq!(repairs, ["invalid"], "{text}"),
        }
    }
}

#[test]
fn text_that_ends_early_is_never_completed() {
    for text in [
        "{",
        r#"{"a""#,
        r#"{"a":"#,
        r#"{"a": "b"#,
        r#"{"a": "b\"#,
        r#"{"a": "b""#,
        r#"{"a": "b","#,
        r#"{"a": [1, 2]"#,
        r#"{"a": [1, {"b": "c"}"#,
        r#"{"a": tru"#,
        r#"{"a": 1"#,
        "{a",
    ] {
        assert_eq!(read(text), Err(LenientError::BreaksOff), "{text}");
    }
}

#[test]
fn meaningless_text_is_refused() {
    for text in [
        "",
        "[1]",
        "{x}",
        "{1}",
        r#"{"a" 1}"#,
        r#"{"a": 1]"#,
        r#"{"a": four}"#,
        r#"{"a": 4/5}"#,
        // The end of the first text is missing.
        r#"{"a": "x; "b": "y"}"#,
        r#"{"a": "x"; "b": "y", "c": 1}"#,
    ] {
        let error = read(text).unwrap_err();
        let is_empty = text.is_empty();
        assert_eq!(error == LenientError::BreaksOff, is_empty, "{text}");
    }
    let deep = format!("{}1{}", "{\"a\": ".repeat(40), "}".repeat(40));
    assert_eq!(read(&deep), Err(LenientError::Invalid));
}

#[test]
fn only_the_object_is_read() {
    let read = object(r#"{"a": "ü"} and more"#).unwrap();
    assert_eq!(read.length, r#"{"a": "ü"}"#.len());
}

/// Objects with texts of every sort.
fn objects() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(Value::Null),
        "\\PC{0,20}".prop_map(Value::from),
        "[\"'{}:, a\n\\\\]{0,8}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,6}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[a-z_]{1,6}", value, 0..4)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

proptest! {
    #[test]
    fn any_text_ends_as_an_object_or_an_error(text in "[{}\\[\\]\"'“”:,a\\\\ \n/*u0-]{0,60}") {
        if let Err((_, length)) = object(&text) {
            prop_assert!(length <= text.len());
        }
    }

    #[test]
    fn beginning_of_an_object_is_an_error(value in objects(), cut in 0.0..1.0_f64) {
        let text = value.to_string();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "texts are short")]
        let end = text.floor_char_boundary((text.len() as f64 * cut) as usize);
        prop_assume!(end < text.len());
        prop_assert!(object(&text[..end]).is_err(), "{}", &text[..end]);
    }
}
