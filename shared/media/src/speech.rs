//! Cuts a channel into pieces at silences.
//!
//! Speech recognisers do best on an utterance or two at a time, and invent words in
//! long silences. Loudness over 20 ms against a noise floor that follows the recording
//! distinguishes speech from silence.

use std::collections::VecDeque;

/// Samples per frame: 20 ms at 16 kHz.
const FRAME: usize = 320;

/// Frames kept before and after speech: 200 ms.
const PADDING: usize = 10;

/// The same for engines that understand pauses and noise: 500 ms.
const WIDE_PADDING: usize = 25;

/// Frames of silence that always end a piece: 1 s.
const LONG_SILENCE: usize = 50;

/// Frames of silence that end a piece that is long enough: 300 ms.
const SHORT_SILENCE: usize = 15;

/// Frames from which a piece is long enough: 10 s.
const LONG_ENOUGH: usize = 500;

/// The same for callers that wait for each piece: 2 s.
const LONG_ENOUGH_LIVE: usize = 100;

/// Frames that no piece exceeds: 30 s.
const TOO_LONG: usize = 1_500;

/// Frames at the end of a piece that is too long among which the quietest is
/// where it is cut: 5 s.
const CUT_SEARCH: usize = 250;

/// How much louder than the noise floor speech is: 10 dB.
const ABOVE_FLOOR: f64 = 3.2;

/// The same for engines that understand pauses and noise, which are given quiet speech
/// in noise too: 5 dB.
const SLIGHTLY_ABOVE_FLOOR: f64 = 1.8;

/// The quietest that counts as speech, as root mean square of 16-bit samples.
const QUIETEST: f64 = 60.0;

/// How fast the floor follows when it gets louder, per frame: tenfold in 20 s.
const FLOOR_RISE: f64 = 1.0023;

/// A stretch of one channel at 16 kHz.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeechSegment {
    /// Index of its first sample in the channel.
    pub start: u64,
    /// Its samples.
    pub samples: Vec<i16>,
}

/// Cuts a channel at 16 kHz into pieces as it comes.
#[derive(Debug)]
pub struct Segmenter {
    /// Samples that do not fill a frame yet.
    rest: Vec<i16>,
    /// Frames of the piece at hand with their loudness, or of the time before one.
    frames: VecDeque<([i16; FRAME], f64)>,
    /// Index of the first frame at hand.
    first: u64,
    in_piece: bool,
    silent_for: usize,
    floor: f64,
    speech_frames: u64,
    long_enough: usize,
    /// Frames kept before and after speech.
    padding: usize,
    /// How much louder than the noise floor speech is, as a factor.
    above_floor: f64,
}

impl Default for Segmenter {
    fn default() -> Self {
        Self {
            rest: Vec::new(),
            frames: VecDeque::new(),
            first: 0,
            in_piece: false,
            silent_for: 0,
            floor: QUIETEST / ABOVE_FLOOR,
            speech_frames: 0,
            long_enough: LONG_ENOUGH,
            padding: PADDING,
            above_floor: ABOVE_FLOOR,
        }
    }
}

impl Segmenter {
    /// One that gives shorter pieces, for callers that wait for each.
    pub fn live() -> Self {
        Self {
            long_enough: LONG_ENOUGH_LIVE,
            ..Self::default()
        }
    }

    /// One for engines that tell speech from noise themselves: it keeps more of what may
    /// be speech, and more around it.
    pub fn generous() -> Self {
        Self {
            long_enough: LONG_ENOUGH_LIVE,
            padding: WIDE_PADDING,
            above_floor: SLIGHTLY_ABOVE_FLOOR,
            ..Self::default()
        }
    }

    /// Takes samples and hands each piece that they complete to `emit`.
    pub fn push(&mut self, samples: &[i16], mut emit: impl FnMut(SpeechSegment)) {
        self.rest.extend_from_slice(samples);
        let whole = self.rest.len() / FRAME * FRAME;
        let frames: Vec<i16> = self.rest.drain(..whole).collect();
        for frame in frames.as_chunks::<FRAME>().0 {
            if let Some(piece) = self.take(frame) {
                emit(piece);
            }
        }
    }

