//! Answers as models write them, and what is found in them.
//!
//! Shapes of public reports: vllm#13125, dify#17660 and open-webui#9808 (a closing tag
//! alone), OpenTranscribe#652 and speakr#29 (inner quotes), langroid#569 (line breaks),
//! letta#269 (two objects), open-historia#354 (a stray brace, a trailing comma).

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::language::schema;

const EXAMPLE: &str = r#"{"summary": "An example."}"#;

fn good() -> Value {
    json!({
        "summary": "Ada talks about a boat.",
        "key_points": [{
            "text": "She built a boat.",
            "evidence": [{"turn": 1, "quote": "I built a boat last summer"}],
        }],
        "topics": [{"title": "Boat", "first_turn": 0, "last_turn": 1}],
        "questions": [], "strengths": [], "concerns": [], "follow_ups": [],
    })
}

fn find_of(text: &str) -> Result<FoundObject, AnswerError> {
    find(text, &schema::analysis(0))
}

/// What is found, as the table shows it.
fn outcome(text: &str, expected: &Object) -> String {
    match find_of(text) {
        Ok(found) if found.object != *expected => "another object".to_owned(),
        Ok(found) if found.repairs.is_empty() => "the analysis".to_owned(),
        Ok(found) => format!("the analysis ({})", found.repairs()),
        Err(error) => format!("error: {error}"),
    }
}

/// A shape, the text, and what becomes of it.
type Shape = (&'static str, String, &'static str);

/// With thoughts before, or none.
fn thoughts() -> Vec<Shape> {
    let json = good().to_string();
    let spaced = serde_json::to_string_pretty(&good()).unwrap();
    vec![
        ("as it should be", json.clone(), "the analysis"),
        ("with spaces and lines", spaced, "the analysis"),
        (
            "a byte order mark",
            format!("\u{feff}{json}"),
            "the analysis",
        ),
        (
            "<think>",
            format!("<think>The set {{a, b}}.</think>{json}"),
            "the analysis (thoughts)",
        ),
        (
            "a closing tag alone",
            format!("The user wants {{\"summary\": ...}}.\n</think>\n\n{json}"),
            "the analysis (thoughts)",
        ),
        (
            "<thinking>",
            format!("<thinking>Need {{x}}.</thinking>{json}"),
            "the analysis (thoughts)",
        ),
        (
            "a draft in the thoughts",
            format!("<think>Maybe {EXAMPLE}</think>{json}"),
            "the analysis (thoughts)",
        ),
        (
            "channels of gpt-oss",
            format!(
                "<|channel|>analysis<|message|>Need {{x}}.<|end|><|start|>assistant<|channel|>final<|message|>{json}"
            ),
            "the analysis (thoughts)",
        ),
        (
            "[THINK] of Magistral",
            format!("[THINK]Hm {{.[/THINK]{json}"),
            "the analysis (thoughts)",
        ),
        (
            "thoughts without an end",
            format!("<think>I will answer.\n{json}"),
            "the analysis (surroundings)",
        ),
        (
            "a tag in a quote",
            json.replace("I built", "</think> I built"),
            "another object",
        ),
        (
            "a stray tag behind",
            format!("{json}\n</think>"),
            "the analysis (surroundings)",
        ),
    ]
}

/// With something around.
fn surroundings() -> Vec<Shape> {
    let json = good().to_string();
    let arguments = json!({"name": "analysis", "arguments": json}).to_string();
    vec![
        (
            "a fence",
            format!("```json\n{json}\n```"),
            "the analysis (surroundings)",
        ),
        (
            "a fence, then words with braces",
            format!("```json\n{json}\n```\nNote: {{none}}."),
            "the analysis (surroundings)",
        ),
        (
            "a sentence before",
            format!("Here it is: {json}"),
            "the analysis (surroundings)",
        ),
        (
            "words with braces behind",
            format!("{json}\n\nI hope {{this}} helps!"),
            "the analysis (surroundings)",
        ),
        (
            "a stray brace behind",
            format!("{json}}}"),
            "the analysis (surroundings)",
        ),
        (
            "the object twice",
            format!("{json}\n{json}"),
            "the analysis (surroundings)",
        ),
        (
            "an example before",
            format!("Like {EXAMPLE}: {json}"),
            "the analysis (surroundings)",
        ),
        (
            "a list of one",
            format!("[{json}]"),
            "the analysis (surroundings)",
        ),
        (
            "within an object",
            format!("{{\"analysis\": {json}}}"),
            "the analysis (wrapper)",
        ),
        (
            "the arguments of a call",
            arguments,
            "the analysis (wrapper)",
        ),
    ]
}

