//! Who is asking.

use std::borrow::Cow;

use async_trait::async_trait;

use crate::{ErrorCode, UserId};

/// One header of a request. Without `Debug`, so that no log shows a token.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Header<'a> {
    /// It is not there.
    #[default]
    Absent,
    /// It is there once, as text.
    Text(&'a str),
    /// It is there more than once, or is no text: it is unclear which value counts.
    Unusable,
}

/// What a request says of who sends it.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// `Authorization`.
    pub authorization: Header<'a>,
    /// `X-User-Id`.
    pub user_id: Header<'a>,
    /// What a proxy says of the user, where [`Identity::proxy_headers`] names its headers.
    pub proxy_user: Header<'a>,
    /// By what the proxy shows that it is the trusted one.
    pub proxy_secret: Header<'a>,
}

/// The names of the headers by which a trusted proxy says who the user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyHeaders {
    /// The header with the user.
    pub user: String,
    /// The header with the shared secret.
    pub secret: String,
}

/// Why a request has no user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AuthError {
    /// Its status is 401 for credentials that are missing or not to be believed, 400 for those
    /// that name no possible user, and 503 where they cannot be checked just now.
    pub code: ErrorCode,
    /// For the caller: what is wrong and, where something can be done, what to do.
    pub message: Cow<'static, str>,
}

/// Recognises users.
#[async_trait]
pub trait Identity: Send + Sync {
    /// The user who sends a request; believes nothing that it cannot check.
    async fn identify(&self, credentials: &Credentials<'_>) -> Result<UserId, AuthError>;

    /// The headers of a trusted proxy, where users are recognised by them.
    fn proxy_headers(&self) -> Option<&ProxyHeaders> {
        None
    }
}
