//! What becomes of a transcript from elsewhere.

use super::*;

#[test]
fn lines_are_turns_and_times_are_guessed() {
    let text = "Ada: What did you do?\nBob: I built a boat.\n  It floats.\n\nAda: Good";
    let transcript = transcript(lines(text), None).unwrap();
    let said: Vec<(u32, &str)> = transcript
        .turns
        .iter()
        .map(|turn| (turn.speaker, turn.text.reveal()))
        .collect();
    assert_eq!(
        said,
        [
            (0, "What did you do?"),
            (1, "I built a boat."),
            (1, "It floats."),
            (0, "Good")
        ]
    );
    assert_eq!(transcript.speaker_name(1).reveal(), "Bob");
    assert_eq!(transcript.head.duration_ms, 11 * WORD_MS);
    let crowd: Vec<String> = (0..=MAX_SPEAKERS)
        .map(|one| format!("Speaker {one}: me"))
        .collect();
    for too_much in [crowd.join("\n"), "a ".repeat(MAX_WORDS + 1)] {
        let refused = super::transcript(lines(&too_much), None).unwrap_err();
        assert!(refused.detail.contains("at most"), "{refused}");
    }
    let words = &transcript.words[transcript.turns[1].words.clone()];
    assert_eq!(
        (words[0].start_ms, words[3].text.reveal()),
        (4 * WORD_MS, "boat.")
    );
}

#[test]
fn where_there_are_no_spaces_each_character_has_its_time() {
    let transcript = transcript(lines("甲: 我们今天谈工作。\n乙: 好。"), None).unwrap();
    assert_eq!(transcript.head.quality.words, 8);
    let words = &transcript.words;
    assert_eq!(
        (words[6].text.reveal(), words[6].start_ms),
        ("作。", 6 * WORD_MS)
    );
}

#[test]
fn given_times_are_kept_and_nonsense_is_refused() {
    let turn = |start_ms, end_ms, text: &str| TurnInput {
        speaker: SpeakerInput::Number(0),
        text: text.into(),
        start_ms,
        end_ms,
    };
    let good = transcript(vec![turn(Some(1_000), Some(3_000), "one two")], None).unwrap();
    assert_eq!(
        (good.words[1].start_ms, good.words[1].end_ms),
        (2_000, 3_000)
    );
    let last = TurnInput {
        speaker: SpeakerInput::Number(u32::MAX),
        ..turn(None, None, "a")
    };
    let named = transcript(vec![last], None).unwrap();
    assert_eq!(named.speaker_name(0).reveal(), "Speaker 4294967296");
    for wrong in [
        vec![],
        vec![turn(None, None, " ")],
        vec![turn(Some(5), Some(4), "a")],
        vec![turn(Some(0), Some(u64::MAX), "a")],
        vec![turn(Some(u64::MAX), None, "a")],
    ] {
        assert!(transcript(wrong, None).is_err());
    }
}
