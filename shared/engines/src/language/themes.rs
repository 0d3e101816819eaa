//! Themes across interviews: one question about what their analyses say.
//!
//! Every interview gets its turn before any has a second statement, so that many interviews are
//! condensed alike. What does not fit into one question is left out and counted; where not even
//! one statement of each interview fits, there is an error that says so.

use domain::{
    Private,
    ports::{InterviewDigest, ThemesRequest},
    steps::{Code, StepError},
    themes::{DraftTheme, StatementRef},
};
use serde_json::Value;

use super::{
    answer::Reader,
    answer_object::Object,
    limits::shortened,
    model::ModelQuestion,
    parts::{one_line, tokens},
    prompt, schema,
};

/// What `prompt_version` says of themes.
pub(crate) const PROMPT_VERSION: &str = "themes-v1";

/// The text of the prompt; any change of it is a new version.
const THEMES: &str = include_str!("../../prompts/themes.md");

/// The longest statement, quote and summary in the question, in bytes.
const MAX_TEXT: usize = 240;
const MAX_QUOTE: usize = 320;
const MAX_SUMMARY: usize = 600;

/// The longest title and summary of an answer, in bytes.
const MAX_TITLE: usize = 200;
const MAX_ANSWER: usize = 1_500;

/// The question about these interviews, and how many statements did not fit into it.
pub(crate) fn question(
    request: &ThemesRequest,
    part_tokens: u32,
    answer_tokens: u32,
) -> Result<(ModelQuestion, usize), StepError> {
    let all: Vec<Vec<String>> = request.interviews.iter().zip(1..).map(lines).collect();
    let kept = fit(&all, part_tokens).ok_or_else(|| too_many(all.len()))?;
    let left_out = all.iter().zip(&kept).map(|(all, kept)| all.len() - kept);
    let left_out = left_out.sum();
    let written = all
        .iter()
        .zip(&kept)
        .zip(1..)
        .map(|((lines, kept), number)| {
            format!("Interview {number}\n{}", lines[..*kept].join("\n"))
        });
    let written: Vec<String> = written.collect();
    let question = ModelQuestion {
        instructions: THEMES.to_owned(),
        content: prompt::marked("STATEMENTS", &written.join("\n\n")),
        name: "themes",
        schema: schema::themes(),
        answer_tokens,
    };
    Ok((question, left_out))
}

/// The lines of an interview: its first statement, its summary, the other statements.
fn lines((digest, number): (&InterviewDigest, usize)) -> Vec<String> {
    let statements = digest.statements.iter().zip(1..);
    let mut lines: Vec<String> = statements
        .map(|(own, place)| {
            let (text, quote) = (own.text.reveal(), own.quote.reveal());
            let quote = one_line(cut(quote, MAX_QUOTE));
            if text == own.quote.reveal() {
                format!("[{number}.{place}] \"{quote}\"")
            } else {
                let text = one_line(cut(text, MAX_TEXT));
                format!("[{number}.{place}] {text} — \"{quote}\"")
            }
        })
        .collect();
    if let Some(summary) = &digest.summary {
        let summary = one_line(cut(summary.reveal(), MAX_SUMMARY));
        lines.insert(lines.len().min(1), format!("Summary: {summary}"));
    }
    lines
}

/// How many lines of each interview fit; nothing where not one of each does.
fn fit(all: &[Vec<String>], at_most: u32) -> Option<Vec<usize>> {
    const HEADING: u32 = 6;
    let mut kept = vec![0; all.len()];
    let mut filled = 0_u32;
    let longest = all.iter().map(Vec::len).max().unwrap_or(0);
    for round in 0..longest {
        for (lines, kept) in all.iter().zip(&mut kept) {
            let Some(line) = lines.get(round).filter(|_| *kept == round) else {
                continue;
            };
            let heading = if round == 0 { HEADING } else { 0 };
            let size = tokens(line) + heading;
            if filled.saturating_add(size) <= at_most {
                filled += size;
                *kept += 1;
            } else if round == 0 {
                return None;
            }
        }
    }
    Some(kept)
}

fn too_many(interviews: usize) -> StepError {
    let message = format!(
        "the language model cannot take in what is said of {interviews} interviews at once: make \
         themes of a smaller collection, or raise ANALYZER_PART_TOKENS as far as the model's \
         context reaches"
    );
    StepError::permanent(Code::EngineMisconfigured, message)
}

