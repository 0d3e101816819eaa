//! Personal access tokens: what programs send in the place of a user's own credentials.
//!
//! A token is a random secret, which is shown once. Only its digest is stored, as the name of
//! the token's document: a request is recognised by one read, which compares no secrets. A
//! second document below the user says where the token of an id lies.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    Private, Timestamp, UserId,
    ids::hex,
    versions::{UnknownFields, open_enum, strip_unknown},
};

/// What every secret begins with: people and scanners of leaked secrets recognise it.
pub const TOKEN_PREFIX: &str = "ilp_";

/// The most tokens of a user.
pub const MAX_TOKENS: usize = 50;

/// The longest name of a token, in characters.
pub const MAX_TOKEN_NAME: usize = 100;

/// How long a token is good for, unless its user says otherwise.
pub const TOKEN_LIFETIME: Duration = Duration::from_hours(90 * 24);

/// The shortest lifetime of a token.
pub const MIN_TOKEN_LIFETIME: Duration = Duration::from_mins(1);

/// The longest lifetime of a token.
pub const MAX_TOKEN_LIFETIME: Duration = Duration::from_hours(366 * 24);

/// The last use of a token is noted as the beginning of such a span.
const USE_SPAN_MS: i64 = 60 * 60 * 1_000;

open_enum! {
    /// What a token permits.
    pub enum TokenScope, unknown as Read {
        /// To read.
        Read = "read",
        /// To read and to change.
        Write = "write",
    }
}

/// `access_tokens/{digest}`: a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Its id, which says nothing about the secret.
    pub id: String,
    /// Whose it is.
    pub user_id: UserId,
    /// What the user calls it.
    pub name: Private,
    /// What it permits.
    pub scope: TokenScope,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// The hour in which it was last used; `None` for one that never was.
    pub last_used_at: Option<Timestamp>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(AccessToken, scope);

impl AccessToken {
    /// Whether it permits anything at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// The same token after a use at `now`; `None` where that is noted already.
    pub fn used(&self, now: Timestamp) -> Option<Self> {
        let millis = now.as_millis();
        let hour = Timestamp::from_millis(millis - millis.rem_euclid(USE_SPAN_MS));
        (self.last_used_at < Some(hour)).then(|| Self {
            last_used_at: Some(hour),
            ..self.clone()
        })
    }
}

/// `users/{user}/tokens/{id}`: where the token of this id lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenEntry {
    /// The digest of its secret.
    pub digest: String,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(TokenEntry);

/// The secret of a token. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(String);

impl TokenSecret {
    /// A new secret of 256 random bits.
    pub fn generate() -> Self {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        Self(format!("{TOKEN_PREFIX}{}", hex(&bytes)))
    }

    /// Reads what a client sends; nothing where no secret looks like it.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(TOKEN_PREFIX)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_valid = digits.len() == 64 && digits.bytes().all(is_digit);
        is_valid.then(|| Self(text.to_owned()))
    }

    /// What is stored of it: its SHA-256. A secret of 256 random bits cannot be guessed, so it needs
    /// neither salt nor a slow hash.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(&self.0))
    }

    /// The secret itself, for the response that shows it to its user.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> AccessToken {
        AccessToken {
            id: "t".into(),
            user_id: UserId::parse("u").unwrap(),
            name: "backup".into(),
            scope: TokenScope::Read,
            created_at: Timestamp::from_millis(0),
            expires_at: Timestamp::from_millis(USE_SPAN_MS * 10),
            last_used_at: None,
            unknown: UnknownFields::default(),
        }
    }

    #[test]
    fn secrets_are_random_and_read_back_and_nothing_else_is_one() {
        let (first, second) = (TokenSecret::generate(), TokenSecret::generate());
        assert_ne!(first.digest(), second.digest());
        assert_eq!(TokenSecret::parse(first.reveal()), Some(first.clone()));
        assert_eq!(first.digest().len(), 64);
        let upper = first.reveal().to_uppercase();
        for wrong in ["", "ilp_", "ilp_0", &upper, &first.reveal()[4..]] {
            assert_eq!(TokenSecret::parse(wrong), None, "{wrong}");
        }
        assert_eq!(TokenSecret::parse(&format!("{}0", first.reveal())), None);
        assert_eq!(format!("{first:?}"), "TokenSecret");
    }

    #[test]
    fn use_is_noted_once_an_hour() {
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        let used = token().used(at(90)).unwrap();
        assert_eq!(used.last_used_at, Some(at(60)));
        assert_eq!(used.used(at(119)), None);
        assert_eq!(used.used(at(30)), None, "a clock that is behind");
        assert_eq!(used.used(at(120)).unwrap().last_used_at, Some(at(120)));
    }

    #[test]
    fn token_ends_at_its_time() {
        let end = token().expires_at;
        assert!(token().is_good(end - Duration::from_millis(1)));
        assert!(!token().is_good(end));
    }
}
