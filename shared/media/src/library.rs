//! The decoding library, and what it leaves to its user: padding, gaps, damage,
//! recordings in several parts.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::audio_warning::AudioWarningCode;
use symphonia::core::{
    errors::Error as Fault,
    formats::FormatReader,
    io::ReadBytes as _,
    packet::Packet,
    units::{Duration, TimeBase, Timestamp},
};

use crate::{
    Error, FileKind,
    block::Block,
    codec::Codec,
    gapless,
    mp4::{Fraction, Movie, SoundTrack, Stretches},
    names,
    open::{AudioTrack, Container, choose, damaged, guard},
    pcm::{MAX_CHANNELS, SAMPLE_RATES},
    source::Failures,
    timeline::{LATEST_START_S, LONGEST_GAP_S, Timeline},
    trim::Trimmer,
};

/// Damaged packets in a row after which a recording counts as damaged beyond use.
const MAX_DAMAGED_IN_A_ROW: u64 = 200;

/// Damaged packets after which another decoder is to take over, where there is one.
const MAX_DAMAGED_WITH_FALLBACK: u64 = 3;

/// After this number of packets in another format the format has changed.
const MAX_FOREIGN_IN_A_ROW: u32 = 10;

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
            last_frames: 0,
            decoded_frames: 0,
            waiting: VecDeque::new(),
            waiting_frames: 0,
            defects: Vec::new(),
            ended_in_error: false,
            has_ended: false,
            failure: None,
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
        let mut tracks = self.reader.tracks().iter();
        let track = tracks.find(|track| track.id == self.track);
        let declared = track.and_then(|track| Some((track.num_frames?, track.time_base)));
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
        let mut tracks = self.reader.tracks().iter();
        let track = tracks.find(|track| track.id == self.track);
        let parameters = track.and_then(|track| track.codec_params.as_ref()?.audio());
        parameters.map_or("", names::short_name)
    }

    /// The number of the byte behind the last one that was taken from the file.
    pub(crate) fn into_position(self) -> u64 {
        let next_part = self.next_part.load(Ordering::Relaxed);
        self.reader.into_inner().pos().min(next_part)
    }

    /// Gives silence for shorter gaps, and for a late start however late it is: the times
    /// are those of a player.
    pub(crate) fn keep_exactly_to_times(&mut self) {
        if let Some(timeline) = &mut self.timeline {
            timeline.be_exact();
        }
    }

    /// Whether the file is an MP4 of fragments, which are read one after the other.
    pub(crate) const fn is_fragmented(&self) -> bool {
        self.movie.is_fragmented
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

    /// A track that begins before the sound shows that a late start is meant.
    fn note_other_track(&mut self) {
        if let (None, Some(timeline)) = (&self.trimmer, &mut self.timeline) {
            timeline.believe_starts(LONGEST_GAP_S);
        }
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

    fn new_timeline(&self) -> Option<Timeline> {
        let mut timeline = Timeline::new(self.time_base()?);
        // What begins late was cut from a stream.
        if matches!(self.kind, FileKind::Ogg | FileKind::Flac) {
            timeline.believe_starts(0);
        }
        Some(timeline)
    }

    /// The unit of packets' times, in containers where they are to be kept to.
    fn time_base(&self) -> Option<TimeBase> {
        let timed = matches!(
            self.kind,
            FileKind::Mp4 | FileKind::Matroska | FileKind::Ogg | FileKind::Flac
        );
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

    /// Whether a packet gave far more than its time in the index of an MP4: what decoders
    /// make of noise.
    fn exceeds_its_time(&self, duration: Duration, block: &Block) -> bool {
        let base = self.time_base().filter(|_| self.kind == FileKind::Mp4);
        let frames = base.map_or(0, |base| {
            frames_of(duration.get(), base, self.sample_rate_hz)
        });
        frames > 0 && block.frames() as u64 > 2 * frames
    }

    /// Takes padding away, and finds out whether silence goes before.
    fn place(
        &mut self,
        time: Timestamp,
        (start, end): (u64, u64),
        block: &mut Block,
    ) -> Result<(), Error> {
        let rate = self.sample_rate_hz;
        (self.last_frames, self.decoded_frames) = (
            block.frames() as u64,
            self.decoded_frames + block.frames() as u64,
        );
        if let Some(timeline) = &mut self.timeline {
            let repeated = timeline.repeated(time, rate).min(block.frames() as u64);
            if repeated > 0 {
                let samples = usize::try_from(repeated).unwrap_or(0) * block.channels;
                block.samples.drain(..samples);
            }
            let missing = timeline.missing(time, block.frames() as u64, rate);
            // Of Ogg it is not known where within the page before the gap lies.
            if missing > 0 && self.kind == FileKind::Ogg && self.has_fallback {
                return Err(damaged("packets are missing"));
            }
            if missing > 0 && self.trimmer.is_some() {
                self.defects.push(AudioWarningCode::GapFilled);
            }
            self.silence += missing;
        }
        if self.trimmer.is_none() {
            self.trimmer = Some(self.begin(time));
        }
        if let Some(trimmer) = &mut self.trimmer {
            trimmer.trim(block, start, end);
        }
        Ok(())
    }

    /// The track's encoder delay, by the most reliable field of its container.
    fn begin(&mut self, first: Timestamp) -> Trimmer {
        let rate = self.sample_rate_hz;
        let mut tracks = self.movie.tracks.iter();
        let track = tracks.find(|track| track.id == self.track);
        if let Some(SoundTrack {
            edit: Some(edit),
            stretches,
            ..
        }) = track
        {
            let delay = edit.delay.frames(rate);
            let second = u64::from(rate);
            // Alone, a track that begins later than that was cut from a longer one; beside
            // a picture the sound begins when it says.
            let latest = if self.movie.has_other_tracks {
                LONGEST_GAP_S
            } else {
                LATEST_START_S
            };
            if (second / 5..latest * second).contains(&delay) {
                self.silence += delay;
            }
            if let Stretches::Ascending(stretches) = stretches {
                let frames = |(start, length): &(Fraction, Fraction)| {
                    let start = start.frames(rate);
                    start..start + length.frames(rate)
                };
                return Trimmer::of_stretches(stretches.iter().map(frames).collect());
            }
            let length = edit.length.map(|length| length.frames(rate));
            let trimmer = Trimmer::new(edit.skip.frames(rate), length);
            return if edit.is_cut {
                trimmer.binding()
            } else {
                trimmer
            };
        }
        if let Some(frames) = self.pre_skip {
            return Trimmer::new(frames, None);
        }
        let itunes = || gapless::itunes(&mut *self.reader);
        if let Some((lead, length)) = (self.kind == FileKind::Mp4).then(itunes).flatten() {
            return Trimmer::new(lead, Some(length));
        }
        let timeline = self.timeline.as_ref();
        let lead = timeline.filter(|_| matches!(self.kind, FileKind::Mp4 | FileKind::Matroska));
        let lead = lead.map(|timeline| timeline.lead(first, rate));
        Trimmer::new(lead.unwrap_or(0), None)
    }

    /// Passes over a packet that cannot be decoded; whether it leaves silence.
    fn pass_over(&mut self) -> Result<bool, Error> {
        self.damaged += 1;
        self.damaged_in_a_row += 1;
        let limit = if self.has_fallback {
            MAX_DAMAGED_WITH_FALLBACK
        } else {
            MAX_DAMAGED_IN_A_ROW
        };
        let damaged_packets = if self.has_fallback {
            self.damaged
        } else {
            self.damaged_in_a_row
        };
        if damaged_packets >= limit {
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

/// A time in units of `base` as frames.
fn frames_of(units: u64, base: TimeBase, rate: u32) -> u64 {
    let scaled = u128::from(units) * u128::from(base.numer.get()) * u128::from(rate);
    u64::try_from(scaled / u128::from(base.denom.get())).unwrap_or(u64::MAX)
}

/// Whether a file ended where more was expected.
fn is_end_of_file(fault: &Fault) -> bool {
    matches!(fault, Fault::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof)
}
