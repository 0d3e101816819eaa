//! Users, as Firebase Authentication vouches for them.
//!
//! In reading order: [`FirebaseIdentity`], `token` with what is checked of an ID
//! token, `keys` with what its signature is checked by, `error` with what callers
//! are told.
//!
//! A token is good until it expires: that its user was disabled since, or signed
//! out everywhere, would take a call to Firebase for every request, which the
//! Admin SDKs do not make either unless they are asked to.

mod error;
mod keys;
mod token;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    ErrorCode, UserId,
    ports::{AuthError, Clock, Credentials, Header, Identity},
};

use keys::Keys;
use token::{Expected, Token};

/// The public keys of the accounts that sign ID tokens, as a JWK set.
pub const KEYS_URL: &str =
    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";

/// Recognises the users of one Firebase project by their ID tokens.
pub struct FirebaseIdentity {
    expected: Expected,
    trust: Trust,
    clock: Arc<dyn Clock>,
}

/// Why a token is believed.
enum Trust {
    /// It is signed with one of these.
    Signature(Keys),
    /// It comes from the emulator, which signs nothing.
    Emulator,
}

impl FirebaseIdentity {
    /// Over Google's keys, which the first token fetches.
    pub fn new(project: String, clock: Arc<dyn Clock>) -> Self {
        Self::with_keys_url(project, KEYS_URL.into(), clock)
    }

    /// Over the JWK set at `url`.
    pub fn with_keys_url(project: String, url: String, clock: Arc<dyn Clock>) -> Self {
        let keys = Keys::at(url, Arc::clone(&clock));
        Self::trusting(Trust::Signature(keys), project, clock)
    }

    /// For the Firebase Auth emulator. Its tokens are unsigned, so a client can
    /// claim to be any user; tokens that are signed are refused.
    pub fn for_emulator(project: String, clock: Arc<dyn Clock>) -> Self {
        Self::trusting(Trust::Emulator, project, clock)
    }

    fn trusting(trust: Trust, project: String, clock: Arc<dyn Clock>) -> Self {
        Self {
            expected: Expected::new(project),
            trust,
            clock,
        }
    }

    async fn user(&self, authorization: Header<'_>) -> Result<UserId, ErrorCode> {
        let token = Token::parse(bearer(authorization)?)?;
        let now = self.clock.now();
        match &self.trust {
            Trust::Emulator => {
                token.check_unsigned()?;
                token.user(&self.expected, now)
            }
            Trust::Signature(keys) => {
                let key_id = token.key_id()?;
                // Checked first, so that only a token that may be good fetches keys.
                let user = token.user(&self.expected, now)?;
                token.check_signature(&keys.find(&key_id).await?)?;
                Ok(user)
            }
        }
    }
}

#[async_trait]
impl Identity for FirebaseIdentity {
    async fn identify(&self, credentials: &Credentials<'_>) -> Result<UserId, AuthError> {
        let user = self.user(credentials.authorization).await;
        user.map_err(error::refused)
    }
}

/// The token in `Authorization: Bearer …`; any other scheme shows none.
fn bearer(authorization: Header<'_>) -> Result<&str, ErrorCode> {
    let text = match authorization {
        Header::Absent => return Err(ErrorCode::TokenMissing),
        Header::Unusable => return Err(ErrorCode::TokenMalformed),
        Header::Text(text) => text,
    };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let token = token.trim();
    if token.is_empty() || !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ErrorCode::TokenMissing);
    }
    Ok(token)
}
