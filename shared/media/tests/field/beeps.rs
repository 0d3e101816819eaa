//! Recordings with a beep of 0.4 s at each full second, and what is heard of them.

use std::{fs, io::Cursor, path::Path};

use media::{Decoder, RecordingReport};

use crate::support::{ffmpeg, run};

/// Seconds of the source.
pub(crate) const SECONDS: u32 = 12;

/// How a recording is encoded: the name of the file, and arguments of ffmpeg.
pub(crate) type Encoding = (&'static str, &'static str);

/// The beeps encoded; `filter` changes their times, `input` comes before them.
pub(crate) fn encoded(folder: &Path, (file, how): Encoding, input: &str, filter: &str) -> Vec<u8> {
    let path = folder.join(file);
    let source = format!("aevalsrc=0.3*sin(2*PI*500*t)*lt(mod(t\\,1)\\,0.4):s=48000:d={SECONDS}");
    let mut command = ffmpeg();
    command.args(input.split_whitespace());
    command.args(["-f", "lavfi", "-i", &source]);
    if !filter.is_empty() {
        command.args(["-af", filter]);
    }
    command.args(how.split_whitespace()).args(["-strict", "-2"]);
    run(command.arg(&path));
    fs::read(path).expect("made")
}

/// What is heard of a recording.
pub(crate) struct Heard {
    pub(crate) beeps_ms: Vec<u64>,
    pub(crate) duration_ms: u64,
    pub(crate) channels: usize,
    pub(crate) report: RecordingReport,
}

pub(crate) fn hear(bytes: Vec<u8>) -> Result<Heard, String> {
    let open = Decoder::open(Box::new(Cursor::new(bytes)));
    let mut decoder = open.map_err(|error| error.to_string())?;
    let mut samples: Vec<u32> = Vec::new();
    let mut channels = 0;
    while let Some(block) = decoder.next_block().map_err(|error| error.to_string())? {
        channels = block.channels();
        let frames = block.samples().chunks_exact(channels);
        samples.extend(frames.map(|frame| {
            let loudest = frame.iter().map(|sample| sample.unsigned_abs()).max();
            u32::from(loudest.unwrap_or(0))
        }));
    }
    let facts = decoder.facts();
    let window = facts.sample_rate_hz as usize / 100;
    let is_loud = |window: &[u32]| {
        window.iter().sum::<u32>() / u32::try_from(window.len()).expect("a short window") > 1_000
    };
    let mut beeps_ms = Vec::new();
    let mut quiet_ms = 1_000;
    for (index, window) in samples.chunks_exact(window).enumerate() {
        if is_loud(window) {
            if quiet_ms >= 100 {
                beeps_ms.push(index as u64 * 10);
            }
            quiet_ms = 0;
        } else {
            quiet_ms += 10;
        }
    }
    Ok(Heard {
        beeps_ms,
        duration_ms: facts.duration_ms,
        channels,
        report: decoder.report().clone(),
    })
}

/// The full seconds from `from` to `to`, moved by `offset_ms`.
pub(crate) fn seconds(from: u32, to: u32, offset_ms: u64) -> Vec<u64> {
    (from..to)
        .map(|second| u64::from(second) * 1_000 + offset_ms)
        .collect()
}
