//! A part of a recording, cut to the frame.

use crate::{Decoder, Error, block::Block, open::damaged};

/// The size of the header of a WAV file, in bytes.
pub const WAV_HEADER_BYTES: u64 = 44;

/// How much of a part may be behind the end of the decoded recording, in milliseconds: speech
/// engines measure its length in other ways. It is silence.
const TOLERATED_MISSING_MS: u64 = 1_000;

/// A part of a recording being decoded. It is on the time line of all decoded samples, which is
/// that of transcripts.
pub struct Clip {
    decoder: Decoder,
    /// Samples that were decoded and are not taken yet.
    block: Block,
    /// Whether `block` is to be taken.
    is_pending: bool,
    sample_rate_hz: u32,
    /// Frames of the whole part.
    frames: u64,
    /// Frames that are not decoded yet.
    left: u64,
}

impl Clip {
    /// Decodes a recording up to a moment. The part has as many frames as fit into its time,
    /// rounded. Takes time in proportion to `from_ms`, unless the recording is plain WAV.
    ///
    /// # Errors
    ///
    /// Those of decoding, and [`Error::Damaged`] where the recording ends more than a second
    /// before the part does.
    pub fn open(mut decoder: Decoder, from_ms: u64, to_ms: u64) -> Result<Self, Error> {
        let sample_rate_hz = decoder.facts().sample_rate_hz;
        let rate = u64::from(sample_rate_hz);
        // Rounded down: with as many frames as are rounded from its length, no part that ends
        // within the recording reaches behind its last frame.
        let start = from_ms * rate / 1_000;
        let frames = (to_ms.saturating_sub(from_ms) * rate + 500) / 1_000;
        let mut before = start - decoder.skip_plain(start)?;
        let mut channels = usize::from(decoder.facts().channels);
        let mut first = Vec::new();
        while let Some(block) = decoder.next_block()? {
            channels = block.channels();
            let count = block.frames() as u64;
            if before < count {
                let skipped = usize::try_from(before).unwrap_or(usize::MAX) * channels;
                first.extend_from_slice(&block.samples()[skipped..]);
                break;
            }
            before -= count;
        }
        let block = Block {
            samples: first,
            channels,
            ..Block::default()
        };
        let mut clip = Self {
            decoder,
            block,
            is_pending: true,
            sample_rate_hz,
            frames,
            left: frames,
        };
        if clip.block.samples.is_empty() {
            clip.fill(before + frames)?;
        }
        clip.cut();
        Ok(clip)
    }

    /// Frames per second.
    pub const fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    /// Samples in a frame.
    pub const fn channels(&self) -> usize {
        self.block.channels()
    }

    /// Frames of the whole part.
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// The next samples; nothing at the end of the part.
    ///
    /// # Errors
    ///
    /// Those of decoding, and [`Error::Damaged`] where the recording ends more than a second
    /// before the part does.
    pub fn next_block(&mut self) -> Result<Option<&Block>, Error> {
        if std::mem::take(&mut self.is_pending) {
            return Ok(Some(&self.block));
        }
        if self.left == 0 {
            return Ok(None);
        }
        self.block.samples.clear();
        match self.decoder.next_block()? {
            Some(next) => self.block.samples.extend_from_slice(next.samples()),
            None => self.fill(self.left)?,
        }
        self.cut();
        Ok(Some(&self.block))
    }

    /// Makes the rest of the part silence, of which `missing` frames are behind the end of the
    /// recording.
    fn fill(&mut self, missing: u64) -> Result<(), Error> {
        let tolerated = u64::from(self.sample_rate_hz) * TOLERATED_MISSING_MS / 1_000;
        if missing > tolerated || self.block.channels == 0 {
            return Err(damaged("it ends before the part that was requested"));
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        self.block.samples.resize(left * self.block.channels, 0);
        Ok(())
    }

    /// Leaves out the frames of `block` that are behind the part.
    fn cut(&mut self) {
        let frames = self.block.frames() as u64;
        let taken = frames.min(self.left);
        self.left -= taken;
        let samples = usize::try_from(taken).unwrap_or(usize::MAX) * self.block.channels;
        self.block.samples.truncate(samples);
    }

    /// How large the part is as WAV with 16 bits, in bytes; nothing where a WAV file cannot be
    /// as large.
    pub fn wav_bytes(&self) -> Option<u64> {
        let frame = 2 * self.channels() as u64;
        let bytes = self.frames.checked_mul(frame)? + WAV_HEADER_BYTES;
        u32::try_from(bytes).is_ok().then_some(bytes)
    }

    /// The header of the part as WAV with 16 bits.
    pub fn wav_header(&self) -> Vec<u8> {
        let bytes = self.wav_bytes().unwrap_or(u64::from(u32::MAX)) - WAV_HEADER_BYTES;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        wav_header(self.channels(), self.sample_rate_hz, bytes)
    }
}

/// The header of a WAV file with so many bytes of samples of 16 bits.
pub fn wav_header(channels: usize, sample_rate_hz: u32, bytes: u32) -> Vec<u8> {
    let channels = u16::try_from(channels).unwrap_or(u16::MAX);
    let frame = channels.saturating_mul(2);
    let per_second = u32::from(frame).saturating_mul(sample_rate_hz);
    let mut header = b"RIFF".to_vec();
    header.extend(bytes.saturating_add(36).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    // PCM.
    header.extend(1_u16.to_le_bytes());
    header.extend(channels.to_le_bytes());
    header.extend(sample_rate_hz.to_le_bytes());
    header.extend(per_second.to_le_bytes());
    header.extend(frame.to_le_bytes());
    header.extend(16_u16.to_le_bytes());
    header.extend(b"data");
    header.extend(bytes.to_le_bytes());
    header
}
