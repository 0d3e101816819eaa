//! A recording cut at silences, channel by channel, into what an engine takes at a time.

use domain::{ports::Recording, steps::StepError};
use media::{
    Block, Decoder, Error, ObjectReader,
    channels::BleedFilter,
    resample::Resampler,
    speech::{Segmenter, SpeechSegment},
};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
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

/// A speech segment in what an engine takes at a time; all in one unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JoinedSegment {
    /// When it begins there.
    pub(crate) at: u64,
    /// When it begins in the recording.
    pub(crate) start: u64,
    pub(crate) length: u64,
}

impl JoinedSegment {
    /// When it ends in the recording.
    pub(crate) const fn end(self) -> u64 {
        self.start + self.length
    }
}

/// Where a span of what is joined from `parts` lies in the recording. The start of a span that
/// begins in a pause is moved to the part behind it, and the end of one that ends in a pause to
/// the part before it.
pub(crate) fn in_recording(parts: &[JoinedSegment], from: u64, to: u64) -> (u64, u64) {
    let first = parts.iter().position(|part| from < part.at + part.length);
    let first = parts[first.unwrap_or(parts.len() - 1)];
    let begun = parts.iter().rposition(|part| part.at < to);
    let begun = parts[begun.unwrap_or(0)];
    let start = first.start + from.saturating_sub(first.at).min(first.length);
    let end = begun.start + to.saturating_sub(begun.at).min(begun.length);
    (start, end.max(start))
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
    fn push(&mut self, samples: &[i16]) -> Vec<J::Piece> {
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
        let pieces = channel.push(&block.channel(index));
        pieces.into_iter().all(&mut *emit)
    })
}

/// A recording that a thread of its own decodes and cuts, as far as its pieces are taken.
pub(crate) struct Cutting(JoinHandle<Result<u64, Error>>);

impl Cutting {
    /// Begins to cut; the pieces come as they are complete. `joiner` is called with the number of
    /// each speaker.
    pub(crate) fn start<J: Joiner<Piece: Send> + 'static>(
        recording: &Recording,
        probe: AudioProbe,
        segmenter: fn() -> Segmenter,
        joiner: fn(u32) -> J,
    ) -> (mpsc::Receiver<J::Piece>, Self) {
        let (send, pieces) = mpsc::channel(1);
        let recording = recording.clone();
        let work = move || cut(&recording, probe, segmenter, joiner, &send);
        (pieces, Self(spawn_blocking(work)))
    }

    /// How much speech there is, in milliseconds; `broken` where the thread broke down.
    pub(crate) async fn speech_ms(self, broken: fn() -> StepError) -> Result<u64, StepError> {
        let outcome = self.0.await.map_err(|_| broken())?;
        outcome.map_err(|error| error.to_step_error())
    }
}

/// Decodes the recording and sends each piece until none is wanted. Returns how much speech there
/// is, in milliseconds.
fn cut<J: Joiner>(
    recording: &Recording,
    survey: AudioProbe,
    segmenter: fn() -> Segmenter,
    joiner: fn(u32) -> J,
    pieces: &mpsc::Sender<J::Piece>,
) -> Result<u64, Error> {
    let mut emit = |piece| pieces.blocking_send(piece).is_ok();
    let source = Box::new(ObjectReader::open(recording));
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
                .flat_map(|channel| channel.push(&block.mix_by(survey.mix)))
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