    /// Hands over the last piece.
    pub fn finish(&mut self, mut emit: impl FnMut(SpeechSegment)) {
        if !self.rest.is_empty() {
            let mut last = [0; FRAME];
            last[..self.rest.len()].copy_from_slice(&self.rest);
            self.rest.clear();
            if let Some(piece) = self.take(&last) {
                emit(piece);
            }
        }
        if self.in_piece {
            emit(self.cut(self.frames.len() - self.trailing()));
        }
    }

    /// How much speech there was so far, in milliseconds.
    pub const fn speech_ms(&self) -> u64 {
        self.speech_frames * 20
    }

    fn take(&mut self, frame: &[i16; FRAME]) -> Option<SpeechSegment> {
        let loudness = root_mean_square(frame);
        let speech = self.is_speech(loudness);
        self.frames.push_back((*frame, loudness));
        if speech {
            self.speech_frames += 1;
            self.silent_for = 0;
            self.in_piece = true;
        } else {
            self.silent_for += 1;
        }
        if !self.in_piece {
            self.forget_before_speech();
            return None;
        }
        let long_enough = self.frames.len() >= self.long_enough && self.silent_for >= SHORT_SILENCE;
        if self.silent_for >= LONG_SILENCE || long_enough {
            return Some(self.cut(self.frames.len() - self.trailing()));
        }
        (self.frames.len() >= TOO_LONG).then(|| self.cut_at_the_quietest())
    }

    /// The floor falls at once and rises slowly.
    fn is_speech(&mut self, loudness: f64) -> bool {
        let speech = loudness > (self.floor * self.above_floor).max(QUIETEST);
        self.floor = (self.floor * FLOOR_RISE).min(loudness.max(1.0));
        speech
    }

    fn forget_before_speech(&mut self) {
        while self.frames.len() > self.padding {
            self.frames.pop_front();
            self.first += 1;
        }
    }

    /// Frames of silence at the end beyond the padding that is kept.
    const fn trailing(&self) -> usize {
        self.silent_for.saturating_sub(self.padding)
    }

    fn quietest_near_the_end(&self) -> usize {
        let from = self.frames.len() - CUT_SEARCH;
        let loudness = |index: &usize| self.frames[*index].1;
        (from..self.frames.len())
            .min_by(|a, b| loudness(a).total_cmp(&loudness(b)))
            .map_or(self.frames.len(), |index| index + 1)
    }

    /// A piece that ends at the quietest frame; the speech continues after it, unless
    /// only silence is left.
    fn cut_at_the_quietest(&mut self) -> SpeechSegment {
        let piece = self.split_off(self.quietest_near_the_end());
        if self.silent_for >= self.frames.len() {
            self.in_piece = false;
            self.forget_before_speech();
        }
        piece
    }

    /// A piece of the first `count` buffered frames, at the end of speech.
    fn cut(&mut self, count: usize) -> SpeechSegment {
        let piece = self.split_off(count);
        self.in_piece = false;
        self.forget_before_speech();
        piece
    }

    /// A piece of the first `count` buffered frames; the rest continues it.
    fn split_off(&mut self, count: usize) -> SpeechSegment {
        let start = self.first * FRAME as u64;
        let samples = self
            .frames
            .drain(..count)
            .flat_map(|(frame, _)| frame)
            .collect();
        self.first += count as u64;
        SpeechSegment { start, samples }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a frame has few samples")]
fn root_mean_square(frame: &[i16]) -> f64 {
    let power: f64 = frame.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (power / frame.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: usize = 16_000;

    fn noise(seconds: f64, loudness: i16) -> Vec<i16> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a test's length"
        )]
        let count = (seconds * 16_000.0) as u32;
        (0..count)
            .map(|n| {
                let mixed = n.wrapping_mul(2_654_435_761) >> 16;
                i16::try_from(mixed % 2_000).unwrap_or(0) - 1_000
            })
            .map(|sample| {
                i16::try_from(i32::from(sample) * i32::from(loudness) / 1_000).unwrap_or(0)
            })
            .collect()
    }

