//! What is picked of two conversations, held against what a person would keep.
//!
//! A sentence is worth keeping if the conversation cannot be retold without what it says.

use std::collections::HashSet;

use domain::{
    Private, Timestamp,
    analysis::Draft,
    text::normalize,
    transcript::{Speaker, Transcript, TranscriptHead, Word},
    turns,
    versions::UnknownFields,
};
use serde_json::Value;

use super::draft;

/// The bundled interview, as it was written.
const INTERVIEW: &str = include_str!("../../../../samples/interview.words.json");

/// A telephone call, as it was recognised.
const CALL: &str = include_str!("../../tests/data/calls/call.words.json");

/// How sentences begin that one would keep of the interview.
const WORTH_OF_INTERVIEW: [&str; 18] = [
    "I work in a public library",
    "I help people find the right books",
    "I like the moment when somebody",
    "Um, last month a man wanted",
    "After three lessons he sent",
    "Two years ago we moved",
    "On the first day we lost",
    "Nobody had made a copy",
    "First I told my manager",
    "After that I contacted every person",
    "It took three days",
    "We have changed the system",
    "There are always two people",
    "I also wrote a plan",
    "One woman on the team wanted",
    "The numbers said",
    "I would like to learn how",
    "There are seven people",
];

/// The same of the call.
const WORTH_OF_CALL: [&str; 13] = [
    "Hello, my name is Violet King and I bought a car",
    "Yes, my name is Violet",
    "I bought the car last season",
    "It's a four fusion",
    "I think it's an oil",
    "So, under the warranty we offer, we don't handle",
    "And if the engine light comes on",
    "So we have a place that we typically outsource",
    "They're about, I want to say, somewhere between $25",
    "I would recommend giving them a call",
    "Their number is 888-333-2222",
    "They should be able to handle the oil change",
    "That's not something that we cover under the warranty",
];

