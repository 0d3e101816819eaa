//! Voices grouped by person, in a bounded amount of memory however many there are.

use serde::{Deserialize, Serialize};

use crate::{
    embedding::{DIMENSIONS, Voice, dot, unit},
    linkage::{Group, Merge, merges},
    segmentation::FRAME_SAMPLES,
};

/// Voices further apart than this, by mean cosine distance, are different people. On the
/// recordings of `scripts/bench/speech` anything from 0.50 to 0.64 gives the right number.
const DIFFERENT_PEOPLE: f32 = 0.57;

/// Voices of different parts of a long recording are joined up to this distance before
/// the parts are compared: far closer than different people are.
const SURELY_THE_SAME: f32 = 0.35;

/// The most groups that are compared with each other at once: 16 MB of distances.
const LARGEST_BLOCK: usize = 2_048;

/// A person has at least this much speech, in frames: 2 s, ...
const LEAST_SPEECH: usize = 2 * 16_000 / FRAME_SAMPLES;

/// ... and at least this share of all speech.
const LEAST_SHARE: f32 = 0.03;

/// A voice and how much speech it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    #[serde(with = "stored_voice")]
    pub(crate) voice: Voice,
    /// In segmentation frames.
    pub(crate) frames: usize,
}

impl Sample {
    /// The mean with another voice of the same person, weighted by the amount of speech.
    pub(crate) fn joined(&self, voice: &Voice, frames: usize) -> Self {
        let (own, other) = (float(self.frames), float(frames));
        let pairs = self.voice.iter().zip(voice);
        let sum: Vec<f32> = pairs.map(|(a, b)| a * own + b * other).collect();
        Self {
            voice: unit(&sum).unwrap_or(self.voice),
            frames: self.frames + frames,
        }
    }
}

/// A voice as a list of numbers, for which serde knows no arrays of this length.
mod stored_voice {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

    use super::Voice;

