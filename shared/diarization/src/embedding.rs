//! Voices as unit vectors: CAM++ of 3D-Speaker.

use rten::Model;
use rten_tensor::{NdTensor, prelude::*};

use crate::{
    DiarizationError,
    fbank::{BANDS, Frame},
    model,
};

/// Values of an embedding.
pub(crate) const DIMENSIONS: usize = 192;

/// Filter bank frames that the model is given: 2 s or, where there is as much, 4 s. Speech of
/// one length gives embeddings that can be compared.
const SHORT: usize = 200;
const LONG: usize = 400;

/// A voice: a vector of length 1.
pub(crate) type Voice = [f32; DIMENSIONS];

/// The model in memory.
pub(crate) struct Embedding(Model);

impl Embedding {
    pub(crate) fn load() -> Result<Self, DiarizationError> {
        let bytes = include_bytes!("../../../models/campplus-zh-en-advanced.int8.onnx");
        model::load(bytes).map(Self)
    }

    /// The voice in some frames of speech, at least one; without any there is none.
    pub(crate) fn run(&self, speech: &[Frame]) -> Result<Option<Voice>, DiarizationError> {
        if speech.is_empty() {
            return Ok(None);
        }
        let features = normalized(&fixed_length(speech));
        let input = NdTensor::from_data([1, features.len() / BANDS, BANDS], features);
        let output = self
            .0
            .run_one(input.view().into(), Some(model::run_options()))?;
        let output: NdTensor<f32, 2> = output.try_into().map_err(model::unexpected)?;
        Ok(unit(&output.to_vec()))
    }
}

/// The middle of the speech; what is too short is repeated.
fn fixed_length(speech: &[Frame]) -> Vec<&Frame> {
    let length = if speech.len() >= LONG { LONG } else { SHORT };
    let skipped = speech.len().saturating_sub(length) / 2;
    let frames = speech.iter().cycle().skip(skipped);
    frames.take(length).collect()
}

/// The frames one after the other, without the mean of each band.
fn normalized(frames: &[&Frame]) -> Vec<f32> {
    let mut mean = [0.0; BANDS];
    let share = 1.0 / count(frames.len());
    for frame in frames {
        for (mean, value) in mean.iter_mut().zip(*frame) {
            *mean += value * share;
        }
    }
    let centred = |frame: &&Frame| {
        let pairs = frame.iter().zip(mean);
        pairs
            .map(|(value, mean)| value - mean)
            .collect::<Vec<f32>>()
    };
    frames.iter().flat_map(centred).collect()
}

/// The vector at length 1; none where it has no direction or another size.
pub(crate) fn unit(vector: &[f32]) -> Option<Voice> {
    let norm = dot(vector, vector).sqrt();
    if !(norm.is_finite() && norm > f32::EPSILON) {
        return None;
    }
    let scaled: Vec<f32> = vector.iter().map(|value| value / norm).collect();
    scaled.try_into().ok()
}

/// The scalar product; of unit vectors the cosine of the angle between them.
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let (left_eights, left_rest) = left.as_chunks::<8>();
    let (right_eights, right_rest) = right.as_chunks::<8>();
    // Several sums, so that the compiler may use wide registers.
    let mut sums = [0.0_f32; 8];
    for (left, right) in left_eights.iter().zip(right_eights) {
        for (sum, (left, right)) in sums.iter_mut().zip(left.iter().zip(right)) {
            *sum += left * right;
        }
    }
    let rest = left_rest.iter().zip(right_rest);
    sums.iter().sum::<f32>() + rest.map(|(left, right)| left * right).sum::<f32>()
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred frames")]
const fn count(frames: usize) -> f32 {
    frames as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_speech_is_repeated_and_of_long_speech_the_middle_is_taken() {
        let frames: Vec<Frame> = (0_u16..600)
            .map(|index| [f32::from(index); BANDS])
            .collect();
        let firsts = |speech: &[Frame]| {
            let chosen = fixed_length(speech);
            (chosen.len(), chosen[0][0], chosen[chosen.len() - 1][0])
        };
        assert_eq!(firsts(&frames[..30]), (200, 0.0, 19.0));
        assert_eq!(firsts(&frames[..240]), (200, 20.0, 219.0));
        assert_eq!(firsts(&frames[..300]), (200, 50.0, 249.0));
        assert_eq!(firsts(&frames[..400]), (400, 0.0, 399.0));
        assert_eq!(firsts(&frames), (400, 100.0, 499.0));
    }

    #[test]
    fn a_vector_without_direction_is_no_voice() {
        assert_eq!(unit(&[0.0; DIMENSIONS]), None);
        assert_eq!(unit(&[f32::NAN; DIMENSIONS]), None);
        assert_eq!(unit(&[1.0; 3]), None);
        let voice = unit(&[2.0; DIMENSIONS]).unwrap();
        assert!((dot(&voice, &voice) - 1.0).abs() < 1e-5);
    }
}
