//! Captions: `SubRip` and `WebVTT`, a few words to a cue.

use std::fmt::Write as _;

use domain::{
    text,
    transcript::{Turn, Word},
};

use crate::transcript_forms::TranscriptForm;

/// Words in one cue.
const WORDS_PER_CUE: usize = 8;

struct Cue<'a>(&'a [Word]);

/// A turn in cues of at most eight words.
fn cues(words: &[Word]) -> impl Iterator<Item = Cue<'_>> {
    words.chunks(WORDS_PER_CUE).map(Cue)
}

impl Cue<'_> {
    /// The span; at least a millisecond, because players drop empty cues.
    fn span(&self) -> (u64, u64) {
        let start = self.0.first().map_or(0, |word| word.start_ms);
        let ends = self.0.iter().map(|word| word.end_ms);
        (start, ends.max().unwrap_or(start).max(start + 1))
    }

    fn text(&self) -> String {
        text::joined(self.0.iter().map(|word| word.text.reveal()))
    }
}

/// `SubRip`: the speaker's name where it changes.
#[derive(Default)]
pub(crate) struct SubRip {
    cues: u32,
    last_speaker: Option<u32>,
}

impl TranscriptForm for SubRip {
    fn turn(&mut self, turn: &Turn, words: &[Word], speaker: &str) -> String {
        let mut text = String::new();
        for cue in cues(words) {
            self.cues += 1;
            let (start, end) = cue.span();
            let (start, end) = (time(start, ','), time(end, ','));
            let _ = writeln!(text, "{}\n{start} --> {end}", self.cues);
            if self.last_speaker.replace(turn.speaker) != Some(turn.speaker) {
                let _ = writeln!(text, "[{}]", plain(speaker));
            }
            let _ = writeln!(text, "{}\n", plain(&cue.text()));
        }
        text
    }
}

/// `WebVTT`: the speaker as a voice on every cue.
pub(crate) struct WebVtt;

impl TranscriptForm for WebVtt {
    fn begin(&self) -> String {
        "WEBVTT\n".to_owned()
    }

    fn turn(&mut self, _: &Turn, words: &[Word], speaker: &str) -> String {
        let voice = escape(speaker);
        cues(words).fold(String::new(), |mut text, cue| {
            let (start, end) = cue.span();
            let (start, end) = (time(start, '.'), time(end, '.'));
            let said = escape(&cue.text());
            let _ = write!(text, "\n{start} --> {end}\n<v {voice}>{said}\n");
            text
        })
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
mod tests {
    use domain::{
        Timestamp,
        transcript::{Quality, Speaker, Transcript, TranscriptHead},
        versions::UnknownFields,
    };

    use super::*;
    use crate::transcript_forms::write;

    fn transcript() -> Transcript {
        let said = [("a", 0, 0), ("<b>", 1_000, 0), ("-->", 3_661_007, 1)];
        let words = said.map(|(text, start_ms, speaker)| Word {
            text: text.into(),
            start_ms,
            end_ms: start_ms + 500,
            speaker,
            confidence: 1.0,
            overlap: false,
        });
        let head = TranscriptHead {
            revision: 1,
            engine: "e".into(),
            model: "m".into(),
            diarization: None,
            language: None,
            duration_ms: 4_000_000,
            speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
            chunks: 1,
            quality: Quality::default(),
            usable: None,
            created_at: Timestamp::from_millis(0),
            unknown: UnknownFields::default(),
        };
        Transcript::new(head, words.to_vec())
    }

    #[test]
    fn subrip_names_the_speaker_where_it_changes() {
        assert_eq!(
            write(SubRip::default(), &transcript()),
            "1\n00:00:00,000 --> 00:00:01,500\n[Speaker 1]\na <b>\n\n\
             2\n01:01:01,007 --> 01:01:01,507\n[Speaker 2]\n->\n\n"
        );
    }

    #[test]
    fn webvtt_has_voices_and_escapes() {
        assert_eq!(
            write(WebVtt, &transcript()),
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v Speaker 1>a &lt;b&gt;\n\
             \n01:01:01.007 --> 01:01:01.507\n<v Speaker 2>--&gt;\n"
        );
    }
}
