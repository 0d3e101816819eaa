//! An analysis without a language model: key sentences, topics and questions
//! picked from the transcript by counting words. It judges nobody.

mod questions;
mod select;
mod stopwords;
mod topics;
mod utterances;

use async_trait::async_trait;
use domain::{
    Private,
    analysis::{Citation, Draft, DraftClaim, Warning},
    ports::{AnalysisRequest, Analyst},
    steps::{Code, StepError},
    transcript::Transcript,
};
use questions::{Exchange, MAX_QUESTIONS, exchanges, first_words};
use utterances::{Utterance, Vocabulary};

/// Utterances in the summary: of a short conversation, and at most.
const SUMMARY: std::ops::RangeInclusive<usize> = 3..=5;

/// Utterances among the key points: of a short conversation, and at most.
const KEY_POINTS: std::ops::RangeInclusive<usize> = 6..=12;

/// One more utterance for so many.
const UTTERANCES_EACH: usize = 60;

/// Words of a key point that stand above its quote.
const OPENING_WORDS: usize = 9;

/// The engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extractive;

#[async_trait]
impl Analyst for Extractive {
    fn name(&self) -> &'static str {
        "extractive"
    }

    async fn analyze(&self, request: &AnalysisRequest) -> Result<Draft, StepError> {
        let transcript = request.transcript.clone();
        tokio::task::spawn_blocking(move || draft(&transcript))
            .await
            .map_err(|_| StepError::transient(Code::EngineFailed, "the language engine broke down"))
    }
}

fn draft(transcript: &Transcript) -> Draft {
    let utterances = utterances::split(transcript);
    let vocabulary = Vocabulary::new(&utterances);
    let (brief, long) = (
        length(&SUMMARY, &utterances),
        length(&KEY_POINTS, &utterances),
    );
    let central = select::central(&utterances, &vocabulary, long);
    let exchanges = exchanges(transcript);
    let shown = &exchanges[..exchanges.len().min(MAX_QUESTIONS)];
    Draft {
        model: "extractive".to_owned(),
        prompt_version: "extractive-2".to_owned(),
        summary: summary(transcript, &utterances, in_order(&central, brief)),
        key_points: in_order(&central, long)
            .map(|index| key_point(transcript, &utterances[index]))
            .collect(),
        topics: topics::segment(transcript, &utterances),
        questions: shown.iter().map(Exchange::draft).collect(),
        follow_ups: shown.iter().filter_map(Exchange::follow_up).collect(),
        warnings: warnings(exchanges.len()),
        ..Draft::default()
    }
}

/// How many utterances a conversation of that length deserves.
fn length(range: &std::ops::RangeInclusive<usize>, utterances: &[Utterance]) -> usize {
    (range.start() + utterances.len() / UTTERANCES_EACH).min(*range.end())
}

/// The best `count`, as they were said.
fn in_order(ranked: &[usize], count: usize) -> impl Iterator<Item = usize> + use<> {
    let mut best: Vec<usize> = ranked.iter().take(count).copied().collect();
    best.sort_unstable();
    best.into_iter()
}

/// A few central utterances, plainly as somebody's words.
fn summary(
    transcript: &Transcript,
    utterances: &[Utterance],
    picked: impl Iterator<Item = usize>,
) -> Option<Private> {
    let sentences: Vec<String> = picked
        .map(|index| said(transcript, &utterances[index], &utterances[index].text))
        .collect();
    (!sentences.is_empty()).then(|| sentences.join(" ").into())
}

fn key_point(transcript: &Transcript, utterance: &Utterance) -> DraftClaim {
    DraftClaim {
        text: said(transcript, utterance, &opening(&utterance.text)).into(),
        evidence: vec![Citation {
            turn: utterance.turn,
            quote: utterance.text.clone().into(),
        }],
    }
}

/// Words with their speaker, between quotation marks that they do not have.
fn said(transcript: &Transcript, utterance: &Utterance, words: &str) -> String {
    let name = transcript.speaker_name(utterance.speaker);
    let words = words.replace(['"', '\u{201c}', '\u{201d}', '\u{201e}', '«', '»'], "");
    format!("{}: \u{201c}{words}\u{201d}", name.reveal())
}

/// The first words, for a line above the whole quote.
fn opening(text: &str) -> String {
    let short = first_words(text, OPENING_WORDS);
    if short.len() < text.len() {
        format!("{short} …")
    } else {
        short
    }
}

fn warnings(asked: usize) -> Vec<Warning> {
    let warning = |code: &str, message: String| Warning {
        code: code.to_owned(),
        message,
    };
    let mut warnings = vec![warning(
        "no_language_model",
        "made by counting words, without a language model: nothing was judged or rated".to_owned(),
    )];
    if asked > MAX_QUESTIONS {
        warnings.push(warning(
            "questions_left_out",
            format!("{asked} questions were asked, the first {MAX_QUESTIONS} are shown"),
        ));
    }
    warnings
}

#[cfg(test)]
mod tests;
