//! Samples, block by block.

use domain::transcript::AudioFacts;
use symphonia::core::{
    codecs::audio::AudioDecoder, errors::Error as Fault, formats::FormatReader, packet::Packet,
};

use crate::{
    Error, Source,
    open::{Opened, damaged, guard, open},
    source::Failures,
    trim::Trimmer,
};

/// Damaged packets in a row after which a recording counts as damaged beyond use.
const MAX_DAMAGED_IN_A_ROW: u32 = 200;

/// Packets in a row of another format after which that is no mistake.
const MAX_FOREIGN_IN_A_ROW: u32 = 10;

/// What sampling rates make sense, in frames per second.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;

/// The most channels that make sense.
const MAX_CHANNELS: usize = 64;

/// Samples of all channels over the same span of time, 16 bits each.
#[derive(Debug, Default)]
pub struct Block {
    planes: Vec<Vec<i16>>,
}

impl Block {
    /// The samples of each channel; all of the same length.
    pub fn planes(&self) -> &[Vec<i16>] {
        &self.planes
    }

    /// Number of frames: samples in each channel.
    pub fn frames(&self) -> usize {
        self.planes.first().map_or(0, Vec::len)
    }
}

/// A recording being decoded.
pub struct Decoder {
    reader: Box<dyn FormatReader>,
    codec: Box<dyn AudioDecoder>,
    track: u32,
    failures: Failures,
    trimmer: Trimmer,
    block: Block,
    channels: usize,
    sample_rate_hz: u32,
    frames: u64,
    damaged: u64,
    damaged_in_a_row: u32,
    foreign_in_a_row: u32,
}

impl Decoder {
    /// Begins to decode; the kind of recording is found out from its bytes.
    pub fn open(source: Box<dyn Source>) -> Result<Self, Error> {
        let failures = Failures::default();
        let Opened {
            reader,
            decoder,
            track,
            sample_rate_hz,
        } = open(source, &failures)?;
        if !SAMPLE_RATES.contains(&sample_rate_hz) {
            return Err(damaged(format!(
                "a sampling rate of {sample_rate_hz} Hz makes no sense"
            )));
        }
        Ok(Self {
            reader,
            codec: decoder,
            track,
            failures,
            trimmer: Trimmer::default(),
            block: Block::default(),
            channels: 0,
            sample_rate_hz,
            frames: 0,
            damaged: 0,
            damaged_in_a_row: 0,
            foreign_in_a_row: 0,
        })
    }

    /// The next samples; nothing at the end. A recording that breaks off ends
    /// where it breaks off; single damaged packets are passed over.
    pub fn next_block(&mut self) -> Result<Option<&Block>, Error> {
        while let Some(packet) = self.next_packet()? {
            if packet.track_id == self.track && self.decode(&packet)? {
                return Ok(Some(&self.block));
            }
        }
        match self.frames {
            0 if self.damaged > 0 => Err(damaged("nothing in it can be decoded")),
            0 => Err(Error::Empty),
            _ => Ok(None),
        }
    }

    /// What decoding has shown so far.
    pub fn facts(&self) -> AudioFacts {
        AudioFacts {
            duration_ms: self.frames * 1_000 / u64::from(self.sample_rate_hz),
            channels: u16::try_from(self.channels).unwrap_or(u16::MAX),
            sample_rate_hz: self.sample_rate_hz,
        }
    }

    /// Number of packets so far that could not be decoded and were passed over.
    pub const fn damaged_packets(&self) -> u64 {
        self.damaged
    }

    /// A failure to read is none of the recording's, and never its end.
    fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        let packet = guard(|| self.reader.next_packet())?;
        match self.failures.take() {
            Some(error) => Err(Error::Read(error)),
            // Whatever else ends a recording leaves what was decoded before.
            None => Ok(packet.unwrap_or(None)),
        }
    }

    /// Decodes one packet; whether it gave samples.
    fn decode(&mut self, packet: &Packet) -> Result<bool, Error> {
        let (codec, planes) = (&mut self.codec, &mut self.block.planes);
        let outcome = guard(|| {
            let samples = codec.decode(packet)?;
            samples.copy_to_vecs_planar(planes);
            Ok::<_, Fault>((samples.spec().rate(), samples.spec().channels().count()))
        })?;
        let Ok(format) = outcome else {
            return self.pass_over();
        };
        if !self.is_of_this_recording(format)? {
            return self.pass_over();
        }
        self.damaged_in_a_row = 0;
        let frames = |padding: u64| usize::try_from(padding).unwrap_or(usize::MAX);
        let (start, end) = (packet.trim_start.get(), packet.trim_end.get());
        self.trimmer
            .trim(&mut self.block.planes, frames(start), frames(end));
        self.frames += self.block.frames() as u64;
        Ok(self.block.frames() > 0)
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
