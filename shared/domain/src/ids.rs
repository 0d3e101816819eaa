//! Identifiers that are valid by construction.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::documents::is_reserved;

/// An identifier that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to 128 characters of A-Z, a-z, 0-9, `-` and `_`, and is not `__…__`")]
pub struct InvalidId;

fn check(text: &str) -> Result<(), InvalidId> {
    let valid = (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    // An id is the name of a document.
    let valid = valid && !is_reserved(text);
    valid.then_some(()).ok_or(InvalidId)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses an id that came from outside.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                check(&text)?;
                Ok(Self(text))
            }

            /// The id as text, safe in a path, a URL and a log.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A user, as the identity provider names them.
    UserId
);
id!(
    /// An interview; opaque, random, never sequential.
    InterviewId
);

impl InterviewId {
    /// Mints a new id of 120 random bits.
    pub fn generate() -> Self {
        Self(random_name())
    }
}

/// A new random name of 24 lower-case characters, 120 bits: it cannot be guessed.
pub fn random_name() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
        .collect()
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    ::hex::encode(bytes)
}

/// A digest of a value, of 63 bits as documents hold them.
pub fn short_digest<T: Serialize>(value: &T) -> u64 {
    let json = serde_json::to_vec(value).unwrap_or_default();
    let digest = Sha256::digest(json);
    let first = digest.iter().take(8);
    first.fold(0, |number: u64, byte| number << 8 | u64::from(*byte)) >> 1
}

/// The name of a task, beginning with a digest of the rest: Cloud Tasks is slow where names
/// follow each other, and its reference of `tasks.create` recommends hashed prefixes.
pub fn task_name(plain: &str) -> String {
    let digest = Sha256::digest(plain);
    format!("{}-{plain}", hex(&digest[..4]))
}

/// One interview of one user: what every record and object name starts with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InterviewKey {
    /// Whose interview it is.
    pub user_id: UserId,
    /// Which of theirs.
    pub interview_id: InterviewId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_rejects_path_separators_and_dots() {
        for wrong in [
            "",
            "a/b",
            "..",
            "a b",
            "ä",
            "__a__",
            "____",
            &"x".repeat(129),
        ] {
            assert!(InterviewId::parse(wrong).is_err(), "{wrong}");
        }
        for good in ["aZ0_-", "___", "__a_", "_a__"] {
            assert!(UserId::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn generated_ids_are_valid_and_differ() {
        let (first, second) = (InterviewId::generate(), InterviewId::generate());
        assert_ne!(first, second);
        assert_eq!(InterviewId::parse(first.as_str()), Ok(first));
    }
}
