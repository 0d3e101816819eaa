//! Whether the channels of a recording carry different people, and how they are joined
//! where they do not.
//!
//! Windows of 50 ms are compared as the recording is decoded; the verdict is by all of
//! them, in memory that is bounded. A window counts where a channel is well above its own
//! noise, which only the whole recording shows. It belongs to the loudest channel where
//! that is much louder than the next, or where it is somewhat louder and the next is a
//! copy of it: a voice that bleeds from one microphone into another.

mod bleed;
mod window;

pub use bleed::BleedFilter;

use crate::{Block, mix::Mix};
use window::{ComparedWindow, NO_OWNER};

/// Windows over which channels are compared, per second.
const WINDOWS_PER_SECOND: u32 = 20;

/// How far a channel is above its noise where there is speech, in dB.
const ABOVE_NOISE: u8 = 10;

/// How far below the loudest of a recording there may still be speech, in dB.
const BELOW_LOUDEST: u8 = 35;

/// The noise of a channel: the level that 95 percent of its windows exceed.
const NOISE_PERCENT: usize = 5;

/// The loudest of a channel: the level that half a percent of its windows exceed. That is
/// more than single bumps, and less than an interviewer of few words says.
const LOUDEST_PERMILLE: usize = 995;

/// Share of the windows with speech that must belong to one channel alone.
const SEPARATED: f64 = 0.6;

/// Windows in a row that a channel must own for them to be speech: 200 ms, where a bump
/// or a click is shorter.
const SHORTEST_RUN: usize = 4;

/// Windows of speech that each of two channels must own: one second is a short question,
/// however long the recording is.
const TAKES_PART: usize = 20;

/// How far below the loudest channel one is silent, in dB.
const SILENT: u8 = 30;

/// Below this correlation with the loudest channel a channel is turned around.
const OPPOSITE: f64 = -0.6;

/// Bytes that are kept of windows: ten hours of eight channels.
const MAX_KEPT: usize = 8 * 1024 * 1024;

/// Compares the channels of a recording as it is decoded.
///
/// Two people on two channels take turns: nearly always one channel is far
/// louder. A stereo recording of a room, or one channel copied to both, is about
/// as loud on both sides.
#[derive(Debug)]
pub struct ChannelComparison {
    length: usize,
    window: ComparedWindow,
    channels: usize,
    /// The level of each channel in each window, window by window.
    levels: Vec<u8>,
    /// The channel that each window belongs to.
    owners: Vec<u8>,
}

impl ChannelComparison {
    /// For a recording of that format.
    pub fn new(channels: usize, sample_rate_hz: u32) -> Self {
        Self {
            length: (sample_rate_hz / WINDOWS_PER_SECOND).max(1) as usize,
            window: ComparedWindow::new(channels),
            channels,
            levels: Vec::new(),
            owners: Vec::new(),
        }
    }

    /// Takes samples of all channels.
    pub fn push(&mut self, block: &Block) {
        if self.channels < 2 {
            return;
        }
        let mut samples = block.samples();
        while samples.len() >= self.channels {
            let room = self.length - self.window.frames();
            let frames = room.min(samples.len() / self.channels);
            let (now, later) = samples.split_at(frames * self.channels);
            self.window.push(now);
            if self.window.frames() == self.length {
                self.close_window();
            }
            samples = later;
        }
    }

    fn close_window(&mut self) {
        let owner = self.window.close();
        if self.levels.len() + self.channels <= MAX_KEPT {
            self.levels.extend_from_slice(self.window.levels());
            self.owners.push(owner);
        }
    }

    /// Whether there is a person to each channel.
    #[expect(clippy::cast_precision_loss, reason = "shares need no more than f64")]
    pub fn separate(&self) -> bool {
        let thresholds = self.thresholds();
        let mut speech = Speech::new(self.channels);
        let windows = self.levels.chunks_exact(self.channels.max(1));
        for (levels, owner) in windows.zip(&self.owners) {
            let speaks = |(level, threshold): (&u8, &u8)| level > threshold;
            if levels.iter().zip(&thresholds).any(speaks) {
                let owner = usize::from(*owner);
                let is_speech = |owner: &usize| levels[*owner] > thresholds[*owner];
                let owner = (owner != usize::from(NO_OWNER)).then_some(owner);
                speech.push(owner.filter(is_speech));
            } else {
                speech.end_run();
            }
        }
        speech.end_run();
        let taking_part = speech.owned.iter().filter(|owned| **owned >= TAKES_PART);
        let separated = speech.separated as f64 / speech.windows.max(1) as f64;
        taking_part.count() >= 2 && separated >= SEPARATED
    }

    /// How the channels are joined to one.
    pub fn mix(&self) -> Mix {
        if self.channels < 2 {
            return Mix::default();
        }
        let loudest: Vec<u8> = (0..self.channels)
            .map(|channel| self.level_below(channel, LOUDEST_PERMILLE))
            .collect();
        let most = loudest.iter().copied().max().unwrap_or(0);
        let audible = loudest.iter().filter(|level| **level + SILENT >= most);
        let turned = self.window.opposite(OPPOSITE).filter(|index| *index < 64);
        Mix {
            turned: turned.fold(0, |bits, channel| bits | 1 << channel),
            audible: u8::try_from(audible.count()).unwrap_or(u8::MAX),
        }
    }

    /// The level above which each channel carries speech.
    fn thresholds(&self) -> Vec<u8> {
        let channels = 0..self.channels;
        let loudest = channels
            .clone()
            .map(|channel| self.level_below(channel, LOUDEST_PERMILLE))
            .max();
        let least = loudest.unwrap_or(0).saturating_sub(BELOW_LOUDEST);
        channels
            .map(|channel| self.level_below(channel, NOISE_PERCENT * 10) + ABOVE_NOISE)
            .map(|above_noise| above_noise.max(least).max(window::QUIETEST))
            .collect()
    }

    /// The level of a channel below which that share of its windows lies.
    fn level_below(&self, channel: usize, permille: usize) -> u8 {
        let mut counts = [0_usize; 256];
        let own = self.levels[channel.min(self.levels.len())..].iter();
        for level in own.step_by(self.channels.max(1)) {
            counts[usize::from(*level)] += 1;
        }
        let mut seen = 0;
        let level = (0..=u8::MAX).find(|level| {
            seen += counts[usize::from(*level)];
            seen * 1_000 > self.owners.len() * permille
        });
        level.unwrap_or(0)
    }
}

/// Who speaks in the windows with speech.
struct Speech {
    windows: usize,
    separated: usize,
    /// Windows of each channel in runs that are long enough.
    owned: Vec<usize>,
    run: (Option<usize>, usize),
}

impl Speech {
    fn new(channels: usize) -> Self {
        Self {
            windows: 0,
            separated: 0,
            owned: vec![0; channels],
            run: (None, 0),
        }
    }

    fn push(&mut self, owner: Option<usize>) {
        self.windows += 1;
        self.separated += usize::from(owner.is_some());
        if self.run.0 != owner {
            self.end_run();
            self.run.0 = owner;
        }
        self.run.1 += 1;
    }

    fn end_run(&mut self) {
        if let (Some(owner), SHORTEST_RUN..) = self.run {
            self.owned[owner] += self.run.1;
        }
        self.run = (None, 0);
    }
}

#[cfg(test)]
mod tests;
