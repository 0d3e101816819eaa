//! Any file as a transcript from elsewhere: read or refused, its words in order, and never a
//! panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transcripts::{MAX_TIME_MS, TranscriptFile, read};

fuzz_target!(|bytes: &[u8]| {
    let Ok(timed) = read(bytes).and_then(TranscriptFile::into_timed) else {
        return;
    };
    for word in &timed.words {
        assert!(word.start_ms <= word.end_ms && word.end_ms <= MAX_TIME_MS);
        assert!((word.speaker as usize) < timed.speakers.len());
    }
});
