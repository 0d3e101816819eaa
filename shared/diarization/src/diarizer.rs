//! One recording on its way through the models.

use std::sync::PoisonError;

use crate::{
    DiarizationError, Models, SpeakerTurn,
    clustering::{self, Sample},
    fbank::{self, Frame},
    segmentation::{Activity, FRAME_SAMPLES, FRAMES, LOCAL_SPEAKERS, WINDOW},
    timeline::{self, Placed},
};

/// From one window to the next: 3.3 s, in whole frames so that windows agree about them.
/// Shorter steps take longer and tell no more speakers apart on the recordings of
/// `scripts/bench-speech`; with 5 s noisy speech is confused.
const HOP_FRAMES: usize = 196;
const HOP: usize = HOP_FRAMES * FRAME_SAMPLES;

/// The least speech of a window that a voice is made from, in frames: 0.25 s.
const LEAST_FRAMES: usize = 15;

/// Voices of at least this much speech decide who there is, in frames: 1 s.
const RELIABLE_FRAMES: usize = 60;

/// Who speaks when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diarization {
    /// What each says, by start. Those of different people may overlap.
    pub turns: Vec<SpeakerTurn>,
    /// Number of people; without any speech 0.
    pub speakers: u32,
}

/// One recording at 16,000 samples a second.
pub struct Diarizer {
    models: Models,
    expected: Option<usize>,
    /// What the next window needs of the recording.
    buffer: Vec<f32>,
    windows: Vec<Activity>,
    voices: Vec<Local>,
    samples: u64,
}

/// The voice of a local speaker of one window.
struct Local {
    window: usize,
    speaker: usize,
    sample: Sample,
}

impl Diarizer {
    /// `speakers_expected` is the number of people, where it is known.
    pub fn new(models: Models, speakers_expected: Option<u32>) -> Self {
        let expected = speakers_expected.filter(|expected| *expected > 0);
        Self {
            models,
            expected: expected.and_then(|expected| usize::try_from(expected).ok()),
            buffer: Vec::with_capacity(WINDOW),
            windows: Vec::new(),
            voices: Vec::new(),
            samples: 0,
        }
    }

    /// Takes the next samples.
    pub fn push(&mut self, samples: &[i16]) -> Result<(), DiarizationError> {
        self.samples += samples.len() as u64;
        let mut rest = samples;
        while !rest.is_empty() {
            let missing = (WINDOW - self.buffer.len()).min(rest.len());
            let (now, later) = rest.split_at(missing);
            let scaled = now.iter().map(|sample| f32::from(*sample) / 32_768.0);
            self.buffer.extend(scaled);
            rest = later;
            if self.buffer.len() == WINDOW {
                self.look()?;
                self.buffer.drain(..HOP);
            }
        }
        Ok(())
    }

    /// Says who spoke, after the last samples.
    pub fn finish(mut self) -> Result<Diarization, DiarizationError> {
        // What lies beyond the last window; all of a recording without one.
        let seen = if self.windows.is_empty() {
            0
        } else {
            WINDOW - HOP
        };
        if self.buffer.len() > seen {
            self.buffer.resize(WINDOW, 0.0);
            self.look()?;
        }
        let reliable = |local: &&Local| local.sample.frames >= RELIABLE_FRAMES;
        let mut samples: Vec<&Sample> = self.voices.iter().filter(reliable).map(sample).collect();
        if samples.len() < 2 {
            samples = self.voices.iter().map(sample).collect();
        }
        let people = clustering::people(&samples, self.expected);
        let windows: Vec<Placed<'_>> = self.placed(&people);
        let turns = timeline::turns(&windows, people.len(), self.samples);
        let last = turns.iter().map(|turn| turn.speaker).max();
        Ok(Diarization {
            speakers: last.map_or(0, |last| last + 1),
            turns,
        })
    }

    /// Looks at the window in the buffer.
    fn look(&mut self) -> Result<(), DiarizationError> {
        let models = &self.models.0;
        let _turn = models.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let activity = models.segmentation.run(&self.buffer)?;
        let mut features = None;
        for speaker in 0..LOCAL_SPEAKERS {
            let Some((speech, frames)) = speech(&activity, speaker) else {
                continue;
            };
            let features = features.get_or_insert_with(|| models.features.frames(&self.buffer));
            let own = chosen(features, &speech);
            if let Some(voice) = models.embedding.run(&own)? {
                self.voices.push(Local {
                    window: self.windows.len(),
                    speaker,
                    sample: Sample { voice, frames },
                });
            }
        }
        self.windows.push(activity);
        Ok(())
    }

    fn placed(&self, people: &[[f32; crate::embedding::DIMENSIONS]]) -> Vec<Placed<'_>> {
        let place = |(index, activity)| Placed {
            first: index * HOP_FRAMES,
            activity,
            people: [None; LOCAL_SPEAKERS],
        };
        let mut windows: Vec<Placed<'_>> = self.windows.iter().enumerate().map(place).collect();
        for local in &self.voices {
            let person = clustering::nearest(&local.sample.voice, people);
            windows[local.window].people[local.speaker] = person;
        }
        windows
    }
}

const fn sample(local: &Local) -> &Sample {
    &local.sample
}

/// The frames from which a local speaker's voice is made, and their number: where it
/// speaks alone, or at all if that is too little; none where even that is.
fn speech(activity: &Activity, speaker: usize) -> Option<(Vec<bool>, usize)> {
    let count = |frames: &[bool]| frames.iter().filter(|speaks| **speaks).count();
    [activity.alone(speaker), activity.of(speaker)]
        .into_iter()
        .map(|frames| {
            let count = count(&frames);
            (frames, count)
        })
        .find(|(_, count)| *count >= LEAST_FRAMES)
}

/// The filter bank frames in the middle of which there is speech.
fn chosen(features: &[Frame], speech: &[bool]) -> Vec<Frame> {
    let is_speech = |index: usize| {
        let middle = index * fbank::SHIFT + fbank::LENGTH / 2;
        speech[(middle / FRAME_SAMPLES).min(FRAMES - 1)]
    };
    let frames = features.iter().enumerate();
    frames
        .filter(|(index, _)| is_speech(*index))
        .map(|(_, frame)| *frame)
        .collect()
}
