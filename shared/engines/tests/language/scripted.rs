//! A model that says what it is told to, and the engine of it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::analysis::Usage;
use engines::{
    LanguageAnalyst,
    language::{
        AnalystOptions, LanguageModel, ModelFacts, ModelQuestion, ModelVariables, ProviderError,
        Reply, SchemaUse,
    },
};

type Script = dyn Fn(&ModelQuestion) -> Result<String, ProviderError> + Send + Sync;

/// A model that says what it is told to, and remembers what it was shown.
pub struct Scripted {
    script: Box<Script>,
    shown: Mutex<Vec<ModelQuestion>>,
}

impl Scripted {
    pub fn new(
        script: impl Fn(&ModelQuestion) -> Result<String, ProviderError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(script),
            shown: Mutex::default(),
        })
    }

    pub fn shown(&self) -> Vec<ModelQuestion> {
        self.shown.lock().expect("not poisoned").clone()
    }
}

#[async_trait]
impl LanguageModel for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn model(&self) -> &'static str {
        "gemini-2.5-flash"
    }

    fn variables(&self) -> ModelVariables {
        ModelVariables {
            key: "THE_KEY",
            model: "THE_MODEL",
            address: "THE_URL",
        }
    }

    fn schema_use(&self) -> SchemaUse {
        SchemaUse::Schema
    }

    async fn describe(&self) -> ModelFacts {
        ModelFacts::default()
    }

    async fn ask(&self, question: &ModelQuestion) -> Reply {
        self.shown
            .lock()
            .expect("not poisoned")
            .push(question.clone());
        Reply {
            outcome: (self.script)(question),
            usage: Some(Usage {
                input_tokens: 100_000,
                output_tokens: 10_000,
                thinking_tokens: 0,
                repairs: 0,
            }),
            model: None,
            is_misplaced: false,
            is_count_doubtful: false,
        }
    }
}

pub fn engine(model: &Arc<Scripted>, part_tokens: u32) -> LanguageAnalyst {
    let model: Arc<dyn LanguageModel> = Arc::clone(model) as _;
    LanguageAnalyst::new(model, AnalystOptions::new(part_tokens, 3))
}

/// The transcript's lines in a question, as turn and words.
pub fn lines(question: &ModelQuestion) -> Vec<(u32, &str)> {
    let between = question
        .content
        .lines()
        .filter(|line| line.starts_with('['));
    between
        .map(|line| {
            let (number, rest) = line[1..].split_once("] ").expect("a number");
            let words = rest.split_once(": ").expect("a speaker").1;
            (number.parse().expect("a number"), words)
        })
        .collect()
}
