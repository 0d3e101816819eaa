//! Quotes of an analysis after the transcript was corrected.

#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

use domain::{
    Timestamp, UserId,
    analysis::{Analysis, Evidence, EvidenceStatus},
    corrections::{self, CorrectedTranscript, Operation, Revision, WordId},
    interview::Kind,
    text,
    transcript::{Speaker, Transcript, TranscriptHead, Word},
    turns,
    usable::{UnusableReason, Usable},
    versions::UnknownFields,
};
use evidence::{EvidenceIndex, renewed};
use proptest::prelude::*;
use serde_json::{Value, json};

const SAID: &str = "so what did you build last summer well we built a small wooden boat and sailed \
                    it to the island where my sister lives and there we repaired the old mast";

fn words() -> Vec<Word> {
    let words = SAID.split_whitespace().zip(0_u64..);
    let words = words.map(|(text, index)| Word {
        text: text.into(),
        start_ms: index * 400,
        end_ms: index * 400 + 300,
        speaker: u32::from(index > 6),
        confidence: 0.9,
        overlap: false,
    });
    words.collect()
}

fn head() -> TranscriptHead {
    TranscriptHead {
        revision: 1,
        engine: "e".into(),
        model: "m".into(),
        diarization: None,
        language: Some("en".into()),
        duration_ms: 60_000,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: turns::quality(&words(), 60_000),
        usable: Some(Usable::from_reasons([])),
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    }
}

fn corrected(operations: Vec<Operation>) -> Option<CorrectedTranscript> {
    let revision = Revision {
        revision: 1,
        created_at: Timestamp::from_millis(0),
        author: UserId::parse("u").unwrap(),
        operations,
        undoes: None,
        request: None,
        unknown: UnknownFields::default(),
    };
    corrections::correct(head(), words(), &[&revision], 1, 1).ok()
}

/// An analysis with these quotes, as they are found in what was recognised.
fn analysis(quotes: &[String]) -> Analysis {
    let transcript = Transcript::new(head(), words());
    let index = EvidenceIndex::new(&transcript);
    let evidence = quotes.iter().map(|quote| {
        let citation = domain::analysis::Citation {
            turn: 1,
            quote: quote.as_str().into(),
        };
        json!(index.look_up(&citation))
    });
    let evidence: Vec<Value> = evidence.collect();
    let quality = json!(transcript.head.quality);
    let metrics = json!({"duration_ms": 0, "speech_ms": 0, "silence_ms": 0, "turns": 0,
        "quality": quality, "speakers": {}});
    let competency = json!({"name": "c", "status": "assessed", "rating": 4, "rationale": "r",
        "evidence": evidence});
    let whole = json!({
        "derived_from": {"transcript_revision": 1}, "engine": "e", "model": "m",
        "prompt_version": "p", "cost_usd": null, "summary": null, "metrics": metrics,
        "usage": {"input_tokens": 0, "output_tokens": 0, "thinking_tokens": 0},
        "key_points": [{"text": "t", "evidence": evidence}], "topics": [], "questions": [],
        "competencies": [competency], "strengths": [], "concerns": [], "follow_ups": [],
        "evidence_validity": 1.0, "warnings": [], "created_at": Timestamp::from_millis(0),
    });
    serde_json::from_value(whole).unwrap()
}

fn operation(op: &Value) -> Operation {
    let sent: Vec<Operation<String>> = serde_json::from_value(json!([op])).unwrap();
    corrections::parse(sent).unwrap().remove(0)
}

fn after(op: &Value, quote: &str) -> Analysis {
    let mut corrected = corrected(vec![operation(op)]).unwrap();
    // It is short, which is not what is tested.
    corrected.transcript.head.usable = Some(Usable::from_reasons([]));
    let before = analysis(&[quote.to_owned()]);
    renewed(before, &corrected.transcript, Kind::Other)
}

fn only(analysis: &Analysis) -> &Evidence {
    &analysis.key_points[0].evidence[0]
}

#[test]
fn a_corrected_quote_has_the_words_of_now() {
    let op = json!({"op": "replace_words", "from": "w11", "to": "w11", "text": "little"});
    let analysis = after(&op, "we built a small wooden boat");
    let quote = only(&analysis);
    assert_eq!(quote.status, EvidenceStatus::Repaired);
    assert!(quote.quote.reveal().starts_with("we built a"));
    assert!(
        quote.quote.reveal().contains("little"),
        "{}",
        quote.quote.reveal()
    );
    assert_eq!(analysis.competencies[0].rating, Some(4));
    assert_eq!(analysis.evidence_validity, Some(1.0));
}

