//! Removes the samples that encoders add before and after the audio.
//!
//! Encoders have a delay, and pad the last packet. The container says how much, packet
//! by packet or once for the track. End padding is dropped only at the real end: a tag
//! at the start of an MP3 says how long the audio is, but recordings that were joined,
//! or whose tag was never completed, have audio after that.

use crate::decoder::Block;

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

    /// Removes padding: the first `start` and the last `end` frames of a packet, and
    /// the track's own.
    pub(crate) fn trim(&mut self, block: &mut Block, start: u64, end: u64) {
        let frames = block.frames();
        let dropped = usize::try_from(start.max(self.lead)).map_or(frames, |all| all.min(frames));
        self.lead = self.lead.saturating_sub(dropped as u64);
        block.samples.drain(..dropped * block.channels);
        let end = end.max(self.beyond((frames - dropped) as u64));
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
            assert!(block.channel(0).eq(block.channel(1)));
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
    fn implausible_track_end_is_ignored() {
        let heard = trimmed(Trimmer::new(1_024, Some(500)), &[(0, 0); 9]);
        assert_eq!(heard, (1_024..9_000).collect::<Vec<_>>());
    }
}
