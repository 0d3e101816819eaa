//! The interviews of a collection, and what their analyses say, condensed.

use domain::{
    Interview, InterviewId, Private, Timestamp,
    analysis::{Analysis, Citation, Evidence, EvidenceStatus},
    collections, interview_store,
    ports::{InterviewDigest, Records, RecordsError, Statement, ThemesRequest},
    steps::StepState,
    themes::{CollectionKey, MAX_INTERVIEWS},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize as _;

/// How many interviews are read at once.
const PAGE: usize = 50;

/// How many analyses are read at once: each may have a quarter of a mebibyte.
const CONCURRENT_ANALYSES: usize = 4;

/// The most statements of one interview.
const MAX_STATEMENTS: usize = 24;

/// The longest summary, statement and quote, in bytes.
const MAX_TEXT: usize = 600;

/// An interview with an analysis.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) interview: InterviewId,
    /// When its analysis was settled.
    pub(super) analyzed_at: Timestamp,
    /// The fencing token of its transcript, and the revision.
    pub(super) transcript: u64,
    pub(super) revision: u64,
    summary: Option<Private>,
    statements: Vec<Statement>,
    /// Where each statement's quote was found when it was analysed.
    pub(super) citations: Vec<Citation>,
}

/// The interviews of a collection.
#[derive(Clone)]
pub(super) struct Sources {
    pub(super) key: CollectionKey,
    /// Those with an analysis, newest first.
    pub(super) interviews: Vec<Source>,
    /// Those without.
    pub(super) left_out: Vec<InterviewId>,
}

impl Sources {
    /// Reads them; nothing where there are more than [`MAX_INTERVIEWS`].
    pub(super) async fn read(
        records: &dyn Records,
        key: &CollectionKey,
    ) -> Result<Option<Self>, RecordsError> {
        let mut query = collections::members_newest_first(&key.user_id, &key.collection_id);
        query.limit = PAGE;
        let (mut interviews, mut left_out) = (Vec::new(), Vec::new());
        loop {
            let page = records.list(&query).await?;
            if let Some(last) = page.last() {
                query.after = Some((last.fields["created_at"].clone(), last.path.clone()));
            }
            let is_last = page.len() < PAGE;
            let mut found: Vec<Interview> = steps::readable(&page);
            found.retain(|interview| interview.deleted_at.is_none());
            let reads = found.into_iter().map(|own| source(records, own));
            let reads: Vec<_> = reads.collect();
            let mut read = stream::iter(reads).buffered(CONCURRENT_ANALYSES);
            while let Some((id, source)) = read.try_next().await? {
                match source {
                    Some(source) => interviews.push(source),
                    None => left_out.push(id),
                }
            }
            if interviews.len() + left_out.len() > MAX_INTERVIEWS {
                return Ok(None);
            }
            if is_last {
                return Ok(Some(Self {
                    key: key.clone(),
                    interviews,
                    left_out,
                }));
            }
        }
    }

    /// What the engine is given: neither titles nor ids nor names of speakers.
    pub(super) fn request(&self) -> ThemesRequest {
        let digest = |source: &Source| InterviewDigest {
            summary: source.summary.clone(),
            statements: source.statements.clone(),
        };
        ThemesRequest {
            interviews: self.interviews.iter().map(digest).collect(),
        }
    }
}

/// What an interview's analysis says; nothing where there is none that this release can read, or
/// none of its statements has a quote.
async fn source(
    records: &dyn Records,
    interview: Interview,
) -> Result<(InterviewId, Option<Source>), RecordsError> {
    let (key, step) = (interview.key(), &interview.steps.analysis);
    let id = interview.id.clone();
    if step.state != StepState::Done {
        return Ok((id, None));
    }
    let document = records.read(&key.data("analysis")).await?;
    let analysis = document.and_then(|found| Analysis::deserialize(&found.fields).ok());
    let head = match interview_store::transcript_head(records, &key).await {
        Err(RecordsError::Malformed { .. }) => None,
        head => head?,
    };
    let (Some(analysis), Some(head)) = (analysis, head) else {
        return Ok((id, None));
    };
    let quoted = statements(&analysis);
    if quoted.is_empty() {
        return Ok((id, None));
    }
    let (statements, citations) = quoted.into_iter().unzip();
    let source = Source {
        interview: id.clone(),
        analyzed_at: step.finished_at.unwrap_or(analysis.created_at),
        transcript: head.revision,
        revision: interview.log_state(head.revision).revision,
        summary: analysis.summary.as_ref().map(|text| short(text.reveal())),
        statements,
        citations,
    };
    Ok((id, Some(source)))
}

/// The statements of an analysis that rest on a quote, the most important first.
fn statements(analysis: &Analysis) -> Vec<(Statement, Citation)> {
    let mut found = Vec::new();
    let mut add = |text: &Private, evidence: &[Evidence]| {
        let of = |own: &&Evidence| own.status.known() != EvidenceStatus::Unverified;
        if let Some(best) = evidence.iter().find(of)
            && let Some(turn) = best.turn
        {
            let statement = Statement {
                text: short(text.reveal()),
                quote: short(best.quote.reveal()),
            };
            let quote = statement.quote.clone();
            found.push((statement, Citation { turn, quote }));
        }
    };
    for claim in &analysis.key_points {
        add(&claim.text, &claim.evidence);
    }
    for claim in analysis.strengths.iter().chain(&analysis.concerns) {
        add(&claim.text, &claim.evidence);
    }
    for own in &analysis.questions {
        // What was asked is no statement of the person who answers.
        let is_answer = |quote: &&Evidence| !own.question.reveal().contains(quote.quote.reveal());
        if let Some(answer) = &own.answer {
            let said: Vec<Evidence> = own.evidence.iter().filter(is_answer).cloned().collect();
            add(answer, &said);
        }
    }
    for own in &analysis.competencies {
        add(&own.rationale, &own.evidence);
    }
    let mut quotes = std::collections::HashSet::new();
    found.retain(|(_, citation)| quotes.insert(citation.quote.reveal().to_owned()));
    found.truncate(MAX_STATEMENTS);
    found
}

/// The text up to a space before so many bytes: a quote that is cut is still one.
fn short(text: &str) -> Private {
    if text.len() <= MAX_TEXT {
        return text.into();
    }
    let cut = &text[..text.floor_char_boundary(MAX_TEXT)];
    cut[..cut.rfind(' ').unwrap_or(cut.len())].into()
}
