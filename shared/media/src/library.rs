//! The decoding library, and what it leaves to its user: padding, gaps, damage,
//! recordings in several parts.

mod accounting;
mod times;

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, atomic::AtomicU64},
};

use domain::audio_warning::AudioWarningCode;
use symphonia::core::{
    errors::Error as Fault,
    formats::{FormatReader, Track},
    packet::Packet,
    units::Duration,
};

use crate::{
    Error, FileKind,
    block::Block,
    codec::Codec,
    mp4::Movie,
    open::{AudioTrack, Container, choose, damaged, guard},
    pcm::SAMPLE_RATES,
    source::Failures,
    timeline::Timeline,
    trim::Trimmer,
};

/// Parts that a recording may be joined of.
const MAX_PARTS: u32 = 10_000;

/// Samples of Ogg that wait, in milliseconds: a gap shows only behind the page that it lies
/// in, and pages of a second are common.
const HELD_BACK_MS: u64 = 1_200;

/// A recording in any format that the library knows.
pub(crate) struct Library {
    reader: Box<dyn FormatReader>,
    kind: FileKind,
    movie: Movie,
    next_part: Arc<AtomicU64>,
    codec: Codec,
    track: u32,
    failures: Failures,
    pre_skip: Option<u64>,
    /// Known from the first packet on.
    trimmer: Option<Trimmer>,
    /// Where packets have times to go by.
    timeline: Option<Timeline>,
    /// Frames of silence to be given before what is held.
    silence: u64,
    held: Vec<i16>,
    channels: usize,
    sample_rate_hz: u32,
    damaged: u64,
    damaged_in_a_row: u64,
    foreign_in_a_row: u32,
    parts: u32,
    /// Whether another decoder takes over what this one cannot decode.
    has_fallback: bool,
    /// The longest time of a packet in the index of an MP4, in frames.
    longest_packet: u64,
    /// Frames of the last packet that was decoded.
    last_frames: u64,
    /// Frames decoded so far, without silence and with what is trimmed.
    decoded_frames: u64,
    /// Blocks that are held back, oldest first.
    waiting: VecDeque<Vec<i16>>,
    waiting_frames: u64,
    /// Kinds of what went wrong since they were taken.
    defects: Vec<AudioWarningCode>,
    /// Whether reading packets ended with an error.
    ended_in_error: bool,
    has_ended: bool,
    /// What ended the decoding, to be returned behind what is held back.
    failure: Option<Error>,
    /// How often stretches were left out or silence was added.
    edits: u32,
}

impl Library {
    /// With `has_fallback` the first sign of damage ends the decoding with
    /// [`Error::Damaged`]; without it, single damaged packets are replaced by silence.
    pub(crate) fn new(
        container: Container,
        failures: Failures,
        has_fallback: bool,
    ) -> Result<Self, Error> {
        let Container {
            reader,
            kind,
            movie,
            next_part,
        } = container;
        let chosen = choose(&*reader, kind, &movie)?;
        if !SAMPLE_RATES.contains(&chosen.sample_rate_hz) {
            return Err(damaged(format!(
                "a sampling rate of {} Hz makes no sense",
                chosen.sample_rate_hz
            )));
        }
        let mut library = Self {
            reader,
            kind,
            movie,
            next_part,
            codec: chosen.codec,
            track: chosen.id,
            failures,
            pre_skip: chosen.pre_skip,
            trimmer: None,
            timeline: None,
            silence: 0,
            held: Vec::new(),
            channels: 0,
            sample_rate_hz: chosen.sample_rate_hz,
            damaged: 0,
            damaged_in_a_row: 0,
            foreign_in_a_row: 0,
            parts: 1,
            has_fallback,
            longest_packet: 0,
            last_frames: 0,
            decoded_frames: 0,
            waiting: VecDeque::new(),
            waiting_frames: 0,
            defects: Vec::new(),
            ended_in_error: false,
            has_ended: false,
            failure: None,
            edits: 0,
        };
        library.timeline = library.new_timeline();
        Ok(library)
    }

