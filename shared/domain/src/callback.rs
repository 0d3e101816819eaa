//! Asynchronous responses of a speech engine, by callback.
//!
//! A speech engine takes minutes for a recording of hours. Instead of waiting, the step
//! is parked: its lease lasts until a deadline, the request is recorded below the
//! interview, and only then sent. The engine posts the result to a URL with a secret
//! token. A missing callback is requested again; a late or duplicate one meets a
//! superseded or settled lease, and changes nothing.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    InterviewId, InterviewKey, Timestamp, UserId,
    ids::{hex, random_name},
    lease::Lease,
    paths::DocPath,
    versions::{Extended, UnknownFields},
};

/// How long an engine may take to call back before the request is sent again.
pub const CALLBACK_TIMEOUT: Duration = Duration::from_mins(45);

/// The queue between accepting an upload and transcribing it.
pub const QUEUE: &str = "transcription";

/// A task of the queue: which recording of which interview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// User and interview.
    #[serde(flatten)]
    pub key: InterviewKey,
    /// The recording's object.
    pub object: String,
    /// Which one of that name.
    pub generation: i64,
    /// The id of the [`CallbackRecord`] whose answer has come; without one the engine is to
    /// be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// `callbacks/{id}` below the interview: a recorded request to an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// The claim that the answer is handed in with.
    pub lease: Extended<Lease>,
    /// The request.
    pub job: Job,
    /// The engine that was asked, by its name in the settings; absent in records of earlier
    /// releases, which asked the active one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// When.
    pub asked_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// The token in the callback's URL: the interview, and a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackToken {
    /// User and interview.
    pub key: InterviewKey,
    /// 120 random bits.
    pub secret: String,
}

impl CallbackToken {
    /// A new one for an interview.
    pub fn generate(key: InterviewKey) -> Self {
        Self {
            key,
            secret: random_name(),
        }
    }

    /// From the path of a URL; nothing when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (user, interview, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = secret.len() == 24 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain || parts.next().is_some() {
            return None;
        }
        Some(Self {
            key: InterviewKey {
                user_id: UserId::parse(user).ok()?,
                interview_id: InterviewId::parse(interview).ok()?,
            },
            secret: secret.to_owned(),
        })
    }

    /// Where the request is recorded.
    pub fn record(&self) -> CallbackRecord {
        let digest = Sha256::digest(&self.secret);
        CallbackRecord {
            key: self.key.clone(),
            id: hex(&digest[..16]),
        }
    }

    /// Where an earlier release has recorded it: under the secret itself.
    pub fn earlier_record(&self) -> CallbackRecord {
        CallbackRecord {
            key: self.key.clone(),
            id: self.secret.clone(),
        }
    }
}

/// A recorded request. It is named by a hash of the secret, so that the names of documents
/// and objects, which logs hold, let no one post an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackRecord {
    /// User and interview.
    pub key: InterviewKey,
    /// The first 16 bytes of the SHA-256 of the secret, as hexadecimal digits.
    pub id: String,
}

impl CallbackRecord {
    /// The document with the [`Callback`].
    pub fn document(&self) -> DocPath {
        self.key.document().child("callbacks", &self.id)
    }

    /// The object, among the products, that the answer is kept in.
    pub fn object(&self) -> String {
        format!("{}callbacks/{}", self.key.object_prefix(), self.id)
    }
}

/// The form in the URL.
impl fmt::Display for CallbackToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InterviewKey {
            user_id,
            interview_id,
        } = &self.key;
        write!(formatter, "{user_id}.{interview_id}.{}", self.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_callback_tokens_parse() {
        let token = CallbackToken::generate(InterviewKey {
            user_id: UserId::parse("u-1_A").unwrap(),
            interview_id: InterviewId::generate(),
        });
        assert_eq!(
            CallbackToken::parse(&token.to_string()),
            Some(token.clone())
        );
        let record = token.record();
        for name in [record.document().to_string(), record.object()] {
            assert!(!name.contains(&token.secret), "{name}");
        }
        for wrong in [
            String::new(),
            "u.i".to_owned(),
            "u.i.short".to_owned(),
            format!("{token}.more"),
            format!("../{token}"),
            token.to_string().replace('.', "/"),
        ] {
            assert_eq!(CallbackToken::parse(&wrong), None, "{wrong}");
        }
    }
}
