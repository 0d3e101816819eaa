//! What could not be decoded of a recording, or makes it hard to understand.

use serde::{Deserialize, Serialize};

use crate::{
    analysis::Warning,
    text::clock_time,
    versions::{UnknownFields, open_enum, strip_unknown},
};

/// The most warnings of a recording; further ones extend the last of their kind.
pub const MAX_AUDIO_WARNINGS: usize = 50;

/// Warnings of one kind that are not further apart than this are one, in milliseconds.
const SAME_STRETCH_MS: u64 = 1_000;

open_enum! {
    /// The kind of a warning.
    pub enum AudioWarningCode, unknown as Other {
        /// Part of the recording could not be decoded and is silent.
        SkippedPackets = "skipped_packets",
        /// Bytes at the end of the file were not decoded.
        UnreadBytes = "unread_bytes",
        /// Another track with sound was not decoded.
        OtherTrack = "other_track",
        /// The sampling rate or the number of channels changes.
        FormatChange = "format_change",
        /// Silence replaces a stretch for which nothing was recorded.
        GapFilled = "gap_filled",
        /// The file ends before its declared length.
        EndsEarly = "ends_early",
        /// The recording is too loud: peaks are cut off.
        Clipped = "clipped",
        /// The recording is very quiet.
        LowLevel = "low_level",
        /// Another kind.
        Other = "other",
    }
}

/// Part of a recording that could not be decoded as it should, or is hard to understand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AudioWarning {
    /// Its kind.
    pub code: AudioWarningCode,
    /// Where the part begins, in milliseconds from the start.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
    /// What a person is told.
    pub message: String,
    /// Fields of a newer release.
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schemars(skip))]
    pub unknown: UnknownFields,
}
strip_unknown!(AudioWarning, code);

impl AudioWarning {
    /// A warning with the message of its kind.
    pub fn new(code: AudioWarningCode, from_ms: u64, to_ms: u64) -> Self {
        let message = match code.known() {
            AudioWarningCode::SkippedPackets => "part of the recording is damaged and silent",
            AudioWarningCode::UnreadBytes => "the end of the file could not be decoded",
            AudioWarningCode::OtherTrack => {
                "the file has another sound track, which is not included"
            }
            AudioWarningCode::FormatChange => {
                "the sampling rate or the number of channels changes within the recording"
            }
            AudioWarningCode::GapFilled => {
                "nothing was recorded here; silence keeps the times right"
            }
            AudioWarningCode::EndsEarly => "the file ends before its declared length",
            AudioWarningCode::Clipped => "the recording is too loud: its peaks are cut off",
            AudioWarningCode::LowLevel => "the recording is very quiet",
            AudioWarningCode::Other | AudioWarningCode::Unknown(_) => "the recording has a defect",
        };
        Self {
            code,
            from_ms,
            to_ms,
            message: message.to_owned(),
            unknown: UnknownFields::default(),
        }
    }

    /// The same as a warning of the analysis, which names the part of the recording.
    pub fn to_analysis_warning(&self) -> Warning {
        let [from, to] = [self.from_ms, self.to_ms].map(clock_time);
        let place = if from == to {
            format!("at {from}")
        } else {
            format!("from {from} to {to}")
        };
        Warning {
            code: self.code.word().to_owned(),
            message: format!("{place}: {}", self.message),
        }
    }
}

/// Adds a warning to a list, joined with the last of its kind where that is close or the
/// list is full.
pub fn add_audio_warning(warnings: &mut Vec<AudioWarning>, warning: AudioWarning) {
    let is_full = warnings.len() >= MAX_AUDIO_WARNINGS;
    let same_kind = |known: &&mut AudioWarning| known.code == warning.code;
    match warnings.iter_mut().rev().find(same_kind) {
        Some(last) if is_full || warning.from_ms <= last.to_ms + SAME_STRETCH_MS => {
            last.to_ms = last.to_ms.max(warning.to_ms);
        }
        _ if is_full => {}
        _ => warnings.push(warning),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_warnings_of_a_kind_are_joined() {
        let mut warnings = Vec::new();
        let mut add = |code, from_ms, to_ms| {
            add_audio_warning(&mut warnings, AudioWarning::new(code, from_ms, to_ms));
        };
        add(AudioWarningCode::SkippedPackets, 0, 20);
        add(AudioWarningCode::GapFilled, 500, 900);
        add(AudioWarningCode::SkippedPackets, 800, 820);
        add(AudioWarningCode::SkippedPackets, 5_000, 5_020);
        let spans: Vec<_> = warnings
            .iter()
            .map(|one| (one.from_ms, one.to_ms))
            .collect();
        assert_eq!(spans, [(0, 820), (500, 900), (5_000, 5_020)]);
    }

    #[test]
    fn the_analysis_names_the_part_of_the_recording() {
        let warning = AudioWarning::new(AudioWarningCode::GapFilled, 3_661_900, 3_675_000);
        let message = warning.to_analysis_warning().message;
        assert!(
            message.starts_with("from 1:01:01 to 1:01:15: "),
            "{message}"
        );
    }

    #[test]
    fn full_lists_extend_the_last_of_a_kind() {
        let mut warnings = Vec::new();
        for index in 0..200 {
            let from_ms = index * 10_000;
            let warning = AudioWarning::new(AudioWarningCode::SkippedPackets, from_ms, from_ms + 5);
            add_audio_warning(&mut warnings, warning);
        }
        assert_eq!(warnings.len(), MAX_AUDIO_WARNINGS);
        assert_eq!(warnings[MAX_AUDIO_WARNINGS - 1].to_ms, 1_990_005);
    }
}
