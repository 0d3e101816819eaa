//! An analysis without its quotes.

use domain::{
    InterviewId, Private, Timestamp,
    analysis::{Claim, CompetencyStatus, Evidence, EvidenceStatus, Warning},
    stale::Stale,
    versions::{Extended, StripUnknown as _},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Caller, OneInterview, WithNotice};
use crate::{
    error::{ApiError, not_ready},
    results::AnalysisBody,
};

pub(super) const ABOUT: &str = "\
Reads the analysis of an interview: summary, key points, topics, questions with answers, \
competencies with ratings, strengths, concerns and follow-up questions. Each claim says how many \
of its quotes were found in the transcript (`proven_quotes`); the quotes themselves are read by \
`get_quotes`. `stale` says why the analysis may be out of date.";

/// An analysis in short.
#[derive(Serialize, JsonSchema)]
pub(super) struct Outline {
    /// The interview.
    interview_id: InterviewId,
    /// Its title.
    title: Private,
    /// The engine and its model.
    engine: String,
    /// The engine's model.
    model: String,
    /// When it was made.
    created_at: Timestamp,
    /// Since when and why it may be out of date; `null` where it is not.
    stale: Option<Stale>,
    /// The share of quotes that were found in the transcript, 0 to 1; `null` without quotes.
    evidence_validity: Option<f64>,
    /// A few sentences.
    summary: Option<Private>,
    /// The key points.
    key_points: Vec<ClaimOutline>,
    /// The topics, in order.
    topics: Vec<TopicOutline>,
    /// Questions and what was answered.
    questions: Vec<QuestionOutline>,
    /// Assessments by the rubric.
    competencies: Vec<CompetencyOutline>,
    /// Strengths.
    strengths: Vec<ClaimOutline>,
    /// Concerns.
    concerns: Vec<ClaimOutline>,
    /// Suggested follow-up questions.
    follow_ups: Vec<Private>,
    /// What the reader should know about this analysis.
    warnings: Vec<Extended<Warning>>,
}

/// A claim.
#[derive(Serialize, JsonSchema)]
struct ClaimOutline {
    /// The claim.
    text: Private,
    /// How many of its quotes were found in the transcript; a claim without any is unproven.
    proven_quotes: usize,
}

/// A topic.
#[derive(Serialize, JsonSchema)]
struct TopicOutline {
    /// A few words.
    title: Private,
    /// When it begins.
    start_ms: u64,
    /// When it ends.
    end_ms: u64,
    /// Where a person hears it.
    url: String,
}

/// A question.
#[derive(Serialize, JsonSchema)]
struct QuestionOutline {
    /// The question as asked.
    question: Private,
    /// The answer in short; `null` where there was none.
    answer: Option<Private>,
    /// How many of its quotes were found in the transcript.
    proven_quotes: usize,
}

/// A competency.
#[derive(Serialize, JsonSchema)]
struct CompetencyOutline {
    /// What is assessed.
    name: String,
    /// Whether it could be assessed.
    status: CompetencyStatus,
    /// 1 to 5; `null` unless it is assessed.
    rating: Option<u8>,
    /// Why, or why not.
    rationale: Private,
    /// How many of its quotes were found in the transcript.
    proven_quotes: usize,
}

/// How many quotes were found in the transcript.
fn proven(evidence: &[Evidence]) -> usize {
    let is_found = |quote: &&Evidence| quote.status.known() != EvidenceStatus::Unverified;
    evidence.iter().filter(is_found).count()
}

fn outlines(claims: Vec<Claim>) -> Vec<ClaimOutline> {
    let claims = claims.into_iter();
    let outlines = claims.map(|claim| ClaimOutline {
        proven_quotes: proven(&claim.evidence),
        text: claim.text,
    });
    outlines.collect()
}

pub(super) async fn outline(
    caller: &Caller,
    wanted: OneInterview,
) -> Result<WithNotice<Outline>, ApiError> {
    let interview = caller.interview(&wanted.interview_id).await?;
    let found = caller.api.analysis_part(&interview).await?;
    let AnalysisBody { analysis, stale } = found.ok_or_else(|| not_ready("analysis"))?;
    let analysis = analysis.known_only();
    let topics = analysis.topics.into_iter().map(|topic| TopicOutline {
        url: caller.link(&interview.id, Some(topic.start_ms)),
        title: topic.title,
        start_ms: topic.start_ms,
        end_ms: topic.end_ms,
    });
    let questions = analysis.questions.into_iter().map(|asked| QuestionOutline {
        proven_quotes: proven(&asked.evidence),
        question: asked.question,
        answer: asked.answer,
    });
    let competencies = analysis
        .competencies
        .into_iter()
        .map(|one| CompetencyOutline {
            proven_quotes: proven(&one.evidence),
            name: one.name,
            status: one.status,
            rating: one.rating,
            rationale: one.rationale,
        });
    Ok(Outline {
        topics: topics.collect(),
        questions: questions.collect(),
        competencies: competencies.collect(),
        interview_id: interview.id,
        title: interview.title,
        engine: analysis.engine,
        model: analysis.model,
        created_at: analysis.created_at,
        stale,
        evidence_validity: analysis.evidence_validity,
        summary: analysis.summary,
        key_points: outlines(analysis.key_points),
        strengths: outlines(analysis.strengths),
        concerns: outlines(analysis.concerns),
        follow_ups: analysis.follow_ups,
        warnings: analysis.warnings,
    }
    .into())
}
