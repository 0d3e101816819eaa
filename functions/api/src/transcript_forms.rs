//! The transcript as text for people: a form writes it turn by turn, so that one of any
//! length needs the memory of a turn, or for captions of a few more seconds.

use domain::{
    text::clock_time,
    transcript::{Transcript, Turn, Word},
};

use crate::captions::one_line;

/// A form of the transcript.
pub(crate) trait TranscriptForm: Send {
    /// What stands before all turns.
    fn begin(&self) -> String {
        String::new()
    }

    /// What can be written once a turn is read, given its words and its speaker's name.
    fn turn(&mut self, turn: &Turn, words: &[Word], speaker: &str) -> String;

    /// What is left to be written after all turns.
    fn end(&mut self) -> String {
        String::new()
    }
}

/// A whole transcript in a form.
pub(crate) fn write(mut form: impl TranscriptForm, transcript: &Transcript) -> String {
    let mut text = form.begin();
    for turn in &transcript.turns {
        let words = transcript.words.get(turn.words.clone()).unwrap_or_default();
        let speaker = transcript.speaker_name(turn.speaker);
        text += &form.turn(turn, words, speaker.reveal());
    }
    text += &form.end();
    text
}

/// `[0:00:12] Speaker 1: …`, a turn to a line.
pub(crate) struct PlainText;

impl TranscriptForm for PlainText {
    fn turn(&mut self, turn: &Turn, _: &[Word], speaker: &str) -> String {
        let (time, text) = (clock_time(turn.start_ms), one_line(turn.text.reveal()));
        format!("[{time}] {}: {text}\n", one_line(speaker))
    }
}

/// Markdown with the title as its heading.
pub(crate) struct Markdown {
    /// The title of the interview.
    pub(crate) title: String,
}

impl TranscriptForm for Markdown {
    fn begin(&self) -> String {
        format!("# {}\n", escape(&self.title))
    }

    fn turn(&mut self, turn: &Turn, _: &[Word], speaker: &str) -> String {
        let (time, text) = (clock_time(turn.start_ms), escape(turn.text.reveal()));
        format!("\n**{}** ({time})\n\n{text}\n", escape(speaker))
    }
}

/// Text that Markdown takes for text.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, character| {
        match character {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&' => {
                out.extend(['\\', character]);
            }
            '\n' | '\r' => out.push(' '),
            plain => out.push(plain),
        }
        out
    })
}

#[cfg(test)]
mod round_trips;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_shows_what_was_said_and_nothing_else() {
        assert_eq!(escape("<b>*2* [x](y)\n#"), "\\<b\\>\\*2\\* \\[x\\](y) \\#");
        assert_eq!(clock_time(3_723_000), "1:02:03");
    }
}
