//! The diarization error rate: missed, false and confused speech as a share of the
//! reference's, in frames of 10 ms, under the assignment of speakers that fits best.

use std::collections::BTreeSet;

const FRAME_MS: u64 = 10;

/// A stretch in which one speaker speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) speaker: String,
}

impl Segment {
    pub(crate) fn new(start_ms: u64, end_ms: u64, speaker: &str) -> Self {
        Self {
            start_ms,
            end_ms,
            speaker: speaker.to_owned(),
        }
    }

    /// The same, later.
    #[must_use]
    pub(crate) fn shifted(&self, by_ms: u64) -> Self {
        Self::new(self.start_ms + by_ms, self.end_ms + by_ms, &self.speaker)
    }
}

/// The error rate, in percent. What lies within `collar_ms` of a boundary of the
/// reference is not scored.
pub(crate) fn percent(reference: &[Segment], found: &[Segment], collar_ms: u64) -> f64 {
    let all = reference.iter().chain(found);
    let end_ms = all.map(|segment| segment.end_ms).max().unwrap_or(0);
    let frames = usize::try_from(end_ms / FRAME_MS + 1).expect("valid test data");
    let (truth, guess) = (grid(reference, frames), grid(found, frames));
    let scored = scored(reference, frames, collar_ms);
    let scored: Vec<usize> = (0..frames).filter(|frame| scored[*frame]).collect();
    let agreeing =
        |a: &Vec<bool>, b: &Vec<bool>| scored.iter().filter(|f| a[**f] && b[**f]).count();
    let overlaps: Vec<Vec<usize>> = truth
        .iter()
        .map(|own| guess.iter().map(|other| agreeing(own, other)).collect())
        .collect();
    let right = best(&overlaps, &mut vec![false; guess.len()]);
    let count = |grid: &[Vec<bool>], frame: usize| grid.iter().filter(|own| own[frame]).count();
    let charged: usize = scored
        .iter()
        .map(|frame| count(&truth, *frame).max(count(&guess, *frame)))
        .sum();
    let speech: usize = scored.iter().map(|frame| count(&truth, *frame)).sum();
    100.0 * share(charged - right, speech)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of frames")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// For each speaker the frames in which they speak.
fn grid(segments: &[Segment], frames: usize) -> Vec<Vec<bool>> {
    let speakers: BTreeSet<&str> = segments.iter().map(|s| s.speaker.as_str()).collect();
    let frame = |ms: u64| usize::try_from((ms + FRAME_MS / 2) / FRAME_MS).expect("valid test data");
    let row = |speaker: &str| {
        let mut row = vec![false; frames];
        for segment in segments.iter().filter(|segment| segment.speaker == speaker) {
            row[frame(segment.start_ms)..frame(segment.end_ms).min(frames)].fill(true);
        }
        row
    };
    speakers.into_iter().map(row).collect()
}

fn scored(reference: &[Segment], frames: usize, collar_ms: u64) -> Vec<bool> {
    let mut scored = vec![true; frames];
    if collar_ms == 0 {
        return scored;
    }
    let frame = |ms: u64| {
        usize::try_from(ms / FRAME_MS)
            .expect("valid test data")
            .min(frames)
    };
    for edge in reference.iter().flat_map(|s| [s.start_ms, s.end_ms]) {
        scored[frame(edge.saturating_sub(collar_ms))..frame(edge + collar_ms)].fill(false);
    }
    scored
}

/// The largest sum with no row and no column twice; few rows.
fn best(scores: &[Vec<usize>], taken: &mut Vec<bool>) -> usize {
    let Some((row, rest)) = scores.split_first() else {
        return 0;
    };
    let mut most = best(rest, taken);
    for (column, score) in row.iter().enumerate() {
        if !taken[column] {
            taken[column] = true;
            most = most.max(score + best(rest, taken));
            taken[column] = false;
        }
    }
    most
}
