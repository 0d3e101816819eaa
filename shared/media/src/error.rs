//! Why a recording could not be decoded.

use std::io;

use domain::steps::{Code, StepError};

/// Why a recording could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no recording at all.
    #[error("this is not an audio file of a kind known here")]
    NotAudio,
    /// It is a recording of a kind that is not decoded here.
    #[error(
        "{what} cannot be decoded here; convert the recording to M4A (AAC-LC), MP3, FLAC or WAV"
    )]
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
    #[error("the recording is empty: it holds no sound at all")]
    Empty,
    /// It is longer than permitted.
    #[error("the recording is longer than the {limit_minutes} minutes that are accepted")]
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
