//! Removes the samples that encoders add before and after the audio.
//!
//! Encoders have a delay, and pad the last packet. The container says how much, packet
//! by packet or once for the track. End padding is dropped only at the real end: a tag
//! at the start of an MP3 says how long the audio is, but recordings that were joined,
//! or whose tag was never completed, have audio after that.

use std::{collections::VecDeque, ops::Range};

use crate::block::Block;

/// The most plausible padding, in frames: 4,095 by the twelve bits of an MP3's tag and
/// a frame that some encoders count and some do not.
const MAX_PADDING: usize = 4_095 + 1_152;

/// Takes padding away, and gives it back when it turns out to be sound.
#[derive(Default)]
pub(crate) struct Trimmer {
    /// Frames still to be dropped at the start.
    lead: u64,
    /// Frames that are sound after that, where the track says so.
    length: Option<u64>,
    withheld: Vec<i16>,
    distrusts: bool,
    /// Whether nothing behind `length` is given, however much there is.
    is_binding: bool,
    /// The stretches of the decoded frames that are given, where they are several.
    stretches: VecDeque<Range<u64>>,
    /// Frames decoded so far.
    reached: u64,
    has_stretches: bool,
}

impl Trimmer {
    /// For a track whose sound begins after `lead` frames and lasts for `length`.
    pub(crate) fn new(lead: u64, length: Option<u64>) -> Self {
        Self {
            lead,
            length,
            ..Self::default()
        }
    }

    /// For a track of which a person cut the end away.
    pub(crate) const fn binding(mut self) -> Self {
        self.is_binding = true;
        self
    }

    /// For a track of which several stretches are played, in the order of its media.
    pub(crate) fn of_stretches(stretches: VecDeque<Range<u64>>) -> Self {
        Self {
            stretches,
            has_stretches: true,
            ..Self::default()
        }
    }

    /// Keeps what lies within the stretches.
    fn select(&mut self, block: &mut Block) {
        let (from, to) = (self.reached, self.reached + block.frames() as u64);
        self.reached = to;
        let mut kept = Vec::new();
        while let Some(stretch) = self.stretches.front() {
            let (start, end) = (stretch.start.max(from), stretch.end.min(to));
            if start < end {
                let index = |frame: u64| {
                    usize::try_from(frame - from).unwrap_or(usize::MAX) * block.channels
                };
                kept.extend_from_slice(&block.samples[index(start)..index(end)]);
            }
            if stretch.end > to {
                break;
            }
            self.stretches.pop_front();
        }
        block.samples = kept;
    }

    /// Removes padding: the first `start` and the last `end` frames of a packet, and
    /// the track's own.
    pub(crate) fn trim(&mut self, block: &mut Block, start: u64, end: u64) {
        if self.has_stretches {
            self.select(block);
            return;
        }
        let frames = block.frames();
        let dropped = usize::try_from(start.max(self.lead)).map_or(frames, |all| all.min(frames));
        self.lead = self.lead.saturating_sub(dropped as u64);
        block.samples.drain(..dropped * block.channels);
        let beyond = self.beyond((frames - dropped) as u64);
        if self.is_binding {
            let kept = block
                .frames()
                .saturating_sub(usize::try_from(beyond).unwrap_or(usize::MAX));
            block.samples.truncate(kept * block.channels);
            return;
        }
        let end = end.max(beyond);
        self.withhold(block, usize::try_from(end).unwrap_or(usize::MAX));
    }

    /// How many of these frames lie behind the end that the track says.
    fn beyond(&mut self, frames: u64) -> u64 {
        let Some(length) = &mut self.length else {
            return 0;
        };
        let beyond = frames.saturating_sub(*length);
        *length = length.saturating_sub(frames);
        beyond
    }

    fn withhold(&mut self, block: &mut Block, end: usize) {
        let holds = !self.withheld.is_empty();
        if self.distrusts || (end == 0 && !holds) {
            return;
        }
        let frames = if holds {
            0
        } else {
            block.frames().saturating_sub(end)
        };
        let sound = frames * block.channels;
        self.withheld.extend(block.samples.drain(sound..));
        if self.withheld.len() > MAX_PADDING * block.channels {
            self.distrusts = true;
            block.samples.append(&mut self.withheld);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(mut trimmer: Trimmer, packets: &[(u64, u64)]) -> Vec<i16> {
        let (mut heard, mut next) = (Vec::new(), 0);
        for (start, end) in packets {
            // The same in both channels.
            let frames = next..next + 1_000;
            let mut block = Block {
                samples: frames.flat_map(|frame| [frame, frame]).collect(),
                channels: 2,
                ..Block::default()
            };
            next += 1_000;
            trimmer.trim(&mut block, *start, *end);
            assert!(block.channel(0) == block.channel(1));
            heard.extend(block.channel(0));
        }
        heard
    }

    #[test]
    fn padding_at_both_ends_is_dropped() {
        let heard = trimmed(
            Trimmer::default(),
            &[(300, 0), (0, 0), (0, 200), (0, 1_000)],
        );
        assert_eq!(heard, (300..2_800).collect::<Vec<_>>());
    }

    #[test]
    fn audio_after_the_padding_is_kept() {
        let packets = [&[(300, 0), (0, 200)][..], &[(0, 1_000); 8]].concat();
        let heard = trimmed(Trimmer::default(), &packets);
        assert_eq!(heard, (300..10_000).collect::<Vec<_>>());
    }

    #[test]
    fn a_track_says_where_its_sound_begins_and_ends() {
        let heard = trimmed(Trimmer::new(2_112, Some(2_500)), &[(0, 0); 6]);
        assert_eq!(heard, (2_112..4_612).collect::<Vec<_>>());
    }

    #[test]
    fn stretches_are_cut_out_across_packets() {
        let stretches = VecDeque::from([100..1_500, 2_900..3_100, 3_500..9_000]);
        let heard = trimmed(Trimmer::of_stretches(stretches), &[(0, 0); 5]);
        let expected = (100..1_500).chain(2_900..3_100).chain(3_500..5_000);
        assert_eq!(heard, expected.collect::<Vec<_>>());
    }

    #[test]
    fn an_end_that_a_person_chose_is_obeyed() {
        let trimmer = Trimmer::new(1_024, Some(500)).binding();
        let heard = trimmed(trimmer, &[(0, 0); 9]);
        assert_eq!(heard, (1_024..1_524).collect::<Vec<_>>());
    }

    #[test]
    fn implausible_track_end_is_ignored() {
        let heard = trimmed(Trimmer::new(1_024, Some(500)), &[(0, 0); 9]);
        assert_eq!(heard, (1_024..9_000).collect::<Vec<_>>());
    }
}
