//! `POST …/runs/{run_id}/select`: an earlier result again.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    ErrorCode, Interview, RunId, Timestamp,
    interview_store::{self, Decision},
    ports::{Document, Precondition, Write},
    runs::{self, Kept},
    steps::{Step, StepName, StepState},
    transcript::TranscriptHead,
    usable::Usable,
};
use runtime::http::Problem;

use super::{check_settled, has_other_results, keep_shown, overtaken};
use crate::{
    Api,
    documents::change_interview,
    error::ApiError,
    extract::{IdempotencyKey, OwnInterview, PathValues},
    openapi::{errors, examples, parameters::RunPath},
    view::InterviewBody,
};

/// Show the result of an earlier run
///
/// Of a transcription with its corrections and with what was said about its speakers, of an
/// analysis with the settings that it was made by. The report is made again after an analysis
/// was selected; an analysis of another transcript is `stale`.
#[utoipa::path(
    post, path = "/v1/interviews/{id}/runs/{run_id}/select", operation_id = "select_run",
    tag = "Runs", params(OwnInterview, RunPath, IdempotencyKey),
    responses((status = 200, description = "The interview as it is now.", body = ref("#/components/schemas/Interview"), example = examples::interview)),
    extensions(("x-errors" = json!(errors(&[ErrorCode::RunInProgress])))),
)]
pub(crate) async fn select(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    values: PathValues,
    // It makes nothing: selecting twice is the same.
    IdempotencyKey(_): IdempotencyKey,
) -> Result<Json<InterviewBody>, ApiError> {
    let run_id = RunId::parse(values.get("run_id")).ok_or_else(no_run)?;
    let shown = interview_store::transcript_head(&*api.records, &interview.key()).await?;
    let shown = shown.map(|head| head.revision);
    let tokens = [
        shown,
        runs::shown_token(&interview.steps.analysis),
        runs::shown_token(&interview.steps.report),
        runs::shown_token(&interview.steps.waveform),
    ];
    let mut shown_tokens = tokens.into_iter().flatten();
    if shown_tokens.any(|token| interview.run_id(token) == run_id) {
        return Ok(Json(api.view(&interview)));
    }
    for step in [StepName::Transcription, StepName::Analysis] {
        let name = runs::document(step).unwrap_or_default();
        let kept = runs::kept(&*api.records, &interview.key(), name).await?;
        let mut kept = kept.into_iter();
        if let Some(kept) = kept.find(|kept| interview.run_id(kept.token) == run_id) {
            let selected = api.show_run(interview, step, kept).await?;
            return Ok(Json(api.view(&selected)));
        }
    }
    Err(no_run().into())
}

impl Api {
    async fn show_run(
        &self,
        seen: Interview,
        step: StepName,
        kept: Kept,
    ) -> Result<Interview, Problem> {
        let (records, key, now) = (&*self.records, seen.key(), self.clock.now());
        let name = runs::document(step).ok_or_else(Problem::internal)?;
        let shown = records.read(&key.data(name)).await?;
        let head = kept
            .transcript()
            .filter(|_| step == StepName::Transcription);
        let usable = match head.clone() {
            Some(head) => self.usable_now(&seen, head).await?,
            None => None,
        };
        let put = Write::Put {
            path: key.data(name),
            fields: kept.result.clone(),
            precondition: Precondition::None,
        };
        let select = |interview: &mut Interview| {
            check_settled(interview, &[StepName::Transcription, StepName::Analysis])?;
            let is_corrected = interview.corrections != seen.corrections;
            if has_other_results(interview, &seen) || is_corrected {
                return Err(overtaken());
            }
            let keep = keep_shown(interview, step, shown.as_ref())?;
            match &head {
                Some(head) => show_transcript(interview, head, shown.as_ref(), now),
                None => show_analysis(interview, &kept, now),
            }
            if let Some(usable) = &usable {
                interview.usable = Some(usable.clone());
            }
            interview.touch(now);
            let writes = keep.into_iter().chain([put.clone()]).collect();
            Ok(Decision::Write(interview.clone(), writes))
        };
        Ok(change_interview(records, &key, now, select).await??)
    }

    /// Whether a transcript can be relied on in its newest revision.
    async fn usable_now(
        &self,
        interview: &Interview,
        head: TranscriptHead,
    ) -> Result<Option<Usable>, Problem> {
        let state = interview.log_state(head.revision);
        if state.revision == 0 {
            return Ok(head.usable);
        }
        let (records, key) = (&*self.records, interview.key());
        let log = interview_store::revisions(records, &key, head.revision, &state).await?;
        let corrected = self.corrected(interview, head, log, state.revision, |corrected| {
            corrected.transcript.head.usable
        });
        corrected.await
    }
}

fn show_transcript(
    interview: &mut Interview,
    head: &TranscriptHead,
    shown: Option<&Document>,
    now: Timestamp,
) {
    let token = head.revision;
    if let Some(shown) = shown.and_then(|shown| shown.fields["revision"].as_u64()) {
        interview.exchange_speakers(shown, token, now);
    }
    let engine = head.engine.clone();
    settle(&mut interview.steps.transcription, token, engine, now);
}

fn show_analysis(interview: &mut Interview, kept: &Kept, now: Timestamp) {
    let (rubric, source) = (kept.rubric.clone(), kept.rubric_source.clone());
    interview.assess_by(kept.kind, rubric, source, now);
    if let Some(analysis) = kept.analysis() {
        let input = analysis.derived_from.transcript_revision.to_string();
        let step = &mut interview.steps.analysis;
        settle(step, kept.token, analysis.engine, now);
        step.input = Some(input);
    }
    // The document that is written makes it.
    interview.rerun(StepName::Report, None, None, now);
}

/// A step shows the result of this run.
fn settle(step: &mut Step, token: u64, engine: String, now: Timestamp) {
    step.state = StepState::Done;
    step.token = token;
    step.engine = Some(engine);
    step.error = None;
    step.given = None;
    step.run = None;
    step.chosen_engine = None;
    step.finished_at = Some(now);
}

fn no_run() -> Problem {
    let detail = "there is no such run, or it has no result that could be shown";
    Problem::new(ErrorCode::NoSuchRun, detail)
}
