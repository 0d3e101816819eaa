//! Utterances of a recording, one person each where channels tell them apart.

use media::speech::SpeechSegment;

use crate::cut::Joiner;

/// A stretch of one person's speech at 16 kHz.
#[derive(Debug)]
pub(crate) struct Utterance {
    pub(crate) speaker: u32,
    /// Index of the first sample in the recording.
    start: u64,
    pub(crate) samples: Vec<i16>,
}

impl Utterance {
    pub(crate) fn new(speaker: u32, piece: SpeechSegment) -> Self {
        Self {
            speaker,
            start: piece.start,
            samples: piece.samples,
        }
    }

    pub(crate) const fn start_ms(&self) -> u64 {
        self.start / 16
    }

    pub(crate) const fn end_ms(&self) -> u64 {
        (self.start + self.samples.len() as u64) / 16
    }
}

/// Makes an utterance of each speech segment of a speaker.
pub(crate) struct Utterances(pub(crate) u32);

impl Joiner for Utterances {
    type Piece = Utterance;

    fn push(&mut self, segment: SpeechSegment) -> Option<Utterance> {
        Some(Utterance::new(self.0, segment))
    }

    fn finish(&mut self) -> Option<Utterance> {
        None
    }
}
