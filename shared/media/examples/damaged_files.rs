//! Decodes damaged files with both decoders: `damaged_files COUNT [SEED]`. Prints how many,
//! how long it took, and the peak memory; a panic or a hang ends it with an error.

#[path = "../tests/support/damage.rs"]
mod damage;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    io::{Error, Write as _, stdout},
    time::Instant,
};

use damage::{Numbers, children, damaged, decode_both_ways, peak_memory_kib, recordings};
use support::{ffmpeg, run};

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        let text = arguments.next();
        text.map_or(Ok(default), |text| {
            text.parse::<u64>().map_err(Error::other)
        })
    };
    let (count, seed) = (number(1_000)?, number(1)?);
    let folder = tempfile::tempdir()?;
    let recordings = recordings(folder.path());
    let mut numbers = Numbers(seed);
    let started = Instant::now();
    for (recording, index) in recordings.iter().cycle().zip(0..count) {
        decode_both_ways(&damaged(recording, &mut numbers));
        if index % 500 == 499 {
            writeln!(stdout(), "{} files", index + 1)?;
        }
    }
    let (took, memory) = (started.elapsed(), peak_memory_kib());
    writeln!(
        stdout(),
        "{count} damaged files in {took:.1?}: no panic, no hang, {} children left, at most {memory} KiB",
        children()
    )
}
