//! What becomes of a transcript from elsewhere.

use transcripts::{MAX_SPEAKERS, MAX_WORDS, WORD_MS};

use super::*;

fn read(text: &str) -> Result<Transcript, TranscriptFileError> {
    transcript(TranscriptInput::Text(text.into()).read()?, None)
}

fn turn(start_ms: Option<u64>, end_ms: Option<u64>, text: &str) -> TurnInput {
    TurnInput {
        speaker: SpeakerInput::Number(0),
        text: text.into(),
        start_ms,
        end_ms,
    }
}

fn of_turns(given: Vec<TurnInput>) -> Result<Transcript, TranscriptFileError> {
    transcript(file(given), None)
}

fn said(transcript: &Transcript) -> Vec<(String, &str)> {
    let turns = transcript.turns.iter();
    turns
        .map(|turn| {
            let name = transcript.speaker_name(turn.speaker);
            (name.reveal().to_owned(), turn.text.reveal())
        })
        .collect()
}

#[test]
fn lines_are_turns_and_times_are_guessed() {
    let text = "Ada: What did you do?\nBob: I built a boat.\n  It floats.\n\nAda: Good";
    let transcript = read(text).unwrap();
    assert_eq!(
        said(&transcript),
        [
            ("Ada".into(), "What did you do?"),
            ("Bob".into(), "I built a boat."),
            ("Bob".into(), "It floats."),
            ("Ada".into(), "Good")
        ]
    );
    assert_eq!(transcript.head.duration_ms, 11 * WORD_MS);
    let words = &transcript.words[transcript.turns[1].words.clone()];
    assert_eq!(
        (words[0].start_ms, words[3].text.reveal()),
        (4 * WORD_MS, "boat.")
    );
}

#[test]
fn more_than_the_limits_is_refused_with_the_value() {
    let crowd = (0..=u32::try_from(MAX_SPEAKERS).unwrap()).map(|one| TurnInput {
        speaker: SpeakerInput::Number(one),
        ..turn(None, None, "me")
    });
    let long = turn(None, None, &"a ".repeat(MAX_WORDS + 1));
    for (too_much, value) in [(crowd.collect(), "101"), (vec![long], "300001")] {
        let problem = refused(&of_turns(too_much).unwrap_err());
        assert_eq!(problem.code, ErrorCode::InvalidField);
        let detail = &problem.detail;
        assert!(
            detail.starts_with("`transcript`: ") && detail.contains(value),
            "{detail}"
        );
    }
}

#[test]
fn where_there_are_no_spaces_each_character_has_its_time() {
    let transcript = read("甲: 我们今天谈工作。\n乙: 好。").unwrap();
    assert_eq!(transcript.head.quality.words, 8);
    let words = &transcript.words;
    assert_eq!(
        (words[6].text.reveal(), words[6].start_ms),
        ("作。", 6 * WORD_MS)
    );
}

#[test]
fn given_times_are_kept_and_nonsense_is_refused() {
    let good = of_turns(vec![turn(Some(1_000), Some(3_000), "one two")]).unwrap();
    assert_eq!(
        (good.words[1].start_ms, good.words[1].end_ms),
        (2_000, 3_000)
    );
    let last = TurnInput {
        speaker: SpeakerInput::Number(u32::MAX),
        ..turn(None, None, "a")
    };
    let named = of_turns(vec![last]).unwrap();
    assert_eq!(named.speaker_name(0).reveal(), "Speaker 4294967296");
    for wrong in [
        vec![],
        vec![turn(None, None, " ")],
        vec![turn(Some(5), Some(4), "a")],
        vec![turn(Some(0), Some(u64::MAX), "a")],
        vec![turn(Some(u64::MAX), None, "a")],
    ] {
        assert!(of_turns(wrong).is_err());
    }
}

#[test]
fn json_of_other_programs_is_read_and_unknown_fields_are_named() {
    let parse = |json: &str| serde_json::from_str::<TranscriptInput>(json);
    let deepgram = r#"{"metadata": {"duration": 2.0}, "results": {"channels": [{"alternatives":
        [{"words": [{"word": "hello", "punctuated_word": "Hello.", "start": 0.1, "end": 0.5}]}]}]}}"#;
    let transcript = transcript(parse(deepgram).unwrap().read().unwrap(), None).unwrap();
    assert_eq!(said(&transcript), [("Speaker 1".into(), "Hello.")]);
    assert_eq!(transcript.head.duration_ms, 2_000);
    for (json, expected) in [
        (r#"{"turn": []}"#, "unknown field `turn`, expected `turns`"),
        (
            r#"{"turns": [], "speakers": []}"#,
            "unknown field `speakers`",
        ),
        ("{}", "missing field `turns`"),
        ("[]", "an object with `turns`"),
    ] {
        let error = parse(json).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = parse(r#"{"results": {}}"#).unwrap().read().unwrap_err();
    assert_eq!(refused(&error).code, ErrorCode::TranscriptUnreadable);
}
