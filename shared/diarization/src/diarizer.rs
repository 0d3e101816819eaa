//! One recording on its way through the models.

use std::sync::PoisonError;

use crate::{
    DiarizationError, DiarizationModels, SpeakerTurn,
    clustering::{self, Sample},
    segmentation::{FRAME_SAMPLES, WINDOW},
    timeline,
    windows::{ProcessedWindows, Windows},
};

/// From one window to the next: 3.3 s, in whole frames so that windows agree about them.
/// Shorter steps take longer and tell no more speakers apart on the recordings of
/// `scripts/bench/speech`; with 5 s noisy speech is confused.
pub(crate) const HOP_FRAMES: usize = 196;
const HOP: usize = HOP_FRAMES * FRAME_SAMPLES;

/// At 16,000 samples a second.
pub(crate) const SAMPLES_PER_MS: u64 = 16;

/// Windows that the segmentation is given at once.
const BATCH: usize = 4;

/// Samples from the start of the first window of a batch to the end of the last.
const BATCH_SAMPLES: usize = (BATCH - 1) * HOP + WINDOW;

/// Voices of at least this much speech determine the people, in frames: 1 s.
pub(crate) const RELIABLE_FRAMES: usize = 60;

/// The result of a diarization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diarization {
    /// The turns of all speakers, by start; turns of different speakers may overlap.
    pub turns: Vec<SpeakerTurn>,
    /// Number of people; without any speech 0.
    pub speakers: u32,
}

/// One recording at 16,000 samples a second.
pub struct Diarizer {
    models: DiarizationModels,
    expected: Option<usize>,
    /// What the next window needs of the recording.
    buffer: Vec<f32>,
    windows: Windows,
    /// Samples that only windows needed which an earlier diarization has processed.
    skip: usize,
    samples: u64,
}

impl Diarizer {
    /// `speakers_expected` is the number of people, where it is known.
    pub fn new(models: DiarizationModels, speakers_expected: Option<u32>) -> Self {
        let expected = speakers_expected.filter(|expected| *expected > 0);
        Self {
            models,
            expected: expected.and_then(|expected| usize::try_from(expected).ok()),
            buffer: Vec::with_capacity(WINDOW),
            windows: Windows::default(),
            skip: 0,
            samples: 0,
        }
    }

    /// Adds windows that an earlier diarization of the same recording has processed, before
    /// the first samples. False where they are not the next ones; they are ignored then.
    pub fn resume(&mut self, processed: ProcessedWindows) -> bool {
        let continues = self.samples == 0 && self.windows.resume(processed);
        self.skip = self.windows.count() * HOP;
        continues
    }

    /// How far the windows reach that are processed, of this diarization or an earlier one,
    /// in milliseconds from the start of the recording.
    pub fn processed_ms(&self) -> u64 {
        (self.windows.identified() * HOP) as u64 / SAMPLES_PER_MS
    }

    /// The windows that were processed since the last call, if there are any.
    pub fn take_processed(&mut self) -> Option<ProcessedWindows> {
        self.windows.take_processed()
    }

    /// Takes the next samples.
    pub fn push(&mut self, samples: &[i16]) -> Result<(), DiarizationError> {
        self.samples += samples.len() as u64;
        let skipped = self.skip.min(samples.len());
        self.skip -= skipped;
        let mut rest = &samples[skipped..];
        while !rest.is_empty() {
            let missing = (BATCH_SAMPLES - self.buffer.len()).min(rest.len());
            let (now, later) = rest.split_at(missing);
            let scaled = now.iter().map(|sample| f32::from(*sample) / 32_768.0);
            self.buffer.extend(scaled);
            rest = later;
            if self.buffer.len() == BATCH_SAMPLES {
                self.process(BATCH)?;
            }
        }
        Ok(())
    }

    /// Completes the diarization after the last samples.
    pub fn finish(mut self) -> Result<Diarization, DiarizationError> {
        // Windows until the last sample; what the last one before shares with them may be
        // all there is.
        let overlap = if self.windows.is_empty() {
            0
        } else {
            WINDOW - HOP
        };
        if self.buffer.len() > overlap {
            let count = self.buffer.len().saturating_sub(WINDOW).div_ceil(HOP) + 1;
            self.buffer.resize((count - 1) * HOP + WINDOW, 0.0);
            self.process(count)?;
        }
        self.finish_windows()?;
        let all = self.windows.samples();
        let reliable = all.iter().filter(|sample| sample.frames >= RELIABLE_FRAMES);
        let mut samples: Vec<&Sample> = reliable.copied().collect();
        if samples.len() < 2 {
            samples = all;
        }
        let people = clustering::people(&samples, self.expected);
        let turns = timeline::turns(&self.windows.placed(&people), people.len(), self.samples);
        let last = turns.iter().map(|turn| turn.speaker).max();
        Ok(Diarization {
            speakers: last.map_or(0, |last| last + 1),
            turns,
        })
    }

    /// Identifies the speakers of the last window.
    fn finish_windows(&mut self) -> Result<(), DiarizationError> {
        let models = &self.models.0;
        let _turn = models.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.windows.finish(models)
    }

    /// Processes the first windows of the buffer and drops what only they need of it.
    fn process(&mut self, count: usize) -> Result<(), DiarizationError> {
        let models = &self.models.0;
        let _turn = models.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let buffer = &self.buffer;
        let windows = (0..count).map(|index| &buffer[index * HOP..index * HOP + WINDOW]);
        let windows: Vec<&[f32]> = windows.collect();
        for (window, activity) in windows.iter().zip(models.segmentation.run(&windows)?) {
            self.windows.push(models, window, activity)?;
        }
        self.buffer.drain(..count * HOP);
        Ok(())
    }
}
