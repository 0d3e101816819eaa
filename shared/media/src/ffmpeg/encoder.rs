//! A copy of a recording that every browser plays: AAC in MP4, encoded by FFmpeg.

use std::{
    fs::File,
    io::{self, Seek as _, Write as _},
    process::Stdio,
};

use super::{Ffmpeg, child::Running};
use crate::{Block, Clip, Decoder, Error};

/// The processor time of an encoding child, in seconds: a recording of eight hours takes
/// some minutes.
const ENCODING_LIMIT_S: u32 = 3_600;

/// The largest copy, in bytes; eight hours in stereo take a third of a gigabyte.
const LARGEST_COPY: u64 = 4 << 30;

/// Sampling rates of AAC, in frames per second (ISO/IEC 14496-3, 1.6.3.3); higher ones bring
/// nothing to speech.
const RATES_HZ: [u32; 9] = [
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
];

/// The standard output of a process by a path: unlike the pipe that an encoder usually
/// writes to, it is a file in which an MP4 can be completed.
const OUTPUT: &str = "/proc/self/fd/1";

/// Native 16-bit samples, by FFmpeg's name.
const SAMPLE_FORMAT: &str = if cfg!(target_endian = "big") {
    "s16be"
} else {
    "s16le"
};

/// Why there is no copy of a recording.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The recording could not be decoded.
    #[error(transparent)]
    Decode(#[from] Error),
    /// FFmpeg could not encode it, or there is no space for it.
    #[error("encoding the copy")]
    Encode(#[source] io::Error),
}

impl Ffmpeg {
    /// Encodes a recording as AAC in MP4, on the time line of its decoded samples. More than
    /// two channels become one. The file, at its start, has no name and is gone when it is closed.
    ///
    /// # Errors
    ///
    /// [`CopyError::Decode`] where the recording cannot be decoded to its end,
    /// [`CopyError::Encode`] where FFmpeg fails or lacks the encoder.
    pub fn encode_playable(&self, decoder: Decoder) -> Result<File, CopyError> {
        let sample_rate_hz = decoder.facts().sample_rate_hz;
        self.encode(decoder, sample_rate_hz, Decoder::next_block)
    }

    /// Encodes a part of a recording in the same way.
    ///
    /// # Errors
    ///
    /// As [`Ffmpeg::encode_playable`].
    pub fn encode_clip(&self, clip: Clip) -> Result<File, CopyError> {
        let sample_rate_hz = clip.sample_rate_hz();
        self.encode(clip, sample_rate_hz, Clip::next_block)
    }

    fn encode<S>(
        &self,
        mut source: S,
        sample_rate_hz: u32,
        next_block: fn(&mut S) -> Result<Option<&Block>, Error>,
    ) -> Result<File, CopyError> {
        let mut file = tempfile::tempfile().map_err(CopyError::Encode)?;
        let mut encoder: Option<(Running, usize)> = None;
        let mut mixed = Vec::new();
        while let Some(block) = next_block(&mut source)? {
            let (child, channels) = match &mut encoder {
                Some(encoder) => encoder,
                none => {
                    let channels = if block.channels() > 2 {
                        1
                    } else {
                        block.channels()
                    };
                    let started = self.start_encoder(&file, sample_rate_hz, channels);
                    none.insert((started.map_err(CopyError::Encode)?, channels))
                }
            };
            let samples = if *channels == block.channels() {
                block.samples()
            } else {
                mixed.clear();
                mixed.extend(block.mix());
                &mixed[..]
            };
            let input = child.0.stdin.as_mut();
            let written = input.map(|input| input.write_all(bytemuck::cast_slice(samples)));
            written.transpose().map_err(CopyError::Encode)?;
        }
        let Some((mut child, _)) = encoder else {
            return Err(CopyError::Decode(Error::Empty));
        };
        drop(child.0.stdin.take());
        let status = child.0.wait().map_err(CopyError::Encode)?;
        if !status.success() {
            let failed = format!("FFmpeg has ended with {status}");
            return Err(CopyError::Encode(io::Error::other(failed)));
        }
        file.rewind().map_err(CopyError::Encode)?;
        Ok(file)
    }

    fn start_encoder(
        &self,
        file: &File,
        sample_rate_hz: u32,
        channels: usize,
    ) -> io::Result<Running> {
        let mut command = self.limited(&self.decoder, ENCODING_LIMIT_S, LARGEST_COPY);
        command.args([
            "-y",
            "-f",
            SAMPLE_FORMAT,
            "-ar",
            &sample_rate_hz.to_string(),
        ]);
        command.args(["-ac", &channels.to_string(), "-i", "pipe:0"]);
        let enough = RATES_HZ.into_iter().find(|rate| *rate >= sample_rate_hz);
        let rate = enough.unwrap_or(RATES_HZ[RATES_HZ.len() - 1]);
        // Speech at a telephone's rate needs less; the encoder could not use more.
        let per_channel = if rate < 32_000 { 32_000 } else { 64_000 };
        let bits_per_second = per_channel * channels;
        command.args(["-c:a", "aac", "-b:a", &bits_per_second.to_string()]);
        command.args(["-ar", &rate.to_string(), "-threads", "1", "-bitexact"]);
        // The index goes to the front, so that playing begins with the first request.
        command.args(["-f", "mp4", "-movflags", "+faststart", OUTPUT]);
        command.stdin(Stdio::piped()).stdout(file.try_clone()?);
        command.spawn().map(Running)
    }
}
