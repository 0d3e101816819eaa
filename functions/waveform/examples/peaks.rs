//! Draws the waveform of a file as the step does, for benchmarks: the time of a
//! whole process, without a store and without the network.
//!
//! `peaks FILE` writes audiowaveform's JSON to the standard output;
//! `peaks --decode FILE` decodes and does nothing else.

use std::{
    fs::File,
    io::{Error, Write as _, stdout},
};

use domain::{
    Timestamp,
    waveform::{Bits, StoredWaveform},
};
use media::Decoder;
use waveform::peaks::{Collector, draw};

fn main() -> Result<(), Error> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let only_decode = arguments.first().is_some_and(|first| first == "--decode");
    let Some(path) = arguments.pop() else {
        return Err(Error::other("usage: peaks [--decode] FILE"));
    };
    let mut found = None;
    let peaks = draw(Collector::default, |collector| {
        let decoder = Decoder::open(Box::new(File::open(&path)?)).map_err(Error::other)?;
        let mut decoder = decoder.with_sparse_level_meter();
        while let Some(block) = decoder.next_block().map_err(Error::other)? {
            if !only_decode {
                collector.push(block.samples(), block.channels());
            }
        }
        found = Some(decoder.facts());
        Ok::<(), Error>(())
    })?;
    let facts = found.ok_or_else(|| Error::other("nothing was decoded"))?;
    let now = Timestamp::from_millis(0);
    let width = peaks.samples_per_pixel;
    let stored = StoredWaveform::new(facts, width, &peaks.pairs, 0, now);
    let json = stored.to_json(Bits::Sixteen).map_err(Error::other)?;
    stdout().write_all(json.as_bytes())
}
