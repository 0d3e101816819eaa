//! The engines that a function is given: the active one, and others that a run can choose.

use std::sync::Arc;

use serde::Serialize;

use super::{Analyst, Transcriber};
use crate::steps::{Code, StepError};

/// An engine that a run can choose, and its model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AvailableEngine {
    /// Its name in the settings.
    pub engine: String,
    /// Its model; `null` where it has none.
    pub model: Option<String>,
}

impl AvailableEngine {
    /// Its name with its model, whatever else is available.
    pub fn full_id(&self) -> String {
        let model = self.model.as_deref();
        model.map_or_else(
            || self.engine.clone(),
            |model| format!("{}/{model}", self.engine),
        )
    }

    /// What a run that chooses it stores: its name, and its model where `available` has another
    /// one of that name before it.
    pub fn id(&self, available: &[Self]) -> String {
        let first = available.iter().find(|other| other.engine == self.engine);
        if first.is_some_and(|first| first != self) {
            self.full_id()
        } else {
            self.engine.clone()
        }
    }

    /// These engines in a sentence: `whisper` (`base`), `deepgram` (`nova-3`).
    pub fn list(engines: &[Self]) -> String {
        let one = |engine: &Self| match &engine.model {
            Some(model) => format!("`{}` (`{model}`)", engine.engine),
            None => format!("`{}`", engine.engine),
        };
        engines.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// What an engine and its model are stored as: `whisper`, `deepgram/nova-3`. Names of engines
/// have no `/`, models may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineId<'a> {
    /// The engine's name.
    pub engine: &'a str,
    /// Its model; without one, the first that is set up for it.
    pub model: Option<&'a str>,
}

impl<'a> EngineId<'a> {
    /// From what is stored.
    pub fn parse(stored: &'a str) -> Self {
        let (engine, model) = match stored.split_once('/') {
            Some((engine, model)) => (engine, Some(model)),
            None => (stored, None),
        };
        Self { engine, model }
    }

    /// Whether this is the engine.
    pub fn is(self, other: &AvailableEngine) -> bool {
        let is_model = |model| other.model.as_deref() == Some(model);
        self.engine == other.engine && self.model.is_none_or(is_model)
    }
}

/// An engine that says how it is named.
pub trait Named {
    /// Its name and its model.
    fn named(&self) -> AvailableEngine;
}

impl Named for dyn Transcriber + '_ {
    fn named(&self) -> AvailableEngine {
        AvailableEngine {
            engine: self.name().to_owned(),
            model: self.model().map(str::to_owned),
        }
    }
}

impl Named for dyn Analyst + '_ {
    fn named(&self) -> AvailableEngine {
        AvailableEngine {
            engine: self.name().to_owned(),
            model: self.model().map(str::to_owned),
        }
    }
}

/// The active engine, and others that are set up beside it.
#[derive(Debug)]
pub struct EngineSet<E: ?Sized> {
    /// What does the work unless a run chooses another.
    pub active: Arc<E>,
    /// What a run can choose beside it. Engines of one name have different models.
    pub others: Vec<Arc<E>>,
}

impl<E: ?Sized> Clone for EngineSet<E> {
    fn clone(&self) -> Self {
        Self {
            active: Arc::clone(&self.active),
            others: self.others.clone(),
        }
    }
}

impl<E: Named + ?Sized> EngineSet<E> {
    /// One engine alone.
    pub const fn of(active: Arc<E>) -> Self {
        Self {
            active,
            others: Vec::new(),
        }
    }

    /// All of them, each once, the active one first.
    pub fn available(&self) -> Vec<AvailableEngine> {
        let mut available: Vec<AvailableEngine> = Vec::new();
        for engine in [&self.active].into_iter().chain(&self.others) {
            let named = engine.named();
            if !available.contains(&named) {
                available.push(named);
            }
        }
        available
    }

    /// The engine with this [`EngineId`]; the active one where none is named.
    ///
    /// # Errors
    ///
    /// `engine_misconfigured` where no engine of that name is set up (any more).
    pub fn choose(&self, name: Option<&str>) -> Result<Arc<E>, StepError> {
        let Some(name) = name else {
            return Ok(Arc::clone(&self.active));
        };
        let mut all = [&self.active].into_iter().chain(&self.others);
        let id = EngineId::parse(name);
        let found = all.find(|engine| id.is(&engine.named()));
        found.map(Arc::clone).ok_or_else(|| {
            let available = AvailableEngine::list(&self.available());
            let message = format!(
                "the engine `{name}` that this run was requested with is not set up any more; run \
                 the step again with one of these: {available}"
            );
            StepError::permanent(Code::EngineMisconfigured, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::{analysis::Draft, ports::AnalysisRequest};

    struct Silent(&'static str, Option<&'static str>);

    #[async_trait]
    impl Analyst for Silent {
        fn name(&self) -> &'static str {
            self.0
        }

        fn model(&self) -> Option<&str> {
            self.1
        }

        async fn analyze(&self, _: &AnalysisRequest) -> Result<Draft, StepError> {
            Err(StepError::transient(Code::EngineUnavailable, "silent"))
        }
    }

    #[test]
    fn active_engine_is_the_default_and_an_unknown_one_is_refused_by_name() {
        let set: EngineSet<dyn Analyst> = EngineSet {
            active: Arc::new(Silent("extractive", None)),
            others: vec![
                Arc::new(Silent("gemini", Some("flash"))),
                Arc::new(Silent("gemini", Some("tuned/pro"))),
                Arc::new(Silent("gemini", Some("flash"))),
            ],
        };
        assert_eq!(set.choose(None).unwrap().name(), "extractive");
        assert_eq!(set.choose(Some("extractive")).unwrap().name(), "extractive");
        assert_eq!(set.choose(Some("gemini")).unwrap().model(), Some("flash"));
        let pro = set.choose(Some("gemini/tuned/pro")).unwrap();
        assert_eq!(pro.model(), Some("tuned/pro"));
        assert!(set.choose(Some("gemini/other")).is_err());
        let refused = set.choose(Some("vertex")).map(|_| ()).unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.retryable),
            ("engine_misconfigured", false)
        );
        let list = "`extractive`, `gemini` (`flash`), `gemini` (`tuned/pro`)";
        assert!(refused.message.contains("`vertex`") && refused.message.ends_with(list));
    }
}
