//! The report of a collection as a Word document, made on request from what is stored.
//!
//! What is in it is read here, an interview at a time; the crate `report` writes the document.

pub(crate) mod turns;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use domain::{
    ErrorCode, Interview, InterviewId, InterviewKey, UserId,
    analysis::Warning,
    audio_warning::AudioWarning,
    collection_report::{
        CollectionReport, Inclusion, ReportedCell, ReportedHighlight, ReportedInterview,
        ReportedQuote, ReportedRubric,
    },
    collections::Collection,
    interview::{Kind, Status},
    interview_store, paths,
    ports::RecordsError,
    report::CONTENT_TYPE,
    rubrics::StoredRubric,
    usable::Usable,
};
use futures::{StreamExt as _, stream};
use http::header;
use runtime::http::Problem;
use tokio::task::spawn_blocking;

use crate::{
    Api,
    comparison::{
        CONCURRENT_ROWS, Cell, Comparable, ComparedQuote, ComparedRubric, Members, RubricChoice,
        attachment,
    },
    error::ApiError,
    extract::{OwnCollection, QueryParameters},
    openapi::{errors, parameters::CollectionId},
    results::AnalysisBody,
    shares::link::PublicUrl,
};

/// The most highlights of a report, as often as they stand in it.
const MAX_HIGHLIGHTS: usize = 1_000;

/// Download the report of a collection
///
/// Made on request: the comparison as `compare_collection` shows it, the themes, the highlights
/// by tag, and a few lines about each interview. At most 500 interviews can be reported on, and
/// 1,000 highlights.
#[utoipa::path(
    get, path = "/v1/collections/{collection_id}/report.docx",
    operation_id = "get_collection_report", tag = "Collections",
    params(CollectionId, QueryParameters<RubricChoice>),
    responses((
        status = 200,
        description = "A Word document.",
        content(("application/vnd.openxmlformats-officedocument.wordprocessingml.document")),
        headers(("Content-Disposition" = String, description = "An attachment by the name `report.docx`."))
    )),
    extensions(("x-errors" = json!(errors(&[ErrorCode::TooManyInterviews])))),
)]
pub(crate) async fn docx(
    State(api): State<Arc<Api>>,
    QueryParameters(choice): QueryParameters<RubricChoice>,
    OwnCollection { user, collection }: OwnCollection,
    PublicUrl(url): PublicUrl,
) -> Result<Response, ApiError> {
    let members = api.members(&user, &collection).await?;
    let rubric = members.rubric(choice.rubric.as_deref())?;
    let turn = api.limits.rate_limits.begin_report(&user).await?;
    let public_url = Some(url).filter(|url| is_plain(url));
    let content = api
        .reported(&user, collection, members, rubric, public_url)
        .await?;
    let write = api.write_collection_report;
    // The turn ends when the work is done, also where the client has gone.
    let making = spawn_blocking(move || {
        let _turn = turn;
        write(&content)
    });
    let made = making.await.map_err(|_| Problem::internal())?;
    let bytes = made.map_err(|error| {
        tracing::error!(event = "collection.report_failed", %error, "a report could not be made");
        Problem::internal()
    })?;
    let response = ([(header::CONTENT_TYPE, CONTENT_TYPE)], bytes).into_response();
    Ok(attachment(response, "report.docx"))
}

/// Whether a document can lead there.
fn is_plain(url: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:/-_[]".contains(&byte);
    !url.is_empty() && url.bytes().all(is_plain)
}

/// What a report has of an interview.
struct OfInterview {
    interview: ReportedInterview,
    highlights: Vec<ReportedHighlight>,
    /// How many highlights it has in all.
    all_highlights: usize,
    kind: Kind,
    language: Option<String>,
}

