//! When each token is said: by the attention that the decoder pays to the window.
//!
//! `find_alignment` of
//! <https://github.com/openai/whisper/blob/main/whisper/timing.py>: the attention of the
//! heads that follow the sound, smoothed, and the cheapest path through it (dynamic time
//! warping).

use rten_tensor::{Layout as _, NdTensor};

use crate::ggml::Dimensions;

/// Moments over which the attention is smoothed: 140 ms.
const SMOOTHING: usize = 7;

/// A head of the decoder: its layer and its number there.
type Head = (usize, usize);

/// Audio layers, text layers, mel bands, and whether a network is multilingual.
type Sizes = (usize, usize, usize, bool);

/// Heads that follow the sound, by the sizes of a network; from `_ALIGNMENT_HEADS` of
/// <https://github.com/openai/whisper/blob/main/whisper/__init__.py>.
#[rustfmt::skip]
const KNOWN_HEADS: [(Sizes, &[Head]); 10] = [
    ((4, 4, 80, false), &[(1, 0), (2, 0), (2, 5), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4)]),
    ((4, 4, 80, true), &[(2, 2), (3, 0), (3, 2), (3, 3), (3, 4), (3, 5)]),
    ((6, 6, 80, false), &[(3, 3), (4, 7), (5, 1), (5, 5), (5, 7)]),
    ((6, 6, 80, true), &[(3, 1), (4, 2), (4, 3), (4, 7), (5, 1), (5, 2), (5, 4), (5, 6)]),
    ((12, 12, 80, false), &[
        (6, 6), (7, 0), (7, 3), (7, 8), (8, 2), (8, 5), (8, 7), (9, 0), (9, 4), (9, 8), (9, 10),
        (10, 0), (10, 1), (10, 2), (10, 3), (10, 6), (10, 11), (11, 2), (11, 4),
    ]),
    ((12, 12, 80, true), &[
        (5, 3), (5, 9), (8, 0), (8, 4), (8, 7), (8, 8), (9, 0), (9, 7), (9, 9), (10, 5),
    ]),
    ((24, 24, 80, false), &[
        (11, 4), (14, 1), (14, 12), (14, 14), (15, 4), (16, 0), (16, 4), (16, 9), (17, 12),
        (17, 14), (18, 7), (18, 10), (18, 15), (20, 0), (20, 3), (20, 9), (20, 14), (21, 12),
    ]),
    ((24, 24, 80, true), &[(13, 15), (15, 4), (15, 15), (16, 1), (20, 0), (23, 4)]),
    ((32, 4, 128, true), &[(2, 4), (2, 11), (3, 3), (3, 6), (3, 11), (3, 14)]),
    ((32, 32, 128, true), &[
        (7, 0), (10, 17), (12, 18), (13, 12), (16, 1), (17, 14), (19, 11), (21, 4), (24, 1),
        (25, 6),
    ]),
];

/// The heads of a network that follow the sound; of an unknown one all heads of the upper
/// half of its layers.
pub(crate) fn alignment_heads(dimensions: &Dimensions) -> Vec<Head> {
    let sizes = (
        dimensions.audio_layers,
        dimensions.text_layers,
        dimensions.mel_bands,
        dimensions.is_multilingual(),
    );
    let fits = |head: &Head| head.0 < dimensions.text_layers && head.1 < dimensions.heads;
    let known = KNOWN_HEADS.into_iter().find(|(of, _)| *of == sizes);
    if let Some((_, heads)) = known.filter(|(_, heads)| heads.iter().all(fits)) {
        return heads.to_vec();
    }
    (dimensions.text_layers / 2..dimensions.text_layers)
        .flat_map(|layer| (0..dimensions.heads).map(move |head| (layer, head)))
        .collect()
}

/// For each row of attention from `first_row` on, the moment at which it begins, in
/// steps of 20 ms. `heads` are pairs of a tensor of heads × rows × moments, before the
/// softmax, and a head in it; `moments` of a row belong to the sound.
pub(crate) fn row_starts(
    heads: &[(&NdTensor<f32, 4>, usize)],
    first_row: usize,
    moments: usize,
) -> Vec<usize> {
    let Some((first, _)) = heads.first() else {
        return Vec::new();
    };
    let rows = first.size(2);
    let mut sum = vec![0.0; rows * moments];
    for (tensor, head) in heads {
        let mut weights = softmax_rows(tensor, *head, moments);
        normalize_columns(&mut weights, moments);
        for row in weights.chunks_exact_mut(moments) {
            smooth(row);
        }
        for (total, weight) in sum.iter_mut().zip(&weights) {
            *total += weight;
        }
    }
    // The last row is the end of the text.
    let end = (rows - 1).max(first_row);
    cheapest_path(&sum[first_row * moments..end * moments], moments)
}

