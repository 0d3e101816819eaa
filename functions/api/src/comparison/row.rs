//! What one interview has for each competency.

use domain::{
    Interview, InterviewId, Private, Timestamp, UserId,
    analysis::{Competency, CompetencyStatus, Evidence, EvidenceStatus},
    assessment::Assessment,
    interview::Status,
    interview_store,
    stale::Stale,
    transcript::Transcript,
    versions::StripUnknown,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;

use super::members::{ComparedRubric, key};
use crate::{Api, results::AnalysisBody};

/// How many rows are made at once.
pub(crate) const CONCURRENT_ROWS: usize = 4;

/// An interview in a comparison.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ComparedInterview {
    /// Its id.
    pub(crate) interview_id: InterviewId,
    /// Its title.
    pub(crate) title: Private,
    /// When its recording was made, else when it was created.
    pub(crate) date: Timestamp,
    /// The status of the interview.
    pub(crate) status: Status,
    /// Whether it stands beside the others.
    pub(crate) comparable: Comparable,
    /// Why and since when its analysis is out of date.
    pub(crate) stale: Option<Stale>,
    /// The `key` of the rubric that it is assessed by now.
    pub(crate) rubric: String,
    /// What a person decided.
    pub(crate) decision: Option<Private>,
    /// Who assessed it, in their own words.
    pub(crate) author: Option<Private>,
    /// What it has for each competency of the rubric, in their order; empty where it is assessed
    /// by another one.
    pub(crate) cells: Vec<Cell>,
}

/// Whether an interview stands beside the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Comparable {
    /// It is assessed by the rubric that is compared.
    Yes,
    /// So it is, but the transcript or what is known of the speakers has changed since: the
    /// quotes are those that are still there.
    Stale,
    /// It is assessed by another rubric or version, or was before it got this one.
    OtherRubric,
    /// It has no analysis, or not yet.
    NotAnalyzed,
}

impl Comparable {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Stale => "stale",
            Self::OtherRubric => "other rubric",
            Self::NotAnalyzed => "not analyzed",
        }
    }
}

/// What an interview has for a competency.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Cell {
    /// The name of the competency.
    pub(crate) competency: String,
    /// Whether the engine could assess it; `null` without an analysis.
    pub(crate) status: Option<CompetencyStatus>,
    /// The engine's rating, 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    pub(crate) rating: Option<u8>,
    /// The person's rating, 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    pub(crate) person_rating: Option<u8>,
    /// Why the person rates so.
    pub(crate) person_comment: Option<Private>,
    /// The best quote for it that is in the newest transcript.
    pub(crate) quote: Option<ComparedQuote>,
}

/// A quote that is in the transcript.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ComparedQuote {
    /// The words.
    pub(crate) text: Private,
    /// Whether the engine quoted them word for word (`verified`) or with small differences
    /// (`repaired`).
    pub(crate) status: EvidenceStatus,
    /// The speaker's id in the transcript.
    pub(crate) speaker: Option<u32>,
    /// What the speaker is called: `Speaker 2` where there is no name.
    pub(crate) speaker_name: Option<Private>,
    /// When the first word begins.
    pub(crate) start_ms: u64,
    /// When the last word ends.
    pub(crate) end_ms: u64,
    /// The path in the console at which it plays.
    pub(crate) url: String,
}

impl ComparedQuote {
    /// The best of the quotes: found word for word, else with small differences.
    fn best(
        interview: &InterviewId,
        speakers: Option<&Transcript>,
        evidence: &[Evidence],
    ) -> Option<Self> {
        let of = |status: EvidenceStatus| evidence.iter().find(move |own| own.status == status);
        let best = of(EvidenceStatus::Verified).or_else(|| of(EvidenceStatus::Repaired))?;
        Self::of(interview, speakers, best)
    }

    /// A quote, if it was found.
    pub(crate) fn of(
        interview: &InterviewId,
        speakers: Option<&Transcript>,
        best: &Evidence,
    ) -> Option<Self> {
        let start_ms = best.start_ms?;
        let name = |id| Some(speakers?.speaker_name(id));
        Some(Self {
            text: best.quote.clone(),
            status: best.status,
            speaker: best.speaker,
            speaker_name: best.speaker.and_then(name),
            start_ms,
            end_ms: best.end_ms?,
            url: format!("/app/interviews/{interview}?t={start_ms}"),
        })
    }
}

