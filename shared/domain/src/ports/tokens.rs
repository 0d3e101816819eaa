//! Access tokens for an engine that a cloud's own credentials open.

use std::error::Error;

use async_trait::async_trait;

/// No access token could be had.
#[derive(Debug, thiserror::Error)]
#[error("getting an access token")]
pub struct TokenError(#[source] Box<dyn Error + Send + Sync>);

impl TokenError {
    /// With what went wrong.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// A source of OAuth tokens, implemented by the crate that links Google's clients.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A token for the scope `cloud-platform` that is good for the next minutes.
    /// Called before every request; the source caches the token until it expires.
    async fn token(&self) -> Result<String, TokenError>;
}
