//! What is checked of an ID token, as
//! <https://firebase.google.com/docs/auth/admin/verify-id-tokens> lists it.
//!
//! `jsonwebtoken` reads the token. Its `Validation` would check the claims by the system's
//! clock, accept a list of audiences, and only after the signature, for which any token
//! would have keys fetched; nor has it anything for the emulator's tokens.

use domain::{ErrorCode, Timestamp, UserId};
use jsonwebtoken::{
    Algorithm, DecodingKey, crypto, dangerous::insecure_decode_claims, decode_header,
    errors::ErrorKind,
};
use serde::Deserialize;

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
    pub(super) fn parse(text: &'a str) -> Result<Self, ErrorCode> {
        if text.len() > MAX_TOKEN {
            return Err(ErrorCode::TokenTooLarge);
        }
        let claims = insecure_decode_claims(text).map_err(|_| ErrorCode::TokenMalformed)?;
        Ok(Self { text, claims })
    }

    /// The key that it says it is signed with, by the one algorithm there is.
    pub(super) fn key_id(&self) -> Result<String, ErrorCode> {
        let header = decode_header(self.text).map_err(|error| match error.kind() {
            // Algorithms that `jsonwebtoken` does not know, such as `none`.
            ErrorKind::Json(_) => ErrorCode::TokenAlgorithm,
            _ => ErrorCode::TokenMalformed,
        })?;
        if header.alg != Algorithm::RS256 {
            return Err(ErrorCode::TokenAlgorithm);
        }
        // Extensions without whose knowledge a token must not be accepted.
        if header.crit.is_some() {
            return Err(ErrorCode::TokenMalformed);
        }
        let key_id = header.kid.filter(|id| !id.is_empty());
        key_id.ok_or(ErrorCode::TokenNoKey)
    }

    /// Whether it is as unsigned as the emulator's are.
    pub(super) fn check_unsigned(&self) -> Result<(), ErrorCode> {
        if self.text.ends_with('.') {
            Ok(())
        } else {
            Err(ErrorCode::TokenAlgorithm)
        }
    }

    pub(super) fn check_signature(&self, key: &DecodingKey) -> Result<(), ErrorCode> {
        let (signed, signature) = self
            .text
            .rsplit_once('.')
            .ok_or(ErrorCode::TokenMalformed)?;
        match crypto::verify(signature, signed.as_bytes(), key, Algorithm::RS256) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ErrorCode::TokenBadSignature),
            Err(_) => Err(ErrorCode::TokenMalformed),
        }
    }

    /// Whom it names, if everything else that it says is as it should be.
    pub(super) fn user(&self, expected: &Expected, now: Timestamp) -> Result<UserId, ErrorCode> {
        let claims = &self.claims;
        if claims.aud.as_ref() != Some(&expected.audience) {
            return Err(ErrorCode::TokenWrongAudience);
        }
        if claims.iss.as_ref() != Some(&expected.issuer) {
            return Err(ErrorCode::TokenWrongIssuer);
        }
        let now = now.as_secs();
        if claims.exp <= now {
            return Err(ErrorCode::TokenExpired);
        }
        let begun = claims.iat.max(claims.auth_time.unwrap_or(i64::MIN));
        if begun > now + CLOCK_SKEW {
            return Err(ErrorCode::TokenNotYetValid);
        }
        let subject = claims.sub.as_deref().unwrap_or("");
        UserId::parse(subject).map_err(|_| ErrorCode::TokenSubject)
    }
}
