//! Finds out what a recording is and how it is decoded.

use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
};

use symphonia::core::{
    codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions},
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

/// How much is read at once, in bytes.
const READ_SIZE: usize = 256 * 1024;

/// What the library needs to decode a recording.
pub(crate) struct Opened {
    pub(crate) reader: Box<dyn FormatReader>,
    pub(crate) decoder: Box<dyn AudioDecoder>,
    pub(crate) track: u32,
    pub(crate) sample_rate_hz: u32,
}

/// Opens a recording; the kind is found out from its bytes.
pub(crate) fn open(source: Box<dyn Source>, failures: &Failures) -> Result<Opened, Error> {
    let mut feed = Feed::new(source, failures.clone());
    let unread = |error| Error::Read(failures.take().unwrap_or(error));
    let start = beginning(&mut feed).map_err(unread)?;
    look(&start)?;
    feed.patches = wav::corrections(&mut feed).map_err(unread)?;
    let reader = probe(feed)?.map_err(|fault| refusal(&fault, failures))?;
    let track = reader
        .default_track(TrackType::Audio)
        .ok_or(Error::NotAudio)?;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|parameters| parameters.audio());
    let parameters = parameters.ok_or_else(unknown_codec)?;
    Ok(Opened {
        decoder: decoder(parameters)?,
        track: track.id,
        sample_rate_hz: parameters.sample_rate.unwrap_or(0),
        reader,
    })
}

/// The first bytes; leaves the source at its start.
fn beginning(source: &mut Feed) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    source.take(LOOK_SIZE).read_to_end(&mut start)?;
    source.seek(SeekFrom::Start(0))?;
    Ok(start)
}

fn probe(feed: Feed) -> Result<Result<Box<dyn FormatReader>, Fault>, Error> {
    let options = MediaSourceStreamOptions {
        buffer_len: READ_SIZE,
    };
    let stream = MediaSourceStream::new(Box::new(feed), options);
    let (formats, metadata) = (FormatOptions::default(), MetadataOptions::default());
    let probe = symphonia::default::get_probe();
    guard(|| probe.probe(&Hint::new(), stream, formats, metadata))
}

/// Padding is left in: see [`crate::trim`].
fn decoder(parameters: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, Error> {
    let options = AudioDecoderOptions::default().gapless(false);
    let codecs = symphonia::default::get_codecs();
    let decoder = guard(|| codecs.make_audio_decoder(parameters, &options))?;
    decoder.map_err(|fault| match fault {
        Fault::DecodeError(what) => damaged(what),
        _ => unknown_codec(),
    })
}

/// Damaged headers make the library's arithmetic overflow, which in a debug build
/// is a panic; to us it is one more way to find a recording damaged.
pub(crate) fn guard<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| damaged("its headers make no sense"))
}

/// Why nothing could be opened.
fn refusal(fault: &Fault, failures: &Failures) -> Error {
    if let Some(error) = failures.take() {
        return Error::Read(error);
    }
    match fault {
        Fault::Unsupported(what) if what.contains("missing data chunk") => damaged(*what),
        Fault::Unsupported(what) if !what.contains("no suitable format reader") => unknown_codec(),
        Fault::DecodeError(what) => damaged(*what),
        _ => Error::NotAudio,
    }
}

fn unknown_codec() -> Error {
    Error::Unsupported {
        what: "the codec of this recording".to_owned(),
    }
}

pub(crate) fn damaged(what: impl Into<String>) -> Error {
    Error::Damaged { what: what.into() }
}
