//! What is checked of an ID token, as
//! <https://firebase.google.com/docs/auth/admin/verify-id-tokens> lists it.
//!
//! `jsonwebtoken` reads the token. Its `Validation` would check the claims by the system's
//! clock, accept a list of audiences, and only after the signature, for which any token
//! would have keys fetched; nor has it anything for the emulator's tokens.

use domain::{Timestamp, UserId};
use jsonwebtoken::{
    Algorithm, DecodingKey, crypto, dangerous::insecure_decode_claims, decode_header,
    errors::ErrorKind,
};
use serde::Deserialize;

use super::error::IdTokenError;

/// The longest token that is looked at, in bytes. Google's have about 1,000, and
/// custom claims add at most 1,000.
const MAX_TOKEN: usize = 8 * 1024;

/// How far Google's clock may be ahead of ours, in seconds: `clockSkewSeconds` in
/// firebase-admin-go's `auth/token_verifier.go`. There it lengthens a token's life
/// as well; here, as in firebase-admin-node, a token ends when it says so.
const CLOCK_SKEW: i64 = 300;

/// What the tokens of a project say.
pub(super) struct Expected {
    audience: String,
    issuer: String,
}

impl Expected {
    /// What ID tokens say; session cookies have another issuer.
    pub(super) fn new(project: String) -> Self {
        Self {
            issuer: format!("https://securetoken.google.com/{project}"),
            audience: project,
        }
    }
}

/// A token that can be read, which does not make it true.
pub(super) struct Token<'a> {
    text: &'a str,
    claims: Claims,
}

/// Times in seconds since the Unix epoch.
#[derive(Deserialize)]
struct Claims {
    aud: Option<String>,
    iss: Option<String>,
    sub: Option<String>,
    exp: i64,
    iat: i64,
    auth_time: Option<i64>,
}

impl<'a> Token<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, IdTokenError> {
        if text.len() > MAX_TOKEN {
            return Err(IdTokenError::TooLarge);
        }
        let claims = insecure_decode_claims(text).map_err(|_| IdTokenError::Malformed)?;
        Ok(Self { text, claims })
    }

    /// The key that it says it is signed with, by the one algorithm there is.
    pub(super) fn key_id(&self) -> Result<String, IdTokenError> {
        let header = decode_header(self.text).map_err(|error| match error.kind() {
            // Algorithms that `jsonwebtoken` does not know, such as `none`.
            ErrorKind::Json(_) => IdTokenError::Algorithm,
            _ => IdTokenError::Malformed,
        })?;
        if header.alg != Algorithm::RS256 {
            return Err(IdTokenError::Algorithm);
        }
        // Extensions without whose knowledge a token must not be accepted.
        if header.crit.is_some() {
            return Err(IdTokenError::Malformed);
        }
        let key_id = header.kid.filter(|id| !id.is_empty());
        key_id.ok_or(IdTokenError::NoKey)
    }

    /// Whether it is as unsigned as the emulator's are.
    pub(super) fn check_unsigned(&self) -> Result<(), IdTokenError> {
        if self.text.ends_with('.') {
            Ok(())
        } else {
            Err(IdTokenError::Algorithm)
        }
    }

    pub(super) fn check_signature(&self, key: &DecodingKey) -> Result<(), IdTokenError> {
        let (signed, signature) = self.text.rsplit_once('.').ok_or(IdTokenError::Malformed)?;
        match crypto::verify(signature, signed.as_bytes(), key, Algorithm::RS256) {
            Ok(true) => Ok(()),
            Ok(false) => Err(IdTokenError::BadSignature),
            Err(_) => Err(IdTokenError::Malformed),
        }
    }

    /// Whom it names, if everything else that it says is as it should be.
    pub(super) fn user(&self, expected: &Expected, now: Timestamp) -> Result<UserId, IdTokenError> {
        let claims = &self.claims;
        if claims.aud.as_ref() != Some(&expected.audience) {
            return Err(IdTokenError::WrongAudience);
        }
        if claims.iss.as_ref() != Some(&expected.issuer) {
            return Err(IdTokenError::WrongIssuer);
        }
        let now = now.as_secs();
        if claims.exp <= now {
            return Err(IdTokenError::Expired);
        }
        let begun = claims.iat.max(claims.auth_time.unwrap_or(i64::MIN));
        if begun > now + CLOCK_SKEW {
            return Err(IdTokenError::NotYetValid);
        }
        let subject = claims.sub.as_deref().unwrap_or("");
        UserId::parse(subject).map_err(|_| IdTokenError::Subject)
    }
}
