//! Samples, block by block.

use std::{
    io::{self, Read as _, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use domain::transcript::AudioFacts;
use symphonia::core::{
    codecs::audio::{AudioDecoder, AudioDecoderOptions},
    errors::Error as Fault,
    formats::{FormatOptions, FormatReader, TrackType, probe::Hint},
    io::{MediaSourceStream, MediaSourceStreamOptions},
    meta::MetadataOptions,
};

use crate::{
    Error, LOOK_SIZE, Source, look,
    source::{Failures, Feed},
    wav,
};

/// Damaged packets in a row after which a recording counts as ended.
const MAX_DAMAGED_IN_A_ROW: u32 = 200;

/// What sampling rates make sense, in frames per second.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;

/// The most channels that make sense.
const MAX_CHANNELS: usize = 64;

/// How much is read at once, in bytes.
const READ_SIZE: usize = 256 * 1024;

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
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    failures: Failures,
    block: Block,
    channels: usize,
    sample_rate_hz: u32,
    frames: u64,
    damaged_in_a_row: u32,
}

impl Decoder {
    /// Begins to decode; the kind of recording is found out from its bytes.
    pub fn open(mut source: Box<dyn Source>) -> Result<Self, Error> {
        look(&beginning(&mut *source).map_err(Error::Read)?)?;
        let patch = wav::true_length(&mut *source).map_err(Error::Read)?;
        let failures = Failures::default();
        let feed = Feed {
            size: source.size(),
            source: Mutex::new(source),
            position: 0,
            patch,
            failures: failures.clone(),
        };
        let options = MediaSourceStreamOptions { buffer_len: READ_SIZE };
        let stream = MediaSourceStream::new(Box::new(feed), options);
        let (formats, metadata) = (FormatOptions::default(), MetadataOptions::default());
        let probe = symphonia::default::get_probe();
        let reader = guard(|| probe.probe(&Hint::new(), stream, formats, metadata))?
            .map_err(|fault| refusal(fault, &failures, || Error::NotAudio))?;
        Self::of_reader(reader, failures)
    }

    fn of_reader(reader: Box<dyn FormatReader>, failures: Failures) -> Result<Self, Error> {
        let track = reader.default_track(TrackType::Audio).ok_or(Error::NotAudio)?;
        let id = track.id;
        let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
        let parameters = parameters.ok_or_else(|| unsupported("the codec of this recording"))?;
        let sample_rate_hz = parameters.sample_rate.unwrap_or(0);
        if !SAMPLE_RATES.contains(&sample_rate_hz) {
            return Err(damaged(format!("a sampling rate of {sample_rate_hz} Hz makes no sense")));
        }
        let codecs = symphonia::default::get_codecs();
        let decoder = guard(|| codecs.make_audio_decoder(parameters, &AudioDecoderOptions::default()))?
            .map_err(|fault| refusal(fault, &failures, || unsupported("the codec of this recording")))?;
        Ok(Self {
            channels: 0,
            sample_rate_hz,
            reader,
            decoder,
            track: id,
            failures,
            block: Block::default(),
            frames: 0,
            damaged_in_a_row: 0,
        })
    }

    /// The next samples; nothing at the end. A recording that breaks off ends
    /// where it breaks off; damaged packets are passed over.
    pub fn next_block(&mut self) -> Result<Option<&Block>, Error> {
        while let Some(decoded) = self.advance()? {
            if decoded {
                return Ok(Some(&self.block));
            }
        }
        if self.frames == 0 {
            let broken = self.damaged_in_a_row > 0;
            return Err(if broken { damaged("nothing in it can be decoded") } else { Error::Empty });
        }
        Ok(None)
    }

    /// What decoding has shown so far.
    pub fn facts(&self) -> AudioFacts {
        AudioFacts {
            duration_ms: self.frames * 1_000 / u64::from(self.sample_rate_hz),
            channels: u16::try_from(self.channels).unwrap_or(u16::MAX),
            sample_rate_hz: self.sample_rate_hz,
        }
    }

    /// Decodes one packet; whether it gave samples. Nothing at the end.
    fn advance(&mut self) -> Result<Option<bool>, Error> {
        let packet = match guard(|| self.reader.next_packet())? {
            Ok(Some(packet)) => packet,
            Ok(None) => return Ok(None),
            Err(fault) => return self.ended_by(fault).map(|()| None),
        };
        if packet.track_id != self.track {
            return Ok(Some(false));
        }
        let (decoder, planes) = (&mut self.decoder, &mut self.block.planes);
        let decoded = guard(|| {
            let samples = decoder.decode(&packet)?;
            samples.copy_to_vecs_planar(planes);
            Ok((samples.spec().rate(), samples.spec().channels().count()))
        })?;
        let spec = match decoded {
            Ok(spec) => spec,
            Err(Fault::DecodeError(_)) => return Ok(self.pass_over()),
            Err(fault) => return self.ended_by(fault).map(|()| None),
        };
        self.damaged_in_a_row = 0;
        self.check(spec)?;
        self.frames += self.block.frames() as u64;
        Ok(Some(self.block.frames() > 0))
    }

    fn pass_over(&mut self) -> Option<bool> {
        self.damaged_in_a_row += 1;
        (self.damaged_in_a_row < MAX_DAMAGED_IN_A_ROW).then_some(false)
    }

    /// The format of the samples must make sense and stay the same.
    fn check(&mut self, (rate, channels): (u32, usize)) -> Result<(), Error> {
        if self.frames == 0 {
            if !SAMPLE_RATES.contains(&rate) || !(1..=MAX_CHANNELS).contains(&channels) {
                return Err(damaged(format!("{channels} channels at {rate} Hz make no sense")));
            }
            (self.sample_rate_hz, self.channels) = (rate, channels);
        }
        if (rate, channels) == (self.sample_rate_hz, self.channels) {
            Ok(())
        } else {
            Err(damaged("its sampling rate or number of channels changes on the way"))
        }
    }

    /// Tells an end from a failure to read.
    fn ended_by(&self, fault: Fault) -> Result<(), Error> {
        if let Some(error) = self.failures.take() {
            return Err(Error::Read(error));
        }
        match fault {
            Fault::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                Err(Error::Read(error))
            }
            // Whatever else ends a recording leaves what was decoded before.
            _ => Ok(()),
        }
    }
}

/// The first bytes; leaves the source at its start.
fn beginning(source: &mut dyn Source) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    source.take(LOOK_SIZE).read_to_end(&mut start)?;
    source.seek(SeekFrom::Start(0))?;
    Ok(start)
}

/// Damaged headers make the library's arithmetic overflow, which in a debug build
/// is a panic; to us it is one more way to find a recording damaged.
fn guard<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| damaged("its headers make no sense"))
}

fn refusal(fault: Fault, failures: &Failures, otherwise: impl FnOnce() -> Error) -> Error {
    if let Some(error) = failures.take() {
        return Error::Read(error);
    }
    match fault {
        Fault::Unsupported(what) => match what {
            what if what.contains("no suitable format reader") => otherwise(),
            what => unsupported(what),
        },
        Fault::DecodeError(what) => damaged(what),
        _ => otherwise(),
    }
}

fn unsupported(what: impl Into<String>) -> Error {
    Error::Unsupported { what: what.into() }
}

fn damaged(what: impl Into<String>) -> Error {
    Error::Damaged { what: what.into() }
}