/// With mistakes.
fn mistakes() -> Vec<Shape> {
    let json = good().to_string();
    let single = json.replace('"', "'");
    let bare = json.replace("\"summary\"", "summary");
    let line = json.replace("about a boat.", "about\na boat.");
    vec![
        (
            "a trailing comma",
            format!("{},}}", &json[..json.len() - 1]),
            "the analysis (comma)",
        ),
        ("single quotes", single, "the analysis (quotes)"),
        ("a name without quotes", bare, "the analysis (name)"),
        ("a line break in a text", line, "another object"),
        (
            "an inner quote",
            json.replace("about a boat.", "about a \"boat\" now."),
            "another object",
        ),
    ]
}

/// Without an analysis.
fn errors() -> Vec<Shape> {
    let json = good().to_string();
    let cut = &json[..json.len() / 2];
    let schema = schema::analysis(0).to_string();
    vec![
        (
            "half of it",
            cut.to_owned(),
            "error: not valid JSON: it ends before the object is complete",
        ),
        (
            "half of it in a fence",
            format!("```json\n{cut}"),
            "error: not valid JSON: it ends before the object is complete",
        ),
        (
            "half of it behind an example",
            format!("Like {EXAMPLE}: {cut}"),
            "error: not valid JSON: it ends before the object is complete",
        ),
        (
            "half of it behind a draft in the thoughts",
            format!("<think>{json}</think>{cut}"),
            "error: not valid JSON: it ends before the object is complete",
        ),
        (
            "thoughts alone",
            format!("<think>{json}</think>"),
            "error: not valid JSON: EOF while parsing a value at line 1 column 0",
        ),
        (
            "an object for each field",
            "{\"summary\": \"s\"}\n{\"key_points\": []}".to_owned(),
            "error: several objects; all fields belong in one",
        ),
        (
            "a list of two",
            format!("{{\"parts\": [{json}, {json}]}}"),
            "error: it has none of the requested fields",
        ),
        (
            "the schema",
            schema,
            "error: it has none of the requested fields",
        ),
        (
            "another object",
            "{\"secret\": 1}".to_owned(),
            "error: it has none of the requested fields",
        ),
        (
            "a list",
            "[\"secret\"]".to_owned(),
            "error: not a JSON object",
        ),
        (
            "words",
            "secret".to_owned(),
            "error: not valid JSON: expected value at line 1 column 1",
        ),
        (
            "nothing",
            String::new(),
            "error: not valid JSON: EOF while parsing a value at line 1 column 0",
        ),
    ]
}

/// `cargo test -p engines --lib answer_object -- --nocapture` prints the table.
#[test]
#[expect(clippy::print_stdout, reason = "the table is to be read")]
fn every_shape_ends_as_the_analysis_or_as_an_error_without_its_words() {
    let object = good();
    let expected = object.as_object().unwrap();
    let shapes = [thoughts(), surroundings(), mistakes(), errors()].concat();
    assert!(shapes.len() >= 38, "{}", shapes.len());
    for (name, text, becomes) in shapes {
        let outcome = outcome(&text, expected);
        println!("{name:45}  {outcome}");
        assert_eq!(outcome, becomes, "{name}");
        assert!(!outcome.contains("secret"), "{name}: {outcome}");
    }
}

