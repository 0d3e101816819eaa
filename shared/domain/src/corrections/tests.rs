//! Operations one by one; `sequences` has any sequence of them, `errors` those that are refused.

mod errors;
mod sequences;

use serde_json::json;

use super::*;
use crate::{
    InterviewId, InterviewKey,
    documents::{self, MAX_DOCUMENT_BYTES},
    transcript::{Quality, Speaker},
};

/// Words of 300 ms, one after the other with gaps of 100 ms, of two speakers in turns of five.
fn recognized(count: usize) -> Vec<Word> {
    let word = |index: usize| Word {
        text: format!("word{index}").into(),
        start_ms: index as u64 * 400,
        end_ms: index as u64 * 400 + 300,
        speaker: u32::from(index / 5 % 2 == 1),
        confidence: 0.8,
        overlap: false,
    };
    (0..count).map(word).collect()
}

fn head(words: &[Word]) -> TranscriptHead {
    TranscriptHead {
        revision: 3,
        engine: "scripted".into(),
        model: "scripted".into(),
        diarization: None,
        language: Some("en".into()),
        duration_ms: words.len() as u64 * 400,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: Quality::default(),
        usable: None,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    }
}

fn revision(number: u64, operations: Vec<Operation>) -> Revision {
    Revision {
        revision: number,
        created_at: Timestamp::from_millis(number.try_into().unwrap()),
        author: UserId::parse("u").unwrap(),
        operations,
        undoes: None,
        request: None,
        unknown: UnknownFields::default(),
    }
}

fn undo(number: u64, undoes: u64) -> Revision {
    Revision {
        undoes: Some(undoes),
        ..revision(number, Vec::new())
    }
}

fn corrected(words: &[Word], log: &[Revision]) -> Result<CorrectedTranscript, CorrectionError> {
    let newest = log.last().map_or(0, |entry| entry.revision);
    let holding = holding(log, newest);
    correct(head(words), words.to_vec(), &holding, newest, 1)
}

fn operations(value: serde_json::Value) -> Vec<Operation> {
    parse(serde_json::from_value(value).unwrap()).unwrap()
}

/// The transcript of ten words after these operations.
fn after(value: serde_json::Value) -> CorrectedTranscript {
    let log = [revision(1, operations(value))];
    corrected(&recognized(10), &log).unwrap()
}

fn error(value: serde_json::Value) -> String {
    let parsed = parse(serde_json::from_value(value).unwrap());
    let refused = parsed.and_then(|parsed| corrected(&recognized(10), &[revision(1, parsed)]));
    refused.unwrap_err().to_string()
}

fn shown(corrected: &CorrectedTranscript) -> Vec<(String, &str, u64, u64)> {
    let words = corrected.transcript.words.iter().zip(&corrected.ids);
    let shown = words.map(|(word, id)| {
        let text = word.text.reveal();
        (id.to_string(), text, word.start_ms, word.end_ms)
    });
    shown.collect()
}

fn turns(corrected: &CorrectedTranscript) -> Vec<(u32, usize)> {
    let turns = corrected.transcript.turns.iter();
    turns.map(|turn| (turn.speaker, turn.words.len())).collect()
}

#[test]
fn as_many_words_keep_ids_and_times() {
    let new = after(json!([{"op": "replace_words", "from": "w1", "to": "w2", "text": "a boat"}]));
    assert_eq!(
        shown(&new)[..4],
        [
            ("w0".into(), "word0", 0, 300),
            ("w1".into(), "a", 400, 700),
            ("w2".into(), "boat", 800, 1_100),
            ("w3".into(), "word3", 1_200, 1_500),
        ]
    );
    let confidences = new.transcript.words.iter().map(|word| word.confidence);
    assert_eq!(
        confidences.take(3).collect::<Vec<_>>(),
        [0.8, 1.0, 1.0],
        "a person is certain"
    );
}

#[test]
fn another_number_of_words_shares_the_time_and_leaves_what_is_the_same() {
    let text = "word0 x yyy word2";
    let new = after(json!([{"op": "replace_words", "from": "w0", "to": "w2", "text": text}]));
    assert_eq!(
        shown(&new)[..4],
        [
            ("w0".into(), "word0", 0, 300),
            ("w1".into(), "x", 400, 500),
            ("r1w0".into(), "yyy", 500, 700),
            ("w2".into(), "word2", 800, 1_100),
        ]
    );
    let fewer =
        after(json!([{"op": "replace_words", "from": "w0", "to": "w3", "text": "one word3"}]));
    assert_eq!(
        shown(&fewer)[..2],
        [
            ("w0".into(), "one", 0, 1_100),
            ("w3".into(), "word3", 1_200, 1_500)
        ]
    );
}

