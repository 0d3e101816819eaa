//! An analysis without a language model: key sentences, topics and questions picked from
//! the transcript, word for word. It rates no speaker.

mod questions;
mod select;
mod sentences;
mod stopwords;
mod summary;
mod themes;
mod titles;
mod topics;

use crate::language::warning;
use async_trait::async_trait;
use domain::{
    analysis::{Citation, Draft, DraftClaim, NO_LANGUAGE_MODEL, Warning},
    engine_check::Finding,
    ports::{AnalysisRequest, Analyst, ThemesRequest},
    steps::{Code, StepError},
    themes::ThemesDraft,
    transcript::Transcript,
};
use questions::{Exchange, MAX_QUESTIONS, exchanges};
use sentences::{Sentence, WordWeights};
use topics::TopicSection;

/// Sentences in the summary: of a short conversation, and at most.
const SUMMARY: std::ops::RangeInclusive<usize> = 3..=5;

/// Sentences among the key points: of a short conversation, and at most.
const KEY_POINTS: std::ops::RangeInclusive<usize> = 7..=12;

/// One more sentence for so many.
const SENTENCES_EACH: usize = 60;

/// Why there is no scorecard, and which settings enable one.
const CONNECT_A_MODEL: &str = "no language model is connected, so nothing is rated; for a scorecard set \
    ANALYZER=gemini and GEMINI_API_KEY, or ANALYZER=openai and OPENAI_BASE_URL (for example of Ollama)";

/// The engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extractive;

#[async_trait]
impl Analyst for Extractive {
    fn name(&self) -> &'static str {
        "extractive"
    }

    async fn check(&self) -> Vec<Finding> {
        let message = "no language model is set up: analyses have key sentences, questions and \
            topics, but no scorecard";
        vec![Finding::warning("no_language_model", message).about(&["ANALYZER"])]
    }

    async fn analyze(&self, request: &AnalysisRequest) -> Result<Draft, StepError> {
        let transcript = request.transcript.clone();
        beside(move || draft(&transcript)).await
    }

    async fn themes(&self, request: &ThemesRequest) -> Result<ThemesDraft, StepError> {
        let request = request.clone();
        beside(move || themes::draft(&request)).await
    }
}

async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StepError> {
    let failed = |_| StepError::transient(Code::EngineFailed, "the language engine broke down");
    tokio::task::spawn_blocking(work).await.map_err(failed)
}

fn draft(transcript: &Transcript) -> Draft {
    let sentences = sentences::split(transcript);
    let all = &sentences.all;
    let vocabulary = WordWeights::new(all);
    let (brief, long) = (length(&SUMMARY, all), length(&KEY_POINTS, all));
    let ranked = select::ranked(&sentences, &transcript.words, &vocabulary);
    let mut picked = select::varied(all, &ranked, brief + long);
    // Of a short conversation half are enough to sum it up.
    let mut points = picked.split_off(brief.min(picked.len().div_ceil(2)));
    picked.sort_unstable();
    points.sort_unstable();
    let topics = topics::segment(transcript, &sentences);
    let exchanges = exchanges(&sentences);
    let shown = &exchanges[..exchanges.len().min(MAX_QUESTIONS)];
    let quoted: Vec<&Sentence> = picked.into_iter().map(|index| &all[index]).collect();
    Draft {
        model: "extractive".to_owned(),
        prompt_version: "extractive-3".to_owned(),
        summary: summary::write(transcript, &topics, &quoted),
        key_points: points
            .into_iter()
            .map(|index| key_point(&all[index]))
            .collect(),
        topics: topics.iter().map(TopicSection::draft).collect(),
        questions: shown.iter().map(|own| own.draft(transcript)).collect(),
        follow_ups: shown.iter().filter_map(Exchange::follow_up).collect(),
        warnings: warnings(exchanges.len()),
        ..Draft::default()
    }
}

/// How many sentences a conversation of that length deserves.
fn length(range: &std::ops::RangeInclusive<usize>, sentences: &[Sentence]) -> usize {
    (range.start() + sentences.len() / SENTENCES_EACH).min(*range.end())
}

/// A sentence that claims nothing but itself.
fn key_point(sentence: &Sentence) -> DraftClaim {
    DraftClaim {
        text: sentence.text.as_str().into(),
        evidence: vec![Citation {
            turn: sentence.turn,
            quote: sentence.text.as_str().into(),
        }],
    }
}

fn warnings(asked: usize) -> Vec<Warning> {
    let mut warnings = vec![warning(NO_LANGUAGE_MODEL, CONNECT_A_MODEL)];
    if asked > MAX_QUESTIONS {
        let message = format!("{asked} questions were asked, the first {MAX_QUESTIONS} are shown");
        warnings.push(warning("questions_left_out", message));
    }
    warnings
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
