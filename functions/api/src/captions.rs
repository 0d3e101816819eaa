//! Captions: `SubRip` and `WebVTT`, a few words to a cue.

use std::fmt::Write as _;

use domain::{
    text,
    transcript::{Transcript, Word},
};

/// Words in one cue.
const WORDS_PER_CUE: usize = 8;

struct Cue<'a> {
    speaker: u32,
    words: &'a [Word],
}

/// Each turn in cues of at most eight words.
fn cues(transcript: &Transcript) -> impl Iterator<Item = Cue<'_>> {
    transcript.turns.iter().flat_map(|turn| {
        let words = transcript.words.get(turn.words.clone()).unwrap_or_default();
        words.chunks(WORDS_PER_CUE).map(|words| Cue {
            speaker: turn.speaker,
            words,
        })
    })
}

impl Cue<'_> {
    /// The span; at least a millisecond, because players drop empty cues.
    fn span(&self) -> (u64, u64) {
        let start = self.words.first().map_or(0, |word| word.start_ms);
        let end = self
            .words
            .iter()
            .map(|word| word.end_ms)
            .max()
            .unwrap_or(start);
        (start, end.max(start + 1))
    }

    fn text(&self) -> String {
        text::joined(self.words.iter().map(|word| word.text.reveal()))
    }
}

/// `SubRip`: the speaker's name where it changes.
pub(crate) fn srt(transcript: &Transcript) -> String {
    let (mut text, mut last) = (String::new(), None);
    for (number, cue) in (1..).zip(cues(transcript)) {
        let (start, end) = cue.span();
        let _ = writeln!(
            text,
            "{number}\n{} --> {}",
            time(start, ','),
            time(end, ',')
        );
        if last != Some(cue.speaker) {
            let _ = writeln!(
                text,
                "[{}]",
                plain(transcript.speaker_name(cue.speaker).reveal())
            );
            last = Some(cue.speaker);
        }
        let _ = writeln!(text, "{}\n", plain(&cue.text()));
    }
    text
}

/// `WebVTT`: the speaker as a voice on every cue.
pub(crate) fn vtt(transcript: &Transcript) -> String {
    let mut text = "WEBVTT\n".to_owned();
    for cue in cues(transcript) {
        let (start, end) = cue.span();
        let voice = escape(transcript.speaker_name(cue.speaker).reveal());
        let _ = write!(
            text,
            "\n{} --> {}\n<v {voice}>{}\n",
            time(start, '.'),
            time(end, '.'),
            escape(&cue.text())
        );
    }
    text
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
    let mut text = text.replace(['\n', '\r'], " ");
    while text.contains("-->") {
        text = text.replace("-->", "->");
    }
    text
}

fn escape(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use domain::{
        Timestamp,
        transcript::{Quality, Speaker, TranscriptHead},
        versions::UnknownFields,
    };

    use super::*;

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
            srt(&transcript()),
            "1\n00:00:00,000 --> 00:00:01,500\n[Speaker 1]\na <b>\n\n\
             2\n01:01:01,007 --> 01:01:01,507\n[Speaker 2]\n->\n\n"
        );
    }

    #[test]
    fn webvtt_has_voices_and_escapes() {
        assert_eq!(
            vtt(&transcript()),
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v Speaker 1>a &lt;b&gt;\n\
             \n01:01:01.007 --> 01:01:01.507\n<v Speaker 2>--&gt;\n"
        );
    }
}