    /// The next samples into `block`; whether there were any.
    pub(crate) fn next(&mut self, block: &mut Block) -> Result<bool, Error> {
        if self.kind != FileKind::Ogg {
            return self.next_decoded(block);
        }
        let enough = HELD_BACK_MS * u64::from(self.sample_rate_hz) / 1_000;
        while !self.has_ended && self.waiting_frames <= enough {
            match self.next_decoded(block) {
                Ok(true) => {
                    self.waiting_frames += block.frames() as u64;
                    self.waiting.push_back(std::mem::take(&mut block.samples));
                }
                Ok(false) => self.has_ended = true,
                // The other decoder gives what is held back, and more.
                Err(error) if self.has_fallback => return Err(error),
                Err(error) => (self.has_ended, self.failure) = (true, Some(error)),
            }
        }
        let Some(samples) = self.waiting.pop_front() else {
            return self.failure.take().map_or(Ok(false), Err);
        };
        (block.samples, block.channels) = (samples, self.channels);
        self.waiting_frames -= block.frames() as u64;
        Ok(true)
    }

    fn next_decoded(&mut self, block: &mut Block) -> Result<bool, Error> {
        if self.give_held(block) {
            return Ok(true);
        }
        while let Some(packet) = self.next_packet()? {
            if packet.track_id != self.track {
                self.note_other_track();
                continue;
            }
            if !self.decode(packet, block)? {
                continue;
            }
            if self.silence > 0 {
                std::mem::swap(&mut self.held, &mut block.samples);
                self.give_held(block);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// The track that is decoded.
    fn own_track(&self) -> Option<&Track> {
        let mut tracks = self.reader.tracks().iter();
        tracks.find(|track| track.id == self.track)
    }

    pub(crate) const fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    pub(crate) const fn channels(&self) -> usize {
        self.channels
    }

    /// Whether what was given so far differs from the packets by more than padding.
    pub(crate) const fn is_edited(&self) -> bool {
        self.edits > 0 || self.parts > 1
    }

    /// Gives silence, a second at a time, and then what is held.
    fn give_held(&mut self, block: &mut Block) -> bool {
        if self.silence > 0 {
            let second = self.silence.min(u64::from(self.sample_rate_hz));
            self.silence -= second;
            let frames = usize::try_from(second).unwrap_or(0);
            block.samples.clear();
            block.samples.resize(frames * self.channels, 0);
            return true;
        }
        let is_held = !self.held.is_empty();
        if is_held {
            std::mem::swap(&mut self.held, &mut block.samples);
            self.held.clear();
        }
        is_held
    }

    /// A failure to read is none of the recording's, and never its end.
    fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        loop {
            let packet = guard(|| self.reader.next_packet())?;
            if let Some(error) = self.failures.take() {
                return Err(Error::Read(error));
            }
            match packet {
                Err(Fault::ResetRequired) if self.parts < MAX_PARTS => {
                    if !self.begin_part() {
                        return Ok(None);
                    }
                }
                Ok(packet) => return Ok(packet),
                // Any other error ends the recording; the samples before it are kept.
                Err(fault) => {
                    self.ended_in_error = !is_end_of_file(&fault);
                    return Ok(None);
                }
            }
        }
    }

    /// Continues with the next part of a chained recording.
    fn begin_part(&mut self) -> bool {
        self.parts += 1;
        let Ok(AudioTrack {
            id,
            codec,
            pre_skip,
            ..
        }) = choose(&*self.reader, self.kind, &self.movie)
        else {
            return false;
        };
        (self.track, self.codec, self.pre_skip) = (id, codec, pre_skip);
        (self.trimmer, self.timeline) = (None, self.new_timeline());
        true
    }

    /// Decodes one packet; whether it gave samples.
    fn decode(&mut self, mut packet: Packet, block: &mut Block) -> Result<bool, Error> {
        let padding = (packet.trim_start.get(), packet.trim_end.get());
        // Some decoders take it away by themselves: it could not be given back.
        (packet.trim_start, packet.trim_end) = (Duration::ZERO, Duration::ZERO);
        let codec = &mut self.codec;
        let outcome = guard(|| codec.decode(&packet, block))?;
        let is_usable = match outcome {
            Ok(format) => self.is_of_this_recording(format)?,
            Err(_) => false,
        };
        block.channels = self.channels;
        if !is_usable || self.exceeds_its_time(packet.dur, block) {
            block.samples.clear();
            return self.pass_over();
        }
        self.damaged_in_a_row = 0;
        self.place(packet.pts, padding, block)?;
        Ok(!block.samples.is_empty() || self.silence > 0)
    }
}

/// Whether a file ended where more was expected.
fn is_end_of_file(fault: &Fault) -> bool {
    matches!(fault, Fault::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof)
}
