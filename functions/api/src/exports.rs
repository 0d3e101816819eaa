//! The transcript as files, for callers that are no HTTP clients.

use domain::transcript::Transcript;
use serde::Serialize;

use crate::{captions::SubRip, transcript_forms};

/// The transcript as the API shows it.
pub fn json(transcript: &Transcript) -> impl Serialize + '_ {
    crate::transcript::TranscriptBody::from(transcript)
}

/// `SubRip` captions.
pub fn srt(transcript: &Transcript) -> String {
    transcript_forms::write(SubRip::default(), transcript)
}
