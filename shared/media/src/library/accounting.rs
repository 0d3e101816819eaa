//! What is counted while a recording is decoded: packets that fail, formats that change, and
//! how much of the file there is.

use std::sync::atomic::Ordering;

use domain::audio_warning::AudioWarningCode;
use symphonia::core::{
    io::ReadBytes as _,
    units::{Duration, TimeBase},
};

use super::Library;
use crate::{
    Error, FileKind,
    block::Block,
    names,
    open::damaged,
    pcm::{MAX_CHANNELS, SAMPLE_RATES},
};

/// Damaged packets in a row after which a recording counts as damaged beyond use.
const MAX_DAMAGED_IN_A_ROW: u64 = 200;

/// Damaged packets after which another decoder is to take over, where there is one.
const MAX_DAMAGED_WITH_FALLBACK: u64 = 3;

/// After this number of packets in another format the format has changed.
const MAX_FOREIGN_IN_A_ROW: u32 = 10;

impl Library {
    /// What went wrong since the last call.
    pub(crate) fn take_defects(&mut self) -> Vec<AudioWarningCode> {
        std::mem::take(&mut self.defects)
    }

    /// Whether reading ended with an error rather than at the end of the recording.
    pub(crate) const fn ended_in_error(&self) -> bool {
        self.ended_in_error
    }

    /// How many milliseconds are missing to the declared length, where that is reliable.
    pub(crate) fn missing_ms(&self) -> u64 {
        if !matches!(self.kind, FileKind::Mp4 | FileKind::Flac) || self.parts > 1 {
            return 0;
        }
        let declared = self
            .own_track()
            .and_then(|track| Some((track.num_frames?, track.time_base)));
        let Some((units, base)) = declared else {
            return 0;
        };
        let rate = self.sample_rate_hz;
        let frames = match base {
            Some(base) => frames_of(units, base, rate),
            None => units,
        };
        frames.saturating_sub(self.decoded_frames) * 1_000 / u64::from(rate.max(1))
    }

    /// The kind of the file.
    pub(crate) const fn kind(&self) -> FileKind {
        self.kind
    }

    /// The name of the codec.
    pub(crate) fn codec_name(&self) -> &'static str {
        let track = self.own_track();
        let parameters = track.and_then(|track| track.codec_params.as_ref()?.audio());
        parameters.map_or("", names::short_name)
    }

    /// The number of the byte behind the last one that was taken from the file.
    pub(crate) fn into_position(self) -> u64 {
        let next_part = self.next_part.load(Ordering::Relaxed);
        self.reader.into_inner().pos().min(next_part)
    }

    /// Whether the file is an MP4 of fragments, which are read one after the other.
    pub(crate) const fn is_fragmented(&self) -> bool {
        self.movie.is_fragmented
    }

    pub(crate) const fn damaged_packets(&self) -> u64 {
        self.damaged
    }

    /// Whether a packet gave far more than packets have in the index of an MP4: what decoders
    /// make of noise. The time of the last one may be shorter than what it holds, which is
    /// padding then.
    pub(super) fn exceeds_its_time(&mut self, duration: Duration, block: &Block) -> bool {
        let base = self.time_base().filter(|_| self.kind == FileKind::Mp4);
        let frames = base.map_or(0, |base| {
            frames_of(duration.get(), base, self.sample_rate_hz)
        });
        self.longest_packet = self.longest_packet.max(frames);
        frames > 0 && block.frames() as u64 > 2 * self.longest_packet
    }

    /// Passes over a packet that cannot be decoded; whether it leaves silence.
    pub(super) fn pass_over(&mut self) -> Result<bool, Error> {
        self.damaged += 1;
        self.damaged_in_a_row += 1;
        let is_beyond_use = if self.has_fallback {
            self.damaged >= MAX_DAMAGED_WITH_FALLBACK
        } else {
            self.damaged_in_a_row >= MAX_DAMAGED_IN_A_ROW
        };
        if is_beyond_use {
            return Err(damaged("a long stretch of it cannot be decoded"));
        }
        // Before the first packet that can be decoded there is nothing to keep time by.
        if self.channels > 0 {
            self.defects.push(AudioWarningCode::SkippedPackets);
            if self.timeline.is_none() {
                self.silence += self.last_frames;
            }
        }
        Ok(self.silence > 0)
    }

    /// The format of the samples must make sense and stay the same; a packet of
    /// another is what a decoder finds in a damaged stretch.
    pub(super) fn is_of_this_recording(
        &mut self,
        (rate, channels): (u32, usize),
    ) -> Result<bool, Error> {
        if self.channels == 0 {
            if !SAMPLE_RATES.contains(&rate) || !(1..=MAX_CHANNELS).contains(&channels) {
                return Err(damaged(format!(
                    "{channels} channels at {rate} Hz make no sense"
                )));
            }
            (self.sample_rate_hz, self.channels) = (rate, channels);
        }
        let same = (rate, channels) == (self.sample_rate_hz, self.channels);
        self.foreign_in_a_row = if same { 0 } else { self.foreign_in_a_row + 1 };
        if self.foreign_in_a_row < MAX_FOREIGN_IN_A_ROW {
            return Ok(same);
        }
        Err(damaged(
            "its sampling rate or number of channels changes on the way",
        ))
    }
}

/// A time in units of `base` as frames.
fn frames_of(units: u64, base: TimeBase, rate: u32) -> u64 {
    let scaled = u128::from(units) * u128::from(base.numer.get()) * u128::from(rate);
    u64::try_from(scaled / u128::from(base.denom.get())).unwrap_or(u64::MAX)
}
