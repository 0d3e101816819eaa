//! `POST …/runs`: a step once more, by other settings.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    ErrorCode, Interview, InterviewKey, RunId, Timestamp,
    analysis::Rubric,
    interview::Kind,
    interview_store::{self, Decision},
    ports::{Document, Queue, Records, Write},
    rubrics::RubricSource,
    runs::{self, MAX_RUNS},
    steps::{Step, StepName, StepState},
    versions::closed,
};
use http::StatusCode;
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{check_settled, has_other_results, keep_shown, overtaken};
use crate::{
    Api,
    documents::change_interview,
    error::ApiError,
    extract::{IdempotencyKey, JsonBody, OwnInterview},
    new_interview::MAX_BODY,
    openapi::{errors, examples},
    retry,
    retry_check::RetryCheck,
    validation::{LANGUAGE, check_language, check_rubric, invalid},
};

/// A step to run again. The settings are those of the interview from then on; what is left out
/// stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRun {
    /// The step.
    step: StepName,
    /// The engine, by its name: one of `available` of `GET /v1/engines`, of `speech` for a
    /// transcription and of `language` for an analysis. Without it, the active one.
    #[serde(default)]
    engine: Option<String>,
    /// The engine's model: one of those that `GET /v1/engines` has of it. Without it, the first.
    #[serde(default)]
    model: Option<String>,
    /// Of a transcription: the language that is spoken, as a BCP 47 tag.
    #[serde(default)]
    #[schemars(regex(pattern = LANGUAGE))]
    language: Option<String>,
    /// Of an analysis: the kind of conversation.
    #[serde(default, deserialize_with = "closed")]
    kind: Option<Kind>,
    /// Of an analysis: what to assess, in place of the kind's own rubric.
    #[serde(default, deserialize_with = "closed")]
    rubric: Option<Rubric>,
    /// Of an analysis: a rubric of yours, by its id, in place of `rubric`.
    #[serde(default)]
    rubric_id: Option<String>,
}

/// A run that was requested.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StartedRun {
    /// The run.
    run_id: RunId,
    /// Its step.
    step: StepName,
    /// The state of the run.
    state: StepState,
}

/// Run a step again
///
/// A step that is done or failed, by other settings than before. What is shown stays until the
/// run is done, and if it fails; earlier results can be shown again.
///
/// A new analysis is made of the newest revision of the transcript, and the report follows it. A
/// new transcription replaces the shown transcript unless that has been corrected: then it waits
/// to be selected. It takes no names of speakers over, and the analysis is `stale` until it is
/// run again.
#[utoipa::path(
    post, path = "/v1/interviews/{id}/runs", operation_id = "start_run", tag = "Runs",
    params(OwnInterview, IdempotencyKey),
    request_body(content = ref("#/components/schemas/NewRun"), examples(
        ("analysis" = (summary = "Another rubric", value = json!({
            "step": "analysis", "kind": "job_interview", "rubric": examples::rubric(),
        }))),
        ("transcription" = (summary = "Another language", value = json!({"step": "transcription", "language": "en"}))),
    )),
    responses((status = 202, description = "The run.", body = ref("#/components/schemas/StartedRun"), example = examples::started_run)),
    extensions(("x-errors" = json!(errors(&[
        ErrorCode::BudgetExhausted, ErrorCode::NoRecording, ErrorCode::InvalidField,
        ErrorCode::RunInProgress, ErrorCode::PrerequisiteFailed, ErrorCode::NothingChanged,
        ErrorCode::TooManyRuns, ErrorCode::EngineNotAvailable])))),
)]
pub(crate) async fn start(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    JsonBody(mut request): JsonBody<NewRun, MAX_BODY>,
) -> Result<(StatusCode, Json<StartedRun>), ApiError> {
    request.check()?;
    let (name, model) = (request.engine.as_deref(), request.model.as_deref());
    let engine = api.chosen_engine(request.step, name, model)?;
    let (user, id) = (&interview.user_id, request.rubric_id.as_deref());
    let assigned = api.assigned_rubric(user, request.rubric.take(), id);
    let (rubric, source) = assigned.await?;
    request.rubric = rubric;
    let key = interview.key();
    let start = Start {
        run_id: RunId::requested(&interview.id, idempotency_key.as_deref()),
        shown: shown(&*api.records, &interview, request.step).await?,
        check: RetryCheck::new(&api, &key).await?,
        records: Arc::clone(&api.records),
        queue: Arc::clone(&api.queue),
        now: api.clock.now(),
        source,
        engine,
        seen: interview,
        request,
    };
    // Goes on after the client disconnects: half of it would wait for the sweep.
    let started = tokio::spawn(async move { Box::pin(start.run(&key)).await });
    let started = started.await.map_err(|_| Problem::internal())??;
    Ok((StatusCode::ACCEPTED, Json(started)))
}

impl NewRun {
    fn check(&self) -> Result<(), Problem> {
        let (of_speech, of_language) = (StepName::Transcription, StepName::Analysis);
        for (field, is_given, step) in [
            ("language", self.language.is_some(), of_speech),
            ("kind", self.kind.is_some(), of_language),
            ("rubric", self.rubric.is_some(), of_language),
            ("rubric_id", self.rubric_id.is_some(), of_language),
        ] {
            if is_given && self.step != step {
                return Err(invalid(field, &format!("only the step {step} takes it")));
            }
        }
        let language = self.language.as_deref();
        language.map_or(Ok(()), check_language)?;
        self.rubric.as_ref().map_or(Ok(()), check_rubric)
    }

