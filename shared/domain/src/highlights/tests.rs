//! Highlights while the words around and in them are corrected.

use serde_json::json;

use super::*;
use crate::{
    UserId,
    corrections::{self, Operation, Revision, holding},
    transcript::{Quality, Speaker, TranscriptHead, Word},
};

/// Ten words of 300 ms with gaps of 100 ms, the second half of another speaker.
fn corrected(log: &[Revision]) -> CorrectedTranscript {
    let word = |index: usize| Word {
        text: format!("word{index}").into(),
        start_ms: index as u64 * 400,
        end_ms: index as u64 * 400 + 300,
        speaker: u32::from(index >= 5),
        confidence: 0.8,
        overlap: false,
    };
    let head = TranscriptHead {
        revision: 3,
        engine: "scripted".into(),
        model: "scripted".into(),
        diarization: None,
        language: None,
        duration_ms: 4_000,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: Quality::default(),
        usable: None,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    let revision = log.len() as u64;
    let holding = holding(log, revision);
    corrections::correct(head, (0..10).map(word).collect(), &holding, revision, 1).unwrap()
}

fn revision(number: u64, operations: serde_json::Value) -> Revision {
    let operations: Vec<Operation<String>> = serde_json::from_value(operations).unwrap();
    Revision {
        revision: number,
        created_at: Timestamp::from_millis(0),
        author: UserId::parse("u").unwrap(),
        operations: corrections::parse(operations).unwrap(),
        undoes: None,
        request: None,
        unknown: UnknownFields::default(),
    }
}

fn undo(number: u64, undoes: u64) -> Revision {
    Revision {
        undoes: Some(undoes),
        operations: Vec::new(),
        ..revision(
            number,
            json!([{"op": "delete_words", "from": "w0", "to": "w0"}]),
        )
    }
}

fn id(text: &str) -> WordId {
    WordId::parse(text).unwrap()
}

fn highlight(transcript: &CorrectedTranscript, from: &str, to: &str) -> Highlight {
    let marked = mark(transcript, id(from), id(to)).unwrap();
    Highlight {
        id: "h".into(),
        run: 3,
        revision: marked.revision,
        words: marked.words,
        text: marked.text,
        speaker: marked.speaker,
        start_ms: marked.start_ms,
        end_ms: marked.end_ms,
        tags: Vec::new(),
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    }
}

/// What is shown of `w2` to `w6` after a correction.
fn shown(operations: serde_json::Value) -> Option<String> {
    let own = highlight(&corrected(&[]), "w2", "w6");
    said(&own, &[revision(1, operations)])
}

fn said(own: &Highlight, log: &[Revision]) -> Option<String> {
    let now = corrected(log);
    match own.resolve(&WordPlaces::new(&now)) {
        Resolved::Words(words) => Some(words.text.reveal().to_owned()),
        Resolved::Gone => None,
    }
}

#[test]
fn marked_words_have_their_text_speaker_and_times() {
    let own = highlight(&corrected(&[]), "w2", "w6");
    assert_eq!(own.text.reveal(), "word2 word3 word4 word5 word6");
    assert_eq!((own.speaker, own.start_ms, own.end_ms), (0, 800, 2_700));
    assert_eq!(own.words.len(), 1);
    assert_eq!(
        own.resolve(&WordPlaces::new(&corrected(&[]))),
        own.as_marked()
    );
}

#[test]
fn words_that_cannot_be_marked_are_named() {
    let transcript = corrected(&[]);
    let error = |from, to| mark(&transcript, id(from), id(to)).unwrap_err().to_string();
    assert!(error("w10", "w2").contains("`from`: there is no word `w10`"));
    assert!(error("w2", "r1w0").contains("`to`: there is no word `r1w0`"));
    assert!(error("w3", "w2").contains("the word `w2` comes before `w3`"));
}

#[test]
fn corrections_within_are_followed() {
    for (operation, expected) in [
        (
            json!({"op": "replace_words", "from": "w3", "to": "w3", "text": "boat"}),
            "word2 boat word4 word5 word6",
        ),
        (
            json!({"op": "insert_words", "after": "w4", "text": "a small"}),
            "word2 word3 word4 a small word5 word6",
        ),
        (
            json!({"op": "delete_words", "from": "w2", "to": "w3"}),
            "word4 word5 word6",
        ),
        (
            json!({"op": "delete_words", "from": "w6", "to": "w8"}),
            "word2 word3 word4 word5",
        ),
        (
            json!({"op": "replace_words", "from": "w6", "to": "w6", "text": "one two three"}),
            "word2 word3 word4 word5 one two three",
        ),
        (
            json!({"op": "replace_words", "from": "w2", "to": "w2", "text": "one two three"}),
            "one two three word3 word4 word5 word6",
        ),
    ] {
        assert_eq!(
            shown(json!([operation])).as_deref(),
            Some(expected),
            "{operation}"
        );
    }
}

#[test]
fn corrections_beside_are_not_taken_in() {
    let whole = "word2 word3 word4 word5 word6";
    for operation in [
        json!({"op": "delete_words", "from": "w0", "to": "w1"}),
        json!({"op": "delete_words", "from": "w7", "to": "w9"}),
        json!({"op": "replace_words", "from": "w7", "to": "w7", "text": "other words"}),
        json!({"op": "insert_words", "after": "w9", "text": "more"}),
        json!({"op": "insert_words", "after": "w1", "text": "more"}),
    ] {
        assert_eq!(
            shown(json!([operation])).as_deref(),
            Some(whole),
            "{operation}"
        );
    }
}

#[test]
fn highlight_without_words_is_gone_until_that_is_undone() {
    let own = highlight(&corrected(&[]), "w2", "w3");
    let deleted = revision(1, json!([{"op": "delete_words", "from": "w1", "to": "w4"}]));
    assert_eq!(said(&own, std::slice::from_ref(&deleted)), None);
    assert_eq!(own.text.reveal(), "word2 word3");
    assert_eq!(
        said(&own, &[deleted, undo(2, 1)]).as_deref(),
        Some("word2 word3")
    );
}

#[test]
fn words_that_a_correction_added_can_be_marked_as_well() {
    let log = [revision(
        1,
        json!([{"op": "insert_words", "after": "w3", "text": "a small boat"}]),
    )];
    let own = highlight(&corrected(&log), "r1w0", "w4");
    assert_eq!(own.text.reveal(), "a small boat word4");
    assert_eq!(own.words.len(), 2);
    let [first] = log;
    let second = revision(
        2,
        json!([{"op": "delete_words", "from": "r1w0", "to": "r1w1"}]),
    );
    let both = [first.clone(), second];
    assert_eq!(said(&own, &both).as_deref(), Some("boat word4"));
    // Without the correction that added them there is one word left.
    assert_eq!(said(&own, &[first, undo(2, 1)]).as_deref(), Some("word4"));
}

#[test]
fn order_is_by_time_and_then_by_when_they_were_marked() {
    let transcript = corrected(&[]);
    let mut all: Vec<Highlight> = [("a", "w5", 1), ("b", "w2", 3), ("c", "w2", 2)]
        .map(|(name, word, at)| Highlight {
            id: name.into(),
            created_at: Timestamp::from_millis(at),
            ..highlight(&transcript, word, "w6")
        })
        .into();
    order(&mut all);
    let ids: Vec<&str> = all.iter().map(|own| own.id.as_str()).collect();
    assert_eq!(ids, ["c", "b", "a"]);
}

#[test]
fn totals_go_up_and_down() {
    let own = highlight(&corrected(&[]), "w2", "w6");
    let totals = HighlightTotals::default().with(&own);
    assert_eq!(totals.count, 1);
    assert!(totals.bytes > own.text.reveal().len() as u64);
    let after = totals.without(&own);
    assert_eq!((after.count, after.bytes, after.changes), (0, 0, 2));
    let full = HighlightTotals {
        count: MAX_HIGHLIGHTS,
        ..HighlightTotals::default()
    };
    assert!(!full.is_too_much());
    assert!(full.with(&own).is_too_much());
}