impl Api {
    /// Everything that the report holds.
    async fn reported(
        &self,
        user: &UserId,
        collection: Collection,
        members: Members,
        rubric: Option<ComparedRubric>,
        public_url: Option<String>,
    ) -> Result<CollectionReport, Problem> {
        let mut report = CollectionReport {
            kinds: collection.kind.map(Kind::known).into_iter().collect(),
            language: None,
            created_at: self.clock.now(),
            public_url,
            rubric: None,
            interviews: Vec::new(),
            unreadable: members.unreadable,
            themes: self.reported_themes(user, &collection).await?,
            highlights: Vec::new(),
            more_highlights: 0,
            id: collection.id,
            title: collection.title,
        };
        let Some(rubric) = rubric else {
            return Ok(report);
        };
        let mut languages: BTreeMap<String, usize> = BTreeMap::new();
        let mut kinds = Vec::new();
        // Words of highlights for which there is no room are not looked up.
        let left = AtomicUsize::new(MAX_HIGHLIGHTS);
        let (mut room, rubric_read, room_read) = (MAX_HIGHLIGHTS, &rubric, &left);
        let ids = members.interviews.into_iter().map(|(_, id)| id);
        let rows = ids.map(|id| self.reported_interview(user, id, rubric_read, room_read));
        let mut rows = stream::iter(rows).buffered(CONCURRENT_ROWS);
        while let Some(found) = rows.next().await {
            let Some(found) = found? else { continue };
            report.interviews.push(found.interview);
            let before = report.highlights.len();
            for highlight in found.highlights {
                // Each stands below each of its tags.
                let places = highlight.tags.len().max(1);
                if places > room {
                    room = 0;
                    break;
                }
                room -= places;
                report.highlights.push(highlight);
            }
            left.store(room, Ordering::Relaxed);
            let shown = report.highlights.len() - before;
            report.more_highlights += (found.all_highlights - shown) as u64;
            if !kinds.contains(&found.kind) {
                kinds.push(found.kind);
            }
            if let Some(language) = found.language {
                *languages.entry(language).or_default() += 1;
            }
        }
        drop(rows);
        if report.kinds.is_empty() {
            report.kinds = kinds;
        }
        let most = languages.into_iter().max_by_key(|(_, count)| *count);
        report.language = most.map(|(language, _)| language);
        report.rubric = Some(self.reported_rubric(user, rubric).await?);
        Ok(report)
    }

    /// What the report has of an interview, unless it is deleted.
    async fn reported_interview(
        &self,
        user: &UserId,
        interview_id: InterviewId,
        rubric: &ComparedRubric,
        room: &AtomicUsize,
    ) -> Result<Option<OfInterview>, Problem> {
        let Some(interview) = self.interview(user, interview_id).await? else {
            return Ok(None);
        };
        let (highlights, all_highlights) = self
            .reported_highlights(&interview, room.load(Ordering::Relaxed))
            .await?;
        let analysis = self.analysis_part(&interview).await?;
        let warnings = warnings(&interview, analysis.as_ref());
        let made = analysis.as_ref().map(|body| &body.analysis);
        let summary = made.and_then(|own| own.summary.clone());
        let engine = made.map(|own| (own.engine.clone(), own.model.clone()));
        let of_audio = interview.audio.as_ref().and_then(|own| own.duration_ms);
        let duration_ms = match of_audio {
            Some(duration_ms) => Some(duration_ms),
            None => self.transcript_length(&interview.key()).await?,
        };
        let (kind, language) = (interview.kind.known(), interview.language.clone());
        let compared = self.compared(interview, analysis, rubric).await?;
        Ok(Some(OfInterview {
            interview: ReportedInterview {
                inclusion: inclusion(compared.comparable, compared.status),
                id: compared.interview_id,
                title: compared.title,
                date: compared.date,
                duration_ms,
                cells: compared.cells.into_iter().map(ReportedCell::from).collect(),
                summary,
                decision: compared.decision,
                author: compared.author,
                warnings,
                engine,
            },
            highlights,
            all_highlights,
            kind,
            language,
        }))
    }

    /// The highlights of an interview, no more than there is room for, and how many it has.
    async fn reported_highlights(
        &self,
        interview: &Interview,
        room: usize,
    ) -> Result<(Vec<ReportedHighlight>, usize), Problem> {
        let mut all = self.counted_highlights(interview).await?;
        let count = all.len();
        all.truncate(room);
        let shown = self.shown_highlights(interview, all).await?.into_iter();
        Ok((shown.map(|own| own.reported(interview)).collect(), count))
    }