    fn apply(&self, interview: &mut Interview, source: Option<&RubricSource>, now: Timestamp) {
        if let Some(language) = &self.language {
            interview.language = Some(language.clone());
        }
        let kind = self.kind.unwrap_or(interview.kind);
        let (rubric, source) = if self.rubric.is_some() {
            (self.rubric.clone(), source.cloned())
        } else {
            (interview.rubric.clone(), interview.rubric_source.clone())
        };
        interview.assess_by(kind, rubric, source, now);
    }
}

/// What a step shows, where results of several runs are kept; an error where there are too
/// many of them.
async fn shown(
    records: &dyn Records,
    interview: &Interview,
    step: StepName,
) -> Result<Option<Document>, Problem> {
    let Some(name) = runs::document(step) else {
        return Ok(None);
    };
    let key = interview.key();
    if runs::kept(records, &key, name).await?.len() + 1 >= MAX_RUNS {
        let detail = format!("{step} has {MAX_RUNS} results, which is the maximum");
        return Err(Problem::new(ErrorCode::TooManyRuns, detail));
    }
    Ok(records.read(&key.data(name)).await?)
}

/// One call.
struct Start {
    records: Arc<dyn Records>,
    queue: Arc<dyn Queue>,
    request: NewRun,
    /// The stored rubric that the request names.
    source: Option<RubricSource>,
    /// The engine that the request names.
    engine: Option<String>,
    run_id: RunId,
    /// The interview as it was when `shown` was read.
    seen: Interview,
    /// What the step shows.
    shown: Option<Document>,
    check: RetryCheck,
    now: Timestamp,
}

/// What was decided.
enum Begun {
    /// It is to be queued; the interview before and after.
    Now(Box<Interview>, Box<Interview>),
    /// A request with the same key has begun it.
    Before(StepState),
}

impl Start {
    async fn run(&self, key: &InterviewKey) -> Result<StartedRun, Problem> {
        let decide = |interview: &mut Interview| {
            let (begun, writes) = self.begin(interview)?;
            Ok(match begun {
                Begun::Before(_) => Decision::Leave(begun),
                Begun::Now(..) => Decision::Write(begun, writes),
            })
        };
        let begun = change_interview(&*self.records, key, self.now, decide).await;
        let state = match begun?? {
            Begun::Before(state) => state,
            Begun::Now(before, after) => {
                let step = self.request.step;
                if let Err(problem) = retry::enqueue(&*self.queue, &after, step).await {
                    self.put_back(key, &before, &after).await;
                    return Err(problem);
                }
                StepState::Pending
            }
        };
        Ok(StartedRun {
            run_id: self.run_id,
            step: self.request.step,
            state,
        })
    }

    fn begin(&self, interview: &mut Interview) -> Result<(Begun, Vec<Write>), Problem> {
        let step = self.request.step;
        if let Some(state) = begun_before(interview, step, self.run_id) {
            return Ok((Begun::Before(state), Vec::new()));
        }
        check_ready(interview, step)?;
        if has_other_results(interview, &self.seen) {
            return Err(overtaken());
        }
        let writes = keep_shown(interview, step, self.shown.as_ref())?;
        let before = interview.clone();
        self.request
            .apply(interview, self.source.as_ref(), self.now);
        let engine = self.engine.as_deref();
        self.check.admit(interview, step, engine)?;
        interview.rerun(step, Some(self.run_id), engine, self.now);
        if step == StepName::Analysis {
            interview.rerun(StepName::Report, None, None, self.now);
        }
        interview.touch(self.now);
        let begun = Begun::Now(Box::new(before), Box::new(interview.clone()));
        Ok((begun, writes.into_iter().collect()))
    }

    /// Lets everything be as it was before the run that no worker will begin.
    async fn put_back(&self, key: &InterviewKey, before: &Interview, after: &Interview) {
        let put_back = |interview: Option<&mut Interview>| {
            let same =
                interview.filter(|found| found.deleted_at.is_none() && found.steps == after.steps);
            if let Some(interview) = same {
                interview.steps = before.steps.clone();
                interview.kind = before.kind;
                interview.rubric.clone_from(&before.rubric);
                interview.rubric_source.clone_from(&before.rubric_source);
                interview.settings_changed_at = before.settings_changed_at;
                interview.language.clone_from(&before.language);
                return Decision::Write((), Vec::new());
            }
            Decision::Leave(())
        };
        // The sweep fails a step that could not be rolled back, which restores it too.
        let _ = interview_store::transact(&*self.records, key, self.now, put_back).await;
    }
}

/// The state of a run that a request with the same key has begun.
fn begun_before(interview: &Interview, step: StepName, run_id: RunId) -> Option<StepState> {
    let own: &Step = interview.steps.step(step);
    let failed = own.failed_run.as_ref().map(|failed| failed.run_id);
    if own.run == Some(run_id) {
        Some(own.state)
    } else if failed == Some(run_id) {
        Some(StepState::Failed)
    } else {
        let mut done = interview.run_ids.values();
        done.any(|done| *done == run_id).then_some(StepState::Done)
    }
}

/// Refuses a step that cannot be run now.
fn check_ready(interview: &Interview, step: StepName) -> Result<(), Problem> {
    let of_recording = matches!(step, StepName::Transcription | StepName::Waveform);
    let has_source = interview.has_audio() || (interview.is_imported() && !of_recording);
    if !has_source {
        let detail = "there is no recording, or it has not arrived";
        return Err(Problem::new(ErrorCode::NoRecording, detail));
    }
    let needed = step.needs();
    let both: Vec<StepName> = needed.into_iter().chain([step]).collect();
    check_settled(interview, &both)?;
    let failed = needed.filter(|step| interview.steps.step(*step).state != StepState::Done);
    failed.map_or(Ok(()), |first| {
        let detail = format!("{first} has to be run first");
        Err(Problem::new(ErrorCode::PrerequisiteFailed, detail))
    })
}
