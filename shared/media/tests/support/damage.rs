//! Damaged files for both decoders: none may panic, hang, leave a child or take unbounded
//! memory.

use std::{
    fs,
    io::Cursor,
    path::Path,
    time::{Duration, Instant},
};

use media::{Decoder, Ffmpeg};

use super::{ffmpeg, run};

/// The longest that a file of two seconds may take to decode.
const LONGEST: Duration = Duration::from_secs(30);

/// No damaged file gives more than this: 20 minutes at 48 kHz.
const MOST_FRAMES: u64 = 20 * 60 * 48_000;

const FORMATS: [(&str, &str); 9] = [
    ("a.m4a", "-c:a aac"),
    ("a.mp4", "-c:a libopus -movflags frag_keyframe+empty_moov"),
    ("a.webm", "-c:a libopus"),
    ("a.mka", "-c:a flac"),
    ("a.ogg", "-c:a libvorbis"),
    ("a.mp3", "-c:a libmp3lame"),
    ("a.flac", "-c:a flac"),
    ("a.aac", "-c:a aac"),
    ("a.wma", "-c:a wmav2"),
];

/// Recordings of two seconds in several formats.
pub(crate) fn recordings(folder: &Path) -> Vec<Vec<u8>> {
    let make = |(file, how): &(&str, &str)| {
        let path = folder.join(file);
        let mut command = ffmpeg();
        command.args(["-f", "lavfi", "-i", "sine=f=300:d=2", "-strict", "-2"]);
        command.args(how.split(' ')).arg(&path);
        run(&mut command);
        fs::read(path).expect("made")
    };
    FORMATS.iter().map(make).collect()
}

/// A generator of numbers below a limit; the same for the same seed.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit.max(1)
    }
}

/// A recording with one to four defects.
pub(crate) fn damaged(recording: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = recording.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len());
        let length = numbers.below(400).min(bytes.len() - at);
        match numbers.below(6) {
            0 => bytes[at] ^= 1 << numbers.below(8),
            1 => bytes.truncate(at.max(16)),
            2 => bytes[at..at + length].fill(0),
            3 => {
                for byte in &mut bytes[at..at + length] {
                    *byte = numbers.below(256).to_le_bytes()[0];
                }
            }
            4 => drop(bytes.drain(at..at + length)),
            _ => {
                let piece = bytes[at..at + length].to_vec();
                let place = numbers.below(bytes.len());
                bytes.splice(place..place, piece);
            }
        }
    }
    bytes
}

/// Decodes a file with the library alone, then with FFmpeg as well.
pub(crate) fn decode_both_ways(bytes: &[u8]) {
    for ffmpeg in [None, Ffmpeg::configured()] {
        let started = Instant::now();
        let mut frames = 0;
        if let Ok(mut decoder) = Decoder::open_with(Box::new(Cursor::new(bytes.to_vec())), ffmpeg) {
            while frames < MOST_FRAMES
                && let Ok(Some(block)) = decoder.next_block()
            {
                frames += block.frames() as u64;
            }
        }
        assert!(
            started.elapsed() < LONGEST,
            "it takes {:?}",
            started.elapsed()
        );
    }
}

/// The number of children of this process.
pub(crate) fn children() -> usize {
    let own = std::process::id();
    let tasks = fs::read_dir(format!("/proc/{own}/task")).expect("Linux");
    let of =
        |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    let children = tasks.flatten().map(of);
    children.map(|list| list.split_whitespace().count()).sum()
}

/// The largest resident memory of this process so far, in KiB.
pub(crate) fn peak_memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
