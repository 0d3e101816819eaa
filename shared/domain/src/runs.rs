//! Results of earlier runs, which can be shown again.
//!
//! `data/transcript` and `data/analysis` hold what is shown. Before a step runs again, what is
//! shown is copied beside the results of other runs ([`Kept`]), by the fencing token of the run
//! that made it; the words of a transcript and its corrections lie by that token anyway.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Interview, InterviewKey,
    analysis::{Analysis, Rubric},
    interview::Kind,
    ports::{Document, Precondition, Query, Records, RecordsError, Write},
    rubrics::RubricSource,
    steps::{Step, StepName, StepState},
    transcript::TranscriptHead,
    versions::UnknownFields,
};

/// The most results of one step, the shown one included.
pub const MAX_RUNS: usize = 50;

/// `data/{transcript,analysis}/runs/{token}`: the result of a run, with the settings of the
/// interview that it was made by.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The fencing token of the run.
    pub token: u64,
    /// The document as it is shown, fields of a newer release included.
    pub result: Value,
    /// The kind of conversation.
    #[serde(default)]
    pub kind: Kind,
    /// The language, given or recognised.
    pub language: Option<String>,
    /// What was assessed, in place of the kind's own rubric.
    pub rubric: Option<Rubric>,
    /// The stored rubric that this is a copy of.
    pub rubric_source: Option<RubricSource>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

impl Kept {
    /// A result that was made by the settings of the interview as they are now.
    pub fn new(interview: &Interview, token: u64, result: Value) -> Self {
        Self {
            token,
            result,
            kind: interview.kind,
            language: interview.language.clone(),
            rubric: interview.rubric.clone(),
            rubric_source: interview.rubric_source.clone(),
            unknown: UnknownFields::default(),
        }
    }

    /// Keeps it below the document `name`.
    pub fn write(&self, key: &InterviewKey, name: &str) -> Result<Write, RecordsError> {
        let path = key.kept_run(name, self.token);
        Write::put(path, self, Precondition::None)
    }

    /// The transcript without its words.
    pub fn transcript(&self) -> Option<TranscriptHead> {
        serde_json::from_value(self.result.clone()).ok()
    }

    /// The analysis.
    pub fn analysis(&self) -> Option<Analysis> {
        serde_json::from_value(self.result.clone()).ok()
    }
}

/// The document that shows the result of a step, where results of several runs are kept.
pub const fn document(step: StepName) -> Option<&'static str> {
    match step {
        StepName::Transcription => Some("transcript"),
        StepName::Analysis => Some("analysis"),
        StepName::Waveform | StepName::Report => None,
    }
}

/// The fencing token of the run whose result a step shows: of the run before, while another
/// one is running.
pub fn shown_token(step: &Step) -> Option<u64> {
    let done = |step: &Step| (step.state == StepState::Done).then_some(step.token);
    let previous = step.previous.as_deref();
    done(step).or_else(|| previous.and_then(done))
}

/// The results of a step that are kept beside the shown one.
pub async fn kept(
    records: &dyn Records,
    key: &InterviewKey,
    name: &str,
) -> Result<Vec<Kept>, RecordsError> {
    let query = Query::collection(key.kept_runs(name));
    let documents = records.list(&query).await?;
    documents.iter().map(Document::decode).collect()
}

/// The fencing tokens of the transcripts that are kept beside the shown one.
pub async fn kept_transcripts(
    records: &dyn Records,
    key: &InterviewKey,
) -> Result<Vec<u64>, RecordsError> {
    let query = Query::collection(key.kept_runs("transcript"));
    let paths = records.list_paths(&query).await?;
    let tokens = paths.iter().filter_map(|path| path.split().1.parse().ok());
    Ok(tokens.collect())
}
