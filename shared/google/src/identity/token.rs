//! What is checked of an ID token, as
//! <https://firebase.google.com/docs/auth/admin/verify-id-tokens> lists it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Timestamp, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::{Deserialize, de::DeserializeOwned, de::IgnoredAny};

use super::error::TokenError;

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
    pub(super) fn of(project: String) -> Self {
        Self {
            issuer: format!("https://securetoken.google.com/{project}"),
            audience: project,
        }
    }
}

/// A token that can be read, which does not make it true.
pub(super) struct Token<'a> {
    header: Header,
    claims: Claims,
    /// The two parts that the signature is for.
    signed: &'a str,
    signature: &'a str,
}

#[derive(Deserialize)]
struct Header {
    alg: Option<String>,
    kid: Option<String>,
    /// Extensions without whose knowledge a token must not be accepted.
    crit: Option<IgnoredAny>,
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
    pub(super) fn parse(text: &'a str) -> Result<Self, TokenError> {
        if text.len() > MAX_TOKEN {
            return Err(TokenError::TooLarge);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let token = Self {
            header: decode(header)?,
            claims: decode(claims)?,
            signed,
            signature,
        };
        match token.header.crit {
            None => Ok(token),
            Some(_) => Err(TokenError::Malformed),
        }
    }

    /// The key that it says it is signed with, by the one algorithm there is.
    pub(super) fn key_id(&self) -> Result<&str, TokenError> {
        if self.header.alg.as_deref() != Some("RS256") {
            return Err(TokenError::Algorithm);
        }
        let key_id = self.header.kid.as_deref().filter(|id| !id.is_empty());
        key_id.ok_or(TokenError::NoKey)
    }

    /// Whether it is as unsigned as the emulator's are.
    pub(super) fn check_unsigned(&self) -> Result<(), TokenError> {
        let unsigned = self.header.alg.as_deref() == Some("none") && self.signature.is_empty();
        unsigned.then_some(()).ok_or(TokenError::Algorithm)
    }

    pub(super) fn check_signature(&self, key: &DecodingKey) -> Result<(), TokenError> {
        let signed = self.signed.as_bytes();
        match crypto::verify(self.signature, signed, key, Algorithm::RS256) {
            Ok(true) => Ok(()),
            Ok(false) => Err(TokenError::BadSignature),
            Err(_) => Err(TokenError::Malformed),
        }
    }

    /// Whom it names, if everything else that it says is as it should be.
    pub(super) fn user(&self, expected: &Expected, now: Timestamp) -> Result<UserId, TokenError> {
        let claims = &self.claims;
        if claims.aud.as_ref() != Some(&expected.audience) {
            return Err(TokenError::WrongAudience);
        }
        if claims.iss.as_ref() != Some(&expected.issuer) {
            return Err(TokenError::WrongIssuer);
        }
        let now = now.as_secs();
        if claims.exp <= now {
            return Err(TokenError::Expired);
        }
        let begun = claims.iat.max(claims.auth_time.unwrap_or(i64::MIN));
        if begun > now + CLOCK_SKEW {
            return Err(TokenError::NotYetValid);
        }
        let subject = claims.sub.as_deref().unwrap_or("");
        UserId::parse(subject).map_err(|_| TokenError::Subject)
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Malformed)
}
