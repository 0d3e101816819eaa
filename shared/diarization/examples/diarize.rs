//! Who speaks when in a recording, as RTTM.
//!
//! `diarize FILE [--speakers N] [--reference FILE.rttm]`; with a reference the error
//! rates go to the standard error.

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    io::{Error, Write as _, stderr, stdout},
    path::Path,
    time::Instant,
};

use diarization::DiarizationModels;
use support::error_rate;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(path) = arguments.first().map(Path::new) else {
        return Err(Error::other(
            "usage: diarize FILE [--speakers N] [--reference FILE.rttm]",
        ));
    };
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1)
    };
    let expected = option("--speakers").map(|count| count.parse().map_err(Error::other));
    let models = DiarizationModels::load().map_err(Error::other)?;
    let samples = support::decode(path, None);
    let started = Instant::now();
    let diarization = support::diarize(&models, &samples, expected.transpose()?);
    let took = started.elapsed();
    for turn in &diarization.turns {
        let length = turn.end_ms - turn.start_ms;
        writeln!(
            stdout(),
            "SPEAKER recording 1 {}.{:03} {}.{:03} <NA> <NA> {} <NA> <NA>",
            turn.start_ms / 1_000,
            turn.start_ms % 1_000,
            length / 1_000,
            length % 1_000,
            turn.speaker
        )?;
    }
    let seconds = samples.len() / 16_000;
    writeln!(
        stderr(),
        "{} speakers in {seconds} s, {took:.1?}",
        diarization.speakers
    )?;
    if let Some(reference) = option("--reference") {
        let reference = support::rttm(Path::new(reference));
        let found = support::found(&diarization.turns);
        let rate = |collar_ms| error_rate::percent(&reference, &found, collar_ms);
        writeln!(
            stderr(),
            "error rate {:.1} %, with a collar of 250 ms {:.1} %",
            rate(0),
            rate(250)
        )?;
    }
    Ok(())
}
