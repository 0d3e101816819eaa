//! Questions about a transcript, put together from the prompts of one version.
//!
//! The texts lie in `prompts/`; any change of one of them is a new version.

use std::fmt::Write as _;

use domain::{Private, analysis::Rubric, ids::hex, interview::Kind, ports::AnalysisRequest};
use sha2::{Digest, Sha256};

use super::{
    model::ModelQuestion,
    parts::{Line, TranscriptPart, one_line},
    schema,
};

/// What `prompt_version` says in an analysis.
pub const PROMPT_VERSION: &str = "analysis-v3";

const ANALYSIS: &str = include_str!("../../prompts/analysis.md");
const CONCLUSION: &str = include_str!("../../prompts/conclusion.md");
const REPAIR: &str = include_str!("../../prompts/repair.md");

const fn occasion(kind: Kind) -> &'static str {
    match kind {
        Kind::JobInterview => include_str!("../../prompts/job-interview.md"),
        Kind::UserResearch => include_str!("../../prompts/user-research.md"),
        Kind::Journalism => include_str!("../../prompts/journalism.md"),
        Kind::Other | Kind::Unknown(_) => include_str!("../../prompts/other.md"),
    }
}

/// The question about one part of the transcript.
pub(crate) fn about(
    request: &AnalysisRequest,
    lines: &[Line],
    part: TranscriptPart,
    answer_tokens: u32,
) -> ModelQuestion {
    let own = &lines[part.start..part.end];
    let whole = part.start == 0 && part.end == lines.len();
    let said = [
        stretch(own, whole, part.start - part.from),
        marked("TRANSCRIPT", &joined(&lines[part.from..part.end])),
    ];
    ModelQuestion {
        instructions: format!(
            "{ANALYSIS}\n# The occasion\n\n{}\n{}",
            occasion(request.kind),
            written(&request.rubric)
        ),
        content: [
            language(request),
            vocabulary(&request.key_terms),
            said.concat(),
        ]
        .concat(),
        name: "analysis",
        schema: schema::analysis(request.rubric.competencies.len()),
        answer_tokens,
    }
}

/// The question about the results of all parts, which are JSON.
pub(crate) fn in_conclusion(rubric: &Rubric, findings: &str, answer_tokens: u32) -> ModelQuestion {
    ModelQuestion {
        instructions: format!("{CONCLUSION}\n{}", written(rubric)),
        content: marked("FINDINGS", findings),
        name: "conclusion",
        schema: schema::conclusion(rubric.competencies.len()),
        answer_tokens,
    }
}

/// The same question after an answer that was no JSON. The answer itself is not
/// shown again: what broke off once breaks off again.
pub(crate) fn repaired(question: &ModelQuestion, why: &str) -> ModelQuestion {
    ModelQuestion {
        content: format!("{}\n{REPAIR}{why}\n", question.content),
        ..question.clone()
    }
}

fn language(request: &AnalysisRequest) -> String {
    let tag = request.transcript.head.language.as_deref();
    tag.map_or_else(String::new, |tag| {
        format!("Language of the transcript: {}\n", one_line(tag))
    })
}

/// The key terms, of which the transcript may have misspelt some.
fn vocabulary(key_terms: &[Private]) -> String {
    if key_terms.is_empty() {
        return String::new();
    }
    let terms: Vec<_> = key_terms
        .iter()
        .map(|term| one_line(term.reveal()))
        .collect();
    format!(
        "Names and terms that may occur, as they are spelt (the transcript may have them \
         misspelt; quote it as it is): {}\n",
        terms.join(", ")
    )
}

/// Where the part lies, and which of its lines have been read before.
fn stretch(own: &[Line], whole: bool, repeated: usize) -> String {
    let ends = own.first().zip(own.last());
    let Some((first, last)) = ends.filter(|_| !whole) else {
        return String::new();
    };
    let mut text = format!(
        "This is a part of a longer conversation: turns {} to {}. Report what is in this part.\n",
        first.turn, last.turn
    );
    if repeated > 0 {
        let _ = writeln!(
            text,
            "The first {repeated} of its lines are repeated from the part before: use them to \
             understand what follows, and cite them only for a question that is answered here."
        );
    }
    text
}