#[test]
fn inserted_words_use_the_gap_or_share_the_word_before() {
    let mut words = recognized(10);
    words[1].start_ms = 2_000;
    words[1].end_ms = 2_100;
    for (index, word) in words.iter_mut().enumerate().skip(2) {
        (word.start_ms, word.end_ms) = (index as u64 * 1_100, index as u64 * 1_100 + 100);
    }
    let insert = json!([{"op": "insert_words", "after": "w0", "text": "oh no"}]);
    let wide = corrected(&words, &[revision(1, operations(insert.clone()))]).unwrap();
    assert_eq!(
        shown(&wide)[..4],
        [
            ("w0".into(), "word0", 0, 300),
            ("r1w0".into(), "oh", 300, 495),
            ("r1w1".into(), "no", 495, 690),
            ("w1".into(), "word1", 2_000, 2_100),
        ]
    );
    let narrow =
        after(json!([{"op": "insert_words", "after": "w0", "text": "completely different"}]));
    assert_eq!(
        shown(&narrow)[..4],
        [
            ("w0".into(), "word0", 0, 88),
            ("r1w0".into(), "completely", 88, 251),
            ("r1w1".into(), "different", 251, 400),
            ("w1".into(), "word1", 400, 700),
        ]
    );
}

#[test]
fn words_are_inserted_before_the_first_and_behind_the_last_one() {
    let new = after(json!([
        {"op": "insert_words", "after": null, "text": "so"},
        {"op": "insert_words", "after": "w9", "text": "yes"},
    ]));
    let shown = shown(&new);
    assert_eq!(shown[0], ("r1w0".into(), "so", 0, 100));
    assert_eq!(shown[1], ("w0".into(), "word0", 100, 300));
    assert_eq!(shown[11], ("r1w1".into(), "yes", 3_900, 4_000));
}

#[test]
fn speakers_are_assigned_added_and_merged() {
    let assign = json!({"op": "assign_speaker", "from": "w0", "to": "w2", "speaker": 2});
    let new = after(json!([assign]));
    assert_eq!(turns(&new), [(2, 3), (0, 2), (1, 5)]);
    let names = new.transcript.head.speakers.iter();
    let names: Vec<&str> = names.map(|speaker| speaker.name.reveal()).collect();
    assert_eq!(names, ["Speaker 1", "Speaker 2", "Speaker 3"]);
    let merged = after(json!([assign, {"op": "merge_speakers", "from": 1, "into": 0}]));
    assert_eq!(turns(&merged), [(2, 3), (0, 7)]);
    assert_eq!(merged.transcript.head.speakers.len(), 2);
}

#[test]
fn turns_are_split_and_joined_and_stay_so_when_words_go() {
    let split = json!({"op": "split_turn", "at": "w2"});
    assert_eq!(turns(&after(json!([split]))), [(0, 2), (0, 3), (1, 5)]);
    let join = json!({"op": "join_turns", "at": "w2"});
    assert_eq!(turns(&after(json!([split, join]))), [(0, 5), (1, 5)]);
    let delete = json!({"op": "delete_words", "from": "w2", "to": "w3"});
    assert_eq!(
        turns(&after(json!([split, delete]))),
        [(0, 2), (0, 1), (1, 5)]
    );
    // A hole of three seconds within a turn is no pause.
    let one = json!({"op": "merge_speakers", "from": 1, "into": 0});
    let hole = json!({"op": "delete_words", "from": "w1", "to": "w7"});
    assert_eq!(turns(&after(json!([one, hole]))), [(0, 3)]);
}

#[test]
fn changes_that_were_taken_back_make_no_difference() {
    let text = json!([{"op": "delete_words", "from": "w1", "to": "w1"}]);
    let speakers = json!([{"op": "merge_speakers", "from": 1, "into": 0}]);
    let log = [
        revision(1, operations(text)),
        revision(2, operations(speakers)),
        undo(3, 2),
        undo(4, 1),
    ];
    let kinds = |earlier, later| difference(&log, earlier, later).map(|found| found.kinds);
    assert_eq!(kinds(0, 0), None);
    assert_eq!(kinds(0, 1), Some(vec![ChangeKind::Text]));
    assert_eq!(
        kinds(0, 2),
        Some(vec![ChangeKind::Text, ChangeKind::Speakers])
    );
    assert_eq!((kinds(0, 4), kinds(1, 3)), (None, None));
    assert_eq!(kinds(2, 3), Some(vec![ChangeKind::Speakers]));
    let found = difference(&log, 1, 4).unwrap();
    assert_eq!(found.since, Timestamp::from_millis(2));
    assert_eq!(found.kinds, [ChangeKind::Text]);
}

