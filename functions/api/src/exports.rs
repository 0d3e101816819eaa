//! The transcript as files, for callers that are no HTTP clients.

use domain::{Interview, transcript::Transcript};
use serde::Serialize;

use crate::{captions::SubRip, transcript_body::TranscriptBody, transcript_forms};

/// The transcript of an interview as the API shows it, as it was recognised.
pub fn json<'a>(interview: &Interview, transcript: &'a Transcript) -> impl Serialize + 'a {
    let run_id = interview.run_id(transcript.head.revision);
    TranscriptBody::from(transcript).of_run(run_id, 0)
}

/// `SubRip` captions.
pub fn srt(transcript: &Transcript) -> String {
    transcript_forms::write(SubRip::default(), transcript)
}
