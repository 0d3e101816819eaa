//! What decoding shows of a file.

use domain::audio_warning::AudioWarning;

use crate::names;

/// What decoding has shown of the file and what could not be decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordingReport {
    /// The container, as FFmpeg names it.
    pub container: String,
    /// The codec, as FFmpeg names it.
    pub codec: String,
    /// The media type that the container and codec have.
    pub content_type: String,
    /// Whether FFmpeg was needed.
    pub used_ffmpeg: bool,
    /// Whether what is played differs from the packets in the file: they were cut by a
    /// person, have gaps, or are of several recordings. Browsers treat such files differently.
    pub is_edited: bool,
    /// What could not be decoded as it should.
    pub warnings: Vec<AudioWarning>,
}

impl RecordingReport {
    /// Whether browsers play the file, on the time line of the decoded samples.
    pub fn plays_in_browsers(&self) -> bool {
        let is_whole = !self.used_ffmpeg && !self.is_edited;
        is_whole && names::plays_in_browsers(&self.container, &self.codec)
    }
}
