//! Whether the channels of a recording carry different people.

use crate::Block;

/// Windows over which channels are compared, per second.
const WINDOWS_PER_SECOND: u32 = 20;

/// How much louder one channel must be to have a window to itself: 10 dB.
const DOMINANCE: f64 = 10.0;

/// Mean square below which a window counts as silent: about -60 dB of full scale.
const SILENCE: f64 = 1_000.0;

/// Share of the windows with sound that must belong to one channel alone.
const SEPARATED: f64 = 0.6;

/// Share of them that each of two channels must have at least.
const TAKES_PART: f64 = 0.03;

/// Compares the channels of a recording as it is decoded.
///
/// Two people on two channels take turns: nearly always one channel is far
/// louder. A stereo recording of a room, or one channel copied to both, is about
/// as loud on both sides.
#[derive(Debug)]
pub struct ChannelComparison {
    window: usize,
    filled: usize,
    energy: Vec<f64>,
    owned: Vec<u64>,
    sounding: u64,
}

impl ChannelComparison {
    /// For a recording of that format.
    pub fn new(channels: usize, sample_rate_hz: u32) -> Self {
        Self {
            window: (sample_rate_hz / WINDOWS_PER_SECOND).max(1) as usize,
            filled: 0,
            energy: vec![0.0; channels],
            owned: vec![0; channels],
            sounding: 0,
        }
    }

    /// Takes samples of all channels.
    pub fn push(&mut self, block: &Block) {
        for frame in block.samples().chunks_exact(self.energy.len().max(1)) {
            for (energy, sample) in self.energy.iter_mut().zip(frame) {
                *energy += f64::from(*sample).powi(2);
            }
            self.filled += 1;
            if self.filled == self.window {
                self.close_window();
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a window has few samples")]
    fn close_window(&mut self) {
        let loudest =
            (0..self.energy.len()).max_by(|a, b| self.energy[*a].total_cmp(&self.energy[*b]));
        if let Some(loudest) = loudest
            && self.energy[loudest] / self.window as f64 > SILENCE
        {
            self.sounding += 1;
            let others = self
                .energy
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != loudest);
            let next = others.map(|(_, energy)| *energy).fold(0.0, f64::max);
            if self.energy[loudest] > next * DOMINANCE {
                self.owned[loudest] += 1;
            }
        }
        self.energy.fill(0.0);
        self.filled = 0;
    }

    /// Whether there is a person to each channel.
    #[expect(clippy::cast_precision_loss, reason = "shares need no more than f64")]
    pub fn separate(&self) -> bool {
        let share = |count: u64| count as f64 / (self.sounding.max(1)) as f64;
        let taking_part = self
            .owned
            .iter()
            .filter(|owned| share(**owned) >= TAKES_PART)
            .count();
        taking_part >= 2 && share(self.owned.iter().sum()) >= SEPARATED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds in which `speaks` says which channels sound.
    fn verdict(seconds: &[[bool; 2]]) -> bool {
        let mut comparison = ChannelComparison::new(2, 8_000);
        for speaks in seconds {
            let sample = |on: bool, n: i16| if on { (n % 100) * 80 } else { n % 3 };
            comparison.push(&Block {
                samples: (0..8_000)
                    .flat_map(|n| speaks.map(|on| sample(on, n)))
                    .collect(),
                channels: 2,
            });
        }
        comparison.separate()
    }

    #[test]
    fn people_who_take_turns_on_their_own_channels_are_told_apart() {
        let turns = [
            [true, false],
            [false, true],
            [true, false],
            [true, true],
            [false, true],
        ];
        assert!(verdict(&turns));
    }

    #[test]
    fn a_copied_channel_a_silent_one_and_silence_are_one_person() {
        assert!(!verdict(&[[true, true]; 5]));
        assert!(!verdict(&[[true, false]; 5]));
        assert!(!verdict(&[[false, false]; 5]));
    }
}
