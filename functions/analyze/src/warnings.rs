//! What the reader of an analysis should know, each thing once.

use domain::analysis::Warning;

/// Warnings without repetitions.
#[derive(Debug)]
pub(crate) struct Warnings(Vec<Warning>);

impl Warnings {
    /// Begins with the engine's warnings.
    pub(crate) fn new(given: Vec<Warning>) -> Self {
        Self(given)
    }

    /// Adds one unless it is there. Nothing that was said in the recording
    /// belongs into a message.
    pub(crate) fn add(&mut self, code: &str, message: impl Into<String>) {
        let warning = Warning {
            code: code.to_owned(),
            message: message.into(),
        };
        if !self.0.contains(&warning) {
            self.0.push(warning);
        }
    }

    /// All of them, in the order in which they came up.
    pub(crate) fn into_inner(self) -> Vec<Warning> {
        self.0
    }
}