/// The themes of an answer, and how many items of it made no sense.
pub(crate) fn draft(answer: &Object, request: &ThemesRequest) -> (Vec<DraftTheme>, usize) {
    let mut reader = Reader { answer, dropped: 0 };
    let themes = reader.list("themes", |reader, item| {
        let text = |name: &str, at_most| {
            let text = item.get(name).and_then(Value::as_str)?;
            let text = cut(text.trim(), at_most);
            (!text.is_empty()).then(|| Private::from(text))
        };
        let (title, summary) = (text("title", MAX_TITLE)?, text("summary", MAX_ANSWER)?);
        let mut references = |name: &str| -> Vec<StatementRef> {
            let listed = item.get(name).and_then(Value::as_array);
            let listed = listed.map_or(&[][..], Vec::as_slice);
            let read = listed.iter().filter_map(|own| reference(own, request));
            let mut read: Vec<StatementRef> = read.collect();
            reader.dropped += listed.len() - read.len();
            let mut seen = std::collections::HashSet::new();
            read.retain(|own| seen.insert(*own));
            read
        };
        Some(DraftTheme {
            supports: references("supports"),
            contradicts: references("contradicts"),
            title,
            summary,
        })
    });
    (themes, reader.dropped)
}

/// A reference such as `3.2` or `[3.2]` to a statement that there is.
fn reference(value: &Value, request: &ThemesRequest) -> Option<StatementRef> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let plain = text.trim_matches(|character: char| !character.is_ascii_digit());
    let (interview, statement) = plain.split_once('.')?;
    let place = |text: &str| text.parse::<usize>().ok()?.checked_sub(1);
    let (interview, statement) = (place(interview)?, place(statement)?);
    let found = request.interviews.get(interview)?;
    found.statements.get(statement)?;
    Some(StatementRef {
        interview,
        statement,
    })
}

/// The text up to a space before so many bytes.
fn cut(text: &str, at_most: usize) -> &str {
    shortened(text, at_most).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use domain::ports::Statement;
    use serde_json::json;

    use super::*;

    fn request(interviews: usize, statements: usize) -> ThemesRequest {
        let statement = |number: usize| Statement {
            text: format!("statement {number}").into(),
            quote: format!("the words of {number}, of which there are some more").into(),
        };
        let digest = InterviewDigest {
            summary: Some("a conversation".into()),
            statements: (0..statements).map(statement).collect(),
        };
        ThemesRequest {
            interviews: vec![digest; interviews],
        }
    }

    #[test]
    fn every_interview_gets_its_turn_before_any_has_a_second_statement() {
        let (whole, left_out) = question(&request(3, 4), 10_000, 100).unwrap();
        assert_eq!(left_out, 0);
        assert!(
            whole
                .content
                .contains("Interview 3\n[3.1] statement 0 — \"the words")
        );
        assert!(whole.content.contains("Summary: a conversation"));
        let (short, left_out) = question(&request(200, 20), 8_000, 100).unwrap();
        assert!(
            tokens(&short.content) < 9_000 && left_out > 3_000,
            "{left_out}"
        );
        assert!((1..=200).all(|number| short.content.contains(&format!("[{number}.1]"))));
        let refused = question(&request(200, 20), 1_000, 100).unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.retryable),
            ("engine_misconfigured", false)
        );
        assert!(refused.message.contains("200 interviews"));
    }

    #[test]
    fn references_are_read_in_any_form_and_only_those_that_there_are() {
        let answer = json!({"themes": [
            {"title": " Boats ", "summary": "They build boats.",
                "supports": ["1.1", "[2.2]", 3.1, "3.1", "4.1", "0.1", "1.9", "x", null],
                "contradicts": "none"},
            {"title": "", "summary": "nothing"},
            {"summary": "no title"},
        ]});
        let (themes, dropped) = draft(answer.as_object().unwrap(), &request(3, 2));
        assert_eq!(themes.len(), 1);
        assert_eq!(themes[0].title.reveal(), "Boats");
        let found: Vec<(usize, usize)> = themes[0]
            .supports
            .iter()
            .map(|own| (own.interview, own.statement))
            .collect();
        assert_eq!(found, [(0, 0), (1, 1), (2, 0)]);
        assert_eq!(themes[0].contradicts, []);
        assert_eq!(dropped, 5 + 2);
    }

    /// A change to the text that models read, or to the schema, needs a new version.
    #[test]
    fn a_changed_prompt_is_a_new_version() {
        use sha2::{Digest as _, Sha256};
        let all = THEMES.to_owned() + &schema::themes().to_string();
        let digest = domain::ids::hex(&Sha256::digest(all)[..8]);
        let known = [("themes-v1", "a658b9561faa873c")];
        assert!(
            known.contains(&(PROMPT_VERSION, &digest)),
            "the prompt is no longer that of {PROMPT_VERSION}: {digest}"
        );
    }
}