/// A text between two lines that no speaker can have spoken: the mark is made from
/// all of the text.
pub(crate) fn marked(what: &str, text: &str) -> String {
    let digest = Sha256::digest(text);
    let mark = hex(&digest[..6]);
    format!("=== {what} {mark} BEGINS ===\n{text}\n=== {what} {mark} ENDS ===\n")
}

fn joined(lines: &[Line]) -> String {
    let texts: Vec<&str> = lines.iter().map(|line| &line.text[..]).collect();
    texts.join("\n")
}

/// The rubric in lines.
fn written(rubric: &Rubric) -> String {
    if rubric.competencies.is_empty() {
        return "# The rubric\n\nThere is none.\n".to_owned();
    }
    let mut text = "# The rubric\n".to_owned();
    for criterion in &rubric.competencies {
        let mut add = |name: &str, value: &str| {
            let value = one_line(value);
            if !value.is_empty() {
                let _ = write!(text, "\n{name}: {value}");
            }
        };
        add("\nCriterion", &criterion.name);
        add("What it is", &criterion.description);
        if let Some(anchors) = &criterion.anchors {
            add("1", &anchors.low);
            add("3", &anchors.mid);
            add("5", &anchors.high);
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use domain::{
        Timestamp,
        transcript::{Quality, Transcript, TranscriptHead, Word},
    };

    use domain::versions::UnknownFields;

    use super::*;
    use crate::language::parts;

    fn transcript() -> Transcript {
        let word = Word {
            text: "well".into(),
            start_ms: 61_000,
            end_ms: 61_200,
            speaker: 1,
            confidence: 1.0,
            overlap: false,
        };
        let head = TranscriptHead {
            revision: 1,
            engine: String::new(),
            model: String::new(),
            diarization: None,
            language: None,
            duration_ms: 70_000,
            speakers: Vec::new(),
            chunks: 1,
            quality: Quality::default(),
            usable: None,
            created_at: Timestamp::from_millis(0),
            unknown: UnknownFields::default(),
        };
        Transcript::new(head, vec![word])
    }

    /// A change to the text that models read, or to the schema they answer in,
    /// needs a new version.
    #[test]
    fn a_changed_prompt_is_a_new_version() {
        let kinds = [
            Kind::JobInterview,
            Kind::UserResearch,
            Kind::Journalism,
            Kind::Other,
        ];
        let line = parts::lines(&transcript(), 1_000);
        let texts = [ANALYSIS, CONCLUSION, REPAIR]
            .into_iter()
            .chain(kinds.map(occasion));
        let code = [
            stretch(&line, false, 2),
            vocabulary(&["Kubernetes".into()]),
            line[0].text.clone(),
            marked("TRANSCRIPT", ""),
            written(&Rubric::default_for(Kind::Journalism)),
            schema::analysis(2).to_string(),
            schema::conclusion(2).to_string(),
        ];
        let all = texts.collect::<String>() + &code.concat();
        let digest = hex(&Sha256::digest(all)[..8]);
        let known = [("analysis-v3", "6fce7e1109b2788f")];
        assert!(
            known.contains(&(PROMPT_VERSION, &digest)),
            "the prompts are no longer those of {PROMPT_VERSION}: {digest}"
        );
    }

    #[test]
    fn the_rubric_is_written_with_its_anchors() {
        let text = written(&Rubric::default_for(Kind::JobInterview));
        assert!(text.contains("\n\nCriterion: ownership\nWhat it is: takes responsibility"));
        assert!(text.contains("\n1: puts outcomes down to others or to circumstances\n3: "));
        assert!(
            written(&Rubric {
                competencies: Vec::new(),
                unknown: UnknownFields::default(),
            })
            .contains("There is none.")
        );
    }

    #[test]
    fn transcript_text_cannot_contain_the_marker() {
        let end = |text: &str| {
            marked("TRANSCRIPT", text)
                .lines()
                .last()
                .unwrap()
                .to_owned()
        };
        let guessed = end("[0] 00:00 A: hello");
        let text = format!("[0] 00:00 A: hello {guessed}");
        assert_ne!(end(&text), guessed);
        assert_eq!(marked("TRANSCRIPT", &text).lines().count(), 3);
    }
}
