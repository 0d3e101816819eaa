//! Words as the provider gives them, made into ours.

use domain::transcript::Word;
use serde::Deserialize;

use super::scalar::Scalar;

/// A recognised word. Only `word` can be relied on; `speaker` needs diarization,
/// `punctuated_word` punctuation, `language` code-switching.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(crate) struct WireWord<'a> {
    word: Scalar<'a>,
    punctuated_word: Scalar<'a>,
    start: Scalar<'a>,
    end: Scalar<'a>,
    confidence: Scalar<'a>,
    speaker: Scalar<'a>,
    pub(crate) language: Scalar<'a>,
}

/// A word with its channel.
pub(crate) type Spoken = (u32, Word);

impl WireWord<'_> {
    fn text(&self) -> Option<String> {
        self.punctuated_word.text().or_else(|| self.word.text())
    }
}

/// The words of one channel in their order, with the speaker as the provider
/// numbers them.
///
/// A word without a speaker belongs to the one before it. Times never go back:
/// one that does, or that is missing, is taken to be that of the word before.
pub(crate) fn in_order(words: &[WireWord<'_>], confidence: Option<f32>) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        let Some(text) = word.text() else { continue };
        let last = found.last();
        let earliest = last.map_or(0, |last| last.start_ms);
        let last_end = last.map_or(0, |last| last.end_ms);
        let start_ms = word.start.millis().unwrap_or(last_end).max(earliest);
        let mut end_ms = word.end.millis().unwrap_or(start_ms).max(start_ms);
        if start_ms == earliest {
            // So that sorting by times keeps the order of the words.
            end_ms = end_ms.max(last_end);
        }
        found.push(Word {
            text: text.into(),
            start_ms,
            end_ms,
            speaker: word
                .speaker
                .index()
                .or(last.map(|last| last.speaker))
                .unwrap_or(0),
            confidence: word.confidence.probability().or(confidence).unwrap_or(0.0),
            overlap: false,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Vec<(String, u64, u64, u32)> {
        let words: Vec<WireWord<'_>> = serde_json::from_str(json).unwrap();
        let mut read = Vec::new();
        for word in in_order(&words, Some(0.5)) {
            let text = word.text.reveal().to_owned();
            read.push((text, word.start_ms, word.end_ms, word.speaker));
        }
        read
    }

    #[test]
    fn a_word_is_shown_as_it_is_written_in_a_sentence() {
        let json = r#"[{"word": "yes", "punctuated_word": "Yes.", "start": 0.08, "end": 0.32},
            {"word": "no", "punctuated_word": null, "start": 1, "end": 2}, {"punctuated_word": " "}]"#;
        assert_eq!(
            read(json),
            [("Yes.".into(), 80, 320, 0), ("no".into(), 1_000, 2_000, 0)]
        );
    }

    #[test]
    fn times_that_go_back_overlap_or_are_missing_come_out_in_order() {
        let json = r#"[{"word": "a", "start": 1.0, "end": 1.4}, {"word": "b", "start": 0.5, "end": 0.7},
            {"word": "c"}, {"word": "d", "start": 1.3, "end": 1.2}, {"word": "e", "start": "x", "end": 1e9}]"#;
        let times: Vec<_> = read(json).into_iter().map(|w| (w.1, w.2)).collect();
        assert_eq!(
            times,
            [
                (1_000, 1_400),
                (1_000, 1_400),
                (1_400, 1_400),
                (1_400, 1_400),
                (1_400, 1_400)
            ]
        );
    }

    #[test]
    fn a_word_without_a_speaker_keeps_the_previous_speaker() {
        let json = r#"[{"word": "a"}, {"word": "b", "speaker": 2}, {"word": "c", "speaker": null},
            {"word": "d", "speaker": -1}, {"word": "e", "speaker": 1}]"#;
        let speakers: Vec<_> = read(json).into_iter().map(|word| word.3).collect();
        assert_eq!(speakers, [0, 2, 2, 2, 1]);
    }

    #[test]
    fn utterance_confidence_replaces_a_missing_word_confidence() {
        let words: Vec<WireWord<'_>> = serde_json::from_str(r#"[{"word": "a"}]"#).unwrap();
        assert!((in_order(&words, Some(0.7))[0].confidence - 0.7).abs() < f32::EPSILON);
        assert!(in_order(&words, None)[0].confidence.abs() < f32::EPSILON);
    }
}
