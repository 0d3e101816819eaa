//! Quotes, planted and invented, and what is made of them.

use analyze::{evidence::EvidenceIndex, metrics, verify::verify};
use domain::{
    Timestamp,
    analysis::{
        Citation, CompetencyStatus, Criterion, Draft, DraftClaim, DraftCompetency, Evidence,
        EvidenceStatus, Rubric,
    },
    transcript::{Quality, Speaker, Transcript, TranscriptHead, Word},
};
use proptest::prelude::*;

/// Each line is one speaker's turn; words are 300 ms apart and 200 ms long.
fn transcript(lines: &[(u32, &str)]) -> Transcript {
    let mut words = Vec::new();
    let mut now = 0;
    for (speaker, line) in lines {
        for text in line.split_whitespace() {
            words.push(Word {
                text: text.into(),
                start_ms: now,
                end_ms: now + 200,
                speaker: *speaker,
                confidence: 0.9,
            });
            now += 300;
        }
    }
    let quality = Quality {
        words: 500,
        mean_confidence: 0.9,
        low_confidence_share: 0.0,
        speech_coverage: 0.6,
        words_per_minute: 120.0,
        repetition_share: 0.0,
    };
    let head = TranscriptHead {
        revision: 1,
        engine: "test".into(),
        model: "test".into(),
        language: None,
        duration_ms: now,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality,
        created_at: Timestamp::from_millis(0),
    };
    Transcript::new(head, words)
}

fn interview() -> Transcript {
    transcript(&[
        (0, "Could you tell me about a time when a project was late?"),
        (
            1,
            "Well, last spring we missed a deadline because the supplier closed, so I called every customer myself.",
        ),
        (0, "And what did you change afterwards?"),
        (
            1,
            "We now keep two suppliers for every part and I write the plan down on the first day.",
        ),
    ])
}

fn look_up(transcript: &Transcript, turn: u32, quote: &str) -> Evidence {
    EvidenceIndex::new(transcript).look_up(&Citation {
        turn,
        quote: quote.into(),
    })
}

#[test]
fn planted_quotes_get_the_verdicts_they_deserve() {
    let transcript = interview();
    let cases = [
        (
            1,
            "last spring we missed a deadline because the supplier closed,",
            EvidenceStatus::Verified,
        ),
        (
            1,
            "Last spring, we missed a deadline - because the SUPPLIER closed",
            EvidenceStatus::Repaired,
        ),
        (
            1,
            "last winter we missed a deadline because the factory closed",
            EvidenceStatus::Repaired,
        ),
        (
            1,
            "last spring we missed a deadline and I write the plan down",
            EvidenceStatus::Unverified,
        ),
        (
            1,
            "I shouted at the supplier until they opened again",
            EvidenceStatus::Unverified,
        ),
        (3, "", EvidenceStatus::Unverified),
        (3, "…", EvidenceStatus::Unverified),
        (1, "every", EvidenceStatus::Verified),
        (0, "every", EvidenceStatus::Unverified),
    ];
    for (turn, quote, expected) in cases {
        assert_eq!(
            look_up(&transcript, turn, quote).status,
            expected,
            "{quote}"
        );
    }
}

#[test]
fn times_and_speakers_come_from_the_words() {
    let transcript = interview();
    // Word 13 of the recording is "last", counted from 0; turn and speaker are claimed wrongly.
    let found = look_up(&transcript, 3, "last spring we missed a deadline");
    assert_eq!(
        (found.start_ms, found.end_ms),
        (Some(13 * 300), Some(18 * 300 + 200))
    );
    assert_eq!((found.speaker, found.turn), (Some(1), Some(1)));
}

#[test]
fn a_repaired_quote_shows_the_real_words() {
    let found = look_up(
        &interview(),
        1,
        "last winter we missed a deadline because the factory closed",
    );
    assert_eq!(
        found.quote.reveal(),
        "last spring we missed a deadline because the supplier closed,"
    );
}

#[test]
fn one_persons_words_do_not_run_on_into_anothers() {
    let found = look_up(&interview(), 0, "a project was late? Well, last spring we");
    assert_ne!(found.status, EvidenceStatus::Verified);
}

#[test]
fn the_cited_turn_is_preferred_among_equals() {
    let transcript = transcript(&[
        (0, "we did it together"),
        (1, "yes"),
        (0, "we did it together"),
    ]);
    assert_eq!(look_up(&transcript, 2, "we did it together").turn, Some(2));
    assert_eq!(look_up(&transcript, 0, "we did it together").turn, Some(0));
}

fn competency(rating: Option<u8>, quote: &str) -> DraftCompetency {
    DraftCompetency {
        name: "ownership".into(),
        rating,
        rationale: "calls customers".into(),
        evidence: vec![Citation {
            turn: 1,
            quote: quote.into(),
        }],
    }
}

fn rubric() -> Rubric {
    let criterion = |name: &str| Criterion {
        name: name.into(),
        description: String::new(),
    };
    Rubric {
        competencies: vec![criterion("ownership"), criterion("planning")],
    }
}

fn verdict(draft: DraftCompetency, transcript: &Transcript) -> (CompetencyStatus, Option<u8>) {
    let draft = Draft {
        competencies: vec![draft],
        ..Draft::default()
    };
    let analysis = verify(
        draft,
        "test",
        transcript,
        &rubric(),
        Timestamp::from_millis(0),
    );
    assert_eq!(
        analysis.competencies.len(),
        2,
        "each of the rubric's exactly once"
    );
    assert_eq!(
        analysis.competencies[1].status,
        CompetencyStatus::NotAssessed
    );
    (
        analysis.competencies[0].status,
        analysis.competencies[0].rating,
    )
}