impl Api {
    /// The rows of interviews, in their order, but for those that are deleted meanwhile.
    pub(crate) async fn rows(
        &self,
        user: &UserId,
        ids: Vec<InterviewId>,
        rubric: &ComparedRubric,
    ) -> Result<Vec<ComparedInterview>, Problem> {
        let rows = ids.into_iter().map(|id| self.row(user, id, rubric));
        let rows = stream::iter(rows).buffered(CONCURRENT_ROWS);
        rows.try_filter_map(async |row| Ok(row)).try_collect().await
    }

    /// The row of an interview, unless it is deleted.
    pub(crate) async fn row(
        &self,
        user: &UserId,
        interview_id: InterviewId,
        rubric: &ComparedRubric,
    ) -> Result<Option<ComparedInterview>, Problem> {
        let Some(interview) = self.interview(user, interview_id).await? else {
            return Ok(None);
        };
        let analysis = if self::key(&interview) == rubric.key {
            self.analysis_part(&interview).await?
        } else {
            None
        };
        Ok(Some(self.compared(interview, analysis, rubric).await?))
    }

    /// An interview beside others, with its analysis if there is one.
    pub(crate) async fn compared(
        &self,
        interview: Interview,
        analysis: Option<AnalysisBody>,
        rubric: &ComparedRubric,
    ) -> Result<ComparedInterview, Problem> {
        let key = interview.key();
        let has_rubric = self::key(&interview) == rubric.key;
        let analysis = analysis.filter(|_| has_rubric);
        let comparable = comparable(has_rubric, analysis.as_ref());
        let assessment = interview_store::assessment(&*self.records, &interview).await?;
        let assessment = assessment.map(StripUnknown::known_only);
        let (engine, stale) = match (comparable, analysis) {
            (Comparable::Yes | Comparable::Stale, Some(body)) => {
                (body.analysis.competencies, body.stale)
            }
            (_, analysis) => (Vec::new(), analysis.and_then(|body| body.stale)),
        };
        let speakers = if engine.is_empty() {
            None
        } else {
            let head = interview_store::transcript_head(&*self.records, &key).await?;
            head.map(|head| {
                Transcript::new(head, Vec::new()).with_speaker_names(&interview.speakers)
            })
        };
        let said = Said {
            interview: &interview.id,
            speakers: speakers.as_ref(),
            engine: &engine,
            assessment: assessment.as_ref(),
        };
        let names = rubric.competencies.iter().filter(|_| has_rubric);
        let cells = names.map(|name| said.cell(name)).collect();
        let (decision, author) = assessment.map_or((None, None), |own| (own.decision, own.author));
        Ok(ComparedInterview {
            rubric: self::key(&interview),
            date: interview.derive_date(),
            status: interview.visible_status(),
            interview_id: interview.id,
            title: interview.title,
            comparable,
            stale,
            decision,
            author,
            cells,
        })
    }
}

fn comparable(has_rubric: bool, analysis: Option<&AnalysisBody>) -> Comparable {
    if !has_rubric {
        return Comparable::OtherRubric;
    }
    let Some(body) = analysis else {
        return Comparable::NotAnalyzed;
    };
    match &body.stale {
        None => Comparable::Yes,
        Some(stale) if stale.reasons.contains(&"rubric_changed") => Comparable::OtherRubric,
        Some(_) => Comparable::Stale,
    }
}

/// What is said about an interview.
struct Said<'a> {
    interview: &'a InterviewId,
    /// The transcript without its words, for the names of its speakers.
    speakers: Option<&'a Transcript>,
    engine: &'a [Competency],
    assessment: Option<&'a Assessment>,
}

impl Said<'_> {
    fn cell(&self, name: &str) -> Cell {
        let lower = name.to_lowercase();
        let mut engine = self.engine.iter();
        let engine = engine.find(|own| own.name.to_lowercase() == lower);
        let person = self.assessment.and_then(|own| own.rating(name));
        let quote =
            |own: &Competency| ComparedQuote::best(self.interview, self.speakers, &own.evidence);
        Cell {
            competency: name.to_owned(),
            status: engine.map(|own| own.status),
            rating: engine.and_then(|own| own.rating),
            person_rating: person.and_then(|own| own.rating),
            person_comment: person.and_then(|own| own.comment.clone()),
            quote: engine.and_then(quote),
        }
    }
}
