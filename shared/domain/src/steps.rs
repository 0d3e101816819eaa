//! The four steps of an interview and where each of them stands.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

pub use crate::code::Code;
use crate::{
    RunId, Timestamp,
    versions::{UnknownFields, open_enum, strip_unknown},
};

/// One step of the pipeline, as the interview document names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// Speech to words.
    Transcription,
    /// Audio to peaks.
    Waveform,
    /// Words to claims with evidence.
    Analysis,
    /// Everything to a document for people.
    Report,
}

impl StepName {
    /// All steps, in the order in which they are shown.
    pub const ALL: [Self; 4] = [
        Self::Transcription,
        Self::Waveform,
        Self::Analysis,
        Self::Report,
    ];

    /// The name in the interview document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transcription => "transcription",
            Self::Waveform => "waveform",
            Self::Analysis => "analysis",
            Self::Report => "report",
        }
    }

    /// The step whose result this one needs, when it is not the audio alone.
    pub const fn needs(self) -> Option<Self> {
        match self {
            Self::Transcription | Self::Waveform => None,
            Self::Analysis => Some(Self::Transcription),
            Self::Report => Some(Self::Analysis),
        }
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

open_enum! {
    /// Where a step stands. A state of a newer release is not settled, and the sweep does
    /// not settle it either; a worker that is given the step claims it.
    #[derive(Default)]
    pub enum StepState, unknown as Pending {
        /// Not begun, or waiting to be tried again.
        #[default]
        Pending = "pending",
        /// Claimed by a worker whose lease has not been settled.
        Running = "running",
        /// Its result is stored.
        Done = "done",
        /// Failed for good, with its error.
        Failed = "failed",
        /// Has nothing to do: an imported transcript has no recording to draw.
        Skipped = "skipped",
    }
}

/// Why a step did not succeed: for its owner to read and for a client to act on.
///
/// `message` is written for people and holds no internals and none of the
/// recording's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[error("{code}: {message}")]
pub struct StepError {
    /// A stable word for programs.
    #[cfg_attr(feature = "openapi", schemars(extend("enum" = Code::words())))]
    pub code: String,
    /// What is wrong and, where something can be done, what to do.
    pub message: String,
    /// Whether running the step again may succeed.
    pub retryable: bool,
    /// How long to wait at least before it, where the refusal said that; not kept.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
    /// What the step was given ([`crate::given`]); kept as [`Step::given`].
    #[serde(skip)]
    pub given: Option<String>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(StepError);

impl StepError {
    /// An error that the same input would meet again.
    pub fn permanent(code: Code, message: impl Into<String>) -> Self {
        Self {
            code: code.as_str().to_owned(),
            message: message.into(),
            retryable: false,
            retry_after: None,
            given: None,
            unknown: UnknownFields::default(),
        }
    }

    /// An error that may pass by itself.
    pub fn transient(code: Code, message: impl Into<String>) -> Self {
        Self {
            retryable: true,
            ..Self::permanent(code, message)
        }
    }

    /// The same error of a step that was given this.
    #[must_use]
    pub fn of_given(self, given: String) -> Self {
        Self {
            given: Some(given),
            ..self
        }
    }

    /// The same error with a wait before the next try.
    #[must_use]
    pub fn after(self, wait: Option<Duration>) -> Self {
        Self {
            retry_after: wait,
            ..self
        }
    }
}

open_enum! {
    /// Why a step that could begin has not.
    pub enum WaitReason, unknown as Retry {
        /// The engine's model is being fetched.
        ModelDownload = "model_download",
        /// The engine's model could not be obtained; it is tried again.
        ModelUnavailable = "model_unavailable",
        /// The engine works on other recordings.
        EngineBusy = "engine_busy",
        /// An error may pass by itself; the step is tried again.
        Retry = "retry",
    }
}

/// What a pending step waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Why it waits.
    pub reason: WaitReason,
    /// When it is tried again at the latest, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When this was last found to be so.
    pub noted_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Waiting, reason);

impl Waiting {
    /// A wait as found at `noted_at`.
    pub fn new(reason: WaitReason, until: Option<Timestamp>, noted_at: Timestamp) -> Self {
        Self {
            reason,
            until,
            noted_at,
            unknown: UnknownFields::default(),
        }
    }
}

/// The state of one step of one interview.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// Where it stands.
    pub state: StepState,
    /// How often it has been claimed since it was last asked for.
    pub attempt: u32,
    /// How many of these claims ended in a reported failure.
    pub failures: u32,
    /// The fencing token of the newest claim; an older one is refused.
    pub token: u64,
    /// What it works on, or worked on: an object generation, a revision.
    pub input: Option<String>,
    /// The engine that does it.
    pub engine: Option<String>,
    /// How much of a running step is done, in percent, where that is known.
    pub progress: Option<u8>,
    /// When it first became possible: its input was there.
    pub due_since: Option<Timestamp>,
    /// When the newest claim began.
    pub started_at: Option<Timestamp>,
    /// Until when the newest claim holds unless it is renewed.
    pub lease_until: Option<Timestamp>,
    /// Whether the newest claim waits for an answer that comes by itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub parked: bool,
    /// What it waits for while it is pending.
    pub waiting: Option<Waiting>,
    /// When it was settled.
    pub finished_at: Option<Timestamp>,
    /// The newest failure.
    pub error: Option<StepError>,
    /// A digest of what a failed step was given ([`crate::given`]): while it is the same, a
    /// permanent error would come again.
    pub given: Option<String>,
    /// The run that it does, where its owner requested one of a step that had been run.
    pub run: Option<RunId>,
    /// The engine that the run was requested with, by its name in the settings; the active one
    /// without it. It is that of every attempt, of workers of other settings too.
    pub chosen_engine: Option<String>,
    /// How it stood before that run: there it stands again if the run fails.
    pub previous: Option<Box<Self>>,
    /// The newest run that its owner requested, if it failed.
    pub failed_run: Option<Box<FailedRun>>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Step, state, waiting, error, previous, failed_run);

/// A run of a step that had been done before, and failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRun {
    /// The run.
    pub run_id: RunId,
    /// Why it failed.
    pub error: StepError,
    /// When that was.
    pub finished_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(FailedRun, error);

impl Step {
    /// Whether nothing more will happen to it by itself.
    pub const fn is_settled(&self) -> bool {
        matches!(
            self.state,
            StepState::Done | StepState::Failed | StepState::Skipped
        )
    }
}

/// The steps of one interview.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// Speech to words.
    pub transcription: Step,
    /// Audio to peaks.
    pub waveform: Step,
    /// Words to claims with evidence.
    pub analysis: Step,
    /// Everything to a document for people.
    pub report: Step,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Steps, transcription, waveform, analysis, report);

impl Steps {
    /// The step of that name.
    pub const fn step(&self, name: StepName) -> &Step {
        match name {
            StepName::Transcription => &self.transcription,
            StepName::Waveform => &self.waveform,
            StepName::Analysis => &self.analysis,
            StepName::Report => &self.report,
        }
    }

    /// The step of that name, to be changed.
    pub const fn step_mut(&mut self, name: StepName) -> &mut Step {
        match name {
            StepName::Transcription => &mut self.transcription,
            StepName::Waveform => &mut self.waveform,
            StepName::Analysis => &mut self.analysis,
            StepName::Report => &mut self.report,
        }
    }

    /// All steps with their names.
    pub fn iter(&self) -> impl Iterator<Item = (StepName, &Step)> {
        StepName::ALL
            .into_iter()
            .map(|name| (name, self.step(name)))
    }
}
