//! The measures of small conversations, computed by hand.

use analyze::metrics::measure;

use crate::support::{interview, transcript, transcript_from_words};

#[test]
fn a_conversation_in_turns_is_measured_as_by_hand() {
    let metrics = measure(&interview());
    let (interviewer, candidate) = (&metrics.speakers[&0], &metrics.speakers[&1]);
    // 12 + 6 and 17 + 18 words; a turn of n words takes 300 n - 100 ms.
    assert_eq!((interviewer.words, candidate.words), (18, 35));
    assert_eq!(interviewer.talk_ms, (12 * 300 - 100) + (6 * 300 - 100));
    assert_eq!(candidate.talk_ms, (17 * 300 - 100) + (18 * 300 - 100));
    assert_eq!((interviewer.questions, candidate.questions), (2, 0));
    assert_eq!(candidate.longest_monologue_ms, 18 * 300 - 100);
    assert_eq!(candidate.response_delay_ms, Some(100));
    assert_eq!((metrics.turns, candidate.interruptions), (4, 0));
    let total = interviewer.talk_share + candidate.talk_share;
    assert!((total - 1.0).abs() < 1e-9, "{total}");
}

#[test]
fn pauses_overlaps_and_interruptions_are_measured_as_by_hand() {
    let metrics = measure(&transcript_from_words(
        &[
            ("um", 1_000, 1_400, 0),
            ("so", 1_900, 2_000, 0),  // a pause of 500 ms: still talking
            ("you", 2_600, 2_800, 0), // of 600 ms: silence
            ("know", 2_800, 3_000, 0),
            ("yes", 3_400, 5_000, 1), // 400 ms after; goes on for 1.6 s
            ("but", 4_500, 4_700, 0), // begins while the other speaks, goes on
            ("wait", 4_700, 6_000, 0),
            ("mhm", 5_900, 6_100, 1),  // too short to interrupt
            ("well", 6_900, 7_500, 0), // 800 ms after
            ("no", 7_700, 7_900, 1),   // 200 ms after
        ],
        10_000,
    ));
    let (first, second) = (&metrics.speakers[&0], &metrics.speakers[&1]);
    // 1.0-2.0, 2.6-3.0, 4.5-6.0, 6.9-7.5 and 3.4-5.0, 5.9-6.1, 7.7-7.9
    assert_eq!(first.talk_ms, 1_000 + 400 + 1_500 + 600);
    assert_eq!(second.talk_ms, 1_600 + 200 + 200);
    assert!((first.talk_share - 3_500.0 / 5_500.0).abs() < 1e-9);
    assert!((second.words_per_minute - 3.0 / 2.0 * 60.0).abs() < 1e-9);
    // Together: 1.0-2.0, and from 2.6 without 500 ms of silence to 6.1, 6.9-7.9.
    assert_eq!(metrics.speech_ms, 1_000 + 3_500 + 1_000);
    assert_eq!(metrics.silence_ms, 4_500);
    assert_eq!((first.interruptions, second.interruptions), (1, 0));
    assert_eq!(first.longest_monologue_ms, 2_000);
    assert_eq!(first.response_delay_ms, Some(800));
    assert_eq!(second.response_delay_ms, Some(300), "between 400 and 200");
    assert_eq!((first.fillers, second.fillers), (2, 1));
    assert_eq!(metrics.turns, 6);
}

#[test]
fn a_back_channel_changes_nothing() {
    // One speaks for ten seconds without a pause, the other says "mhm" and answers.
    let mut words: Vec<(&str, u64, u64, u32)> = (0..20)
        .map(|at| ("and", at * 500, at * 500 + 400, 0))
        .collect();
    words.push(("mhm", 3_000, 3_200, 1));
    words.extend((0..20).map(|at| ("so", 10_400 + at * 500, 10_800 + at * 500, 1)));
    let metrics = measure(&transcript_from_words(&words, 21_000));
    let candidate = &metrics.speakers[&1];
    assert_eq!(candidate.interruptions, 0);
    assert_eq!(candidate.response_delay_ms, Some(500));
    assert_eq!(candidate.longest_monologue_ms, 9_900);
    assert_eq!((metrics.turns, candidate.words), (2, 21));

    // The one goes on after a breath: no other speaker has answered.
    words.truncate(21);
    words.extend((0..4).map(|at| ("then", 10_700 + at * 500, 11_100 + at * 500, 0)));
    let metrics = measure(&transcript_from_words(&words, 21_000));
    assert_eq!(metrics.speakers[&0].response_delay_ms, None);
    assert_eq!(metrics.speakers[&0].longest_monologue_ms, 12_600);
    assert_eq!(metrics.turns, 1);
}

#[test]
fn back_channel_in_a_short_pause_is_no_turn_and_a_short_answer_is_one() {
    let measured = |first: &'static str| {
        let words = [
            (first, 0, 900, 0),
            ("Mhm.", 1_000, 1_200, 1),
            ("We", 1_300, 2_000, 0),
            ("went.", 2_000, 2_600, 0),
        ];
        measure(&transcript_from_words(&words, 3_000))
    };
    let story = measured("There.");
    assert_eq!(story.turns, 1);
    assert_eq!(story.speakers[&0].longest_monologue_ms, 2_600);
    assert_eq!(story.speakers[&1].response_delay_ms, None);
    let question = measured("Ready?");
    assert_eq!(question.turns, 3);
    assert_eq!(question.speakers[&1].response_delay_ms, Some(100));
}

#[test]
fn questions_are_counted_by_sentence_and_without_punctuation_by_turn() {
    let count = |text: &str| measure(&transcript(&[(0, text)])).speakers[&0].questions;
    assert_eq!(count("Where was it? And when? I see."), 2);
    assert_eq!(count("so what did you do then"), 1);
    assert_eq!(count("We had 3.5 people. That was all."), 0);
    assert_eq!(count(""), 0);
}

#[test]
fn nothing_said_is_measured_too() {
    let metrics = measure(&transcript_from_words(&[], 5_000));
    assert_eq!((metrics.silence_ms, metrics.turns), (5_000, 0));
    assert_eq!(metrics.speakers[&0].response_delay_ms, None);
}

#[test]
fn a_voice_that_the_head_does_not_name_is_measured_all_the_same() {
    let metrics = measure(&transcript_from_words(&[("hello", 0, 300, 7)], 1_000));
    assert_eq!(metrics.speakers[&7].talk_ms, 300);
}
