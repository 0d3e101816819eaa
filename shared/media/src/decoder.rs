//! Decodes a recording, and accounts for all of it.

mod ways;

use domain::{
    audio_warning::{AudioWarning, AudioWarningCode, add_audio_warning},
    transcript::AudioFacts,
};

use crate::{
    Error, Source,
    block::Block,
    ffmpeg::{Ffmpeg, FfmpegDecoder},
    level::{Gain, LevelMeter, LevelReport},
    library::Library,
    names,
    open::{Limitation, Opened, damaged, open, unsupported},
    pcm::Pcm,
    report::RecordingReport,
    shared_source::SharedSource,
    source::Failures,
};

/// A recording being decoded.
///
/// The decoding library comes first. Where it does not account for the whole recording,
/// FFmpeg takes over from the sample that was reached, so that nothing decoded before is
/// lost.
pub struct Decoder {
    source: SharedSource,
    ffmpeg: Option<&'static Ffmpeg>,
    way: Way,
    block: Block,
    /// The format of all samples: rate in frames per second and channels, 0 until known.
    format: (u32, usize),
    frames: u64,
    /// Frames before those that FFmpeg gave.
    fallback_from: u64,
    /// Where the current part of a joined recording begins in the file, and frames before it.
    part: (u64, u64),
    parts: u32,
    report: RecordingReport,
}

/// How a recording is decoded.
enum Way {
    /// Its samples are in the file as they are wanted.
    Plain(Pcm),
    /// By the library.
    Library(Box<Library>),
    /// By FFmpeg.
    Ffmpeg(Box<FfmpegDecoder>),
    /// It is at its end.
    Ended,
}

impl Decoder {
    /// Begins to decode; the kind of recording is found out from its bytes. What the
    /// library cannot decode is decoded by [`Ffmpeg::configured`].
    pub fn open(source: Box<dyn Source>) -> Result<Self, Error> {
        Self::open_with(source, Ffmpeg::configured())
    }

    /// The same with another FFmpeg, or without one.
    pub fn open_with(
        source: Box<dyn Source>,
        ffmpeg: Option<&'static Ffmpeg>,
    ) -> Result<Self, Error> {
        let mut decoder = Self {
            source: SharedSource::new(source),
            ffmpeg,
            way: Way::Ended,
            block: Block::default(),
            format: (0, 0),
            frames: 0,
            fallback_from: 0,
            part: (0, 0),
            parts: 1,
            report: RecordingReport::default(),
        };
        match decoder.open_library() {
            Ok(()) => {}
            Err(error @ (Error::Read(_) | Error::TooLong { .. } | Error::Empty)) => {
                return Err(error);
            }
            Err(error) => decoder.begin_with_ffmpeg(error)?,
        }
        decoder.format.0 = decoder.way_format().0;
        Ok(decoder)
    }

    /// Begins with FFmpeg; where that finds nothing, with the library after all, which may
    /// decode a part of the recording.
    fn begin_with_ffmpeg(&mut self, error: Error) -> Result<(), Error> {
        match self.fall_back(error) {
            Err(error @ Error::Read(_)) => Err(error),
            Err(error) if self.ffmpeg.take().is_some() => self.open_library().map_err(|_| error),
            outcome => outcome,
        }
    }

    /// Scales all samples, before they are rounded to 16 bits.
    #[must_use]
    pub fn with_gain(mut self, gain: Gain) -> Self {
        self.block.levels.gain = gain;
        self
    }

    /// Measures the level of all samples, for [`Decoder::level`].
    #[must_use]
    pub fn with_level_meter(mut self) -> Self {
        self.block.levels.meter = Some(Box::default());
        self
    }

    /// The same, but of long recordings only a small part, evenly spread: enough for a
    /// warning, and too little to decide a gain by.
    #[must_use]
    pub fn with_sparse_level_meter(mut self) -> Self {
        self.block.levels.sparse = true;
        self.with_level_meter()
    }

    /// The level of what was decoded so far, before any gain; that of silence without a
    /// meter.
    pub fn level(&self) -> LevelReport {
        let meter = self.block.levels.meter.as_deref();
        meter.map_or_else(|| LevelMeter::default().report(), LevelMeter::report)
    }

    /// Opens the current part with the library, unless it would not give what is played.
    fn open_library(&mut self) -> Result<(), Error> {
        let failures = Failures::default();
        let reader = Box::new(self.source.reader_at(self.part.0));
        self.way = match open(reader, &failures)? {
            Opened::Plain(pcm) => Way::Plain(pcm),
            Opened::Container(container) => {
                match container.limitation() {
                    Some(Limitation::Tracks) if self.ffmpeg.is_none() => {
                        self.warn(AudioWarningCode::OtherTrack, self.frames);
                    }
                    Some(limitation) => return Err(limitation.to_error()),
                    None => {}
                }
                let has_fallback = self.ffmpeg.is_some();
                Way::Library(Box::new(Library::new(container, failures, has_fallback)?))
            }
        };
        self.describe();
        Ok(())
    }

