//! The decoding library, and what it leaves to its user: padding, gaps, damage,
//! recordings in several parts.

use symphonia::core::{
    errors::Error as Fault,
    formats::FormatReader,
    packet::Packet,
    units::{Duration, TimeBase, Timestamp},
};

use crate::{
    Error, FileKind,
    codec::Codec,
    decoder::Block,
    gapless,
    mp4::{Edit, Movie},
    open::{AudioTrack, Container, choose, damaged, guard},
    pcm::{MAX_CHANNELS, SAMPLE_RATES},
    source::Failures,
    timeline::Timeline,
    trim::Trimmer,
};

/// Damaged packets in a row after which a recording counts as damaged beyond use.
const MAX_DAMAGED_IN_A_ROW: u32 = 200;

/// After this number of packets in another format the format has changed.
const MAX_FOREIGN_IN_A_ROW: u32 = 10;

/// Parts that a recording may be joined of.
const MAX_PARTS: u32 = 10_000;

/// A recording in any format that the library knows.
pub(crate) struct Library {
    reader: Box<dyn FormatReader>,
    kind: FileKind,
    movie: Movie,
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
    damaged_in_a_row: u32,
    foreign_in_a_row: u32,
    parts: u32,
}

impl Library {
    pub(crate) fn new(container: Container, failures: Failures) -> Result<Self, Error> {
        let Container {
            reader,
            kind,
            movie,
        } = container;
        let chosen = choose(&*reader, &movie)?;
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
        };
        library.timeline = library.time_base().map(Timeline::new);
        Ok(library)
    }

    /// The next samples into `block`; whether there were any.
    pub(crate) fn next(&mut self, block: &mut Block) -> Result<bool, Error> {
        if self.give_held(block) {
            return Ok(true);
        }
        while let Some(packet) = self.next_packet()? {
            if packet.track_id != self.track || !self.decode(packet, block)? {
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

    pub(crate) const fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    pub(crate) const fn channels(&self) -> usize {
        self.channels
    }

    pub(crate) const fn damaged_packets(&self) -> u64 {
        self.damaged
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
                // Any other error ends the recording; the samples before it are kept.
                packet => return Ok(packet.unwrap_or(None)),
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
        }) = choose(&*self.reader, &self.movie)
        else {
            return false;
        };
        (self.track, self.codec, self.pre_skip) = (id, codec, pre_skip);
        (self.trimmer, self.timeline) = (None, self.time_base().map(Timeline::new));
        true
    }

    /// The unit of packets' times, in containers where they are to be kept to.
    fn time_base(&self) -> Option<TimeBase> {
        let timed = matches!(self.kind, FileKind::Mp4 | FileKind::Matroska);
        let mut tracks = self.reader.tracks().iter();
        let track = tracks.find(|track| track.id == self.track)?;
        track.time_base.filter(|_| timed)
    }

    /// Decodes one packet; whether it gave samples.
    fn decode(&mut self, mut packet: Packet, block: &mut Block) -> Result<bool, Error> {
        let padding = (packet.trim_start.get(), packet.trim_end.get());
        // Some decoders take it away by themselves: it could not be given back.
        (packet.trim_start, packet.trim_end) = (Duration::ZERO, Duration::ZERO);
        let codec = &mut self.codec;
        let outcome = guard(|| codec.decode(&packet, block))?;
        let Ok(format) = outcome else {
            return self.pass_over();
        };
        if !self.is_of_this_recording(format)? {
            return self.pass_over();
        }
        self.damaged_in_a_row = 0;
        block.channels = self.channels;
        self.place(packet.pts, padding, block);
        Ok(!block.samples.is_empty() || self.silence > 0)
    }

    /// Takes padding away, and finds out whether silence goes before.
    fn place(&mut self, time: Timestamp, (start, end): (u64, u64), block: &mut Block) {
        let rate = self.sample_rate_hz;
        if let Some(timeline) = &mut self.timeline {
            self.silence += timeline.missing(time, block.frames() as u64, rate);
        }
        if self.trimmer.is_none() {
            self.trimmer = Some(self.begin(time));
        }
        if let Some(trimmer) = &mut self.trimmer {
            trimmer.trim(block, start, end);
        }
    }

    /// The track's encoder delay, by the most reliable field of its container.
    fn begin(&mut self, first: Timestamp) -> Trimmer {
        let rate = self.sample_rate_hz;
        if let Some(edit) = self.edit() {
            let delay = edit.delay.frames(rate);
            let second = u64::from(rate);
            // The latest start that players accept, as in `crate::timeline`.
            if (second / 5..60 * second).contains(&delay) {
                self.silence += delay;
            }
            let length = edit.length.map(|length| length.frames(rate));
            return Trimmer::new(edit.skip.frames(rate), length);
        }
        if let Some(frames) = self.pre_skip {
            return Trimmer::new(frames, None);
        }
        let itunes = || gapless::itunes(&mut *self.reader);
        if let Some((lead, length)) = (self.kind == FileKind::Mp4).then(itunes).flatten() {
            return Trimmer::new(lead, Some(length));
        }
        let lead = self.timeline.as_ref().map(|line| line.lead(first, rate));
        Trimmer::new(lead.unwrap_or(0), None)
    }

    fn edit(&self) -> Option<Edit> {
        let mut tracks = self.movie.tracks.iter();
        tracks.find(|track| track.id == self.track)?.edit
    }

    fn pass_over(&mut self) -> Result<bool, Error> {
        self.damaged += 1;
        self.damaged_in_a_row += 1;
        if self.damaged_in_a_row < MAX_DAMAGED_IN_A_ROW {
            return Ok(false);
        }
        Err(damaged("a long stretch of it cannot be decoded"))
    }

    /// The format of the samples must make sense and stay the same; a packet of
    /// another is what a decoder finds in a damaged stretch.
    fn is_of_this_recording(&mut self, (rate, channels): (u32, usize)) -> Result<bool, Error> {
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
