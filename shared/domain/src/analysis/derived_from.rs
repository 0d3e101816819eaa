//! What an analysis or a report was made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Interview, RunId,
    ids::short_digest,
    speaker::{self, SpeakerLabel},
};

/// What an analysis or a report was made from.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DerivedFrom {
    /// The same as `revision`, by its earlier name.
    // As it is stored: the fencing token of the recognition, as every release has it.
    pub transcript_revision: u64,
    /// The run that recognised the transcript; left out where nothing is stored.
    #[cfg_attr(feature = "openapi", schemars(with = "RunId"))]
    pub run_id: Option<RunId>,
    /// The revision of the transcript: how often it had been corrected by then; left out where
    /// nothing is stored.
    #[cfg_attr(feature = "openapi", schemars(with = "u64"))]
    pub revision: Option<u64>,
    /// The version of a person's assessment that a report has; not shown.
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub assessment: Option<u64>,
    /// What an analysis was assessed by, see [`settings_digest`]; not shown.
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub settings: Option<u64>,
    /// What was known of the speakers, see [`crate::speaker::digest`]; not shown.
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub speakers: Option<u64>,
}

/// A digest of what an interview is assessed by.
pub fn settings_digest(interview: &Interview) -> u64 {
    short_digest(&(interview.kind, &interview.rubric))
}

impl DerivedFrom {
    /// The transcript that was recognised under this fencing token, in that revision.
    pub fn new(interview: &Interview, token: u64, revision: u64) -> Self {
        Self {
            transcript_revision: token,
            run_id: Some(interview.run_id(token)),
            revision: Some(revision),
            ..Self::default()
        }
    }

    /// The same, made with what was known of the speakers.
    #[must_use]
    pub fn with_speakers(self, labels: &BTreeMap<u32, SpeakerLabel>) -> Self {
        Self {
            speakers: Some(speaker::digest(labels)),
            ..self
        }
    }

    /// The revision of the transcript; that of an earlier release was as recognised.
    pub fn revision(&self) -> u64 {
        self.revision.unwrap_or(0)
    }

    /// Whether both are of the same revision of the same transcript.
    pub fn is_same_transcript(&self, other: &Self) -> bool {
        let version = |own: &Self| (own.transcript_revision, own.revision());
        version(self) == version(other)
    }

    /// As clients see it, also where an earlier release stored it.
    #[must_use]
    pub fn shown(self, interview: &Interview) -> Self {
        Self {
            transcript_revision: self.revision(),
            ..Self::new(interview, self.transcript_revision, self.revision())
        }
    }
}
