//! Checks of engines: whether one works as it is set up, found out by one small request.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    steps::{Code, StepError},
};

/// The result of the last check of an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct EngineCheck {
    /// When the engine was checked.
    pub checked_at: Timestamp,
    /// What was found, in the order in which it was checked.
    pub findings: Vec<Finding>,
}

impl EngineCheck {
    /// Whether nothing was found that keeps the engine from working.
    pub fn is_passed(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity != Severity::Error)
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is as it should be.
    Ok,
    /// The engine works, with a limit.
    Warning,
    /// The engine does not work.
    Error,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A stable word for it; that of a step's error where a step would fail with it.
    pub code: String,
    /// What was found, and what to do about it.
    pub message: String,
    /// The environment variables that change it.
    pub settings: Vec<String>,
}

impl Finding {
    /// A finding that needs nothing.
    pub fn ok(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Ok, code, message.into())
    }

    /// A limit.
    pub fn warning(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    /// A fault.
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// The finding of an engine that fails like this: a provider that is busy at the moment is
    /// a limit, all else a fault.
    pub fn from_step_error(error: &StepError) -> Self {
        const BUSY: [Code; 3] = [Code::EngineQuota, Code::EngineOverloaded, Code::EngineBusy];
        let is_busy = error.retryable && BUSY.iter().any(|code| code.as_str() == error.code);
        let severity = if is_busy {
            Severity::Warning
        } else {
            Severity::Error
        };
        Self::new(severity, &error.code, error.message.clone())
    }

    fn new(severity: Severity, code: &str, message: String) -> Self {
        Self {
            severity,
            code: code.to_owned(),
            message,
            settings: Vec::new(),
        }
    }

    /// The same with the environment variables that change it.
    #[must_use]
    pub fn about(self, settings: &[&str]) -> Self {
        Self {
            settings: settings.iter().map(|&name| name.to_owned()).collect(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_provider_is_a_limit_and_all_else_is_a_fault() {
        for (code, retryable, expected) in [
            (Code::EngineQuota, true, Severity::Warning),
            (Code::EngineOverloaded, true, Severity::Warning),
            (Code::EngineBusy, true, Severity::Warning),
            (Code::EngineQuota, false, Severity::Error),
            (Code::EngineUnavailable, true, Severity::Error),
            (Code::EngineUnauthorized, false, Severity::Error),
        ] {
            let error = if retryable {
                StepError::transient(code, "why")
            } else {
                StepError::permanent(code, "why")
            };
            let finding = Finding::from_step_error(&error);
            assert_eq!(finding.severity, expected, "{code:?}");
            assert_eq!(
                (&finding.code[..], &finding.message[..]),
                (code.as_str(), "why")
            );
        }
    }
}
