//! A child process that decodes a recording.

use std::{
    io::{self, BufRead as _, BufReader, Cursor, Read, Seek, SeekFrom},
    process::Child,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use domain::audio_warning::AudioWarningCode;
use parking_lot::Mutex;

use super::{Description, Ffmpeg, MAX_TRACKS, RangeServer, SoundFormat};
use crate::{
    Error, Source, block::Block, library::Library, open::open_pipe, shared_source::SharedSource,
    source::Failures,
};

/// How much is read from the pipe at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// Chunks that wait to be taken.
const WAITING_CHUNKS: usize = 4;

/// A child that gives nothing for so long is stopped.
const LONGEST_SILENCE: Duration = Duration::from_mins(2);

/// A recording being decoded by FFmpeg.
pub(crate) struct FfmpegDecoder {
    child: Running,
    server: RangeServer,
    /// What reads the child's output.
    library: Library,
    format: SoundFormat,
    /// Frames still to be left out.
    skip: u64,
    description: Description,
    /// Counts the messages of errors that the child writes; ends with it.
    messages: Option<JoinHandle<u64>>,
    has_given_samples: bool,
}

impl FfmpegDecoder {
    /// Starts to decode a recording, from `skip` frames on. With `format`, sampling rate and
    /// channels are converted to those of the samples before; otherwise several tracks with
    /// sound become channels.
    ///
    /// # Errors
    ///
    /// [`Error::NotAudio`] where FFmpeg finds nothing to decode, [`Error::Read`] where it
    /// cannot be started or the recording cannot be read.
    pub(crate) fn start(
        ffmpeg: &Ffmpeg,
        source: &SharedSource,
        format: Option<(u32, usize)>,
        skip: u64,
    ) -> Result<Self, Error> {
        let description = ffmpeg.describe(source)?.ok_or(Error::NotAudio)?;
        let tracks = match format {
            Some(_) => &description.tracks[..1],
            None => &description.tracks[..description.tracks.len().min(MAX_TRACKS)],
        };
        let format = format.map_or_else(
            || joined_format(tracks),
            |(sample_rate_hz, channels)| SoundFormat {
                number: 0,
                sample_rate_hz,
                channels,
            },
        );
        let server = RangeServer::start(source).map_err(Error::Read)?;
        let mut command = ffmpeg.decoding(server.url(), &description, tracks, format);
        let mut child = Running(command.spawn().map_err(Error::Read)?);
        let (sender, chunks) = sync_channel(WAITING_CHUNKS);
        if let Some(output) = child.0.stdout.take() {
            spawn("ffmpeg-output", move || send_chunks(output, &sender)).map_err(Error::Read)?;
        }
        let messages = child.0.stderr.take();
        let messages =
            messages.map(|messages| spawn("ffmpeg-messages", move || count_lines(messages)));
        let messages = messages.transpose().map_err(Error::Read)?;
        let failures = Failures::default();
        let output = Output {
            chunks: Mutex::new(chunks),
            current: Cursor::default(),
        };
        let opened = open_pipe(Box::new(output), &failures);
        let library = opened.and_then(|container| Library::new(container, failures, false));
        let library = match (library, server.failure()) {
            (_, Some(error)) => return Err(Error::Read(error)),
            (Err(error @ Error::Read(_)), None) => return Err(error),
            // It wrote nothing.
            (Err(_), None) => return Err(Error::NotAudio),
            (Ok(mut library), None) => {
                library.keep_exactly_to_times();
                library
            }
        };
        Ok(Self {
            child,
            server,
            library,
            format,
            skip,
            description,
            messages,
            has_given_samples: false,
        })
    }

    pub(crate) const fn sample_rate_hz(&self) -> u32 {
        self.format.sample_rate_hz
    }

    pub(crate) const fn channels(&self) -> usize {
        self.format.channels
    }

    pub(crate) const fn description(&self) -> &Description {
        &self.description
    }

    /// How many messages of errors FFmpeg has written, once it has given its last samples.
    pub(crate) fn reported_errors(&mut self) -> u64 {
        let _ = self.child.0.wait();
        let messages = self.messages.take().map(JoinHandle::join);
        messages.and_then(Result::ok).unwrap_or(0)
    }

    /// Whether there were samples behind those to be left out.
    pub(crate) const fn has_given_samples(&self) -> bool {
        self.has_given_samples
    }

    /// What was noticed since the last call.
    pub(crate) fn take_defects(&mut self) -> Vec<AudioWarningCode> {
        self.library.take_defects()
    }

    /// The next samples into `block`; whether there were any.
    pub(crate) fn next(&mut self, block: &mut Block) -> Result<bool, Error> {
        loop {
            if !self.library.next(block)? {
                let failure = self.server.failure();
                return failure.map_or(Ok(false), |error| Err(Error::Read(error)));
            }
            let frames = block.frames();
            let skipped = usize::try_from(self.skip).map_or(frames, |skip| skip.min(frames));
            self.skip -= skipped as u64;
            block.samples.drain(..skipped * block.channels);
            if block.samples.is_empty() {
                self.library.take_defects();
            } else {
                self.has_given_samples = true;
                return Ok(true);
            }
        }
    }
}

/// A child that is ended when it is dropped.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The output of a child as a source that is read once.
struct Output {
    /// Only in a mutex because sources are shared between threads.
    chunks: Mutex<Receiver<io::Result<Vec<u8>>>>,
    current: Cursor<Vec<u8>>,
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.current.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.chunks.get_mut().recv_timeout(LONGEST_SILENCE) {
                Ok(chunk) => self.current = Cursor::new(chunk?),
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "FFmpeg has given nothing for two minutes",
                    ));
                }
            }
        }
    }
}

impl Seek for Output {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

impl Source for Output {
    fn size(&self) -> Option<u64> {
        None
    }
}

/// The format of several tracks as channels, or of the only one.
fn joined_format(tracks: &[SoundFormat]) -> SoundFormat {
    match tracks {
        [only] => *only,
        several => SoundFormat {
            number: 0,
            sample_rate_hz: several
                .iter()
                .map(|track| track.sample_rate_hz)
                .max()
                .unwrap_or(0),
            channels: several.len(),
        },
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

fn send_chunks(mut output: impl io::Read, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = output.by_ref().take(CHUNK as u64).read_to_end(&mut chunk);
        let is_end = matches!(read, Ok(0));
        if is_end || sender.send(read.map(|_| chunk)).is_err() {
            return;
        }
    }
}

fn count_lines(messages: impl io::Read) -> u64 {
    let mut count = 0;
    let mut line = Vec::new();
    let mut messages = BufReader::new(messages);
    // Long lines are counted in pieces; their text, which may quote the recording, is not kept.
    while messages
        .by_ref()
        .take(CHUNK as u64)
        .read_until(b'\n', &mut line)
        .is_ok_and(|length| length > 0)
    {
        count += 1;
        line.clear();
    }
    count
}