    fn pieces(samples: &[i16]) -> Vec<SpeechSegment> {
        let (mut segmenter, mut found) = (Segmenter::default(), Vec::new());
        for block in samples.chunks(1_234) {
            segmenter.push(block, |piece| found.push(piece));
        }
        segmenter.finish(|piece| found.push(piece));
        found
    }

    #[test]
    fn silence_gives_nothing_and_holds_no_memory() {
        let mut segmenter = Segmenter::default();
        for _ in 0..600 {
            segmenter.push(&vec![0; SECOND], |piece| {
                panic!("{} samples", piece.samples.len())
            });
        }
        assert!(segmenter.frames.len() <= PADDING);
        assert_eq!(segmenter.speech_ms(), 0);
    }

    #[test]
    fn speech_is_cut_out_of_silence_with_a_little_around_it() {
        let (quiet, loud) = (|s| noise(s, 10), |s| noise(s, 3_000));
        let samples = [quiet(2.0), loud(3.0), quiet(4.0), loud(1.0), quiet(2.0)];
        let found = pieces(&samples.concat());
        assert_eq!(found.len(), 2);
        let start_ms: Vec<u64> = found.iter().map(|piece| piece.start / 16).collect();
        assert!(start_ms[0].abs_diff(1_800) <= 40, "{start_ms:?}");
        assert!(start_ms[1].abs_diff(8_800) <= 40, "{start_ms:?}");
        assert!((found[0].samples.len() / 16).abs_diff(3_400) <= 60);
    }

    #[test]
    fn speech_without_a_pause_is_cut_before_thirty_seconds() {
        // Syllables: loud for 160 ms, a tenth of it for 40 ms.
        let syllable = [noise(0.16, 3_000), noise(0.04, 200)].concat();
        let found = pieces(&syllable.repeat(500));
        assert!(found.len() >= 4);
        let lengths = || found.iter().map(|piece| piece.samples.len());
        assert!(lengths().max() <= Some(TOO_LONG * FRAME));
        let lost = lengths().sum::<usize>().abs_diff(100 * SECOND);
        assert!(lost < SECOND, "nothing that sounds is lost: {lost}");
    }

    #[test]
    fn a_voice_that_dies_away_at_thirty_seconds_leaves_no_piece_of_silence() {
        let mut samples = [3_000, -3_000].repeat(1_488 * FRAME / 2);
        for loudness in (0..12).map(|frame| 50 - frame) {
            samples.extend([loudness, -loudness].repeat(FRAME / 2));
        }
        samples.extend([30, -30].repeat(SECOND));
        let found = pieces(&samples);
        assert_eq!(found.len(), 1);
        assert!((1_488 * FRAME..=TOO_LONG * FRAME).contains(&found[0].samples.len()));
    }

    proptest! {
        #[test]
        fn speech_segments_are_in_order_and_complete(
            parts in prop::collection::vec((0_u32..4_000, prop_oneof![Just(0_i16), Just(5_000)]), 0..20),
        ) {
            let samples: Vec<i16> = parts
                .iter()
                .flat_map(|(ms, loudness)| noise(f64::from(*ms) / 1_000.0, *loudness))
                .collect();
            let mut reached = 0;
            for piece in pieces(&samples) {
                prop_assert!(piece.start >= reached);
                let start = usize::try_from(piece.start).unwrap();
                let real = piece.samples.len().min(samples.len() - start);
                prop_assert_eq!(&piece.samples[..real], &samples[start..start + real]);
                reached = piece.start + piece.samples.len() as u64;
            }
        }
    }
}
