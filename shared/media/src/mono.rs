//! A whole recording as live speech engines want it.

use domain::transcript::AudioFacts;

use crate::{Decoder, Error, Overview, Source, resample::Resampler};

/// How much of the recording is looked at before anything is emitted, in milliseconds: ten
/// minutes are decoded in about a second.
const LOOK_MS: u64 = 600_000;

/// Decodes a recording of at most `limit_ms` and passes the mix of its channels at 16
/// kHz to `emit`, until that returns false; returns the facts of the audio. `open` opens
/// the recording; its beginning is decoded once more, to find the level and the phases of
/// its channels.
pub fn mix_at_16_khz(
    open: impl Fn() -> Box<dyn Source>,
    limit_ms: u64,
    mut emit: impl FnMut(Vec<i16>) -> bool,
) -> Result<AudioFacts, Error> {
    let overview = Overview::of_start(open(), LOOK_MS)?;
    let mut decoder = Decoder::open(open())?.with_gain(overview.gain());
    let mut resampler = Resampler::new(decoder.facts().sample_rate_hz);
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block()? {
        resampler.push(&block.mix_by(overview.mix), &mut samples);
        if !emit(std::mem::take(&mut samples)) {
            return Ok(decoder.facts());
        }
        if decoder.facts().duration_ms > limit_ms {
            return Err(Error::TooLong {
                limit_minutes: limit_ms / 60_000,
            });
        }
    }
    resampler.finish(&mut samples);
    emit(samples);
    Ok(decoder.facts())
}
