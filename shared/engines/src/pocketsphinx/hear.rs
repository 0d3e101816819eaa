//! A recording cut into utterances, one person each where channels tell them apart.

use domain::transcript::AudioFacts;
use media::{
    Decoder, Error, Source,
    channels::ChannelComparison,
    resample::Resampler,
    speech::{Piece, Segmenter},
};

/// What a first look at the whole recording shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Survey {
    pub(crate) facts: AudioFacts,
    /// Whether there is a person to each channel.
    pub(crate) separate: bool,
}

impl Survey {
    /// How many people can be told apart.
    pub(crate) fn speakers(&self) -> u32 {
        if self.separate {
            u32::from(self.facts.channels)
        } else {
            1
        }
    }
}

/// A stretch of one person's speech at 16 kHz.
#[derive(Debug)]
pub(crate) struct Utterance {
    pub(crate) speaker: u32,
    /// Index of the first sample in the recording.
    start: u64,
    pub(crate) samples: Vec<i16>,
}

impl Utterance {
    pub(crate) const fn start_ms(&self) -> u64 {
        self.start / 16
    }

    pub(crate) const fn end_ms(&self) -> u64 {
        (self.start + self.samples.len() as u64) / 16
    }
}

/// Decodes the whole recording once, up to `limit_ms`.
pub(crate) fn survey(source: Box<dyn Source>, limit_ms: u64) -> Result<Survey, Error> {
    let mut decoder = Decoder::open(source)?;
    let rate = decoder.facts().sample_rate_hz;
    let mut comparison = None;
    while let Some(block) = decoder.next_block()? {
        let comparison =
            comparison.get_or_insert_with(|| ChannelComparison::new(block.channels(), rate));
        comparison.push(block);
        if decoder.facts().duration_ms > limit_ms {
            return Err(Error::TooLong {
                limit_minutes: limit_ms / 60_000,
            });
        }
    }
    Ok(Survey {
        facts: decoder.facts(),
        separate: comparison.is_some_and(|comparison| comparison.separate()),
    })
}

/// One channel, or the mix of all, on its way from the decoder to utterances.
struct Ear {
    resampler: Resampler,
    segmenter: Segmenter,
    resampled: Vec<i16>,
}

impl Ear {
    fn new(rate_hz: u32) -> Self {
        Self {
            resampler: Resampler::new(rate_hz),
            segmenter: Segmenter::default(),
            resampled: Vec::new(),
        }
    }

    fn push(&mut self, samples: impl Iterator<Item = i16>, emit: impl FnMut(Piece)) {
        self.resampler.push(samples, &mut self.resampled);
        self.segmenter.push(&self.resampled, emit);
        self.resampled.clear();
    }

    fn finish(&mut self, mut emit: impl FnMut(Piece)) {
        self.resampler.finish(&mut self.resampled);
        self.segmenter.push(&self.resampled, &mut emit);
        self.segmenter.finish(emit);
    }
}

/// Decodes the recording and hands each utterance to `emit` until that wants no
/// more; answers how much speech there was, in milliseconds.
pub(crate) fn cut(
    source: Box<dyn Source>,
    survey: Survey,
    mut emit: impl FnMut(Utterance) -> bool,
) -> Result<u64, Error> {
    let mut decoder = Decoder::open(source)?;
    let rate = survey.facts.sample_rate_hz;
    let mut ears: Vec<Ear> = (0..survey.speakers()).map(|_| Ear::new(rate)).collect();
    let mut wanted = true;
    let mut hand_over = |speaker, piece: Piece| {
        wanted = wanted
            && emit(Utterance {
                speaker,
                start: piece.start,
                samples: piece.samples,
            });
        wanted
    };
    while let Some(block) = decoder.next_block()? {
        for (speaker, ear) in (0..).zip(&mut ears) {
            let mut more = true;
            let emit = |piece| more = hand_over(speaker, piece);
            if survey.separate {
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
