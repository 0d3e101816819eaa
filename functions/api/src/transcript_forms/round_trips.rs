//! What the service exports, it reads: speakers, words, and times within the precision of
//! each format.

use domain::{
    Private, Timestamp,
    transcript::{Quality, Speaker, Transcript, TranscriptHead, Word},
    turns,
    versions::UnknownFields,
};
use proptest::prelude::*;
use transcripts::{Format, Timed, TranscriptFile, read_text};

use super::{Markdown, PlainText, write};
use crate::{
    captions::{SubRip, WebVtt},
    transcript_body::TranscriptBody,
};

/// The longest cue of several words, in milliseconds; a single word can be longer.
const MAX_CUE_MS: u64 = 7_000;

/// The longest word of these transcripts, in milliseconds.
const MAX_WORD_MS: u64 = 1_500;

/// Texts of words: any punctuation but what a form without escapes cannot tell from its own.
fn texts(form: Format) -> &'static str {
    match form {
        Format::SubRip => "[A-Za-z0-9'’,.?!%$&#_*:é-]{1,10}|[一-三]{1,3}",
        _ => "[A-Za-z0-9'’,.?!%$&#_*<>\\[\\]:é-]{1,10}|[一-三]{1,3}",
    }
}

/// Words of three speakers, of which some overlap, in reading order.
fn transcript(form: Format) -> impl Strategy<Value = Transcript> {
    let word = (
        texts(form),
        0_u64..4_000,
        0..MAX_WORD_MS,
        0_u32..3,
        0_u16..=100,
        any::<bool>(),
    );
    let names = prop::collection::vec("[A-Za-z][A-Za-z0-9._-]{0,8}( [A-Z][a-z]{1,6})?", 3);
    (prop::collection::vec(word, 1..60), names).prop_map(|(rows, names)| {
        let mut reached = 0;
        let words = rows
            .into_iter()
            .map(|(text, gap, length, speaker, sure, overlaps)| {
                // Every other word begins while the last one is said.
                let start_ms = if overlaps {
                    reached + gap / 10
                } else {
                    reached + gap
                };
                reached = start_ms + length / 2;
                Word {
                    text: text.into(),
                    start_ms,
                    end_ms: start_ms + length,
                    speaker,
                    confidence: f32::from(sure) / 100.0,
                    overlap: overlaps,
                }
            });
        let words = turns::order(words.collect());
        stored(words, &names)
    })
}

fn stored(words: Vec<Word>, names: &[String]) -> Transcript {
    let speakers = names.iter().zip(0..).map(|(name, id)| Speaker {
        // No two people have one name.
        name: format!("{name} {id}").into(),
        ..Speaker::unnamed(id)
    });
    let head = TranscriptHead {
        revision: 1,
        engine: "e".into(),
        model: "m".into(),
        diarization: None,
        language: Some("en".into()),
        duration_ms: 4_000_000,
        speakers: speakers.collect(),
        chunks: 1,
        quality: Quality::default(),
        usable: None,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    Transcript::new(head, words)
}

fn read(text: &str, form: Format) -> Timed {
    let file = read_text(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(file.format, form, "{text}");
    TranscriptFile::into_timed(file).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The characters that a speaker says, without the spaces between words.
fn spoken(words: &[Word]) -> String {
    let texts = words.iter().map(|word| word.text.reveal());
    texts.collect::<String>().split_whitespace().collect()
}

/// The same of all speakers, by name.
fn by_speaker(words: &[Word], name: impl Fn(u32) -> Private) -> Vec<(String, String)> {
    let mut speakers: Vec<u32> = words.iter().map(|word| word.speaker).collect();
    speakers.sort_unstable();
    speakers.dedup();
    let mut said: Vec<(String, String)> = speakers
        .into_iter()
        .map(|speaker| {
            let own: Vec<Word> = words
                .iter()
                .filter(|word| word.speaker == speaker)
                .cloned()
                .collect();
            (name(speaker).reveal().to_owned(), spoken(&own))
        })
        .collect();
    said.sort();
    said
}

fn name_of(timed: &Timed) -> impl Fn(u32) -> Private + '_ {
    |id| timed.speakers[id as usize].name.clone()
}

/// Every turn with its speaker, its words, and its beginning to the second.
fn check_turns(transcript: &Transcript, timed: &Timed) -> Result<(), TestCaseError> {
    prop_assert_eq!(transcript.turns.len(), timed.turns.len());
    for (own, read) in transcript.turns.iter().zip(&timed.turns) {
        let name = transcript.speaker_name(own.speaker);
        prop_assert_eq!(name, name_of(timed)(read.speaker));
        prop_assert_eq!(own.start_ms / 1_000, read.start_ms / 1_000);
        let (left, right) = (
            &transcript.words[own.words.clone()],
            &timed.words[read.words.clone()],
        );
        prop_assert_eq!(spoken(left), spoken(right));
    }
    Ok(())
}

/// Every speaker's words, each no further from its place than a cue is long.
fn check_cues(transcript: &Transcript, timed: &Timed) -> Result<(), TestCaseError> {
    let own = by_speaker(&transcript.words, |id| transcript.speaker_name(id));
    prop_assert_eq!(own, by_speaker(&timed.words, name_of(timed)));
    for speaker in &transcript.head.speakers {
        let same = |word: &&Word| name_of(timed)(word.speaker) == speaker.name;
        let mut read = timed.words.iter().filter(same);
        for word in transcript
            .words
            .iter()
            .filter(|word| word.speaker == speaker.id)
        {
            // A word of a script without spaces is read as its characters.
            let mut left = word.text.reveal().len();
            while left > 0 {
                let part = read.next().expect("a part of the word");
                left -= part.text.reveal().len();
                let distance = part.start_ms.abs_diff(word.start_ms);
                prop_assert!(distance <= MAX_CUE_MS + MAX_WORD_MS, "{} ms", distance);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn plain_text(transcript in transcript(Format::TimedText)) {
        let text = write(PlainText, &transcript);
        check_turns(&transcript, &read(&text, Format::TimedText))?;
    }

    #[test]
    fn markdown(transcript in transcript(Format::Markdown)) {
        let form = Markdown { title: "Ada [1] *x*".into() };
        check_turns(&transcript, &read(&write(form, &transcript), Format::Markdown))?;
    }

    #[test]
    fn subrip(transcript in transcript(Format::SubRip)) {
        let text = write(SubRip::default(), &transcript);
        check_cues(&transcript, &read(&text, Format::SubRip))?;
    }

    #[test]
    fn web_vtt(transcript in transcript(Format::WebVtt)) {
        let text = write(WebVtt::default(), &transcript);
        check_cues(&transcript, &read(&text, Format::WebVtt))?;
    }

    #[test]
    fn json(transcript in transcript(Format::Json)) {
        let text = serde_json::to_string(&TranscriptBody::from(&transcript)).unwrap();
        let timed = read(&text, Format::Json);
        prop_assert_eq!(&timed.words, &transcript.words);
        prop_assert_eq!(&timed.turns, &transcript.turns);
        prop_assert_eq!(&timed.speakers, &transcript.head.speakers);
        prop_assert_eq!(timed.duration_ms, transcript.head.duration_ms);
    }
}