fn transcript(words: Vec<Word>, duration_ms: u64) -> Transcript {
    let words = turns::order(words);
    let head = TranscriptHead {
        revision: 1,
        engine: "whisper".into(),
        model: "base".into(),
        diarization: None,
        language: Some("en".into()),
        duration_ms,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: turns::quality(&words, duration_ms),
        usable: None,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    Transcript::new(head, words)
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a whole number")
}

/// The interview's turns, each word with its share of its turn's time.
fn interview() -> Transcript {
    let recording: Value = serde_json::from_str(INTERVIEW).expect("JSON");
    let mut words = Vec::new();
    for turn in recording["turns"].as_array().expect("turns") {
        let (start_ms, end_ms) = (number(&turn["start_ms"]), number(&turn["end_ms"]));
        let texts: Vec<&str> = turn["text"]
            .as_str()
            .expect("text")
            .split_whitespace()
            .collect();
        let at = |index: u64| start_ms + (end_ms - start_ms) * index / texts.len() as u64;
        words.extend(texts.iter().zip(0..).map(|(text, index)| Word {
            text: (*text).into(),
            start_ms: at(index),
            end_ms: at(index + 1),
            speaker: u32::try_from(number(&turn["channel"])).expect("a channel"),
            confidence: 0.95,
            overlap: false,
        }));
    }
    transcript(words, number(&recording["duration_ms"]))
}

fn call() -> Transcript {
    let recording: Value = serde_json::from_str(CALL).expect("JSON");
    let words = recording["words"].as_array().expect("words").iter();
    let words = words.map(|word| Word {
        text: word[0].as_str().expect("text").into(),
        start_ms: number(&word[1]),
        end_ms: number(&word[2]),
        speaker: u32::try_from(number(&word[3])).expect("a speaker"),
        confidence: serde_json::from_value(word[4].clone()).expect("a number"),
        overlap: false,
    });
    transcript(words.collect(), number(&recording["duration_ms"]))
}

/// The quotes of the summary and the key points.
fn key_sentences(draft: &Draft) -> Vec<String> {
    let summary = draft.summary.as_ref().map_or("", Private::reveal);
    let quotes = summary.split('\u{201c}').skip(1);
    let quotes = quotes.filter_map(|rest| rest.split('\u{201d}').next());
    let points = draft.key_points.iter().map(|point| point.text.reveal());
    quotes.chain(points).map(str::to_owned).collect()
}

fn assert_worth_keeping(draft: &Draft, worth: &[&str]) {
    let picked = key_sentences(draft);
    assert!(picked.len() >= 10, "{picked:#?}");
    let is_kept = |own: &&String| worth.iter().any(|start| own.starts_with(start));
    let kept = picked.iter().filter(is_kept).count();
    assert!(kept * 10 >= picked.len() * 8, "{kept} of {picked:#?}");
    let distinct: HashSet<&String> = picked.iter().collect();
    assert_eq!(distinct.len(), picked.len(), "said twice");
}

#[test]
fn eight_of_ten_key_sentences_of_the_interview_are_worth_keeping() {
    assert_worth_keeping(&draft(&interview()), &WORTH_OF_INTERVIEW);
}

#[test]
fn eight_of_ten_key_sentences_of_the_call_are_worth_keeping() {
    assert_worth_keeping(&draft(&call()), &WORTH_OF_CALL);
}

#[test]
fn summary_begins_with_who_talks_about_what() {
    let summary = draft(&call()).summary.expect("a summary");
    let expected = "Speaker 1 and Speaker 2 talk for 4 minutes, mainly about ";
    assert!(
        summary.reveal().starts_with(expected),
        "{}",
        summary.reveal()
    );
    assert!(
        summary
            .reveal()
            .contains("Speaker 2 says: “Hello, my name is Violet King")
    );
}

#[test]
fn every_quote_stands_in_the_transcript_word_for_word() {
    for transcript in [interview(), call()] {
        let draft = draft(&transcript);
        let plain = |text: &str| format!(" {text} ");
        let whole: Vec<&str> = transcript
            .words
            .iter()
            .map(|word| word.text.reveal())
            .collect();
        let whole = plain(&whole.join(" "));
        let of_points = draft.key_points.iter().flat_map(|own| &own.evidence);
        let of_questions = draft.questions.iter().flat_map(|own| &own.evidence);
        for citation in of_points.chain(of_questions) {
            let quote = citation.quote.reveal();
            assert!(whole.contains(&plain(quote)), "{quote}");
        }
    }
}

fn exchanges(draft: &Draft) -> Vec<(&str, &str)> {
    let questions = draft.questions.iter();
    let pairs = questions.map(|own| {
        let answer = own.answer.as_ref().map_or("", Private::reveal);
        (own.question.reveal(), answer)
    });
    pairs.collect()
}

#[test]
fn questions_are_paired_with_the_answers_that_follow() {
    let draft = draft(&call());
    let found = exchanges(&draft);
    for expected in [
        (
            "And for verification, ma'am, do you happen to know the purchase date of the car?",
            "Yes, it was last Tuesday.",
        ),
        (
            "And just for clarity on ma'am, ma'am, is this the first call you've made regarding this?",
            "Yes.",
        ),
        (
            "How many miles has the car been driven since you bought it?",
            "Oh, I'm not sure.",
        ),
        (
            "Should I check?",
            "No, that's okay. I'll just put it in that we don't know at this time. It's okay.",
        ),
    ] {
        assert!(found.contains(&expected), "{found:#?}");
    }
    assert_eq!(found.len(), 10, "{found:#?}");
    let number = found
        .iter()
        .find(|(question, _)| *question == "What is their number?");
    assert!(number.is_some_and(|(_, answer)| answer.contains("888-333-2222")));
    assert_eq!(
        draft.follow_ups,
        [Private::from(found[6].0)],
        "the one that was left open"
    );
}

#[test]
fn answers_of_several_sentences_are_whole() {
    let draft = draft(&interview());
    let found = exchanges(&draft);
    assert_eq!(found.len(), 9);
    assert_eq!(
        found[4],
        (
            "And what did you change after that?",
            "We have changed the system. There are always two people who have a copy of the list. \
             I also wrote a plan for the next time."
        )
    );
    assert_eq!(
        found[7],
        ("Is there anything you would like to ask me?", "Yes.")
    );
    assert!(draft.follow_ups.is_empty());
}

#[test]
fn topics_are_named_by_phrases_that_were_said() {
    let draft = draft(&call());
    let titles: Vec<&str> = draft.topics.iter().map(|own| own.title.reveal()).collect();
    assert!(
        titles.iter().any(|title| title.starts_with("Oil light")),
        "{titles:?}"
    );
    assert!(
        titles
            .iter()
            .any(|title| title.starts_with("Oil change, warranty")),
        "{titles:?}"
    );
    let said: HashSet<String> = call()
        .words
        .iter()
        .map(|own| normalize(own.text.reveal()))
        .collect();
    for word in titles.iter().flat_map(|title| title.split_whitespace()) {
        assert!(said.contains(&normalize(word)), "{word}");
    }
}
