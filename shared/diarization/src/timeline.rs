//! From windows that overlap to turns of one recording.

use crate::{
    diarizer::SAMPLES_PER_MS,
    segmentation::{Activity, FRAME_SAMPLES, FRAMES, LOCAL_SPEAKERS},
};

/// The middle of the audio of a frame of the segmentation, from the frame's start, in
/// samples.
const FRAME_CENTRE: usize = 495;

/// A stretch in which one person speaks. Stretches of different people may overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpeakerTurn {
    /// The speaker, from 0, in the order of their first words.
    pub speaker: u32,
    /// When it begins, in milliseconds from the start of the recording.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
}

/// One window and the people of its local speakers.
pub(crate) struct Placed<'a> {
    /// The window's first frame in the recording.
    pub(crate) first: usize,
    pub(crate) activity: &'a Activity,
    /// For each local speaker the person.
    pub(crate) people: [Option<usize>; LOCAL_SPEAKERS],
}

/// The turns of `people` persons, by start: a person speaks in a frame if at least half
/// of the windows over it say so.
pub(crate) fn turns(windows: &[Placed<'_>], people: usize, samples: u64) -> Vec<SpeakerTurn> {
    let end = usize::try_from(samples).unwrap_or(usize::MAX) / FRAME_SAMPLES;
    let mut turns = Vec::new();
    for person in 0..people {
        let votes = votes(windows, person, end);
        let runs = runs(votes.iter().map(|votes| votes.speaks()));
        turns.extend(runs.map(|(start, end)| (person, start, end)));
    }
    turns.sort_unstable_by_key(|(person, start, end)| (*start, *end, *person));
    numbered(&turns, samples / SAMPLES_PER_MS)
}

/// What the windows over a frame say of one person.
#[derive(Clone, Copy, Default)]
struct Votes {
    yes: u8,
    windows: u8,
}

impl Votes {
    const fn speaks(self) -> bool {
        self.yes > 0 && self.yes * 2 >= self.windows
    }
}

fn votes(windows: &[Placed<'_>], person: usize, end: usize) -> Vec<Votes> {
    let mut votes = vec![Votes::default(); end];
    for window in windows {
        let locals = (0..LOCAL_SPEAKERS).filter(|local| window.people[*local] == Some(person));
        let locals: Vec<usize> = locals.collect();
        let over = votes.iter_mut().skip(window.first).take(FRAMES);
        for (frame, votes) in over.enumerate() {
            votes.windows += 1;
            let speaks = locals
                .iter()
                .any(|local| window.activity.speaks(*local, frame));
            votes.yes += u8::from(speaks);
        }
    }
    votes
}

/// The stretches in which something holds, each from its first to behind its last.
fn runs(values: impl Iterator<Item = bool>) -> impl Iterator<Item = (usize, usize)> {
    let mut begun = None;
    let closed = values.chain([false]).enumerate();
    closed.filter_map(move |(index, value)| match (value, begun) {
        (true, None) => {
            begun = Some(index);
            None
        }
        (false, Some(start)) => {
            begun = None;
            Some((start, index))
        }
        _ => None,
    })
}

/// The same with people numbered by their first turn, and times in milliseconds.
fn numbered(turns: &[(usize, usize, usize)], duration_ms: u64) -> Vec<SpeakerTurn> {
    let mut order: Vec<usize> = Vec::new();
    let time = |frame: usize| {
        ((frame * FRAME_SAMPLES + FRAME_CENTRE) as u64 / SAMPLES_PER_MS).min(duration_ms)
    };
    turns
        .iter()
        .filter(|(_, start, _)| time(*start) < duration_ms)
        .map(|(person, start, end)| {
            let known = order.iter().position(|known| known == person);
            let speaker = known.unwrap_or_else(|| {
                order.push(*person);
                order.len() - 1
            });
            SpeakerTurn {
                speaker: u32::try_from(speaker).unwrap_or(u32::MAX),
                start_ms: time(*start),
                end_ms: time(*end),
            }
        })
        .collect()
}