#[test]
fn a_speaker_who_is_added_makes_a_transcript_of_one_usable_for_ratings() {
    let mut words = recognized(60);
    for word in &mut words {
        word.speaker = 0;
    }
    let mut head = head(&words);
    head.speakers.truncate(1);
    head.usable = Some(usable::Usable::from_reasons([
        usable::UnusableReason::LanguageMismatch,
        usable::UnusableReason::OneSpeaker,
    ]));
    let assign = json!([{"op": "assign_speaker", "from": "w5", "to": "w9", "speaker": 1}]);
    let log = [revision(1, operations(assign))];
    let corrected = correct(head, words, &holding(&log, 1), 1, 2).unwrap();
    let usable = corrected.transcript.head.usable.unwrap();
    assert_eq!(usable.reasons, ["language_mismatch"], "the engine's own");
}

#[test]
fn stored_operations_are_those_of_the_api() {
    let sent = json!([
        {"op": "replace_words", "from": "w0", "to": "r2w1", "text": "a"},
        {"op": "insert_words", "after": null, "text": "a"},
        {"op": "delete_words", "from": "w0", "to": "w0"},
        {"op": "assign_speaker", "from": "w0", "to": "w0", "speaker": 1},
        {"op": "merge_speakers", "from": 1, "into": 0},
        {"op": "split_turn", "at": "w1"},
        {"op": "join_turns", "at": "w1"},
    ]);
    let parsed = operations(sent.clone());
    assert_eq!(json!(parsed), sent);
    assert_eq!(
        serde_json::from_value::<Vec<Operation>>(sent).unwrap(),
        parsed
    );
}

/// Thousands of corrections of eight hours stay within the documents, and are applied quickly.
#[test]
fn eight_hours_are_corrected_within_the_limits_of_documents() {
    let words = recognized(80_000);
    let key = InterviewKey {
        user_id: UserId::parse("u").unwrap(),
        interview_id: InterviewId::parse("i").unwrap(),
    };
    let (mut log, mut state) = (Vec::new(), LogState::default());
    let mut segments: Vec<LogSegment> = Vec::new();
    let mut store = |operations: serde_json::Value| {
        let operations = parse(serde_json::from_value(operations).unwrap()).unwrap();
        let revision = revision(state.revision + 1, operations);
        let bytes = serde_json::to_vec(&revision).unwrap().len() as u64;
        assert!(state.has_room(bytes));
        let (number, is_new) = state.next_segment();
        if is_new {
            segments.push(LogSegment {
                run: 3,
                number,
                revisions: Vec::new(),
                unknown: UnknownFields::default(),
            });
        }
        segments
            .last_mut()
            .unwrap()
            .revisions
            .push(revision.clone());
        state = state.with(bytes);
        log.push(revision);
    };
    for index in 0..4_000 {
        let (from, to) = (format!("w{}", index * 20), format!("w{}", index * 20 + 1));
        let text = "one word more";
        store(json!([{"op": "replace_words", "from": from, "to": to, "text": text}]));
    }
    // The largest revision of all, behind one that fills its document.
    let op = |index: usize| {
        let (from, to) = (
            format!("w{}", index * 20 + 5),
            format!("w{}", index * 20 + 5),
        );
        json!({"op": "replace_words", "from": from, "to": to, "text": "\u{1}x".repeat(50).replace('\u{1}', "\"")})
    };
    store(json!((0..MAX_OPERATIONS).map(op).collect::<Vec<_>>()));
    assert_eq!(state.segments as usize, segments.len());
    assert!(segments.len() < 40, "{}", segments.len());
    for segment in &segments {
        let fields = serde_json::to_value(segment).unwrap();
        let path = key.corrections(3, segment.number);
        let size = documents::size(&path, fields.as_object().unwrap());
        assert!(size < MAX_DOCUMENT_BYTES / 2, "{size}");
    }
    let corrected = corrected(&words, &log).unwrap();
    assert_eq!(corrected.ids.len(), 84_000);
}
