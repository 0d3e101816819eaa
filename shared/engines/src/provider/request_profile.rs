//! Ways to ask: with what newer models can do, or plainer where that is refused.

use std::fmt::Debug;

use parking_lot::Mutex;

use super::ProviderError;
use crate::language::{ModelQuestion, SchemaUse};

/// Why a request was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProfileError<F> {
    pub(crate) error: ProviderError,
    /// What seems to have been refused of it.
    pub(crate) feature: Option<F>,
}

impl<F> From<ProviderError> for ProfileError<F> {
    fn from(error: ProviderError) -> Self {
        Self {
            error,
            feature: None,
        }
    }
}

/// How an answer in JSON is requested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ResponseFormat {
    /// Decoded by the schema.
    #[default]
    Schema,
    /// Decoded as any JSON; the prompt has the schema.
    Json,
    /// By the prompt alone.
    Words,
}

impl From<ResponseFormat> for SchemaUse {
    fn from(format: ResponseFormat) -> Self {
        match format {
            ResponseFormat::Schema => Self::Schema,
            ResponseFormat::Json => Self::Json,
            ResponseFormat::Words => Self::Prompt,
        }
    }
}

impl ResponseFormat {
    /// The next one that asks less of the server.
    pub(crate) const fn plainer(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::Json),
            Self::Json => Some(Self::Words),
            Self::Words => None,
        }
    }

    /// The instructions of a question, with the schema where the server is not given it.
    pub(crate) fn instructions(self, question: &ModelQuestion) -> String {
        let instructions = &question.instructions;
        match self {
            Self::Schema => instructions.clone(),
            _ => format!(
                "{instructions}\nThe answer's JSON Schema:\n{}",
                question.schema
            ),
        }
    }
}

/// A way to ask a provider.
pub(crate) trait RequestProfile: Copy + Debug + PartialEq + Send {
    /// What a request can be refused for.
    type Feature: Send;

    /// The profile without the rejected feature; `None` if it has not got it.
    fn without(self, feature: Self::Feature) -> Option<Self>;
}

/// The way that has helped so far.
#[derive(Debug, Default)]
pub(crate) struct StickyProfile<M>(Mutex<M>);

impl<M: RequestProfile> StickyProfile<M> {
    /// Begins with everything that a server may know.
    pub(crate) const fn new(profile: M) -> Self {
        Self(Mutex::new(profile))
    }

    /// The way that has helped so far.
    pub(crate) fn known(&self) -> M {
        *self.0.lock()
    }

    /// Attempts ever plainer ways until one is not refused.
    pub(crate) async fn ask<T, F>(
        &self,
        model: &str,
        attempt: impl Fn(M) -> F,
    ) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<T, ProfileError<M::Feature>>>,
    {
        let known = self.known();
        let mut request_profile = known;
        loop {
            let refusal = match attempt(request_profile).await {
                Ok(answer) => {
                    // Only what helped is worth remembering.
                    if request_profile != known {
                        tracing::info!(
                            event = "request_profile.downgraded",
                            model,
                            ?request_profile,
                            "further requests use a downgraded profile"
                        );
                        *self.0.lock() = request_profile;
                    }
                    return Ok(answer);
                }
                Err(refusal) => refusal,
            };
            let plainer = refusal
                .feature
                .and_then(|feature| request_profile.without(feature));
            request_profile = plainer.ok_or(refusal.error)?;
        }
    }
}
