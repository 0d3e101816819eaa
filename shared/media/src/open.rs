//! Finds out what a recording is and how it is decoded.

use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::AtomicU64},
};

use symphonia::core::{
    audio::Channels,
    codecs::audio::{AudioCodecParameters, AudioDecoderOptions, well_known::CODEC_ID_OPUS},
    errors::Error as Fault,
    formats::{FormatOptions, FormatReader, Track, TrackType, probe::Hint},
    io::{MediaSourceStream, MediaSourceStreamOptions},
    meta::MetadataOptions,
};

use crate::{
    Error, FileKind, PROBE_SIZE, Source, caf,
    codec::{Codec, OPUS_RATE_HZ},
    gapless,
    mp4::{self, Movie, SoundTrack, Stretches},
    names,
    pcm::Pcm,
    probe,
    source::{Failures, NextPart, PatchedReader},
    wav,
};

/// How much is read at once, in bytes.
const READ_SIZE: usize = 256 * 1024;

/// A recording that is ready to be decoded.
pub(crate) enum Opened {
    /// Its samples only have to be read.
    Plain(Pcm),
    /// It is for the library to decode.
    Container(Container),
}

/// A recording as the library opened it.
pub(crate) struct Container {
    pub(crate) reader: Box<dyn FormatReader>,
    pub(crate) kind: FileKind,
    /// What an MP4 says of itself; empty for everything else.
    pub(crate) movie: Movie,
    /// Where the next of several joined recordings begins, once that is known:
    /// [`u64::MAX`] before.
    pub(crate) next_part: Arc<AtomicU64>,
}

/// Why the library would not give what a player plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limitation {
    /// Stretches of a track are played in another order, or with silence between them.
    Edits,
    /// There is more than one track with sound.
    Tracks,
    /// Samples whose byte order the library does not look at.
    ByteOrder,
}

impl Container {
    /// What the library cannot account for in it.
    pub(crate) fn limitation(&self) -> Option<Limitation> {
        const ORDERED: [[u8; 4]; 4] = [*b"in24", *b"in32", *b"fl32", *b"fl64"];
        let movie = self.movie.tracks.iter();
        let has_sound = |track: &&Track| {
            let parameters = track.codec_params.as_ref();
            parameters.is_some_and(|parameters| parameters.audio().is_some())
        };
        let tracks = self.reader.tracks().iter().filter(has_sound).count();
        let is_turned = |track: &SoundTrack| track.stretches == Stretches::Other;
        let is_ordered =
            |track: &SoundTrack| track.codec.is_some_and(|codec| ORDERED.contains(&codec));
        if movie.clone().any(is_turned) {
            Some(Limitation::Edits)
        } else if movie.clone().any(is_ordered) {
            Some(Limitation::ByteOrder)
        } else if tracks > 1 {
            Some(Limitation::Tracks)
        } else {
            None
        }
    }
}

/// A track that can be decoded.
pub(crate) struct AudioTrack {
    pub(crate) id: u32,
    pub(crate) codec: Codec,
    pub(crate) sample_rate_hz: u32,
    /// Frames before the sound, as the codec's own header says.
    pub(crate) pre_skip: Option<u64>,
}

/// Opens a recording; the kind is found out from its bytes.
pub(crate) fn open(source: Box<dyn Source>, failures: &Failures) -> Result<Opened, Error> {
    let mut feed = PatchedReader::new(source, failures.clone());
    let unread = |error| Error::Read(failures.take().unwrap_or(error));
    let start = beginning(&mut feed).map_err(unread)?;
    let kind = probe(&start)?;
    let mut movie = Movie::default();
    match kind {
        FileKind::Wav => {
            let found = wav::read_headers(&mut feed).map_err(unread)?;
            if let Some(layout) = found.layout {
                feed.seek(SeekFrom::Start(layout.start)).map_err(unread)?;
                return Ok(Opened::Plain(Pcm::new(feed, failures.clone(), layout)));
            }
            feed.patches = found.patches;
        }
        FileKind::Mp4 => {
            movie = mp4::read_headers(&mut feed).map_err(unread)?;
            if !movie.is_indexed {
                return Err(damaged(
                    "its index (moov) is missing, as when a recorder is switched off before it \
                     has finished the file",
                ));
            }
            // Of a file that was cut the library wants to know the end first.
            feed.seekable = !movie.is_cut;
        }
        FileKind::Caf => feed.patches = caf::header_patches(&mut feed).map_err(unread)?,
        FileKind::Aiff => feed.seekable = !is_cut_aiff(&start, &feed),
        // Nothing in them needs a look at the end, which may be missing.
        FileKind::Matroska | FileKind::Ogg => feed.seekable = false,
        _ => {}
    }
    feed.next_part = NextPart::of(kind);
    let next_part = feed.next_part.as_ref().map(NextPart::found);
    let reader = probe_format(feed)?.map_err(|fault| refusal(&fault, &start, failures))?;
    Ok(Opened::Container(Container {
        reader,
        kind,
        movie,
        next_part: next_part.unwrap_or_else(no_next_part),
    }))
}

