//! Gemini, by the Gemini API with a key or by Vertex AI with a token.
//!
//! Own tolerant types instead of a client library: those have closed enums and fail on
//! a tenth of the recorded responses (`tests/data/gemini`). In reading order: `request`
//! writes a question, `chunks` and `response` read the response, `errors` classifies
//! errors, `vertex` knows its addresses.

mod chunks;
mod errors;
mod request;
mod response;
mod vertex;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use config::InvalidSetting;
use domain::ports::TokenSource;
use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderValue},
};

use crate::{
    language::{LanguageModel, ModelFacts, ModelQuestion, ModelVariables, Reply, SchemaUse},
    provider::{
        ProviderError,
        http::{Caller, SetupError, secret},
        request_profile::{ProfileError, StickyProfile},
    },
};
use errors::GeminiFeature;
use request::GeminiProfile;
pub use vertex::VertexProject;

/// The Gemini API's address.
pub const BASE_URL: &str = "https://generativelanguage.googleapis.com";

/// How long an answer may take: a full one, with thinking, takes one to two
/// minutes, and the function's own time is nine.
const TIMEOUT: Duration = Duration::from_mins(4);

/// A Gemini model.
pub struct Gemini {
    name: &'static str,
    model: String,
    url: Url,
    access: Access,
    caller: Caller,
    /// What this model is known to take.
    request_profile: StickyProfile<GeminiProfile>,
}

enum Access {
    Key(HeaderValue),
    Token(Arc<dyn TokenSource>),
}

impl fmt::Debug for Gemini {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Gemini")
            .field("name", &self.name)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

impl Gemini {
    /// A model at the Gemini API, or at a compatible server at `base_url`.
    pub fn new(base_url: &str, model: &str, key: &str) -> Result<Self, SetupError> {
        let key = secret(key).ok_or_else(|| InvalidSetting::new("GEMINI_API_KEY", "an API key"))?;
        let model = checked(model)?;
        let path = format!("/v1beta/models/{model}:generateContent");
        Self::at(("gemini", model), base_url, &path, Access::Key(key))
    }

    /// A model at Vertex AI.
    pub fn vertex(
        project: &VertexProject,
        model: &str,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Self, SetupError> {
        let model = checked(model)?;
        let (base_url, path) = (project.base_url()?, project.path(&model)?);
        Self::at(("vertex", model), &base_url, &path, Access::Token(tokens))
    }

    fn at(
        (name, model): (&'static str, String),
        base_url: &str,
        path: &str,
        access: Access,
    ) -> Result<Self, SetupError> {
        let url = format!("{}{path}", base_url.trim_end_matches('/'));
        let url = Url::parse(&url).ok().filter(Url::has_host);
        let url = url.ok_or_else(|| InvalidSetting::new("GEMINI_BASE_URL", "a URL"))?;
        Ok(Self {
            name,
            model,
            url,
            access,
            caller: Caller::new(TIMEOUT)?,
            request_profile: StickyProfile::default(),
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

    async fn credentials(&self) -> Result<(&'static str, HeaderValue), ProviderError> {
        match &self.access {
            Access::Key(key) => Ok(("x-goog-api-key", key.clone())),
            Access::Token(tokens) => {
                let token = tokens.token().await.map_err(|error| {
                    tracing::warn!(
                        event = "access_token.unavailable",
                        error = &error as &dyn std::error::Error,
                        "no access token"
                    );
                    ProviderError::Unavailable { after: None }
                })?;
                let value =
                    secret(&format!("Bearer {token}")).ok_or(ProviderError::Unauthorized)?;
                Ok((AUTHORIZATION.as_str(), value))
            }
        }
    }

    async fn attempt(
        &self,
        question: &ModelQuestion,
        request_profile: GeminiProfile,
    ) -> Result<Reply, ProfileError<GeminiFeature>> {
        let content = request::body(question, &self.model, request_profile);
        let credentials = self.credentials().await?;
        let answer = self.caller.post(&self.url, Some(credentials), &content);
        response::read(&answer.await?, &question.schema)
    }
}

#[async_trait]
impl LanguageModel for Gemini {
    fn name(&self) -> &'static str {
        self.name
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn variables(&self) -> ModelVariables {
        let (key, address) = match &self.access {
            Access::Key(_) => ("GEMINI_API_KEY", "GEMINI_BASE_URL"),
            Access::Token(_) => ("GOOGLE_APPLICATION_CREDENTIALS", "VERTEX_LOCATION"),
        };
        ModelVariables {
            key,
            model: "GEMINI_MODEL",
            address,
        }
    }

    fn schema_use(&self) -> SchemaUse {
        self.request_profile.known().format.into()
    }

    /// Vertex AI has no such document.
    async fn describe(&self) -> ModelFacts {
        let mut facts = ModelFacts::default();
        if let Access::Key(_) = &self.access
            && let Ok(credentials) = self.credentials().await
            && let Some(path) = self.url.path().strip_suffix(":generateContent")
            && let Ok(url) = self.url.join(path)
        {
            let model = self.caller.get(url, Some(credentials)).await;
            facts.context_tokens = model.and_then(|model| model["inputTokenLimit"].as_u64());
        }
        facts
    }

    async fn ask(&self, question: &ModelQuestion) -> Reply {
        let attempt = |request_profile| self.attempt(question, request_profile);
        let reply = self.request_profile.ask(&self.model, attempt).await;
        reply.unwrap_or_else(Reply::from)
    }
}

/// A model's name that is safe in a path.
fn checked(model: &str) -> Result<String, InvalidSetting> {
    let name = model.strip_prefix("models/").unwrap_or(model);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._@".contains(&byte);
    let sensible = !name.is_empty() && name.len() <= 100 && name.bytes().all(plain);
    if !sensible {
        let expected = "a model's name such as `gemini-3.5-flash-lite`";
        return Err(InvalidSetting::new("GEMINI_MODEL", expected));
    }
    Ok(name.to_owned())
}
