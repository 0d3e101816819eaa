//! Signatures as Standard Webhooks describes them.
//!
//! HMAC-SHA256 over `id.timestamp.body`, with every secret of a list, so that a
//! secret can be exchanged while its receivers still know the old one. Only the
//! symmetric version `v1` is made; `v1a` is left out.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use config::{Environment, InvalidSetting};
use hmac::{Hmac, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// The secrets webhooks are signed with, newest first.
///
/// At least one, each of 24 to 64 bytes. Its `Debug` shows only how many.
#[derive(Clone)]
pub struct Secrets(Vec<Vec<u8>>);

/// Why a text is not a list of secrets; worded to complete "must be".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "one or more `whsec_` secrets (base64 of 24 to 64 bytes) separated by spaces, newest first; {flaw}"
)]
pub struct InvalidSecret {
    /// What is wrong with the text.
    pub flaw: Flaw,
}

/// What is wrong with a list of secrets; the number counts from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The list is empty.
    #[error("it names none")]
    None,
    /// A secret lacks the prefix, or has that of another kind of key.
    #[error("number {0} does not begin with `whsec_`")]
    Prefix(usize),
    /// What follows the prefix is not padded standard base64.
    #[error("number {0} is not base64")]
    Encoding(usize),
    /// The secret is too short or too long.
    #[error("number {0} has {1} bytes")]
    Length(usize, usize),
}

impl Secrets {
    /// Parses a list of `whsec_…`, separated by spaces, newest first.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let keys: Result<Vec<_>, Flaw> = text
            .split_whitespace()
            .zip(1..)
            .map(|(secret, number)| parse_secret(secret, number))
            .collect();
        match keys {
            Ok(keys) if keys.is_empty() => Err(InvalidSecret { flaw: Flaw::None }),
            Ok(keys) => Ok(Self(keys)),
            Err(flaw) => Err(InvalidSecret { flaw }),
        }
    }

    /// These secrets and after them `others`.
    #[must_use]
    pub fn followed_by(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().cloned());
        self
    }

    /// `WEBHOOK_SECRET`, if it is set.
    pub fn read(environment: &Environment) -> Result<Option<Self>, InvalidSetting> {
        let Some(text) = environment.text("WEBHOOK_SECRET") else {
            return Ok(None);
        };
        let secrets = Self::parse(text).map_err(|error| InvalidSetting {
            name: "WEBHOOK_SECRET",
            expected: error.to_string(),
        });
        secrets.map(Some)
    }

    /// `WEBHOOK_SECRET`, which must be set.
    pub fn required(environment: &Environment) -> Result<Self, InvalidSetting> {
        Self::read(environment)?.ok_or_else(|| InvalidSetting {
            name: "WEBHOOK_SECRET",
            expected: InvalidSecret { flaw: Flaw::None }.to_string(),
        })
    }

    /// The value of `webhook-signature`: one signature per secret.
    ///
    /// `id` has no `.`; the timestamp is that of the attempt, not of the event.
    pub fn sign(&self, id: &str, timestamp_secs: i64, body: &[u8]) -> String {
        let signatures = self.0.iter().map(|key| {
            let code = authenticate(key, id, timestamp_secs, body).finalize();
            format!("v1,{}", STANDARD.encode(code.into_bytes()))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }

    /// The three headers of a webhook, the signature included.
    pub fn headers(
        &self,
        id: &str,
        timestamp_secs: i64,
        body: &[u8],
    ) -> [(&'static str, String); 3] {
        [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", timestamp_secs.to_string()),
            ("webhook-signature", self.sign(id, timestamp_secs, body)),
        ]
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({})", self.0.len())
    }
}

fn parse_secret(secret: &str, number: usize) -> Result<Vec<u8>, Flaw> {
    let encoded = secret.strip_prefix(PREFIX).ok_or(Flaw::Prefix(number))?;
    let key = STANDARD
        .decode(encoded)
        .map_err(|_| Flaw::Encoding(number))?;
    if (24..=64).contains(&key.len()) {
        Ok(key)
    } else {
        Err(Flaw::Length(number, key.len()))
    }
}

fn authenticate(key: &[u8], id: &str, timestamp_secs: i64, body: &[u8]) -> Hmac<Sha256> {
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    code.update(format!("{id}.{timestamp_secs}.").as_bytes());
    code.update(body);
    code
}
