//! `data/waveform`: peaks of the recording, small enough for one document.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, transcript::AudioFacts};

/// The stored waveform: one channel, 16 bits, in the terms of audiowaveform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredWaveform {
    /// What was decoded.
    pub audio: AudioFacts,
    /// Frames per second of the recording.
    pub sample_rate_hz: u32,
    /// Samples per pixel: frames summed up in one pair of minimum and maximum.
    pub samples_per_pixel: u32,
    /// Number of pairs.
    pub length: u32,
    /// The pairs, minimum first: i16 little-endian in base64.
    pub data: String,
    /// The object generation it was made from.
    pub generation: i64,
    /// When it was stored.
    pub created_at: Timestamp,
}
