//! Speech of up to three people within a window of ten seconds: pyannote's
//! segmentation-3.0.

use std::ops::Range;

use rten::Model;
use rten_tensor::{NdTensor, prelude::*};

use serde::{Deserialize, Serialize};

use crate::{DiarizationError, model};

/// Samples in a window: 10 s at 16 kHz.
pub(crate) const WINDOW: usize = 160_000;

/// Frames of a window.
pub(crate) const FRAMES: usize = 589;

/// Samples from one frame to the next: 16.875 ms.
pub(crate) const FRAME_SAMPLES: usize = 270;

/// The most people that the model separates within one window.
pub(crate) const SEPARATED_SPEAKERS: usize = 3;

/// The most people within one window after [`Activity::split`].
pub(crate) const LOCAL_SPEAKERS: usize = 6;

/// The most people who speak at the same time.
const AT_ONCE: u32 = 2;

/// The sets of speakers of the model's classes, a bit for each speaker.
const CLASSES: [u8; 7] = [0b000, 0b001, 0b010, 0b100, 0b011, 0b101, 0b110];

/// For each frame of a window the set of local speakers who speak in it.
///
/// It is stored as text with one character for each frame, from `0` on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Activity(Box<[u8]>);

impl From<Activity> for String {
    fn from(activity: Activity) -> Self {
        activity
            .0
            .iter()
            .map(|set| char::from(b'0' + set))
            .collect()
    }
}

impl TryFrom<String> for Activity {
    type Error = &'static str;

    fn try_from(digits: String) -> Result<Self, Self::Error> {
        let sets = digits.bytes().map(|digit| digit.wrapping_sub(b'0'));
        let sets: Box<[u8]> = sets.collect();
        let is_set = |set: &u8| set >> LOCAL_SPEAKERS == 0 && set.count_ones() <= AT_ONCE;
        if sets.len() != FRAMES || !sets.iter().all(is_set) {
            return Err("a window has 589 sets of speakers");
        }
        Ok(Self(sets))
    }
}

impl Activity {
    /// Whether a local speaker speaks in a frame.
    pub(crate) fn speaks(&self, speaker: usize, frame: usize) -> bool {
        self.0[frame] & (1 << speaker) != 0
    }

    /// The frames in which a local speaker speaks.
    pub(crate) fn frames_of(&self, speaker: usize) -> Vec<bool> {
        (0..self.0.len())
            .map(|frame| self.speaks(speaker, frame))
            .collect()
    }

    /// Gives the speech of a local speaker within some stretches to a speaker of their own;
    /// its number, or none where there are as many speakers as there can be.
    pub(crate) fn split(&mut self, speaker: usize, stretches: &[Range<usize>]) -> Option<usize> {
        let present = self.0.iter().fold(0, |present, set| present | set);
        let number =
            (SEPARATED_SPEAKERS..LOCAL_SPEAKERS).find(|number| present & (1 << number) == 0)?;
        for stretch in stretches {
            for set in &mut self.0[stretch.clone()] {
                if *set & (1 << speaker) != 0 {
                    *set ^= 1 << speaker | 1 << number;
                }
            }
        }
        Some(number)
    }

    /// The frames in which a local speaker speaks alone.
    pub(crate) fn alone(&self, speaker: usize) -> Vec<bool> {
        self.0.iter().map(|set| *set == 1 << speaker).collect()
    }
}

/// The model in memory.
pub(crate) struct Segmentation(Model);

impl Segmentation {
    pub(crate) fn load() -> Result<Self, DiarizationError> {
        let bytes = include_bytes!("../../../models/segmentation-3.0.int8.onnx");
        model::load(bytes).map(Self)
    }

    /// Segments several windows of [`WINDOW`] samples. Several at once take much less
    /// time than one after the other: the model's recurrent layers read their weights
    /// once for all of them.
    pub(crate) fn run(&self, windows: &[&[f32]]) -> Result<Vec<Activity>, DiarizationError> {
        let input = NdTensor::from_data([windows.len(), 1, WINDOW], windows.concat());
        let scores = self
            .0
            .run_one(input.view().into(), Some(model::run_options()))?;
        let scores: NdTensor<f32, 3> = scores.try_into().map_err(model::unexpected)?;
        let scores = scores.to_vec();
        let windows = scores.chunks_exact(scores.len() / windows.len().max(1));
        let activity = |scores: &[f32]| {
            let sets = scores.chunks_exact(CLASSES.len()).map(most_likely);
            Activity(sets.collect())
        };
        Ok(windows.map(activity).collect())
    }
}

fn most_likely(scores: &[f32]) -> u8 {
    let best = (0..CLASSES.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    CLASSES[best.unwrap_or(0)]
}
