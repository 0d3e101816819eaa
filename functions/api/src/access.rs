//! Who may send a request: the identity provider's user, or the user of a personal access
//! token with what that permits.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use domain::{
    ErrorCode,
    access_token::{AccessToken, TOKEN_PREFIX, TokenScope, TokenSecret},
    paths,
    ports::{AuthError, Credentials, Document, Header, Precondition, RecordsError, Write},
};
use http::{Method, header};
use runtime::http::Problem;

use crate::{Api, error::ApiError, identity::credentials};

/// Finds out who the user is, and counts the request for that user.
pub(crate) async fn authenticate(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let method = request.method().clone();
    admit(&api, &method, request, next).await
}

/// The same for calls that only read, whatever their method.
pub(crate) async fn authenticate_reader(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    admit(&api, &Method::GET, request, next).await
}

/// Lets a request in that does what requests of this method do.
async fn admit(
    api: &Api,
    method: &Method,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let credentials = credentials(request.headers(), api.identity.proxy_headers());
    let user = match access_token(&credentials) {
        None => api.identity.identify(&credentials).await?,
        Some(text) => {
            let token = api.recognize(text).await?;
            if !permits(token.scope, method) {
                return Err(insufficient_scope("the access token only permits reading").into());
            }
            token.user_id
        }
    };
    api.limits.rate_limits.admit_user(&user)?;
    request.extensions_mut().insert(user);
    Ok(next.run(request).await)
}

/// The same for what an access token never permits: a leaked one cannot make another.
pub(crate) async fn authenticate_in_person(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(text) = access_token(&credentials(request.headers(), None)) {
        let user = api.recognize(text).await?.user_id;
        api.limits.rate_limits.admit_user(&user)?;
        return Err(insufficient_scope("access tokens cannot manage access tokens").into());
    }
    authenticate(State(api), request, next).await
}

/// What follows `Bearer`, where it begins as an access token does. No other credential does:
/// ID tokens begin with `ey`.
fn access_token<'a>(credentials: &Credentials<'a>) -> Option<&'a str> {
    let Header::Text(text) = credentials.authorization else {
        return None;
    };
    let (scheme, token) = text.split_once(' ')?;
    let token = token.trim();
    let is_ours = scheme.eq_ignore_ascii_case("bearer") && token.starts_with(TOKEN_PREFIX);
    is_ours.then_some(token)
}

/// Whether a token permits a method. No `POST` only reads: those that store nothing cost
/// minutes or money.
fn permits(scope: TokenScope, method: &Method) -> bool {
    match scope.known() {
        TokenScope::Write => true,
        _ => [Method::GET, Method::HEAD].contains(method),
    }
}

impl Api {
    /// The token of this secret, by one read. A secret that is malformed, unknown, revoked or
    /// expired gets the same response.
    async fn recognize(&self, secret: &str) -> Result<AccessToken, Problem> {
        let refused = || {
            Problem::from(AuthError {
                code: ErrorCode::AccessTokenInvalid,
                message: "the access token is unknown or revoked, or has expired".into(),
            })
        };
        let secret = TokenSecret::parse(secret).ok_or_else(refused)?;
        let path = paths::access_token(&secret.digest());
        let document = self.records.read(&path).await?.ok_or_else(refused)?;
        let token: AccessToken = document.decode()?;
        if !token.is_good(self.clock.now()) {
            return Err(refused());
        }
        self.note_use(document, &token).await;
        Ok(token)
    }

    /// Notes the hour of the use. The request does not depend on it, and it brings back no
    /// token that is revoked at the same time.
    async fn note_use(&self, document: Document, token: &AccessToken) {
        let Some(used) = token.used(self.clock.now()) else {
            return;
        };
        let unchanged = Precondition::Version(document.version);
        let noted = match Write::put(document.path, &used, unchanged) {
            Ok(write) => self.records.commit(vec![write]).await,
            Err(error) => Err(error),
        };
        match noted {
            Ok(()) | Err(RecordsError::Stale { .. }) => {}
            Err(error) => {
                tracing::warn!(
                    event = "token.use_not_noted",
                    error = &error as &dyn std::error::Error,
                    "the last use of an access token is not noted"
                );
            }
        }
    }
}

/// 403 with the challenge of RFC 6750, section 3.1.
fn insufficient_scope(detail: &'static str) -> Problem {
    Problem::new(ErrorCode::InsufficientScope, detail).with_header(
        header::WWW_AUTHENTICATE,
        "Bearer error=\"insufficient_scope\"",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        access_token(&Credentials {
            authorization: Header::Text(text),
            ..Credentials::default()
        })
    }

    #[test]
    fn only_bearer_tokens_with_the_prefix_are_access_tokens() {
        assert_eq!(found("Bearer ilp_1"), Some("ilp_1"));
        assert_eq!(found("bearer  ilp_1 "), Some("ilp_1"));
        for other in [
            "Basic ilp_1",
            "Bearer eyJ",
            "ilp_1",
            "Bearer",
            "Bearer ILP_1",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn read_tokens_read() {
        for (method, reads) in [
            (Method::GET, true),
            (Method::HEAD, true),
            (Method::POST, false),
            (Method::PUT, false),
            (Method::PATCH, false),
            (Method::DELETE, false),
        ] {
            assert_eq!(permits(TokenScope::Read, &method), reads, "{method}");
            assert!(permits(TokenScope::Write, &method), "{method}");
        }
    }
}
