//! A recording cut at silences, channel by channel, into what an engine takes at a time.

use media::{
    Block, Decoder, Error, Source,
    channels::BleedFilter,
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

/// Gives each channel its samples; whether more pieces are wanted.
fn push_each<J: Joiner>(
    channels: &mut [Channel<J>],
    block: &Block,
    emit: &mut impl FnMut(J::Piece) -> bool,
) -> bool {
    let mut channels = channels.iter_mut().enumerate();
    channels.all(|(index, channel)| {
        let pieces = channel.push(block.channel(index));
        pieces.into_iter().all(&mut *emit)
    })
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
    let mut decoder = Decoder::open(source)?.with_gain(survey.gain);
    let channel = |speaker| Channel {
        resampler: Resampler::new(survey.facts.sample_rate_hz),
        resampled: Vec::new(),
        segmenter: segmenter(),
        joiner: joiner(speaker),
    };
    let mut channels: Vec<Channel<J>> = (0..survey.speakers()).map(channel).collect();
    let mut filter = BleedFilter::new(channels.len(), survey.facts.sample_rate_hz);
    while let Some(block) = decoder.next_block()? {
        let is_wanted = if survey.separate {
            push_each(&mut channels, filter.push(block), &mut emit)
        } else {
            let mixed = channels.iter_mut();
            mixed
                .flat_map(|channel| channel.push(block.mix_by(survey.mix)))
                .all(&mut emit)
        };
        if !is_wanted {
            return Ok(0);
        }
    }
    if survey.separate && !push_each(&mut channels, filter.finish(), &mut emit) {
        return Ok(0);
    }
    if !channels.iter_mut().flat_map(Channel::finish).all(&mut emit) {
        return Ok(0);
    }
    let speech_ms = channels.iter().map(|channel| channel.segmenter.speech_ms());
    Ok(speech_ms.sum())
}
