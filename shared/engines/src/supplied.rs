//! A speech engine whose model may have to be fetched first.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use config::{Environment, InvalidSetting};
use domain::{
    engine_check::Finding,
    ports::{
        EngineState, EngineStatus, LiveOptions, LiveTranscriber, Progress, Readiness, SampleStream,
        SegmentStream, Transcriber, TranscriptionRequest,
    },
    steps::{Code, StepError, WaitReason},
    transcript::Recognition,
};
use models::{ModelChoice, ModelLibrary, Supply, SupplyState};
use tokio::{sync::Semaphore, time::Instant};

use crate::{Fallback, Speech, Whisper, settings::pocketsphinx};

/// `WHISPER_MODEL`: a file, which is checked at once, or the name of a model, which is
/// fetched when it is needed.
pub(crate) fn whisper(environment: &Environment, fallback: Fallback) -> anyhow::Result<Speech> {
    let supply = match ModelChoice::read(environment)? {
        ModelChoice::File(path) => {
            Whisper::from_file(&path).map_err(|error| {
                let expected = format!("a model file in ggml format: {error}");
                InvalidSetting::new("WHISPER_MODEL", expected)
            })?;
            Supply::from_file(path)
        }
        ModelChoice::Known(model) => {
            let library = ModelLibrary::new(models::ModelSettings::read(environment)?);
            Supply::new(model, library)
        }
    };
    let supply = Arc::new(supply);
    let source = Arc::clone(&supply);
    let locate = move || {
        let located = source.locate();
        located.map_err(|reason| StepError::transient(Code::EngineUnavailable, reason))
    };
    let engine = Whisper::new(&supply.model(), Arc::new(locate));
    let last_resort = last_resort(environment, fallback)?;
    Ok(Speech {
        supply: Some(Arc::clone(&supply)),
        ..Speech::new(Supplied::new(engine, supply, last_resort))
    })
}

/// The engine in use while there is no model, where a fallback is allowed.
fn last_resort(environment: &Environment, fallback: Fallback) -> anyhow::Result<Option<Speech>> {
    if fallback == Fallback::Never {
        return Ok(None);
    }
    let allowed = environment.parsed("ALLOW_FALLBACK", false, "`true` or `false`")?;
    if allowed {
        return Ok(Some(Speech::new(pocketsphinx(environment)?)));
    }
    let wanted = fallback == Fallback::IfInstalled;
    let found = wanted.then(|| pocketsphinx(environment).ok()).flatten();
    Ok(found.map(Speech::new))
}

/// Recordings that one engine on this machine works on at once: one is recognised while
/// the next is decoded. More would need more memory and be no faster.
const PLACES: usize = 2;

/// An engine, the supply of its model, and what is used as long as that is missing.
pub(crate) struct Supplied<E> {
    engine: Arc<E>,
    supply: Arc<Supply>,
    fallback: Option<Speech>,
    places: Semaphore,
}

impl<E: Transcriber + LiveTranscriber> Supplied<E> {
    pub(crate) fn new(engine: E, supply: Arc<Supply>, fallback: Option<Speech>) -> Self {
        Self {
            engine: Arc::new(engine),
            supply,
            fallback,
            places: Semaphore::new(PLACES),
        }
    }

    /// What works in place of the engine at the moment.
    fn stand_in(&self) -> Option<&Speech> {
        let missing = matches!(self.supply.state(), SupplyState::Missing { .. });
        self.fallback.as_ref().filter(|_| missing)
    }
}

