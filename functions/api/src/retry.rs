//! `POST …/retry`: failed steps once more, and a report that has grown old.

use std::{iter, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{self, State},
};
use domain::{
    ErrorCode, Interview, InterviewKey, Timestamp,
    ids::random_name,
    interview_store::{self, Decision},
    ports::{Queue, Records},
    steps::{Step, StepName, StepState},
};
use http::StatusCode;
use hyper::body::Body as _;
use runtime::http::{Problem, read_json};
use schemars::JsonSchema;
use serde::Deserialize;
use steps::{begin_task, startable};

use crate::{
    Api,
    documents::change_interview,
    error::ApiError,
    extract::OwnKey,
    openapi::{errors, examples},
    retry_check::RetryCheck,
    view::InterviewBody,
};

const MAX_BODY: usize = 1024;

/// How long a step may wait before its owner may have it begun once more.
const A_WHILE: Duration = Duration::from_mins(1);

/// What to run again.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(rename = "Retry")]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryRequest {
    /// The failed step; all failed ones where it is left out. A report or waveform that is done
    /// can be made again.
    #[serde(default)]
    step: Option<StepName>,
}

/// Run failed steps again
///
/// Without a body: all that failed, and what no worker has begun for a minute although it could
/// be. Steps that failed for their sake follow. With `report`, a report that is done is made
/// again, with the notes and names that there are now; with `waveform`, the waveform and the
/// playable copy.
///
/// A step whose error is not `retryable` runs again only when something has changed since that
/// it is given: the recording, the interview's fields that its engine is told, the transcript, the
/// engine or its model, the longest recording that is accepted, or the release. Until then the
/// response is 409 `nothing_changed`. Errors that the operator resolves (`engine_unauthorized`,
/// `engine_forbidden`, `engine_out_of_credit`, `engine_misconfigured`, `engine_quota`) and those
/// of reports can be retried at any time; after `budget_exhausted`, when the recording fits.
#[utoipa::path(
    post, path = "/v1/interviews/{id}/retry", operation_id = "retry_steps", tag = "Interviews",
    params(OwnKey),
    request_body(content = ref("#/components/schemas/Retry"), examples(
        ("one" = (summary = "One step", value = json!({"step": "analysis"}))),
        ("all" = (summary = "All that failed", value = json!({}))),
    )),
    responses((status = 202, description = "The interview, its steps pending.", body = ref("#/components/schemas/Interview"), example = examples::interview)),
    extensions(("x-optional-body" = json!(true)), ("x-errors" = json!(errors(&[
        ErrorCode::BudgetExhausted, ErrorCode::NoRecording, ErrorCode::NotFailed,
        ErrorCode::NothingChanged, ErrorCode::PrerequisiteFailed])))),
)]
pub(crate) async fn retry(
    State(api): State<Arc<Api>>,
    OwnKey(key): OwnKey,
    request: extract::Request,
) -> Result<(StatusCode, Json<InterviewBody>), ApiError> {
    let request: RetryRequest = if request.body().is_end_stream() {
        RetryRequest::default()
    } else {
        read_json(request.into_body(), MAX_BODY).await?
    };
    let retry = Retry {
        records: Arc::clone(&api.records),
        queue: Arc::clone(&api.queue),
        step: request.step,
        now: api.clock.now(),
        check: RetryCheck::new(&api, &key).await?,
    };
    // Goes on after the client disconnects: half of it would wait for the sweep.
    let retried = tokio::spawn(async move { retry.run(&key).await });
    let interview = retried.await.map_err(|_| Problem::internal())??;
    Ok((StatusCode::ACCEPTED, Json(api.view(&interview))))
}

/// One call.
struct Retry {
    records: Arc<dyn Records>,
    queue: Arc<dyn Queue>,
    /// All that have failed, where none is named.
    step: Option<StepName>,
    now: Timestamp,
    check: RetryCheck,
}

impl Retry {
    async fn run(&self, key: &InterviewKey) -> Result<Interview, Problem> {
        let reopen = |interview: &mut Interview| {
            let failed = failed_steps(interview, self.step, &self.check, self.now)?;
            let before = interview.clone();
            for step in &failed {
                interview.reopen(*step, self.now);
            }
            interview.touch(self.now);
            let after = interview.clone();
            Ok(Decision::Write((before, after), Vec::new()))
        };
        let reopened = change_interview(&*self.records, key, self.now, reopen).await;
        let (before, interview) = reopened??;
        let mut begun = Vec::new();
        for step in startable(&interview) {
            if let Err(problem) = enqueue(&*self.queue, &interview, step).await {
                // No worker would ever begin it.
                self.put_back(key, &before, &interview, &begun).await;
                return Err(problem);
            }
            begun.push(step);
        }
        Ok(interview)
    }

