//! `GET …/runs`: what was run, and what is shown of it.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    Interview, RunId, Timestamp,
    analysis::{Analysis, DerivedFrom, Usage},
    interview::Kind,
    interview_store,
    ports::EngineId,
    report::StoredReport,
    runs::{self, Kept},
    steps::{Step, StepError, StepName, StepState},
    transcript::TranscriptHead,
    versions::{Extended, StripUnknown as _},
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Api,
    error::ApiError,
    extract::{OwnInterview, QueryParameters},
    openapi::examples,
    page::{Page, PageCursor, PageQuery, sorted_page},
};

/// A run of a step.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Run")]
pub(crate) struct RunBody {
    /// The run.
    run_id: RunId,
    /// Its step.
    step: StepName,
    /// The state of the run.
    state: StepState,
    /// Whether its result is shown.
    selected: bool,
    /// The engine that did it.
    engine: Option<String>,
    /// The engine's model.
    model: Option<String>,
    /// Of a transcription: the language, given or recognised.
    language: Option<String>,
    /// Of an analysis: the kind of conversation.
    kind: Option<Kind>,
    /// Of an analysis or a report: the inputs it was made from.
    derived_from: Option<Extended<DerivedFrom>>,
    /// Of an analysis: tokens counted by the provider.
    usage: Option<Extended<Usage>>,
    /// Of an analysis: the cost in US dollars, where a price is known.
    cost_usd: Option<f64>,
    /// When its result was made, or it failed; `null` until then.
    created_at: Option<Timestamp>,
    /// Why it failed.
    error: Option<StepError>,
}

/// List the runs of an interview's steps
///
/// Those that are running or waiting first, then the newest first. Of reports and waveforms the
/// shown one alone.
#[utoipa::path(
    get, path = "/v1/interviews/{id}/runs", operation_id = "list_runs", tag = "Runs",
    params(OwnInterview, QueryParameters<PageQuery>),
    responses((status = 200, description = "The runs.", body = ref("#/components/schemas/RunPage"), example = json!(examples::page(&examples::run())))),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    OwnInterview(interview): OwnInterview,
    QueryParameters(query): QueryParameters<PageQuery>,
) -> Result<Json<Page<RunBody>>, ApiError> {
    let runs = api.runs(&interview).await?;
    let place = |run: &RunBody| -> PageCursor {
        let made = run.created_at.map_or(i64::MIN, |at| -at.as_millis());
        let step = StepName::ALL.iter().position(|step| *step == run.step);
        let step = i64::try_from(step.unwrap_or(0)).unwrap_or(0);
        (made, -step, run.run_id.to_string())
    };
    Ok(Json(sorted_page(&query, runs, place, |run| run)?))
}

impl Api {
    async fn runs(&self, interview: &Interview) -> Result<Vec<RunBody>, Problem> {
        let key = interview.key();
        let mut found = Vec::new();
        let head = interview_store::transcript_head(&*self.records, &key).await?;
        let shown = head.as_ref().map(|head| head.revision);
        found.extend(head.map(|head| of_transcript(interview, head, true)));
        for kept in runs::kept(&*self.records, &key, "transcript").await? {
            let head = kept.transcript().filter(|_| Some(kept.token) != shown);
            found.extend(head.map(|head| of_transcript(interview, head, false)));
        }
        let shown = runs::shown_token(&interview.steps.analysis);
        if let Some(token) = shown
            && let Some(analysis) = self.data::<Analysis>(interview, "analysis").await?
        {
            let kept = Kept::new(interview, token, serde_json::Value::Null);
            found.push(of_analysis(interview, &kept, analysis, true));
        }
        for kept in runs::kept(&*self.records, &key, "analysis").await? {
            let analysis = kept.analysis().filter(|_| Some(kept.token) != shown);
            found.extend(analysis.map(|own| of_analysis(interview, &kept, own, false)));
        }
        if let Some(report) = self.data::<StoredReport>(interview, "report").await?
            && let Some(token) = runs::shown_token(&interview.steps.report)
        {
            found.push(RunBody {
                selected: true,
                derived_from: Some(report.derived_from.shown(interview).into()),
                created_at: Some(report.created_at),
                ..blank(interview.run_id(token), StepName::Report, StepState::Done)
            });
        }
        let waveform = &interview.steps.waveform;
        if let Some(token) = runs::shown_token(waveform) {
            found.push(RunBody {
                selected: true,
                created_at: waveform.finished_at,
                ..blank(interview.run_id(token), StepName::Waveform, StepState::Done)
            });
        }
        let steps = interview.steps.iter();
        found.extend(steps.flat_map(|(name, step)| without_result(interview, name, step)));
        Ok(found)
    }
}

fn blank(run_id: RunId, step: StepName, state: StepState) -> RunBody {
    RunBody {
        run_id,
        step,
        state,
        selected: false,
        engine: None,
        model: None,
        language: None,
        kind: None,
        derived_from: None,
        usage: None,
        cost_usd: None,
        created_at: None,
        error: None,
    }
}

fn of_transcript(interview: &Interview, head: TranscriptHead, selected: bool) -> RunBody {
    let run_id = interview.run_id(head.revision);
    RunBody {
        selected,
        engine: Some(head.engine),
        model: Some(head.model),
        language: head.language,
        created_at: Some(head.created_at),
        ..blank(run_id, StepName::Transcription, StepState::Done)
    }
}

fn of_analysis(interview: &Interview, kept: &Kept, analysis: Analysis, selected: bool) -> RunBody {
    let analysis = analysis.known_only();
    RunBody {
        selected,
        engine: Some(analysis.engine),
        model: Some(analysis.model),
        kind: Some(kept.kind.known()),
        derived_from: Some(analysis.derived_from.shown(interview).into()),
        usage: Some(analysis.usage),
        cost_usd: analysis.cost_usd,
        created_at: Some(analysis.created_at),
        ..blank(
            interview.run_id(kept.token),
            StepName::Analysis,
            StepState::Done,
        )
    }
}

/// The run that a step is at, or that has failed.
fn without_result(interview: &Interview, name: StepName, step: &Step) -> Vec<RunBody> {
    let step = step.clone().known_only();
    let of_token = (step.token > 0).then(|| interview.run_id(step.token));
    let is_open = matches!(step.state, StepState::Pending | StepState::Running);
    let is_failed = step.state == StepState::Failed;
    let now = step.run.or(of_token).filter(|_| is_open || is_failed);
    let now = now.map(|run_id| RunBody {
        engine: step.engine.clone().or_else(|| {
            let chosen = step.chosen_engine.as_deref().map(EngineId::parse);
            Some(chosen?.engine.to_owned())
        }),
        created_at: step.finished_at.filter(|_| is_failed),
        error: step.error.clone().filter(|_| is_failed),
        ..blank(run_id, name, step.state)
    });
    let before = step.failed_run.map(|failed| RunBody {
        created_at: Some(failed.finished_at),
        error: Some(failed.error),
        ..blank(failed.run_id, name, StepState::Failed)
    });
    [now, before].into_iter().flatten().collect()
}