#[async_trait]
impl<E: Transcriber + LiveTranscriber> Transcriber for Supplied<E> {
    fn name(&self) -> &'static str {
        Transcriber::name(&*self.engine)
    }

    fn model(&self) -> Option<&str> {
        Transcriber::model(&*self.engine)
    }

    fn readiness(&self) -> Readiness {
        self.supply.start(Arc::new(models::Log));
        match self.supply.state() {
            SupplyState::Ready(_) if self.places.available_permits() == 0 => Readiness::Waiting {
                reason: WaitReason::EngineBusy,
                retry_in: None,
            },
            SupplyState::Ready(_) => self.engine.readiness(),
            SupplyState::Fetching { .. } => Readiness::Waiting {
                reason: WaitReason::ModelDownload,
                retry_in: None,
            },
            SupplyState::Missing { retry_at, .. } => Readiness::Waiting {
                reason: WaitReason::ModelUnavailable,
                retry_in: Some(from_now(retry_at)),
            },
        }
    }

    /// Nothing is requested: the model is there or not.
    async fn check(&self) -> Vec<Finding> {
        let model = self.supply.model();
        let finding = match self.supply.state() {
            SupplyState::Ready(path) => {
                let message = format!("the model `{model}` is there: {}", path.display());
                Finding::ok("engine_works", message)
            }
            SupplyState::Fetching { .. } => {
                let message = format!(
                    "the model `{model}` is not there: `interviewlens models fetch {model}` \
                     downloads it, as the first recording does"
                );
                Finding::warning("model_missing", message).about(&["WHISPER_MODEL", "MODEL_DIR"])
            }
            SupplyState::Missing { reason, .. } => {
                Finding::error("model_missing", reason).about(&["MODEL_MIRROR", "MODEL_FETCH"])
            }
        };
        vec![finding]
    }

    fn keeps_checkpoints(&self) -> bool {
        self.engine.keeps_checkpoints()
    }

    fn substitute(&self) -> Option<Arc<dyn Transcriber>> {
        let speech = self.stand_in()?;
        Some(Arc::clone(&speech.transcriber))
    }

    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        progress: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        let _place = self.places.acquire().await.map_err(|_| closed())?;
        self.engine.transcribe(request, progress).await
    }
}

#[async_trait]
impl<E: Transcriber + LiveTranscriber> LiveTranscriber for Supplied<E> {
    fn name(&self) -> &'static str {
        let own = || LiveTranscriber::name(&*self.engine);
        self.stand_in()
            .map_or_else(own, |speech| speech.live.name())
    }

    fn model(&self) -> &str {
        let own = || LiveTranscriber::model(&*self.engine);
        self.stand_in()
            .map_or_else(own, |speech| speech.live.model())
    }

    fn status(&self) -> EngineStatus {
        let state = match self.supply.state() {
            SupplyState::Ready(_) => EngineState::Ok,
            SupplyState::Fetching {
                source,
                done,
                total,
            } => EngineState::Fetching {
                source,
                done_bytes: done,
                total_bytes: (total > 0).then_some(total),
            },
            SupplyState::Missing { reason, retry_at } => EngineState::Missing {
                reason,
                retry_in_s: from_now(retry_at).as_secs(),
            },
        };
        EngineStatus {
            name: Transcriber::name(&*self.engine).to_owned(),
            model: Some(self.supply.model()),
            state,
            fallback: self.stand_in().map(|speech| speech.live.name().to_owned()),
            check: None,
            available: Vec::new(),
        }
    }

    async fn listen(
        &self,
        samples: SampleStream,
        options: LiveOptions,
    ) -> Result<SegmentStream, StepError> {
        if let Some(speech) = self.stand_in() {
            return speech.live.listen(samples, options).await;
        }
        self.supply.start(Arc::new(models::Log));
        match self.supply.state() {
            SupplyState::Ready(_) => self.engine.listen(samples, options).await,
            SupplyState::Fetching { done, total, .. } => Err(fetching(done, total)),
            SupplyState::Missing { reason, retry_at } => Err(StepError::transient(
                Code::EngineUnavailable,
                format!("the speech engine has no model: {reason}"),
            )
            .after(Some(from_now(retry_at)))),
        }
    }
}

fn from_now(instant: Instant) -> Duration {
    instant.saturating_duration_since(Instant::now())
}

fn fetching(done: u64, total: u64) -> StepError {
    let percent = (done * 100).checked_div(total).unwrap_or(0);
    StepError::transient(
        Code::EngineUnavailable,
        format!("the speech model is being fetched ({percent} %); try again in a moment"),
    )
    .after(Some(Duration::from_secs(10)))
}

fn closed() -> StepError {
    StepError::transient(Code::EngineUnavailable, "the service is stopping")
}

#[cfg(test)]
mod tests;
