//! Access tokens for the engine `vertex`, which asks Google by itself.

use async_trait::async_trait;
use domain::ports::{TokenError, TokenSource};
use google_cloud_auth::credentials::CacheableResource;
use http::{Extensions, header};

/// Tokens of Application Default Credentials, which keep them until they expire.
pub struct Tokens;

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<String, TokenError> {
        let credentials = crate::credentials::default().map_err(TokenError::new)?;
        let headers = credentials.headers(Extensions::new()).await;
        let headers = match headers.map_err(TokenError::new)? {
            CacheableResource::New { data, .. } => data,
            CacheableResource::NotModified => return Err(TokenError::new("no token was given")),
        };
        let bearer = headers.get(header::AUTHORIZATION);
        let token = bearer.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let token = token.ok_or_else(|| TokenError::new("no token was given"))?;
        Ok(token.to_owned())
    }
}