    /// How long the transcript is that was stored in place of a recording.
    async fn transcript_length(&self, key: &InterviewKey) -> Result<Option<u64>, Problem> {
        match interview_store::transcript_head(&*self.records, key).await {
            Err(RecordsError::Malformed { .. }) => Ok(None),
            head => Ok(head?.map(|head| head.duration_ms)),
        }
    }

    async fn reported_rubric(
        &self,
        user: &UserId,
        rubric: ComparedRubric,
    ) -> Result<ReportedRubric, Problem> {
        let stored = match (&rubric.rubric_id, rubric.version) {
            (Some(id), Some(version)) => {
                let path = paths::rubric_version(user, id, version);
                self.records.read(&path).await?
            }
            _ => None,
        };
        let stored = stored.and_then(|document| document.decode::<StoredRubric>().ok());
        let name = match (stored, rubric.kind) {
            (Some(stored), _) => format!("the rubric \u{201c}{}\u{201d}", stored.name),
            (None, Some(_)) => "the rubric of their kind".to_owned(),
            (None, None) if rubric.rubric_id.is_some() => "a rubric that was deleted".to_owned(),
            (None, None) => "a rubric of their own".to_owned(),
        };
        Ok(ReportedRubric {
            name,
            version: rubric.version,
            competencies: rubric.competencies,
        })
    }
}

/// Why the transcript cannot be relied on, and what the analysis warns of; without an analysis
/// what is wrong with the recording.
fn warnings(interview: &Interview, analysis: Option<&AnalysisBody>) -> Vec<Warning> {
    let usable = interview.usable.as_ref();
    let reasons = usable.into_iter().flat_map(Usable::known_reasons);
    let reasons = reasons.map(|reason| Warning {
        code: reason.as_str().to_owned(),
        message: reason.meaning().to_owned(),
    });
    let mut all: Vec<Warning> = reasons.collect();
    let others: Vec<Warning> = if let Some(body) = analysis {
        let warnings = body.analysis.warnings.iter();
        warnings.map(|own| own.known.clone()).collect()
    } else {
        let audio = interview.audio.iter().flat_map(|own| &own.warnings);
        audio.map(AudioWarning::to_analysis_warning).collect()
    };
    for warning in others {
        if !all.iter().any(|own| own.code == warning.code) {
            all.push(warning);
        }
    }
    all
}

const fn inclusion(comparable: Comparable, status: Status) -> Inclusion {
    match (comparable, status) {
        (Comparable::Yes, _) => Inclusion::Compared,
        (Comparable::Stale, _) => Inclusion::Stale,
        (Comparable::NotAnalyzed | Comparable::OtherRubric, Status::AwaitingUpload) => {
            Inclusion::AwaitsUpload
        }
        (Comparable::OtherRubric, _) => Inclusion::OtherRubric,
        (Comparable::NotAnalyzed, Status::Failed | Status::Partial) => Inclusion::Failed,
        (Comparable::NotAnalyzed, _) => Inclusion::NotAnalyzed,
    }
}

impl From<Cell> for ReportedCell {
    fn from(cell: Cell) -> Self {
        Self {
            status: cell.status,
            rating: cell.rating,
            person_rating: cell.person_rating,
            person_comment: cell.person_comment,
            quote: cell.quote.map(ReportedQuote::from),
        }
    }
}

impl From<ComparedQuote> for ReportedQuote {
    fn from(quote: ComparedQuote) -> Self {
        let unnamed = |id: u32| format!("Speaker {}", id + 1).into();
        let speaker = quote.speaker.map(unnamed);
        Self {
            text: quote.text,
            status: quote.status,
            speaker: quote.speaker_name.or(speaker),
            start_ms: quote.start_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lead_to_plain_addresses_alone() {
        assert!(is_plain("https://interviews.example:8443"));
        assert!(is_plain("http://[::1]:8000"));
        for url in ["", "http://x\" \\o \"y", "http://x y", "http://<x>"] {
            assert!(!is_plain(url), "{url}");
        }
    }
}
