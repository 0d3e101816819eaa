//! A voice that bleeds into the channels of others, taken out again.

use super::{
    WINDOWS_PER_SECOND,
    window::{ComparedWindow, NO_OWNER},
};
use crate::Block;

/// Removes from each channel what bleeds into it, where each channel carries one person:
/// an engine that is given each channel would recognise the same words twice.
///
/// In each window of 50 ms the voice of the channel that owns it is subtracted from the
/// channels that are copies of it. What is in them besides, and channels without a copy of
/// another, stay as they are.
#[derive(Debug)]
pub struct BleedFilter {
    window: ComparedWindow,
    length: usize,
    held: Vec<i16>,
    ready: Block,
}

impl BleedFilter {
    /// For a recording of that format.
    pub fn new(channels: usize, sample_rate_hz: u32) -> Self {
        let channels = channels.max(1);
        Self {
            window: ComparedWindow::new(channels),
            length: (sample_rate_hz / WINDOWS_PER_SECOND).max(1) as usize,
            held: Vec::new(),
            ready: Block {
                channels,
                ..Block::default()
            },
        }
    }

    /// Takes samples of all channels; returns those of the windows that they complete.
    pub fn push(&mut self, block: &Block) -> &Block {
        let channels = self.ready.channels;
        self.ready.samples.clear();
        let mut samples = block.samples();
        while samples.len() >= channels {
            let room = self.length - self.window.frames();
            let frames = room.min(samples.len() / channels);
            let (now, later) = samples.split_at(frames * channels);
            self.window.push(now);
            self.held.extend_from_slice(now);
            if self.window.frames() == self.length {
                self.close_window();
            }
            samples = later;
        }
        &self.ready
    }

    /// Returns the samples that are left.
    pub fn finish(&mut self) -> &Block {
        self.ready.samples.clear();
        if self.window.frames() > 0 {
            self.close_window();
        }
        &self.ready
    }

    fn close_window(&mut self) {
        let owner = self.window.close();
        let shares = self.window.bleeding();
        if owner != NO_OWNER && shares.iter().any(|share| *share != 0.0) {
            for frame in self.held.chunks_exact_mut(shares.len()) {
                let voice = f32::from(frame[usize::from(owner)]);
                for (sample, share) in frame.iter_mut().zip(shares) {
                    *sample = rounded(f32::from(*sample) - voice * share);
                }
            }
        }
        self.ready.samples.append(&mut self.held);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "limited to 16 bits")]
fn rounded(value: f32) -> i16 {
    value.round().clamp(-32_768.0, 32_767.0) as i16
}
