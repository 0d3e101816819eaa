//! Pieces of a recording, of a size that servers accept.
//!
//! Utterances of one channel are joined with the silence between them shortened:
//! models invent words for long silences, and providers charge for them. Each part
//! of a piece remembers where it lies in the recording.

use bytes::Bytes;
use media::{resample::SPEECH_RATE_HZ, speech, wav_header};

use crate::cut::{JoinedSegment, Joiner, in_recording};

/// Samples per millisecond.
const PER_MS: u64 = 16;

/// Bytes of one sample.
const SAMPLE: usize = 2;

/// Samples of silence that are kept between two utterances: one second.
const PAUSE: u64 = 16_000;

/// Samples of the longest piece: five minutes, which are 9.6 MB. `OpenAI` and Groq
/// accept 25 MB, vLLM 25 MB and ten minutes, `gpt-4o-transcribe` 1,400 seconds.
const LONGEST: u64 = 5 * 60 * 16_000;

/// Speech of one channel at 16 kHz, as it is sent in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The speaker, from 0.
    pub(super) speaker: u32,
    /// Samples of 16 bits, little-endian.
    pcm: Bytes,
    /// The utterances that it consists of, in samples and in order; never empty.
    parts: Vec<JoinedSegment>,
}

impl Piece {
    /// A piece of one utterance.
    pub(super) fn from_utterance(speaker: u32, utterance: &speech::SpeechSegment) -> Self {
        let mut builder = Builder::new(speaker);
        builder.push(utterance);
        builder.finish()
    }

    /// Its length in milliseconds.
    pub(super) fn length_ms(&self) -> u64 {
        self.length() / PER_MS
    }

    /// Its length in samples.
    pub(super) fn length(&self) -> u64 {
        (self.pcm.len() / SAMPLE) as u64
    }

    /// When it ends in the recording, in milliseconds.
    pub(super) fn end_ms(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.end() / PER_MS)
    }

    /// A WAV file: its header and its samples.
    pub(super) fn wav(&self) -> [Bytes; 2] {
        let length = u32::try_from(self.pcm.len()).unwrap_or(u32::MAX);
        [
            wav_header(1, SPEECH_RATE_HZ, length).into(),
            self.pcm.clone(),
        ]
    }

    /// Where a span of the piece lies in the recording, in milliseconds.
    pub(super) fn in_recording(&self, start_ms: u64, end_ms: u64) -> (u64, u64) {
        let (start, end) = in_recording(&self.parts, start_ms * PER_MS, end_ms * PER_MS);
        (start / PER_MS, end / PER_MS)
    }

    /// The speech between two times of the piece, as spans in milliseconds.
    pub(super) fn speech_between(&self, start_ms: u64, end_ms: u64) -> Vec<(u64, u64)> {
        let spans = self.parts.iter().map(|part| {
            let (from, to) = (part.at / PER_MS, (part.at + part.length) / PER_MS);
            (from.max(start_ms), to.min(end_ms))
        });
        spans.filter(|(from, to)| from < to).collect()
    }

    /// Whether it can be cut between utterances.
    pub(super) const fn is_divisible(&self) -> bool {
        self.parts.len() > 1
    }

    /// Two shorter pieces, cut between the two utterances nearest to the middle; none
    /// where it is a single utterance. The audio is not copied.
    pub(super) fn halves(&self) -> Option<(Self, Self)> {
        let middle = self.length() / 2;
        let distance = |index: &usize| self.parts[*index].at.abs_diff(middle);
        let cut = (1..self.parts.len()).min_by_key(distance)?;
        let (before, after) = self.parts.split_at(cut);
        let (last, at) = (before[cut - 1], after[0].at);
        let moved = |part: &JoinedSegment| JoinedSegment {
            at: part.at - at,
            ..*part
        };
        let half = |pcm, parts| Self {
            speaker: self.speaker,
            pcm,
            parts,
        };
        Some((
            half(
                self.pcm.slice(..bytes(last.at + last.length)),
                before.to_vec(),
            ),
            half(
                self.pcm.slice(bytes(at)..),
                after.iter().map(moved).collect(),
            ),
        ))
    }
}

/// Bytes of so many samples.
fn bytes(samples: u64) -> usize {
    usize::try_from(samples)
        .unwrap_or(usize::MAX)
        .saturating_mul(SAMPLE)
}

/// Joins the utterances of one channel to pieces.
pub(super) struct PieceJoiner {
    speaker: u32,
    pending: Option<Builder>,
}

impl PieceJoiner {
    pub(super) const fn new(speaker: u32) -> Self {
        Self {
            speaker,
            pending: None,
        }
    }
}

impl Joiner for PieceJoiner {
    type Piece = Piece;

    fn push(&mut self, utterance: speech::SpeechSegment) -> Option<Piece> {
        let is_full = |pending: &Builder| !pending.has_room(&utterance);
        let full = self.pending.take_if(|pending| is_full(pending));
        let pending = self
            .pending
            .get_or_insert_with(|| Builder::new(self.speaker));
        pending.push(&utterance);
        full.map(Builder::finish)
    }

    fn finish(&mut self) -> Option<Piece> {
        self.pending.take().map(Builder::finish)
    }
}

/// A piece that utterances are added to.
struct Builder {
    speaker: u32,
    pcm: Vec<u8>,
    parts: Vec<JoinedSegment>,
}

impl Builder {
    const fn new(speaker: u32) -> Self {
        Self {
            speaker,
            pcm: Vec::new(),
            parts: Vec::new(),
        }
    }

    fn length(&self) -> u64 {
        (self.pcm.len() / SAMPLE) as u64
    }

    /// Samples of silence between the piece so far and an utterance.
    fn pause(&self, next: &speech::SpeechSegment) -> u64 {
        let end = self.parts.last().map_or(next.start, |part| part.end());
        next.start.saturating_sub(end).min(PAUSE)
    }

    fn has_room(&self, next: &speech::SpeechSegment) -> bool {
        self.length() + self.pause(next) + next.samples.len() as u64 <= LONGEST
    }

    fn push(&mut self, next: &speech::SpeechSegment) {
        let silence = bytes(self.pause(next));
        self.pcm.resize(self.pcm.len() + silence, 0);
        self.parts.push(JoinedSegment {
            at: self.length(),
            start: next.start,
            length: next.samples.len() as u64,
        });
        let samples = next.samples.iter().flat_map(|sample| sample.to_le_bytes());
        self.pcm.extend(samples);
    }

    fn finish(self) -> Piece {
        Piece {
            speaker: self.speaker,
            pcm: self.pcm.into(),
            parts: self.parts,
        }
    }
}

#[cfg(test)]
mod tests;
