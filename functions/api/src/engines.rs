//! `GET /v1/engines`: which engines are active, and what they still need.

use std::sync::Arc;

use axum::{Json, extract::State};
use domain::{
    ErrorCode,
    ports::{AvailableEngine, EngineKind, EngineStatus},
    steps::StepName,
};
use runtime::http::Problem;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Api,
    extract::{NoParameters, QueryParameters},
    openapi::{errors, examples},
};

/// The engines that runs can choose, of each kind the active one first. A kind without any has
/// the active one alone.
#[derive(Debug, Clone, Default)]
pub struct AvailableEngines {
    /// From speech to words.
    pub speech: Vec<AvailableEngine>,
    /// From words to an analysis.
    pub language: Vec<AvailableEngine>,
}

impl Api {
    /// The engines that a run of this step can choose, the active one first; none where an
    /// engine has no part in it.
    pub(crate) fn available(&self, step: StepName) -> Vec<AvailableEngine> {
        let (status, all) = match step {
            StepName::Transcription => (self.live.status(), &self.available.speech),
            StepName::Analysis => (self.direct.status(), &self.available.language),
            StepName::Waveform | StepName::Report => return Vec::new(),
        };
        if all.is_empty() {
            return vec![AvailableEngine {
                engine: status.name,
                model: status.model,
            }];
        }
        all.clone()
    }

    /// Checks the engine that a run of this step chooses, and answers its
    /// [`EngineId`](domain::ports::EngineId): of the first engine with this model where the model
    /// alone is given.
    ///
    /// # Errors
    ///
    /// `engine_not_available`, which lists those that are.
    pub(crate) fn chosen_engine(
        &self,
        step: StepName,
        engine: Option<&str>,
        model: Option<&str>,
    ) -> Result<Option<String>, Problem> {
        if engine.is_none() && model.is_none() {
            return Ok(None);
        }
        let available = self.available(step);
        let fits = |found: &&AvailableEngine| {
            engine.is_none_or(|name| found.engine == name)
                && model.is_none_or(|name| found.model.as_deref() == Some(name))
        };
        if let Some(found) = available.iter().find(fits) {
            return Ok(Some(found.id(&available)));
        }
        let wanted = match (engine, model) {
            (Some(engine), Some(model)) => format!("`{engine}` with the model `{model}`"),
            (Some(one), None) | (None, Some(one)) => format!("`{one}`"),
            (None, None) => String::new(),
        };
        let detail = if available.is_empty() {
            format!("{wanted} cannot be chosen: no engine does {step}")
        } else {
            let list = AvailableEngine::list(&available);
            format!("{wanted} is not set up for {step}; available are: {list}")
        };
        Err(Problem::new(ErrorCode::EngineNotAvailable, detail))
    }
}

/// The engines that are active.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Engines {
    /// From speech to words.
    speech: EngineStatus,
    /// From words to an analysis.
    language: EngineStatus,
}

/// Read which engines are active
///
/// And beside each the engines that `POST /v1/interviews/{id}/runs` can choose, as `available`.
/// Names, models and states, no addresses and no keys; `check` is the result of the last
/// `interviewlens doctor`, which an operator runs. Reading it calls no engine.
#[utoipa::path(
    get, path = "/v1/engines", operation_id = "engines", tag = "Service",
    responses((status = 200, description = "The engines, their models, and what is still missing.", body = ref("#/components/schemas/Engines"), example = examples::engines)),
    extensions(
        ("x-errors" = json!(errors(&[ErrorCode::UnknownParameter]))),
        ("x-never" = json!(errors(&errors::STORE))),
    ),
)]
pub(crate) async fn engines(
    State(api): State<Arc<Api>>,
    _: QueryParameters<NoParameters>,
) -> Json<Engines> {
    let (speech, language) = (api.live.status(), api.direct.status());
    let checks = &api.engine_checks;
    Json(Engines {
        speech: EngineStatus {
            check: checks.last(EngineKind::Speech).await,
            available: api.available(StepName::Transcription),
            ..speech
        },
        language: EngineStatus {
            check: checks.last(EngineKind::Language).await,
            available: api.available(StepName::Analysis),
            ..language
        },
    })
}
