//! An engine that counts, and hears what it is told to.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use tempfile::TempDir;

/// The words of an interview of eight hours.
pub(crate) const MANY_WORDS: usize = 80_000;

/// A speech engine in the place of the real one.
pub(crate) struct Engine {
    pub(crate) folder: TempDir,
}

impl Engine {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloud/support/engine.sh");
        let program = folder.path().join("pocketsphinx_continuous");
        fs::copy(script, program).unwrap();
        Self { folder }
    }

    /// The variables by which programs find it.
    pub(crate) fn variables(&self) -> [(&'static str, String); 4] {
        let folder = self.folder.path().display();
        let path = std::env::var("PATH").unwrap();
        [
            ("PATH", format!("{folder}:{path}")),
            ("ENGINE_DIR", folder.to_string()),
            ("TRANSCRIBER", "pocketsphinx".to_owned()),
            ("DIARIZATION", "off".to_owned()),
        ]
    }

    /// Says eight hours' worth of words from now on, or a few.
    pub(crate) fn say_much(&self, much: bool) {
        let file = self.folder.path().join("words");
        if !much {
            let _ = fs::remove_file(file);
            return;
        }
        // 360 ms to a word.
        let word = |index: usize| {
            let (start, end) = (index * 360, index * 360 + 300);
            let time = |millis: usize| format!("{}.{:03}", millis / 1_000, millis % 1_000);
            format!("word{} {} {} 0.9\n", index % 3_000, time(start), time(end))
        };
        let words: String = (0..MANY_WORDS).map(word).collect();
        fs::write(file, words).unwrap();
    }

    /// Holds each engine call, or lets later calls pass.
    pub(crate) fn hold(&self, hold: bool) {
        let gate = self.folder.path().join("gate");
        if hold {
            assert!(Command::new("mkfifo").arg(gate).status().unwrap().success());
        } else {
            // An engine that waits reads to its end when the writer is dropped.
            let mut writer = fs::OpenOptions::new();
            let _writer = writer.read(true).write(true).open(&gate);
            let _ = fs::remove_file(gate);
        }
    }

    /// How often it was called for each recording, and how many of it ran at once
    /// at most.
    pub(crate) fn calls(&self) -> (BTreeMap<String, usize>, usize) {
        let (mut calls, mut most) = (BTreeMap::new(), 0);
        let lines = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        for line in lines.lines() {
            let (digest, running) = line.split_once(' ').unwrap();
            *calls.entry(digest.to_owned()).or_default() += 1;
            most = most.max(running.parse().unwrap());
        }
        (calls, most)
    }
}
