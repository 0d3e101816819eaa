//! Why a command of the client failed.

use std::{io, path::PathBuf, time::Duration};

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{exit::Exit, print::plain};

/// The receiver of signed URLs, in messages.
pub(super) const BUCKET: &str = "the bucket for uploads";

/// Codes with which uploads are refused, by the embedded service and by Cloud Storage, which
/// have nothing to do with the token.
const OF_BUCKET: [&str; 4] = [
    "upload_refused",
    "invalid_signature",
    "url_expired",
    "header_not_as_signed",
];

/// What the service says about a request that it refused (RFC 9457).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    /// The status of the response.
    pub(crate) status: u16,
    /// A stable word for programs.
    pub(crate) code: String,
    /// What is wrong.
    pub(crate) detail: String,
    /// The request's id, for the operator.
    pub(crate) request_id: Option<String>,
    /// Of `budget_exhausted`: when the budget begins anew.
    pub(crate) resets_at: Option<String>,
}

impl Problem {
    /// Reads the body of a response; one that is no problem of the service has no code.
    pub(crate) fn read(status: StatusCode, body: &[u8]) -> Self {
        let read = serde_json::from_slice(body).unwrap_or_default();
        Self {
            status: status.as_u16(),
            ..read
        }
    }

    /// The field that the detail begins with.
    fn field(&self) -> Option<&str> {
        let (field, _) = self.detail.strip_prefix('`')?.split_once('`')?;
        Some(field)
    }

    /// What to do about it, beyond what the detail says.
    fn remedy(&self) -> Option<String> {
        let remedy = match (&*self.code, self.status) {
            ("insufficient_scope", _) => {
                "use a token with the scope `write`; the console's page \"Access tokens\" makes one"
            }
            ("access_token_invalid" | "token_expired", _) => {
                "make another token on the console's page \"Access tokens\""
            }
            ("proxy_not_trusted" | "proxy_user_missing", _) => {
                "give an access token by INTERVIEWLENS_TOKEN or --token, or the proxy's address \
                 by --url"
            }
            (code, _) if OF_BUCKET.contains(&code) => {
                "the same command gets another URL, and goes on where it was"
            }
            (_, 401) => "give an access token by INTERVIEWLENS_TOKEN or --token",
            ("interview_not_found" | "no_such_collection", _) => {
                "`interviewlens list` shows your interviews"
            }
            ("budget_exhausted", _) => {
                let resets_at = self.resets_at.as_deref()?;
                return Some(format!("the budget begins anew at {}", plain(resets_at)));
            }
            ("storage_full", _) => "the operator has to free space",
            ("unknown_host", _) => "use the name that the operator has set as PUBLIC_URL for --url",
            ("", _) => "is --url the address of the service, without a path?",
            _ => return None,
        };
        Some(remedy.to_owned())
    }

    fn describe(&self) -> String {
        if self.code.is_empty() {
            return format!("the response has status {} and no problem", self.status);
        }
        let (code, status) = (plain(&self.code), self.status);
        format!("{code} ({status}): {}", plain(&self.detail))
    }
}

