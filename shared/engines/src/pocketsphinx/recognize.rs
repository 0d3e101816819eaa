//! A recording cut into utterances, one person each where channels tell them apart.

use media::{
    Decoder, Error, Source,
    resample::Resampler,
    speech::{Segmenter, SpeechSegment},
};

use crate::probe::AudioProbe;

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

/// One channel, or the mix of all, on its way from the decoder to utterances.
struct ChannelPipeline {
    resampler: Resampler,
    segmenter: Segmenter,
    resampled: Vec<i16>,
}

impl ChannelPipeline {
    fn new(rate_hz: u32) -> Self {
        Self {
            resampler: Resampler::new(rate_hz),
            segmenter: Segmenter::default(),
            resampled: Vec::new(),
        }
    }

    fn push(&mut self, samples: impl Iterator<Item = i16>, emit: impl FnMut(SpeechSegment)) {
        self.resampler.push(samples, &mut self.resampled);
        self.segmenter.push(&self.resampled, emit);
        self.resampled.clear();
    }

    fn finish(&mut self, mut emit: impl FnMut(SpeechSegment)) {
        self.resampler.finish(&mut self.resampled);
        self.segmenter.push(&self.resampled, &mut emit);
        self.segmenter.finish(emit);
    }
}

/// Decodes the recording and hands each utterance to `emit` until that wants no
/// more; answers how much speech there was, in milliseconds.
pub(crate) fn cut(
    source: Box<dyn Source>,
    probe: AudioProbe,
    mut emit: impl FnMut(Utterance) -> bool,
) -> Result<u64, Error> {
    let mut decoder = Decoder::open(source)?;
    let rate = probe.facts.sample_rate_hz;
    let mut ears: Vec<ChannelPipeline> = (0..probe.speakers())
        .map(|_| ChannelPipeline::new(rate))
        .collect();
    let mut wanted = true;
    let mut hand_over = |speaker, piece: SpeechSegment| {
        wanted = wanted && emit(Utterance::new(speaker, piece));
        wanted
    };
    while let Some(block) = decoder.next_block()? {
        for (speaker, ear) in (0..).zip(&mut ears) {
            let mut more = true;
            let emit = |piece| more = hand_over(speaker, piece);
            if probe.separate {
                ear.push(block.channel(speaker as usize), emit);
            } else {
                ear.push(block.mix(), emit);
            }
            if !more {
                return Ok(0);
            }
        }
    }
    for (speaker, ear) in (0..).zip(&mut ears) {
        ear.finish(|piece| {
            hand_over(speaker, piece);
        });
    }
    Ok(ears.iter().map(|ear| ear.segmenter.speech_ms()).sum())
}