    pub(super) fn serialize<S: Serializer>(voice: &Voice, to: S) -> Result<S::Ok, S::Error> {
        voice.as_slice().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Voice, D::Error> {
        let values = Vec::<f32>::deserialize(from)?;
        let voice = Voice::try_from(values);
        voice.map_err(|values| D::Error::invalid_length(values.len(), &"192 numbers"))
    }
}

/// The voices of the people, most speech first; empty without samples.
///
/// With `expected`, as many people as that where there are enough samples.
pub(crate) fn people(samples: &[&Sample], expected: Option<usize>) -> Vec<Voice> {
    people_by_blocks(samples, expected, LARGEST_BLOCK)
}

fn people_by_blocks(samples: &[&Sample], expected: Option<usize>, block: usize) -> Vec<Voice> {
    let mut groups: Vec<Group> = samples.iter().enumerate().map(single).collect();
    while groups.len() > block {
        groups = groups
            .chunks(block)
            .flat_map(|part| reduced(part, block / 4))
            .collect();
    }
    let merges = merges(&groups);
    let rule = Substantial::new(&groups, expected);
    let count = match expected {
        Some(expected) => rule.best_cut(&groups, &merges, expected),
        None => merges.partition_point(|merge| merge.distance <= DIFFERENT_PEOPLE),
    };
    let mut groups = joined(groups, &merges[..count]);
    groups.sort_by_key(|group| std::cmp::Reverse(group.frames));
    let substantial = groups.iter().filter(|group| rule.holds(group)).count();
    groups.truncate(substantial.max(1));
    groups
        .iter()
        .filter_map(|group| centre(group, samples))
        .collect()
}

fn single((index, sample): (usize, &&Sample)) -> Group {
    Group {
        sum: sample.voice.to_vec(),
        count: 1.0,
        frames: sample.frames,
        members: vec![index],
    }
}

/// Part of a long recording: what is surely the same is joined, and more than that
/// where it would still be more than `most` groups.
fn reduced(part: &[Group], most: usize) -> Vec<Group> {
    let merges = merges(part);
    let same = merges.partition_point(|merge| merge.distance <= SURELY_THE_SAME);
    let count = same.max(part.len().saturating_sub(most)).min(merges.len());
    joined(part.to_vec(), &merges[..count])
}

/// The groups after some merges, in the order of their first members.
fn joined(groups: Vec<Group>, merges: &[Merge]) -> Vec<Group> {
    let mut forest = Forest::new(groups.len());
    for merge in merges {
        forest.join(merge.left, merge.right);
    }
    let mut places: Vec<Option<usize>> = vec![None; groups.len()];
    let mut result: Vec<Group> = Vec::new();
    for (index, group) in groups.into_iter().enumerate() {
        let root = forest.root(index);
        if let Some(place) = places[root] {
            result[place].absorb(group);
        } else {
            places[root] = Some(result.len());
            result.push(group);
        }
    }
    result
}

/// The mean voice, weighted by the amount of speech.
fn centre(group: &Group, samples: &[&Sample]) -> Option<Voice> {
    let mut sum = [0.0; DIMENSIONS];
    for sample in group.members.iter().map(|index| samples[*index]) {
        for (sum, value) in sum.iter_mut().zip(&sample.voice) {
            *sum += value * float(sample.frames);
        }
    }
    unit(&sum)
}

/// The index of the nearest of some voices.
pub(crate) fn nearest(voice: &Voice, people: &[Voice]) -> Option<usize> {
    let likeness = |index: &usize| dot(voice, &people[*index]);
    (0..people.len()).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

/// Which groups are people: the rest are noises and single odd sounds.
struct Substantial {
    least_frames: f32,
}

impl Substantial {
    fn new(groups: &[Group], expected: Option<usize>) -> Self {
        let all: usize = groups.iter().map(|group| group.frames).sum();
        // Where many are expected, each may have little.
        let share = expected.map_or(LEAST_SHARE, |expected| {
            LEAST_SHARE.min(0.2 / float(expected.max(1)))
        });
        Self {
            least_frames: float(LEAST_SPEECH).max(share * float(all)),
        }
    }

    fn holds(&self, group: &Group) -> bool {
        self.is_enough(group.frames)
    }

    fn is_enough(&self, frames: usize) -> bool {
        float(frames) >= self.least_frames
    }

    /// After how many merges the number of people is as expected, or as close to it as
    /// it gets; of several possible cuts the one nearest to the ordinary threshold.
    fn best_cut(&self, groups: &[Group], merges: &[Merge], expected: usize) -> usize {
        let mut forest = Forest::new(groups.len());
        let mut frames: Vec<usize> = groups.iter().map(|group| group.frames).collect();
        let mut people = frames.iter().filter(|own| self.is_enough(**own)).count();
        let ordinary = merges.partition_point(|merge| merge.distance <= DIFFERENT_PEOPLE);
        let rank = |cut: usize, people: usize| (people.abs_diff(expected), cut.abs_diff(ordinary));
        let mut best = (rank(0, people), 0);
        for (merge, cut) in merges.iter().zip(1..) {
            let (left, right) = (forest.root(merge.left), forest.root(merge.right));
            let root = forest.join(left, right);
            let before = [left, right].map(|group| usize::from(self.is_enough(frames[group])));
            frames[root] = frames[left] + frames[right];
            people += usize::from(self.is_enough(frames[root]));
            people -= before[0] + before[1];
            best = best.min((rank(cut, people), cut));
        }
        best.1
    }
}

/// Which group each of some things belongs to.
struct Forest(Vec<usize>);

impl Forest {
    fn new(size: usize) -> Self {
        Self((0..size).collect())
    }

    fn root(&mut self, mut index: usize) -> usize {
        while self.0[index] != index {
            self.0[index] = self.0[self.0[index]];
            index = self.0[index];
        }
        index
    }

    /// Joins two and answers the root of both.
    fn join(&mut self, left: usize, right: usize) -> usize {
        let (left, right) = (self.root(left), self.root(right));
        self.0[right] = left;
        left
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts of speech, to be compared"
)]
const fn float(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests;