    /// Lets those steps fail again that no worker has begun or will begin.
    async fn put_back(
        &self,
        key: &InterviewKey,
        before: &Interview,
        reopened: &Interview,
        begun: &[StepName],
    ) {
        let put_back = |interview: Option<&mut Interview>| {
            let Some(interview) = interview.filter(|found| found.deleted_at.is_none()) else {
                return Decision::Leave(());
            };
            for step in StepName::ALL {
                let mut needed = iter::successors(Some(step), |step| step.needs());
                let untouched = interview.steps.step(step) == reopened.steps.step(step);
                if untouched && !needed.any(|step| begun.contains(&step)) {
                    *interview.steps.step_mut(step) = before.steps.step(step).clone();
                }
            }
            interview.touch(self.now);
            Decision::Write((), Vec::new())
        };
        // The sweep has a step begun that could not be rolled back, as after a commit whose
        // outcome is not known.
        let _ = interview_store::transact(&*self.records, key, self.now, put_back).await;
    }
}

/// Queues a step for its function.
pub(crate) async fn enqueue(
    queue: &dyn Queue,
    interview: &Interview,
    step: StepName,
) -> Result<(), Problem> {
    // Another one for each try: a second call finds nothing that has failed.
    let plain = format!("{}-{step}-retry-{}", interview.id, random_name());
    let task = begin_task(interview, step, &plain).map_err(|_| Problem::internal())?;
    queue.enqueue(step.as_str(), task).await?;
    Ok(())
}

/// The failed steps that are asked for and may run again, and those that failed for their
/// sake; or the report, which people's notes and names make old, and the waveform, which costs
/// nothing.
fn failed_steps(
    interview: &Interview,
    request: Option<StepName>,
    check: &RetryCheck,
    now: Timestamp,
) -> Result<Vec<StepName>, Problem> {
    let failed = |step: StepName| {
        let step = interview.steps.step(step);
        step.state == StepState::Failed || never_begun(step, now)
    };
    let conflict = |code, detail: String| Err(Problem::new(code, detail));
    if !interview.has_audio() && !interview.is_imported() {
        return conflict(
            ErrorCode::NoRecording,
            "the recording has not arrived".to_owned(),
        );
    }
    if let Some(step) = request {
        let is_repeatable = matches!(step, StepName::Report | StepName::Waveform);
        if is_repeatable && interview.steps.step(step).state == StepState::Done {
            return Ok(vec![step]);
        }
        if !failed(step) {
            return conflict(ErrorCode::NotFailed, format!("{step} has not failed"));
        }
        if let Some(first) = step.needs().filter(|needed| failed(*needed)) {
            return conflict(
                ErrorCode::PrerequisiteFailed,
                format!("{first} has to be run first"),
            );
        }
    }
    let mut steps: Vec<StepName> = Vec::new();
    let mut refused = None;
    for step in StepName::ALL.into_iter().filter(|step| failed(*step)) {
        let follows = step.needs().is_some_and(|needed| steps.contains(&needed));
        let waits = step.needs().is_some_and(failed) && !follows;
        if follows {
            steps.push(step);
        } else if request.is_none_or(|request| request == step) && !waits {
            let chosen = interview.steps.step(step).chosen_engine.as_deref();
            match check.admit(interview, step, chosen) {
                Ok(()) => steps.push(step),
                Err(problem) => refused = refused.or(Some(problem)),
            }
        }
    }
    if !steps.is_empty() {
        return Ok(steps);
    }
    let none = || Problem::new(ErrorCode::NotFailed, "no step has failed");
    Err(refused.unwrap_or_else(none))
}

/// Whether no worker has begun a step for a while: what would have begun it may be lost,
/// and a second time does no harm.
fn never_begun(step: &Step, now: Timestamp) -> bool {
    let waits = step.state == StepState::Pending && step.input.is_none();
    let long = |due: Timestamp| now.since(due) > A_WHILE;
    waits && step.due_since.is_some_and(long)
}