#[test]
fn changed_texts_are_read_as_they_are_meant() {
    for (from, to, read) in [
        ("about a boat.", "about\na boat.", "about\na boat."),
        (
            "about a boat.",
            "about 6'6\" of \"Project X\" now.",
            "about 6'6\" of \"Project X\" now.",
        ),
        ("about a boat.", "a </think> tag.", "a </think> tag."),
    ] {
        let found = find_of(&good().to_string().replace(from, to)).unwrap();
        assert_eq!(found.object["summary"], format!("Ada talks {read}"));
        assert_eq!(found.object.len(), 7);
    }
}

#[test]
fn many_braces_are_read_in_time_that_grows_with_the_text_alone() {
    let nested = "{\"a\":".repeat(30_000);
    assert!(find_of(&nested).is_err());
    let quotes = "{\"summary\": \"".repeat(20_000);
    assert!(find_of(&quotes).is_err());
}

/// Analyses with texts of every sort.
fn analyses() -> impl Strategy<Value = Value> {
    let text = || prop_oneof!["\\PC{0,30}", "[a-z {}\"':,\n\\\\</>\\[\\]]{0,30}"];
    let points = prop::collection::vec((text(), text(), any::<u8>()), 0..3);
    (text(), points, prop::collection::vec(text(), 0..3)).prop_map(
        |(summary, points, follow_ups)| {
            let points = points.into_iter();
            let points = points.map(|(text, quote, turn)| {
                json!({"text": text, "evidence": [{"turn": turn, "quote": quote}]})
            });
            json!({
                "summary": summary,
                "key_points": points.collect::<Vec<_>>(),
                "topics": [], "questions": [], "strengths": [], "concerns": [],
                "follow_ups": follow_ups,
            })
        },
    )
}

/// Words around an answer, without an object or a tag in them.
fn words() -> impl Strategy<Value = String> {
    "[A-Za-z .,!{}\n]{0,40}"
}

proptest! {
    #[test]
    fn wrapped_fenced_or_prefixed_answer_is_the_same_analysis(
        analysis in analyses(), before in words(), behind in words(), shape in 0..6,
    ) {
        let json = analysis.to_string();
        let text = match shape {
            0 => format!("{before}{json}{behind}"),
            1 => format!("{before}```json\n{json}\n```{behind}"),
            2 => format!("<think>{before}</think>{json}"),
            3 => format!("{before}</think>\n```\n{json}\n```"),
            4 => format!("[{json}]"),
            _ => format!("{{\"answer\": {json}}}"),
        };
        let found = find_of(&text).map(|found| Value::Object(found.object));
        prop_assert_eq!(found, Ok(analysis));
    }

    #[test]
    fn truncated_answer_is_an_error(
        analysis in analyses(), before in words(), is_fenced in any::<bool>(), share in 0.0..1.0_f64,
    ) {
        let json = analysis.to_string();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "texts are short")]
        let end = json.floor_char_boundary((json.len() as f64 * share) as usize);
        let fence = if is_fenced { "```json\n" } else { "" };
        let text = format!("{before}{fence}{}", &json[..end]);
        prop_assert!(find_of(&text).is_err(), "{}", text);
    }

    /// Mistakes in the marks between the texts alone: the texts have none that would be
    /// taken for marks.
    #[test]
    fn untidy_answer_is_the_same_analysis(
        summary in "([A-Za-z ,.]{0,40}[a-z.])?", follow_ups in prop::collection::vec("[A-Za-z ?]{0,20}", 0..4),
        mistake in 0..4,
    ) {
        let analysis = json!({
            "summary": summary, "key_points": [], "topics": [], "questions": [],
            "strengths": [], "concerns": [], "follow_ups": follow_ups,
        });
        let json = analysis.to_string();
        let text = match mistake {
            0 => json.replace('"', "'"),
            1 => json.replace('}', ",}").replace(']', ",]"),
            2 => json.replace("\":", "\" : /* value */ "),
            _ => json.replace("{\"", "{\n  \"").replace(",\"", ",\n// next\n\""),
        };
        let found = find_of(&text).map(|found| Value::Object(found.object));
        prop_assert_eq!(found, Ok(analysis));
    }
}
