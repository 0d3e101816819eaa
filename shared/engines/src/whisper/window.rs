//! A recording cut into windows of what the model takes at a time.
//!
//! The model always works on 30 seconds, filled up with silence. Utterances of
//! one channel are therefore joined, with the silence between them shortened,
//! and each part remembers when it was said.

use media::speech::SpeechSegment;

use crate::cut::{JoinedSegment, Joiner, in_recording};

/// Samples per millisecond.
const PER_MS: u64 = 16;

/// Samples that utterances are joined up to: 28 s.
const LONGEST: usize = 448_000;

/// Samples of silence that are kept between two utterances: 500 ms.
const PAUSE: u64 = 8_000;

/// Samples on each side of a place where an utterance is divided: 2 s. Less than that is
/// not worth a window, and the model recognises it worse.
const LEAST_PART: usize = 32_000;

/// Samples of the pause at which an utterance is divided: 160 ms.
const BRIEF_PAUSE: usize = 2_560;

/// How much quieter than the utterance such a pause is, as a factor: 20 dB.
const PAUSE_LOUDNESS: f64 = 0.1;

/// A stretch of one person's speech at 16 kHz, of up to 30 seconds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) speaker: u32,
    samples: Vec<i16>,
    /// What it is joined from, in milliseconds and in order; never empty.
    parts: Vec<JoinedSegment>,
}

impl Window {
    pub(super) fn new(speaker: u32, piece: SpeechSegment) -> Self {
        let part = JoinedSegment {
            at: 0,
            start: piece.start / PER_MS,
            length: milliseconds(piece.samples.len()),
        };
        Self {
            speaker,
            samples: piece.samples,
            parts: vec![part],
        }
    }

    /// Appends an utterance. Returns what does not fit: all of it, or the rest after a
    /// pause in it.
    fn join(&mut self, mut next: SpeechSegment) -> Result<(), SpeechSegment> {
        let gap = next.start.saturating_sub(self.end_ms() * PER_MS).min(PAUSE);
        let pause = usize::try_from(gap).unwrap_or(0);
        let room = LONGEST.saturating_sub(self.samples.len() + pause);
        if next.samples.len() <= room {
            self.append(pause, next);
            return Ok(());
        }
        if let Some(length) = pause_within(&next.samples, room) {
            let rest = SpeechSegment {
                start: next.start + length as u64,
                samples: next.samples.split_off(length),
            };
            self.append(pause, next);
            return Err(rest);
        }
        Err(next)
    }

    fn append(&mut self, pause: usize, next: SpeechSegment) {
        self.samples.resize(self.samples.len() + pause, 0);
        self.parts.push(JoinedSegment {
            at: milliseconds(self.samples.len()),
            start: next.start / PER_MS,
            length: milliseconds(next.samples.len()),
        });
        self.samples.extend(next.samples);
    }

    /// Its samples, from -32,768 to 32,767.
    pub(super) fn samples(&self) -> impl Iterator<Item = f32> {
        self.samples.iter().copied().map(f32::from)
    }

    /// Its length in milliseconds.
    pub(super) const fn length_ms(&self) -> u64 {
        milliseconds(self.samples.len())
    }

    /// When it ends in the recording.
    pub(super) fn end_ms(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.end())
    }

    /// The time in the recording of a span of the window.
    pub(super) fn in_recording(&self, start_ms: u64, end_ms: u64) -> (u64, u64) {
        in_recording(&self.parts, start_ms, end_ms)
    }
}

/// The middle of the last pause before `end`, where an utterance has one and enough on both
/// sides of it.
fn pause_within(samples: &[i16], end: usize) -> Option<usize> {
    let loudness = |samples: &[i16]| {
        let power: f64 = samples
            .iter()
            .map(|sample| f64::from(*sample).powi(2))
            .sum();
        (power / count(samples)).sqrt()
    };
    let quiet = loudness(samples) * PAUSE_LOUDNESS;
    let last = end.min(samples.len().saturating_sub(LEAST_PART));
    let starts = (LEAST_PART..(last + 1).saturating_sub(BRIEF_PAUSE)).step_by(BRIEF_PAUSE / 4);
    let mut pauses = starts.rev().map(|start| start..start + BRIEF_PAUSE);
    let pause = pauses.find(|pause| loudness(&samples[pause.clone()]) <= quiet)?;
    Some(pause.start + BRIEF_PAUSE / 2)
}

#[expect(clippy::cast_precision_loss, reason = "samples of a minute at most")]
const fn count(samples: &[i16]) -> f64 {
    samples.len() as f64
}

const fn milliseconds(samples: usize) -> u64 {
    samples as u64 / PER_MS
}

/// Joins the utterances of one channel to windows.
pub(super) struct WindowJoiner {
    speaker: u32,
    pending: Option<Window>,
}

impl WindowJoiner {
    pub(super) const fn new(speaker: u32) -> Self {
        Self {
            speaker,
            pending: None,
        }
    }
}

impl Joiner for WindowJoiner {
    type Piece = Window;

    fn push(&mut self, piece: SpeechSegment) -> Option<Window> {
        let refused = match &mut self.pending {
            Some(window) => window.join(piece).err(),
            None => Some(piece),
        };
        self.pending.replace(Window::new(self.speaker, refused?))
    }

    fn finish(&mut self) -> Option<Window> {
        self.pending.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(start_ms: u64, length_ms: usize) -> SpeechSegment {
        SpeechSegment {
            start: start_ms * PER_MS,
            samples: vec![7; length_ms * 16],
        }
    }

    fn windows(pieces: Vec<SpeechSegment>) -> Vec<Window> {
        let mut joiner = WindowJoiner::new(0);
        let full = pieces.into_iter().filter_map(|piece| joiner.push(piece));
        let mut found: Vec<Window> = full.collect();
        found.extend(joiner.finish());
        found
    }

    #[test]
    fn utterances_are_joined_with_short_pauses_up_to_28_seconds() {
        let pieces = vec![
            piece(1_000, 10_000),
            piece(60_000, 10_000),
            piece(70_200, 7_000),
            piece(80_000, 500),
        ];
        let found = windows(pieces);
        let lengths: Vec<u64> = found.iter().map(Window::length_ms).collect();
        assert_eq!(lengths, [27_700, 500]);
        assert_eq!(found[0].end_ms(), 77_200);
    }

    #[test]
    fn a_piece_of_thirty_seconds_stays_whole() {
        let found = windows(vec![piece(0, 30_000), piece(30_000, 1_000)]);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn times_in_a_window_are_times_in_the_recording() {
        // Said from 1 to 3 s and from 60 to 62 s: in the window from 0 and from 2.5 s.
        let found = windows(vec![piece(1_000, 2_000), piece(60_000, 2_000)]);
        for (span, expected) in [
            ((0, 500), (1_000, 1_500)),
            ((1_500, 2_300), (2_500, 3_000)),
            ((2_200, 2_700), (60_000, 60_200)),
            ((2_500, 4_500), (60_000, 62_000)),
            ((4_500, 9_000), (62_000, 62_000)),
            ((2_100, 2_400), (60_000, 60_000)),
            ((0, 0), (1_000, 1_000)),
        ] {
            assert_eq!(found[0].in_recording(span.0, span.1), expected, "{span:?}");
        }
    }
}