fn no_next_part() -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new(u64::MAX))
}

/// Opens the Matroska that FFmpeg writes to a pipe.
pub(crate) fn open_pipe(source: Box<dyn Source>, failures: &Failures) -> Result<Container, Error> {
    let mut feed = PatchedReader::new(source, failures.clone());
    feed.seekable = false;
    let reader = probe_format(feed)?.map_err(|fault| refusal(&fault, &[], failures))?;
    Ok(Container {
        reader,
        kind: FileKind::Matroska,
        movie: Movie::default(),
        next_part: no_next_part(),
    })
}

/// The first bytes; leaves the source at its start.
pub(crate) fn beginning(source: &mut PatchedReader) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    source.take(PROBE_SIZE).read_to_end(&mut start)?;
    source.seek(SeekFrom::Start(0))?;
    Ok(start)
}

/// Whether an AIFF file is shorter than it says it is, by its first chunk.
fn is_cut_aiff(start: &[u8], feed: &PatchedReader) -> bool {
    let length = start.get(4..8).and_then(|bytes| bytes.try_into().ok());
    let length = length.map(u32::from_be_bytes);
    feed.size()
        .zip(length)
        .is_some_and(|(size, length)| u64::from(length) + 8 > size)
}

/// Lets the library find out the format.
pub(crate) fn probe_format(
    feed: PatchedReader,
) -> Result<Result<Box<dyn FormatReader>, Fault>, Error> {
    let options = MediaSourceStreamOptions {
        buffer_len: READ_SIZE,
    };
    let stream = MediaSourceStream::new(Box::new(feed), options);
    let (formats, metadata) = (FormatOptions::default(), MetadataOptions::default());
    let probe = symphonia::default::get_probe();
    guard(|| probe.probe(&Hint::new(), stream, formats, metadata))
}

/// The first track with sound that can be decoded, the default one before others.
pub(crate) fn choose(
    reader: &dyn FormatReader,
    kind: FileKind,
    movie: &Movie,
) -> Result<AudioTrack, Error> {
    let default = reader.default_track(TrackType::Audio);
    let mut refusal = None;
    for track in default.into_iter().chain(reader.tracks()) {
        let Some(parameters) = parameters(track) else {
            continue;
        };
        match codec(&parameters)? {
            Ok(codec) => {
                return Ok(AudioTrack {
                    id: track.id,
                    codec,
                    sample_rate_hz: parameters.sample_rate.unwrap_or(0),
                    pre_skip: gapless::pre_skip(track, kind),
                });
            }
            Err(Fault::DecodeError(what)) => {
                refusal.get_or_insert(damaged(what));
            }
            Err(_) => {
                refusal.get_or_insert(unsupported(names::codec_name(&parameters)));
            }
        }
    }
    let codec = movie.tracks.first().and_then(|track| track.codec);
    Err(match (refusal, codec) {
        (Some(refusal), _) => refusal,
        (None, Some(codec)) => unsupported(names::sample_entry_name(codec)),
        (None, None) => Error::NotAudio,
    })
}

/// What a track's decoder needs; `None` for video.
fn parameters(track: &Track) -> Option<AudioCodecParameters> {
    let mut parameters = track.codec_params.as_ref()?.audio()?.clone();
    if parameters.codec == CODEC_ID_OPUS {
        parameters.sample_rate = Some(OPUS_RATE_HZ);
    }
    Some(parameters)
}

/// Padding is left in: see [`crate::trim`].
fn codec(parameters: &AudioCodecParameters) -> Result<Result<Codec, Fault>, Error> {
    if parameters.codec == CODEC_ID_OPUS {
        let channels = parameters.channels.as_ref().map_or(0, Channels::count);
        return Ok(Codec::opus(channels));
    }
    let options = AudioDecoderOptions::default().gapless(false);
    let codecs = symphonia::default::get_codecs();
    guard(|| {
        codecs
            .make_audio_decoder(parameters, &options)
            .map(Codec::Library)
    })
}

/// Damaged headers make the library's arithmetic overflow, which in a debug build
/// is a panic; to us it is one more way to find a recording damaged.
pub(crate) fn guard<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| damaged("its headers make no sense"))
}

/// Why nothing could be opened.
fn refusal(fault: &Fault, start: &[u8], failures: &Failures) -> Error {
    if let Some(error) = failures.take() {
        return Error::Read(error);
    }
    match fault {
        Fault::Unsupported(what) if what.contains("missing data chunk") => damaged(*what),
        Fault::Unsupported(what) if !what.contains("no suitable format reader") => {
            unsupported(wav::codec(start).unwrap_or(names::UNKNOWN))
        }
        Fault::DecodeError(what) => damaged(*what),
        _ => Error::NotAudio,
    }
}

pub(crate) fn unsupported(what: &str) -> Error {
    Error::Unsupported {
        what: what.to_owned(),
    }
}

pub(crate) fn damaged(what: impl Into<String>) -> Error {
    Error::Damaged { what: what.into() }
}