    /// The next samples; nothing at the end. Where packets are missing by their times, or
    /// cannot be decoded, there is silence, so that times agree with a player's. Whatever
    /// was decoded before a recording breaks off is kept.
    pub fn next_block(&mut self) -> Result<Option<&Block>, Error> {
        loop {
            let before = self.frames;
            let found = match &mut self.way {
                Way::Plain(pcm) => pcm.next(&mut self.block),
                Way::Library(library) => library.next(&mut self.block),
                Way::Ffmpeg(child) => child.next(&mut self.block),
                Way::Ended => Ok(false),
            };
            match found {
                Ok(true) if self.changes_format() => {
                    self.warn(AudioWarningCode::FormatChange, self.frames);
                    self.fall_back(damaged("its format changes"))?;
                }
                Ok(true) => {
                    self.block.apply_levels();
                    self.format = self.way_format();
                    self.frames += self.block.frames() as u64;
                    self.note_defects(before);
                    return Ok(Some(&self.block));
                }
                Ok(false) => {
                    if !self.finish_way()? {
                        return self.end();
                    }
                }
                Err(error @ (Error::Read(_) | Error::TooLong { .. })) => return Err(error),
                Err(error) => self.fall_back(error)?,
            }
        }
    }

    /// Leaves out the next frames, where that needs no decoding: as many as there are, at most
    /// `frames`; how many.
    pub(crate) fn skip_plain(&mut self, frames: u64) -> Result<u64, Error> {
        let Way::Plain(pcm) = &mut self.way else {
            return Ok(0);
        };
        let skipped = pcm.skip(frames)?;
        self.frames += skipped;
        self.format = self.way_format();
        Ok(skipped)
    }

    /// Whether the first samples of a part have other channels or another rate than those
    /// before.
    fn changes_format(&self) -> bool {
        let is_known = self.format.1 > 0;
        is_known && self.way_format() != self.format
    }

    fn end(&self) -> Result<Option<&Block>, Error> {
        if self.frames == 0 {
            return Err(Error::Empty);
        }
        Ok(None)
    }

    /// Adds what the library noticed while it decoded the last samples.
    fn note_defects(&mut self, from_frames: u64) {
        let defects = match &mut self.way {
            Way::Library(library) => {
                self.report.is_edited |= library.is_edited();
                library.take_defects()
            }
            Way::Ffmpeg(child) => child.take_defects(),
            Way::Plain(_) | Way::Ended => Vec::new(),
        };
        for defect in defects {
            self.warn(defect, from_frames);
        }
    }

    /// Adds a warning about the time from a frame to the one that was reached.
    fn warn(&mut self, code: AudioWarningCode, from_frames: u64) {
        let rate = u64::from(self.format.0.max(1));
        let ms = |frames: u64| frames * 1_000 / rate;
        let warning = AudioWarning::new(code, ms(from_frames), ms(self.frames));
        add_audio_warning(&mut self.report.warnings, warning);
    }

    /// Notes the container and codec of the first part.
    fn describe(&mut self) {
        let (container, codec) = match &self.way {
            Way::Plain(_) => ("wav".to_owned(), "pcm_s16le".to_owned()),
            Way::Library(library) => {
                let container = library.kind().container().to_owned();
                (container, library.codec_name().to_owned())
            }
            Way::Ffmpeg(child) => {
                self.report.used_ffmpeg = true;
                let description = child.description();
                (description.container.clone(), description.codec.clone())
            }
            Way::Ended => return,
        };
        if self.parts == 1 {
            names::media_type(&container, &codec).clone_into(&mut self.report.content_type);
            (self.report.container, self.report.codec) = (container, codec);
        }
    }

    /// The format of the current way: its channels are 0 until they are known.
    fn way_format(&self) -> (u32, usize) {
        match &self.way {
            Way::Plain(pcm) => (pcm.sample_rate_hz(), pcm.channels()),
            Way::Library(library) => (library.sample_rate_hz(), library.channels()),
            Way::Ffmpeg(child) => (child.sample_rate_hz(), child.channels()),
            Way::Ended => self.format,
        }
    }

    /// What decoding has shown so far.
    pub fn facts(&self) -> AudioFacts {
        let (sample_rate_hz, channels) = self.format;
        AudioFacts {
            duration_ms: self.frames * 1_000 / u64::from(sample_rate_hz.max(1)),
            channels: u16::try_from(channels).unwrap_or(u16::MAX),
            sample_rate_hz,
        }
    }

    /// What decoding has shown of the file so far, and what could not be decoded.
    pub const fn report(&self) -> &RecordingReport {
        &self.report
    }
}

impl Limitation {
    /// The error where there is no FFmpeg.
    fn to_error(self) -> Error {
        unsupported(match self {
            Self::Edits => "a recording that was cut and joined by an edit list",
            Self::Tracks => "a recording with several sound tracks",
            Self::ByteOrder => "this kind of PCM in QuickTime",
        })
    }
}
