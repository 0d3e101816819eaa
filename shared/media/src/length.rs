//! How long a recording is.

use crate::{Decoder, Error, Source};

/// The length of a recording by decoded frames, in milliseconds. Headers are not believed.
///
/// # Errors
///
/// Those of decoding it, and [`Error::TooLong`] as soon as it has more than `longest_ms`
/// milliseconds.
pub fn length_ms(source: Box<dyn Source>, longest_ms: u64) -> Result<u64, Error> {
    let mut decoder = Decoder::open(source)?;
    while decoder.next_block()?.is_some() {
        if decoder.facts().duration_ms > longest_ms {
            return Err(Error::TooLong {
                limit_minutes: longest_ms / 60_000,
            });
        }
    }
    Ok(decoder.facts().duration_ms)
}
