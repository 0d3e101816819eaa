//! The transcript as files, for callers that are no HTTP clients.

use domain::transcript::Transcript;
use serde_json::Value;

/// The transcript as the API shows it.
pub fn json(transcript: &Transcript) -> Value {
    crate::transcript::to_json(transcript)
}

/// `SubRip` captions.
pub fn srt(transcript: &Transcript) -> String {
    crate::captions::srt(transcript)
}
