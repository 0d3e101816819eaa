//! A sample of what `scripts/dev/damaged-files` runs thousands of times.

#[path = "support/damage.rs"]
mod damage;
mod support;

use damage::{Numbers, children, damaged, decode_both_ways, peak_memory_kib, recordings};
use support::{ffmpeg, run};

#[test]
fn damaged_files_neither_panic_nor_hang_nor_leave_children() {
    let folder = tempfile::tempdir().expect("a folder");
    let recordings = recordings(folder.path());
    let mut numbers = Numbers(1);
    for recording in recordings.iter().cycle().take(90) {
        decode_both_ways(&damaged(recording, &mut numbers));
    }
    assert_eq!(children(), 0);
    assert!(peak_memory_kib() < 300_000, "{} KiB", peak_memory_kib());
}
