//! An interview of the service, as far as the commands look into it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::error::ClientError;
use crate::progress::StepLine;

/// The steps, in the order in which they are shown.
const STEPS: [&str; 4] = ["transcription", "waveform", "analysis", "report"];

/// An interview.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Interview {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) status: String,
    pub(super) kind: String,
    pub(super) language: Option<String>,
    pub(super) created_at: String,
    pub(super) recorded_at: Option<String>,
    pub(super) collection_id: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) audio: Option<Audio>,
    pub(super) usable: Option<Usable>,
    pub(super) steps: BTreeMap<String, Step>,
}

/// Its recording.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Audio {
    pub(super) filename: String,
    pub(super) size_bytes: u64,
    pub(super) duration_ms: Option<u64>,
    pub(super) url: Option<String>,
}

/// Whether its transcript can be relied on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usable {
    pub(super) ok: bool,
    pub(super) reasons: Vec<String>,
}

/// One of its steps.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    pub(super) state: String,
    pub(super) engine: Option<String>,
    pub(super) progress: Option<u8>,
    pub(super) finished_at: Option<String>,
    pub(super) error: Option<StepError>,
}

/// Why a step failed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StepError {
    pub(super) code: String,
    pub(super) message: String,
}

impl Interview {
    /// Reads an interview of a response.
    pub(super) fn read(value: &Value) -> Result<Self, ClientError> {
        let read = Self::deserialize(value);
        read.map_err(|error| ClientError::Unreadable(error.to_string()))
    }

    /// Whether nothing more happens to it by itself.
    pub(super) fn is_final(&self) -> bool {
        matches!(&*self.status, "completed" | "partial" | "failed")
    }

    /// Its steps in their order.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&'static str, &Step)> {
        let steps = STEPS.iter();
        steps.filter_map(|name| Some((*name, self.steps.get(*name)?)))
    }

    /// Its steps for the display of the progress.
    pub(super) fn lines(&self) -> impl Iterator<Item = StepLine> {
        self.steps().map(|(name, step)| {
            let error = step.error.as_ref().map(|error| &*error.message);
            StepLine::new(name, &step.state, step.progress, error)
        })
    }

    /// Why its first step that failed did.
    pub(super) fn failure(&self) -> Option<String> {
        self.steps().find_map(|(name, step)| {
            let error = step.error.as_ref()?;
            Some(format!("{name}: {}", error.message))
        })
    }

    /// Why its transcript cannot be relied on.
    pub(super) fn doubts(&self) -> Option<String> {
        let usable = self.usable.as_ref().filter(|usable| !usable.ok)?;
        Some(format!(
            "not to be relied on: {}",
            usable.reasons.join(", ")
        ))
    }

    /// The length of its recording, in milliseconds.
    pub(super) fn duration_ms(&self) -> Option<u64> {
        self.audio.as_ref()?.duration_ms
    }
}

/// An id as the path of a request has it.
pub(super) fn checked_id<'a>(option: &str, id: &'a str) -> Result<&'a str, ClientError> {
    let is_id = (1..=128).contains(&id.len())
        && id
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    let why = "ids have letters, digits, `-` and `_`; `interviewlens list` shows them";
    is_id
        .then_some(id)
        .ok_or_else(|| ClientError::Usage(format!("{option} `{id}` is no id: {why}")))
}
