//! Average linkage: the order in which groups of voices are joined, closest first.
//!
//! The mean distance of all pairs between two groups of unit vectors follows from the
//! groups' means alone, so that groups need not remember their members.

use crate::embedding::dot;

/// Voices that were joined.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// The sum of the unit vectors.
    pub(crate) sum: Vec<f32>,
    /// Number of vectors.
    pub(crate) count: f32,
    /// How much speech they are made from, in frames.
    pub(crate) frames: usize,
    /// The indices of the voices.
    pub(crate) members: Vec<usize>,
}

impl Group {
    /// The mean of `1 - cosine` over all pairs.
    pub(crate) fn distance(&self, other: &Self) -> f32 {
        1.0 - dot(&self.sum, &other.sum) / (self.count * other.count)
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        for (sum, value) in self.sum.iter_mut().zip(other.sum) {
            *sum += value;
        }
        self.count += other.count;
        self.frames += other.frames;
        self.members.extend(other.members);
    }
}

/// Two joined groups, each named by one of its members.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Merge {
    pub(crate) left: usize,
    pub(crate) right: usize,
    /// Their mean distance.
    pub(crate) distance: f32,
}

/// All merges down to one group, closest first.
///
/// The nearest-neighbour chain: two groups that are each other's nearest are joined
/// sooner or later, so they may be joined at once, in quadratic time altogether.
pub(crate) fn merges(groups: &[Group]) -> Vec<Merge> {
    let mut matrix = Matrix::new(groups);
    let mut alive: Vec<usize> = (0..groups.len()).collect();
    let mut merges = Vec::with_capacity(groups.len().saturating_sub(1));
    let mut chain = Vec::new();
    while alive.len() > 1 {
        let tip = chain.last().copied().unwrap_or(alive[0]);
        if chain.is_empty() {
            chain.push(tip);
        }
        let previous = chain.len().checked_sub(2).map(|index| chain[index]);
        let (nearest, distance) = matrix.nearest(tip, previous, &alive);
        if previous != Some(nearest) {
            chain.push(nearest);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (left, right) = (tip.min(nearest), tip.max(nearest));
        merges.push(Merge {
            left,
            right,
            distance,
        });
        alive.retain(|index| *index != right);
        matrix.join(left, right, &alive);
    }
    merges.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    merges
}

/// The distances between groups, and their sizes.
struct Matrix {
    size: usize,
    distances: Vec<f32>,
    counts: Vec<f32>,
}

impl Matrix {
    fn new(groups: &[Group]) -> Self {
        let size = groups.len();
        let mut distances = vec![0.0; size * size];
        for (row, group) in groups.iter().enumerate() {
            for (column, other) in groups[..row].iter().enumerate() {
                let distance = group.distance(other);
                distances[row * size + column] = distance;
                distances[column * size + row] = distance;
            }
        }
        Self {
            size,
            distances,
            counts: groups.iter().map(|group| group.count).collect(),
        }
    }

    /// The nearest to `from`; of equals `preferred`, so that a chain ends.
    fn nearest(&self, from: usize, preferred: Option<usize>, alive: &[usize]) -> (usize, f32) {
        let row = &self.distances[from * self.size..(from + 1) * self.size];
        let start = preferred.map_or((from, f32::INFINITY), |index| (index, row[index]));
        let others = alive.iter().filter(|index| **index != from);
        others.fold(start, |best, index| {
            if row[*index] < best.1 {
                (*index, row[*index])
            } else {
                best
            }
        })
    }

    /// `right` becomes part of `left`.
    fn join(&mut self, left: usize, right: usize, alive: &[usize]) {
        let (of_left, of_right) = (self.counts[left], self.counts[right]);
        for &other in alive.iter().filter(|index| **index != left) {
            let sum = self.distances[left * self.size + other] * of_left
                + self.distances[right * self.size + other] * of_right;
            let mean = sum / (of_left + of_right);
            self.distances[left * self.size + other] = mean;
            self.distances[other * self.size + left] = mean;
        }
        self.counts[left] += of_right;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn groups(points: &[(f32, f32, f32)]) -> Vec<Group> {
        let unit = |(x, y, z): &(f32, f32, f32)| {
            let norm = (x * x + y * y + z * z).sqrt().max(1e-3);
            vec![x / norm, y / norm, z / norm]
        };
        let group = |(index, point)| Group {
            sum: unit(point),
            count: 1.0,
            frames: 1,
            members: vec![index],
        };
        points.iter().enumerate().map(group).collect()
    }

    /// The definition: join the closest two, over and over.
    fn by_definition(mut groups: Vec<Group>) -> Vec<f32> {
        let mut distances = Vec::new();
        while groups.len() > 1 {
            let pairs = (0..groups.len()).flat_map(|a| (0..a).map(move |b| (b, a)));
            let distance = |pair: &(usize, usize)| groups[pair.0].distance(&groups[pair.1]);
            let closest = pairs.min_by(|a, b| distance(a).total_cmp(&distance(b)));
            let (left, right) = closest.unwrap();
            distances.push(distance(&(left, right)));
            let absorbed = groups.remove(right);
            groups[left].absorb(absorbed);
        }
        distances
    }

    proptest! {
        #[test]
        fn joins_at_the_same_distances_as_the_definition(
            points in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0, 0.01_f32..1.0), 0..40),
        ) {
            let found = merges(&groups(&points));
            let expected = by_definition(groups(&points));
            prop_assert_eq!(found.len(), expected.len());
            for (merge, expected) in found.iter().zip(&expected) {
                prop_assert!((merge.distance - expected).abs() < 1e-3, "{merge:?} {expected}");
            }
        }
    }

    #[test]
    fn equal_voices_are_joined_and_nothing_is_lost() {
        let found = merges(&groups(&[(1.0, 0.0, 0.0); 9]));
        assert_eq!(found.len(), 8);
        assert!(found.iter().all(|merge| merge.distance.abs() < 1e-5));
        assert!(merges(&groups(&[])).is_empty());
    }
}