#[test]
fn no_rating_stands_on_a_quote_that_does_not_exist() {
    let transcript = interview();
    let real = "I called every customer myself";
    assert_eq!(
        verdict(competency(Some(4), real), &transcript),
        (CompetencyStatus::Assessed, Some(4))
    );
    let invented = "I am the best they ever had";
    assert_eq!(
        verdict(competency(Some(5), invented), &transcript),
        (CompetencyStatus::InsufficientEvidence, None)
    );
    assert_eq!(
        verdict(competency(Some(9), real), &transcript),
        (CompetencyStatus::NotAssessed, None)
    );
    assert_eq!(
        verdict(competency(None, real), &transcript),
        (CompetencyStatus::NotAssessed, None)
    );
}

#[test]
fn nobody_is_rated_by_a_transcript_below_the_gate() {
    let mut transcript = interview();
    transcript.head.quality.mean_confidence = 0.3;
    let draft = competency(Some(4), "I called every customer myself");
    assert_eq!(
        verdict(draft, &transcript),
        (CompetencyStatus::NotAssessed, None)
    );
}

#[test]
fn what_must_not_be_judged_is_removed_and_the_share_found_is_counted() {
    let claim = |text: &str, quote: &str| DraftClaim {
        text: text.into(),
        evidence: vec![Citation {
            turn: 1,
            quote: quote.into(),
        }],
    };
    let draft = Draft {
        key_points: vec![
            claim("Called customers", "I called every customer myself"),
            claim("Built a rocket", "we went to the moon and back"),
            claim("Was visibly nervous", "Well, last spring"),
        ],
        ..Draft::default()
    };
    let analysis = verify(
        draft,
        "test",
        &interview(),
        &rubric(),
        Timestamp::from_millis(0),
    );
    assert_eq!(analysis.key_points.len(), 2);
    assert_eq!(analysis.evidence_validity, Some(0.5));
    assert!(
        analysis
            .warnings
            .iter()
            .any(|warning| warning.code == "content_rule")
    );
}

#[test]
fn the_metrics_are_those_computed_by_hand() {
    let transcript = interview();
    let metrics = metrics::measure(&transcript);
    let (asker, answerer) = (&metrics.speakers[&0], &metrics.speakers[&1]);
    // 12 + 6 and 17 + 18 words; a turn of n words takes 300 n - 100 ms.
    assert_eq!((asker.words, answerer.words), (18, 35));
    assert_eq!(asker.talk_ms, (12 * 300 - 100) + (6 * 300 - 100));
    assert_eq!(answerer.talk_ms, (17 * 300 - 100) + (18 * 300 - 100));
    assert_eq!((asker.questions, answerer.questions), (2, 0));
    assert_eq!(answerer.longest_monologue_ms, 18 * 300 - 100);
    assert_eq!(answerer.response_delay_ms, Some(100));
    assert_eq!((metrics.turns, answerer.interruptions), (4, 0));
    let total = asker.talk_share + answerer.talk_share;
    assert!((total - 1.0).abs() < 1e-9, "{total}");
}

#[test]
fn fifty_quotes_in_eighty_thousand_words_are_found() {
    let lines: Vec<String> = (0..4_000)
        .map(|turn| {
            (0..20)
                .map(|word| format!("w{}", (turn * 31 + word * word * 7) % 3_000))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let lines: Vec<(u32, &str)> = lines
        .iter()
        .zip(0..)
        .map(|(line, turn)| (turn % 2, line.as_str()))
        .collect();
    let transcript = transcript(&lines);
    let index = EvidenceIndex::new(&transcript);
    for turn in (0..4_000).step_by(80) {
        let quote = lines[turn]
            .1
            .split(' ')
            .skip(3)
            .take(12)
            .collect::<Vec<_>>()
            .join(" ");
        let turn = u32::try_from(turn).expect("few turns");
        let found = index.look_up(&Citation {
            turn,
            quote: quote.into(),
        });
        assert_eq!(
            (found.status, found.turn),
            (EvidenceStatus::Verified, Some(turn))
        );
    }
}

proptest! {
    #[test]
    fn every_slice_of_a_turn_is_verified_with_its_own_times(turn in 0_usize..4, from in 0_usize..17, length in 3_usize..18) {
        let transcript = interview();
        let range = transcript.turns[turn].words.clone();
        let start = range.start + from.min(range.len() - 3);
        let end = (start + length).min(range.end);
        let words = &transcript.words[start..end];
        let quote: Vec<&str> = words.iter().map(|word| word.text.reveal()).collect();
        let found = look_up(&transcript, u32::try_from(turn).expect("few turns"), &quote.join(" "));
        prop_assert_eq!(found.status, EvidenceStatus::Verified);
        prop_assert_eq!(found.start_ms, Some(words[0].start_ms));
        prop_assert_eq!(found.end_ms, Some(words[words.len() - 1].end_ms));
    }

    #[test]
    fn whatever_is_claimed_nothing_panics(turn: u32, quote in "\\PC{0,200}") {
        let _ = look_up(&interview(), turn, &quote);
        let _ = look_up(&transcript(&[]), turn, &quote);
    }
}
