//! Chat completions as `OpenAI` defined them, from any server that offers them:
//! `OpenAI`, Ollama, vLLM, llama.cpp, gateways.
//!
//! Servers support different features. The first request uses all of them, and a
//! feature that the server rejects is left out of later ones: a JSON Schema, then any
//! JSON, then the prompt alone; the system's message; `max_tokens` under its newer name, then
//! without a limit; a temperature. `request` writes a question, `response` reads the
//! response, `prompt_count` its tokens, `errors` classifies errors.

mod errors;
mod facts;
mod prompt_count;
mod request;
mod response;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use config::InvalidSetting;
use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderValue},
};
use serde_json::Value;

use crate::{
    language::{LanguageModel, ModelFacts, ModelQuestion, ModelVariables, Reply, SchemaUse},
    provider::{
        http::{Caller, SetupError, bearer},
        request_profile::{ProfileError, StickyProfile},
    },
};
use errors::OpenAiFeature;
use prompt_count::LowCount;
use request::OpenAiProfile;

/// How long an answer may take: models at home have a processor and no hurry.
const TIMEOUT: Duration = Duration::from_mins(9);

/// A model behind an `OpenAI`-compatible endpoint.
pub struct OpenAi {
    model: String,
    url: Url,
    /// `Bearer` and the key, where the server wants one.
    key: Option<HeaderValue>,
    caller: Caller,
    request_profile: StickyProfile<OpenAiProfile>,
    low_count: LowCount,
}

impl fmt::Debug for OpenAi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OpenAi")
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

impl OpenAi {
    /// A model at `base_url`, which ends in `/v1` with most servers.
    pub fn new(base_url: &str, model: &str, key: Option<&str>) -> Result<Self, SetupError> {
        let url = format!("{}/chat/completions", base_url.trim_end_matches('/'));
        let url = Url::parse(&url).ok();
        let url = url.filter(|url| url.has_host() && url.scheme().starts_with("http"));
        let expected = "a URL such as `http://localhost:11434/v1`";
        let url = url.ok_or_else(|| InvalidSetting::new("OPENAI_BASE_URL", expected))?;
        Ok(Self {
            model: model.to_owned(),
            url,
            key: key.map(|key| bearer("OPENAI_API_KEY", key)).transpose()?,
            caller: Caller::new(TIMEOUT)?,
            request_profile: StickyProfile::default(),
            low_count: LowCount::default(),
        })
    }

    /// The same model with another timeout.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self {
            caller: self.caller.within(timeout),
            ..self
        }
    }

    /// A document of the server, at an address relative to that of chat completions.
    async fn document(&self, path: &str) -> Option<Value> {
        let credentials = self.key.clone().map(|key| (AUTHORIZATION.as_str(), key));
        self.caller
            .get(self.url.join(path).ok()?, credentials)
            .await
    }

    async fn attempt(
        &self,
        question: &ModelQuestion,
        request_profile: OpenAiProfile,
    ) -> Result<Reply, ProfileError<OpenAiFeature>> {
        let content = request::body(question, &self.model, request_profile);
        let credentials = self.key.clone().map(|key| (AUTHORIZATION.as_str(), key));
        let answer = self.caller.post(&self.url, credentials, &content).await?;
        response::read(&answer, question, &self.low_count)
    }
}

#[async_trait]
impl LanguageModel for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn variables(&self) -> ModelVariables {
        ModelVariables {
            key: "OPENAI_API_KEY",
            model: "OPENAI_MODEL",
            address: "OPENAI_BASE_URL",
        }
    }

    fn schema_use(&self) -> SchemaUse {
        self.request_profile.known().format.into()
    }

    async fn describe(&self) -> ModelFacts {
        let models = self.document("../models").await.unwrap_or_default();
        let mut facts = facts::of_models(&models, &self.model);
        // LM Studio, Ollama and llama.cpp have the context elsewhere.
        let places: [(&str, fn(&Value, &str) -> Option<u64>); 3] = [
            ("/api/v0/models", |list, model| {
                facts::of_models(list, model).context_tokens
            }),
            ("/api/ps", facts::of_ollama),
            ("/props", |properties, _| facts::of_llama_cpp(properties)),
        ];
        for (path, context) in places {
            if facts.context_tokens.is_none()
                && let Some(document) = self.document(path).await
            {
                facts.context_tokens = context(&document, &self.model);
            }
        }
        facts
    }

    async fn ask(&self, question: &ModelQuestion) -> Reply {
        let attempt = |request_profile| self.attempt(question, request_profile);
        let reply = self.request_profile.ask(&self.model, attempt).await;
        reply.unwrap_or_else(Reply::from)
    }
}