fn softmax_rows(tensor: &NdTensor<f32, 4>, head: usize, moments: usize) -> Vec<f32> {
    let mut weights = Vec::with_capacity(tensor.size(2) * moments);
    for row in 0..tensor.size(2) {
        let score = |moment| tensor[[0, head, row, moment]];
        let largest = (0..moments).map(score).fold(f32::NEG_INFINITY, f32::max);
        let start = weights.len();
        weights.extend((0..moments).map(|moment| (score(moment) - largest).exp()));
        let total: f32 = weights[start..].iter().sum();
        weights[start..]
            .iter_mut()
            .for_each(|weight| *weight /= total);
    }
    weights
}

/// Brings each moment's weights to mean 0 and standard deviation 1 over the rows.
#[expect(clippy::cast_precision_loss, reason = "few rows")]
fn normalize_columns(weights: &mut [f32], moments: usize) {
    let rows = (weights.len() / moments) as f32;
    for column in 0..moments {
        let values = || weights[column..].iter().step_by(moments);
        let mean = values().sum::<f32>() / rows;
        let variance = values().map(|value| (value - mean).powi(2)).sum::<f32>() / rows;
        let deviation = variance.sqrt().max(1e-9);
        for value in weights[column..].iter_mut().step_by(moments) {
            *value = (*value - mean) / deviation;
        }
    }
}

/// Replaces each value by the median of its surroundings; the ends are mirrored.
fn smooth(row: &mut [f32]) {
    let half = SMOOTHING / 2;
    if row.len() <= half {
        return;
    }
    let last = row.len() - 1;
    let before = row.to_vec();
    for (index, value) in row.iter_mut().enumerate() {
        let mut around: [f32; SMOOTHING] = std::array::from_fn(|offset| {
            let position = (index + offset).abs_diff(half);
            let position = if position > last {
                2 * last - position
            } else {
                position
            };
            before[position]
        });
        around.sort_unstable_by(f32::total_cmp);
        *value = around[half];
    }
}

/// Dynamic time warping: the path from the first row and moment to the last that
/// collects most weight; answers the moment at which each row begins.
fn cheapest_path(weights: &[f32], moments: usize) -> Vec<usize> {
    let rows = weights.len() / moments;
    let width = moments + 1;
    let mut cost = vec![f32::INFINITY; (rows + 1) * width];
    let mut step = vec![0_u8; (rows + 1) * width];
    cost[0] = 0.0;
    for row in 1..=rows {
        for moment in 1..=moments {
            let at = row * width + moment;
            let (both, up, left) = (cost[at - width - 1], cost[at - width], cost[at - 1]);
            let (least, taken) = if both < up && both < left {
                (both, 0)
            } else if up < both && up < left {
                (up, 1)
            } else {
                (left, 2)
            };
            cost[at] = least - weights[(row - 1) * moments + moment - 1];
            step[at] = taken;
        }
    }
    let mut starts = vec![0; rows];
    let (mut row, mut moment) = (rows, moments);
    while row > 0 && moment > 0 {
        starts[row - 1] = moment - 1;
        match step[row * width + moment] {
            0 => (row, moment) = (row - 1, moment - 1),
            1 => row -= 1,
            _ => moment -= 1,
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_path_follows_the_attention() {
        // Three rows that are said at moments 0–1, 2–4 and 5.
        let mut weights = vec![-1.0; 18];
        for (row, moment) in [(0, 0), (0, 1), (1, 2), (1, 3), (1, 4), (2, 5)] {
            weights[row * 6 + moment] = 1.0;
        }
        assert_eq!(cheapest_path(&weights, 6), [0, 2, 5]);
    }

    #[test]
    fn smoothing_removes_single_peaks() {
        let mut row = vec![0.0, 0.0, 9.0, 0.0, 0.0, 0.0, 0.0, 5.0, 5.0, 5.0, 5.0, 5.0];
        smooth(&mut row);
        assert_eq!(row[2].to_bits(), 0.0_f32.to_bits());
        assert_eq!(row[11].to_bits(), 5.0_f32.to_bits());
    }

    proptest! {
        #[test]
        fn starts_never_run_back(
            (moments, weights) in (1..40_usize).prop_flat_map(|moments| {
                (Just(moments), (1..12_usize).prop_flat_map(move |rows| {
                    prop::collection::vec(-1.0..1.0_f32, rows * moments)
                }))
            })
        ) {
            let starts = cheapest_path(&weights, moments);
            prop_assert!(starts.is_sorted());
            prop_assert!(starts.iter().all(|start| *start < moments));
        }
    }
}
