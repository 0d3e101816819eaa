//! A recording cut at silences, channel by channel, into what an engine takes at a time.

use media::{
    Decoder, Error, Source,
    resample::Resampler,
    speech::{Segmenter, SpeechSegment},
};

use crate::probe::AudioProbe;

/// Joins the speech segments of one channel.
pub(crate) trait Joiner {
    /// What the engine takes at a time.
    type Piece;

    /// Takes the next segment; returns the piece that is complete before it.
    fn push(&mut self, segment: SpeechSegment) -> Option<Self::Piece>;

    /// The piece that is left.
    fn finish(&mut self) -> Option<Self::Piece>;
}

/// One channel, or the mix of all, on its way from the decoder to pieces.
struct Channel<J> {
    resampler: Resampler,
    resampled: Vec<i16>,
    segmenter: Segmenter,
    joiner: J,
}

impl<J: Joiner> Channel<J> {
    /// The pieces that these samples complete.
    fn push(&mut self, samples: impl Iterator<Item = i16>) -> Vec<J::Piece> {
        self.resampler.push(samples, &mut self.resampled);
        self.segment()
    }

    /// The pieces that are left.
    fn finish(&mut self) -> Vec<J::Piece> {
        self.resampler.finish(&mut self.resampled);
        let mut pieces = self.segment();
        self.segmenter
            .finish(|segment| pieces.extend(self.joiner.push(segment)));
        pieces.extend(self.joiner.finish());
        pieces
    }

    fn segment(&mut self) -> Vec<J::Piece> {
        let mut pieces = Vec::new();
        self.segmenter.push(&self.resampled, |segment| {
            pieces.extend(self.joiner.push(segment));
        });
        self.resampled.clear();
        pieces
    }
}

/// Decodes the recording and hands each piece to `emit` until that returns `false`.
/// `joiner` is called with the number of each speaker. Returns how much speech there is, in
/// milliseconds.
pub(crate) fn cut<J: Joiner>(
    source: Box<dyn Source>,
    survey: AudioProbe,
    segmenter: fn() -> Segmenter,
    joiner: fn(u32) -> J,
    mut emit: impl FnMut(J::Piece) -> bool,
) -> Result<u64, Error> {
    let mut decoder = Decoder::open(source)?;
    let channel = |speaker| Channel {
        resampler: Resampler::new(survey.facts.sample_rate_hz),
        resampled: Vec::new(),
        segmenter: segmenter(),
        joiner: joiner(speaker),
    };
    let mut channels: Vec<Channel<J>> = (0..survey.speakers()).map(channel).collect();
    while let Some(block) = decoder.next_block()? {
        for (index, channel) in channels.iter_mut().enumerate() {
            let pieces = if survey.separate {
                channel.push(block.channel(index))
            } else {
                channel.push(block.mix())
            };
            if !pieces.into_iter().all(&mut emit) {
                return Ok(0);
            }
        }
    }
    if !channels.iter_mut().flat_map(Channel::finish).all(&mut emit) {
        return Ok(0);
    }
    let speech_ms = channels.iter().map(|channel| channel.segmenter.speech_ms());
    Ok(speech_ms.sum())
}
