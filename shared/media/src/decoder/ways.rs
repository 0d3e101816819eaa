//! What follows when one way of decoding is at its end: FFmpeg, the next part of a joined
//! recording, or the end of the recording.

use domain::audio_warning::AudioWarningCode;

use super::{Decoder, Way};
use crate::{
    Error, FileKind,
    ffmpeg::FfmpegDecoder,
    library::Library,
    mp4,
    open::damaged,
    rest::{self, Rest},
    shared_source::SharedSource,
    source::{Failures, PatchedReader},
};

/// Parts that a recording may be joined of.
const MAX_PARTS: u32 = 1_000;

/// What may be missing to the declared length without a warning, in milliseconds.
const TOLERATED_MISSING_MS: u64 = 1_000;

impl Decoder {
    /// Lets FFmpeg continue where the library gave up; without it, what was decoded so far
    /// is all there is.
    pub(super) fn fall_back(&mut self, error: Error) -> Result<(), Error> {
        let is_fallback = matches!(self.way, Way::Ffmpeg(_));
        self.way = Way::Ended;
        if let Some(ffmpeg) = self.ffmpeg.filter(|_| !is_fallback) {
            self.bridge_damage()?;
            let source = self.source.reader_at(self.part.0);
            let format = Some(self.format).filter(|(_, channels)| *channels > 0);
            let skip = self.frames - self.part.1;
            match FfmpegDecoder::start(ffmpeg, &source, format, skip) {
                Ok(child) => {
                    self.fallback_from = self.frames;
                    self.way = Way::Ffmpeg(Box::new(child));
                    self.describe();
                    return Ok(());
                }
                Err(Error::NotAudio) => {}
                Err(error) => return Err(error),
            }
        }
        if self.frames == 0 {
            return Err(error);
        }
        self.warn(AudioWarningCode::UnreadBytes, self.frames);
        Ok(())
    }

    /// Lets a reader of MP4 find the fragments behind damage.
    fn bridge_damage(&mut self) -> Result<(), Error> {
        let is_mp4 = self.report.container == FileKind::Mp4.container();
        if !is_mp4 || self.parts > 1 {
            return Ok(());
        }
        let mut reader = self.source.reader_at(0);
        let patches = mp4::bridges(&mut reader).map_err(Error::Read)?;
        if !patches.is_empty() {
            self.warn(AudioWarningCode::SkippedPackets, self.frames);
            let source = Box::new(self.source.reader_at(0));
            let mut bridged = PatchedReader::new(source, Failures::default());
            bridged.patches = patches;
            self.source = SharedSource::new(Box::new(bridged));
        }
        Ok(())
    }

    /// Accounts for what was decoded of the current part; whether there is more to decode.
    pub(super) fn finish_way(&mut self) -> Result<bool, Error> {
        match std::mem::replace(&mut self.way, Way::Ended) {
            Way::Library(library) => self.finish_library(*library),
            Way::Ffmpeg(mut child) => {
                if child.reported_errors() > 0 {
                    self.warn(AudioWarningCode::SkippedPackets, self.fallback_from);
                }
                let is_continued = self.fallback_from > self.part.1;
                let gave_nothing = is_continued && !child.has_given_samples();
                if gave_nothing || (is_continued && self.is_broken_mp4()?) {
                    self.warn(AudioWarningCode::UnreadBytes, self.frames);
                }
                Ok(false)
            }
            Way::Plain(_) | Way::Ended => Ok(false),
        }
    }

    /// Whether the current part is an MP4 whose boxes do not follow each other: nothing
    /// behind the break can be found.
    fn is_broken_mp4(&self) -> Result<bool, Error> {
        let mut source = self.source.reader_at(self.part.0);
        let is_mp4 = self.report.container == FileKind::Mp4.container();
        if !is_mp4 {
            return Ok(false);
        }
        mp4::is_broken(&mut source).map_err(Error::Read)
    }

    fn finish_library(&mut self, library: Library) -> Result<bool, Error> {
        let kind = library.kind();
        let missing_ms = library.missing_ms();
        let gave_nothing = self.frames == self.part.1;
        if library.ended_in_error() || gave_nothing {
            let what = if library.damaged_packets() > 0 || library.ended_in_error() {
                damaged("nothing in it can be decoded")
            } else {
                Error::Empty
            };
            self.fall_back(what)?;
            return Ok(true);
        }
        if missing_ms > TOLERATED_MISSING_MS {
            self.warn(AudioWarningCode::EndsEarly, self.frames);
        }
        // Of other kinds an index or other chunks may follow the samples.
        let is_sequential = match kind {
            FileKind::Mp4 => library.is_fragmented(),
            FileKind::Wav | FileKind::Aiff | FileKind::Caf => false,
            FileKind::Flac
            | FileKind::Mpeg
            | FileKind::Adts
            | FileKind::Ogg
            | FileKind::Matroska => true,
        };
        if !is_sequential {
            return Ok(false);
        }
        let position = self.part.0 + library.into_position();
        match rest::find(&mut self.source.reader_at(position)).map_err(Error::Read)? {
            Rest::Nothing => Ok(false),
            Rest::Part(offset) if self.parts < MAX_PARTS => self.begin_part(position + offset),
            Rest::Part(_) | Rest::Unknown => {
                self.fall_back(damaged("the end of the file cannot be decoded"))?;
                Ok(true)
            }
        }
    }

    /// Continues with the recording that begins at an offset in the file.
    fn begin_part(&mut self, offset: u64) -> Result<bool, Error> {
        self.parts += 1;
        self.report.is_edited = true;
        self.part = (offset, self.frames);
        match self.open_library() {
            Ok(()) => {}
            Err(error @ Error::Read(_)) => return Err(error),
            Err(error) => self.fall_back(error)?,
        }
        Ok(true)
    }
}