/// Why a command of the client failed. No message has the token, or a signed URL.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The command cannot be carried out as it was given.
    #[error("{0}")]
    Usage(String),
    /// A file of this machine cannot be used.
    #[error("{action} `{}`: {error}", path.display())]
    File {
        /// What was done with it, such as `reading`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The service, or its bucket, refused a request.
    #[error("{}", problem.describe())]
    Refused {
        /// Why.
        problem: Problem,
        /// How long the service asks to wait.
        retry_after: Option<Duration>,
    },
    /// The service was not reached, or the connection was lost.
    #[error("{target} was not reached: {reason}")]
    Transport {
        /// What was asked.
        target: String,
        /// Why, without the address that was asked.
        reason: String,
        /// Whether no connection was made at all.
        is_connect: bool,
    },
    /// A response is not what the API says.
    #[error("the response of the service cannot be read: {0}")]
    Unreadable(String),
    /// The upload does not proceed, and may do so later.
    #[error("the upload does not proceed: {0}")]
    Stuck(&'static str),
    /// The upload cannot be finished.
    #[error("{0}")]
    Upload(String),
    /// Standard output or error is closed.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl ClientError {
    /// What became of a request that has no response.
    pub(crate) fn transport(target: &str, error: reqwest::Error) -> Self {
        let is_connect = error.is_connect();
        Self::Transport {
            target: target.to_owned(),
            reason: causes(&error.without_url()),
            is_connect,
        }
    }

    /// A file that cannot be used.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>, error: io::Error) -> Self {
        Self::File {
            action,
            path: path.into(),
            error,
        }
    }

    /// The code of the service, where it refused a request.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } => Some(&problem.code),
            _ => None,
        }
    }

    /// How the command ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::File { action, .. } if *action == "reading" => Exit::Usage,
            Self::Refused { problem, .. } => match problem.status {
                401 | 403 if !OF_BUCKET.contains(&&*problem.code) => Exit::Denied,
                429 | 502..=504 => Exit::Unreachable,
                _ => Exit::Failed,
            },
            Self::Transport { .. } | Self::Stuck(_) => Exit::Unreachable,
            Self::File { .. } | Self::Unreadable(_) | Self::Upload(_) | Self::Output(_) => {
                Exit::Failed
            }
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<String> {
        match self {
            Self::Refused { problem, .. } => problem.remedy(),
            Self::Transport { target, .. } if target == BUCKET => {
                let why = "is it reachable from here? Uploads to an embedded service go to the \
                           address that its operator has set as PUBLIC_URL";
                Some(why.into())
            }
            Self::Transport { .. } => Some(
                "is the service running there? --url or INTERVIEWLENS_URL has its address".into(),
            ),
            _ => None,
        }
    }

    /// For people: what is wrong, and what to do.
    pub(crate) fn message(&self) -> String {
        let remedy = self.remedy();
        let remedy = remedy.map_or(String::new(), |remedy| format!("\n  {remedy}"));
        format!("{self}{remedy}")
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let mut error = json!({"message": self.to_string(), "exit_code": self.exit().code(),
            "code": null, "status": null, "field": null, "request_id": null,
            "remedy": self.remedy()});
        if let Self::Refused { problem, .. } = self {
            error["status"] = problem.status.into();
            error["field"] = problem.field().into();
            error["request_id"] = problem.request_id.clone().into();
            if !problem.code.is_empty() {
                error["code"] = problem.code.clone().into();
                error["message"] = problem.detail.clone().into();
            }
        }
        error
    }
}

/// An error with its causes, which say more than it does.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    plain(&texts.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> ClientError {
        let status = StatusCode::from_u16(status).expect("a status");
        ClientError::Refused {
            problem: Problem::read(status, body.as_bytes()),
            retry_after: None,
        }
    }

    #[test]
    fn problem_is_shown_with_code_field_and_remedy() {
        let body = r#"{"code": "invalid_field", "detail": "`language`: a BCP 47 tag", "status": 400, "request_id": "r"}"#;
        let error = refused(400, body);
        assert_eq!(
            error.to_string(),
            "invalid_field (400): `language`: a BCP 47 tag"
        );
        let json = error.json();
        assert_eq!(
            (&json["code"], &json["field"]),
            (&"invalid_field".into(), &"language".into())
        );
        assert_eq!(error.exit(), Exit::Failed);
        let denied = refused(403, r#"{"code": "insufficient_scope", "detail": "no"}"#);
        assert_eq!(denied.exit(), Exit::Denied);
        assert!(denied.message().contains("scope `write`"), "{denied}");
    }

    #[test]
    fn refusal_of_the_bucket_is_not_about_the_token() {
        let error = refused(
            403,
            r#"{"code": "url_expired", "detail": "it has expired"}"#,
        );
        assert_eq!(error.exit(), Exit::Failed);
        assert!(!error.message().contains("--token"), "{}", error.message());
    }

    #[test]
    fn response_of_something_else_has_no_code() {
        let error = refused(502, "<html>Bad gateway</html>");
        assert_eq!(error.json()["code"], Value::Null);
        assert_eq!(error.exit(), Exit::Unreachable);
        assert!(error.message().contains("--url"), "{}", error.message());
    }
}