#[test]
fn a_quote_of_another_speaker_names_that_speaker() {
    let op = json!({"op": "assign_speaker", "from": "w7", "to": "w30", "speaker": 0});
    let analysis = after(&op, "repaired the old mast");
    assert_eq!(only(&analysis).speaker, Some(0));
    assert_eq!(only(&analysis).status, EvidenceStatus::Verified);
}

#[test]
fn a_rating_goes_with_the_last_of_its_quotes() {
    let op = json!({"op": "delete_words", "from": "w8", "to": "w14"});
    let analysis = after(&op, "we built a small wooden boat");
    assert_eq!(only(&analysis).status, EvidenceStatus::Unverified);
    let competency = &analysis.competencies[0];
    assert_eq!(competency.rating, None);
    assert_eq!(competency.status.as_str(), "insufficient_evidence");
    assert_eq!(analysis.evidence_validity, Some(0.0));
    assert!(
        analysis
            .warnings
            .iter()
            .any(|own| own.code == "quotes_lost")
    );
}

#[test]
fn misheard_quote_is_found_once_it_is_corrected() {
    let said = "we mended our oak rudder";
    let op = json!({"op": "replace_words", "from": "w26", "to": "w30", "text": said});
    assert_eq!(
        only(&analysis(&[said.to_owned()])).status,
        EvidenceStatus::Unverified
    );
    let after = after(&op, said);
    assert_eq!(only(&after).status, EvidenceStatus::Verified);
    assert_eq!(only(&after).start_ms, Some(26 * 400));
    // The rating did not rest on it.
    assert_eq!(after.competencies[0].rating, None);
}

#[test]
fn an_unusable_transcript_leaves_no_rating() {
    let mut corrected =
        corrected(vec![operation(&json!({"op": "split_turn", "at": "w9"}))]).unwrap();
    let reasons = [UnusableReason::TranscriptTooShort];
    corrected.transcript.head.usable = Some(Usable::from_reasons(reasons));
    let before = analysis(&["we built a small wooden boat".to_owned()]);
    let after = renewed(before, &corrected.transcript, Kind::Other);
    assert_eq!(after.competencies[0].rating, None);
    assert_eq!(after.competencies[0].status.as_str(), "not_assessed");
}

/// Operations that may or may not fit.
fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let one = (
        0_u8..5,
        0_usize..31,
        0_usize..4,
        "[a-z]{2,8}( [a-z]{2,8}){0,2}",
    );
    let one = one.prop_map(|(kind, at, length, text)| {
        let (from, to) = (
            WordId::recognized(at),
            WordId::recognized((at + length).min(30)),
        );
        let text = text.as_str().into();
        match kind {
            0 | 1 => Operation::ReplaceWords { from, to, text },
            2 => Operation::InsertWords {
                after: Some(from),
                text,
            },
            3 => Operation::DeleteWords { from, to },
            _ => Operation::AssignSpeaker {
                from,
                to,
                speaker: 1,
            },
        }
    });
    prop::collection::vec(one, 1..5)
}

proptest! {
    /// Every quote that counts as found is there, word for word, at its time.
    #[test]
    fn every_found_quote_is_in_the_newest_words(
        operations in operations(),
        spans in prop::collection::vec((7_usize..28, 3_usize..10), 1..4),
    ) {
        let quotes: Vec<String> = spans.iter().map(|(from, length)| {
            let said: Vec<&str> = SAID.split_whitespace().skip(*from).take(*length).collect();
            said.join(" ")
        }).collect();
        let Some(corrected) = corrected(operations) else { return Ok(()) };
        let words = &corrected.transcript.words;
        let analysis = renewed(analysis(&quotes), &corrected.transcript, Kind::Other);
        for quote in &analysis.key_points[0].evidence {
            if quote.status == EvidenceStatus::Unverified {
                prop_assert_eq!(quote.start_ms, None);
                continue;
            }
            let is_there = (0..words.len()).any(|from| (from + 1..=words.len()).any(|to| {
                let span = &words[from..to];
                Some(span[0].start_ms) == quote.start_ms
                    && Some(span[0].speaker) == quote.speaker
                    && text::joined(span.iter().map(|word| word.text.reveal())) == quote.quote.reveal()
            }));
            prop_assert!(is_there, "{}", quote.quote.reveal());
        }
    }
}
