//! Why a recording could not be decoded.

use std::io;

use domain::steps::{Code, StepError};

/// Why a recording could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a recording.
    #[error("the file is not a recognised audio or video format")]
    NotAudio,
    /// A recording in a format that is not decoded.
    #[error("{what} cannot be decoded; convert the recording to M4A (AAC-LC), MP3, FLAC or WAV")]
    Unsupported {
        /// The container or codec.
        what: String,
    },
    /// It is a recording of a known kind, but broken beyond use.
    #[error("the recording is damaged: {what}")]
    Damaged {
        /// What is wrong with it.
        what: String,
    },
    /// It holds no samples.
    #[error("the recording has no audio samples")]
    Empty,
    /// It is longer than permitted.
    #[error("the recording is longer than {limit_minutes} minutes")]
    TooLong {
        /// The limit in minutes.
        limit_minutes: u64,
    },
    /// The bytes could not be read; the recording may be all right.
    #[error("reading the recording")]
    Read(#[source] io::Error),
}

impl Error {
    /// The error as the step's, for the interview's owner to read.
    pub fn to_step_error(&self) -> StepError {
        let code = match self {
            Self::NotAudio => Code::NotAudio,
            Self::Unsupported { .. } => Code::UnsupportedAudio,
            Self::Damaged { .. } => Code::DamagedAudio,
            Self::Empty => Code::EmptyAudio,
            Self::TooLong { .. } => Code::TooLong,
            // Another try would miss it as well.
            Self::Read(error) if error.kind() == io::ErrorKind::NotFound => {
                return StepError::permanent(
                    Code::RecordingMissing,
                    "the recording is not there any more",
                );
            }
            Self::Read(_) => {
                return StepError::transient(
                    Code::RecordingUnavailable,
                    "the recording could not be read",
                );
            }
        };
        StepError::permanent(code, self.to_string())
    }
}
