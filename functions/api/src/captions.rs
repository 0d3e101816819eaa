//! Captions: `SubRip` and `WebVTT`, cut where they are easy to read and sorted by start.

mod cut;
mod queue;

use std::fmt::Write as _;

use domain::transcript::{Turn, Word};

use self::queue::{Cue, CueQueue};
use crate::transcript_forms::TranscriptForm;

/// `SubRip`: the speaker's name where it changes, on a line of its own.
#[derive(Default)]
pub(crate) struct SubRip {
    queue: CueQueue,
    cues: u32,
    last_speaker: Option<u32>,
}

impl SubRip {
    fn write(&mut self, cues: Vec<Cue>) -> String {
        let mut text = String::new();
        for cue in cues {
            self.cues += 1;
            let (start, end) = (time(cue.start_ms, ','), time(cue.end_ms, ','));
            let _ = writeln!(text, "{}\n{start} --> {end}", self.cues);
            if self.last_speaker.replace(cue.speaker) != Some(cue.speaker) {
                let _ = writeln!(text, "[{}]", plain(&cue.name));
            }
            for line in &cue.lines {
                let _ = writeln!(text, "{}", plain(line));
            }
            text.push('\n');
        }
        text
    }
}

impl TranscriptForm for SubRip {
    fn turn(&mut self, turn: &Turn, words: &[Word], speaker: &str) -> String {
        let cues = self.queue.push(turn, words, speaker);
        self.write(cues)
    }

    fn end(&mut self) -> String {
        let cues = self.queue.finish();
        self.write(cues)
    }
}

/// `WebVTT`: the speaker as a voice on every cue.
#[derive(Default)]
pub(crate) struct WebVtt {
    queue: CueQueue,
}

impl WebVtt {
    fn write(cues: Vec<Cue>) -> String {
        let mut text = String::new();
        for cue in cues {
            let (start, end) = (time(cue.start_ms, '.'), time(cue.end_ms, '.'));
            let voice = escape(&cue.name);
            let lines: Vec<String> = cue.lines.iter().map(|line| escape(line)).collect();
            let lines = lines.join("\n");
            let _ = write!(text, "\n{start} --> {end}\n<v {voice}>{lines}\n");
        }
        text
    }
}

impl TranscriptForm for WebVtt {
    fn begin(&self) -> String {
        "WEBVTT\n".to_owned()
    }

    fn turn(&mut self, turn: &Turn, words: &[Word], speaker: &str) -> String {
        Self::write(self.queue.push(turn, words, speaker))
    }

    fn end(&mut self) -> String {
        Self::write(self.queue.finish())
    }
}

fn time(millis: u64, point: char) -> String {
    let seconds = millis / 1_000;
    format!(
        "{:02}:{:02}:{:02}{point}{:03}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60,
        millis % 1_000
    )
}

/// One line, and no arrow that a parser would take for the next cue's times.
fn plain(text: &str) -> String {
    let mut text = one_line(text);
    while text.contains("-->") {
        text = text.replace("-->", "->");
    }
    text
}

/// The text without line breaks.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn escape(text: &str) -> String {
    one_line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
