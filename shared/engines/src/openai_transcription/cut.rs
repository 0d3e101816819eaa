//! A recording cut into pieces at silences.

use media::{
    Decoder, Error, Source,
    resample::Resampler,
    speech::{self, Segmenter},
};

use super::pieces::{Builder, Piece};
use crate::probe::AudioProbe;

/// One channel, or the mix of all, on its way from the decoder to pieces.
pub(super) struct ChannelCutter {
    speaker: u32,
    resampler: Resampler,
    resampled: Vec<i16>,
    segmenter: Segmenter,
    pending: Option<Builder>,
}

impl ChannelCutter {
    pub(super) fn new(speaker: u32, rate_hz: u32) -> Self {
        Self {
            speaker,
            resampler: Resampler::new(rate_hz),
            resampled: Vec::new(),
            segmenter: Segmenter::default(),
            pending: None,
        }
    }

    /// The pieces that these samples complete.
    fn push(&mut self, samples: impl Iterator<Item = i16>) -> Vec<Piece> {
        self.resampler.push(samples, &mut self.resampled);
        let mut utterances = Vec::new();
        self.segmenter
            .push(&self.resampled, |utterance| utterances.push(utterance));
        self.resampled.clear();
        self.joined(&utterances)
    }

    /// The pieces that are left.
    fn finish(&mut self) -> Vec<Piece> {
        self.resampler.finish(&mut self.resampled);
        let mut utterances = Vec::new();
        self.segmenter
            .push(&self.resampled, |utterance| utterances.push(utterance));
        self.segmenter
            .finish(|utterance| utterances.push(utterance));
        let mut pieces = self.joined(&utterances);
        pieces.extend(self.rest());
        pieces
    }

    /// The piece that utterances are still added to.
    pub(super) fn rest(&mut self) -> Option<Piece> {
        self.pending.take().map(Builder::finish)
    }

    /// Adds utterances; returns the pieces that they complete.
    pub(super) fn joined(&mut self, utterances: &[speech::SpeechSegment]) -> Vec<Piece> {
        let mut full = Vec::new();
        for utterance in utterances {
            if self
                .pending
                .as_ref()
                .is_some_and(|pending| !pending.has_room(utterance))
            {
                full.extend(self.rest());
            }
            let pending = self
                .pending
                .get_or_insert_with(|| Builder::new(self.speaker));
            pending.push(utterance);
        }
        full
    }
}

/// Decodes a recording and hands each piece to `emit` until that returns `false`.
/// Returns how much speech there is, in milliseconds.
pub(super) fn cut(
    source: Box<dyn Source>,
    probe: AudioProbe,
    mut emit: impl FnMut(Piece) -> bool,
) -> Result<u64, Error> {
    let mut decoder = Decoder::open(source)?;
    let rate = probe.facts.sample_rate_hz;
    let mut channels: Vec<ChannelCutter> = (0..probe.speakers())
        .map(|speaker| ChannelCutter::new(speaker, rate))
        .collect();
    while let Some(block) = decoder.next_block()? {
        for channel in &mut channels {
            let full = if probe.separate {
                channel.push(block.channel(channel.speaker as usize))
            } else {
                channel.push(block.mix())
            };
            if !full.into_iter().all(&mut emit) {
                return Ok(0);
            }
        }
    }
    if !channels
        .iter_mut()
        .flat_map(ChannelCutter::finish)
        .all(&mut emit)
    {
        return Ok(0);
    }
    Ok(channels
        .iter()
        .map(|channel| channel.segmenter.speech_ms())
        .sum())
}
