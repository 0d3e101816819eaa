//! Quotes planted in a conversation, each under a rating that it is to carry.

use analyze::verify::verify;
use domain::{
    Timestamp,
    analysis::{
        Analysis, Citation, Competency, CompetencyStatus, Criterion, Draft, DraftCompetency,
        EvidenceStatus, Rubric,
    },
    transcript::Transcript,
    versions::UnknownFields,
};

use crate::support::{request, transcript_from_words};

/// Name of the criterion, cited turn, quote, verdict, and who really says it from
/// when to when, in milliseconds.
type Planted = (
    &'static str,
    u32,
    &'static str,
    EvidenceStatus,
    Option<(u32, u64, u64, u32)>,
);

const PLANTED: [Planted; 7] = [
    (
        "exact",
        1,
        "we lost the list of four hundred books",
        EvidenceStatus::Verified,
        Some((1, 2_137, 4_873, 1)),
    ),
    (
        "case and punctuation",
        1,
        "We lost: THE list, of four hundred books!",
        EvidenceStatus::Repaired,
        Some((1, 2_137, 4_873, 1)),
    ),
    (
        "two words changed",
        3,
        "I called each school and we wrote it all again",
        EvidenceStatus::Repaired,
        Some((1, 7_001, 10_402, 3)),
    ),
    (
        "the wrong turn and speaker",
        0,
        "and we typed it all again",
        EvidenceStatus::Verified,
        Some((1, 8_303, 10_402, 3)),
    ),
    (
        "stitched from two turns",
        1,
        "we lost the list and what did you do then",
        EvidenceStatus::Unverified,
        None,
    ),
    (
        "stitched from two of one speaker's",
        1,
        "we lost the list of every school and we typed",
        EvidenceStatus::Unverified,
        None,
    ),
    (
        "invented",
        3,
        "I stayed up all night to save the project",
        EvidenceStatus::Unverified,
        None,
    ),
];

/// Two people, with times that no rule would give.
fn conversation() -> Transcript {
    let said = [
        ("so", 0, 211, 0),
        ("what", 250, 402, 0),
        ("went", 455, 700, 0),
        ("wrong", 741, 1_305, 0),
        ("we", 2_137, 2_305, 1),
        ("lost", 2_350, 2_702, 1),
        ("the", 2_740, 2_811, 1),
        ("list", 2_855, 3_203, 1),
        ("of", 3_250, 3_333, 1),
        ("four", 3_401, 3_777, 1),
        ("hundred", 3_801, 4_199, 1),
        ("books", 4_250, 4_873, 1),
        ("and", 5_300, 5_411, 0),
        ("what", 5_450, 5_602, 0),
        ("did", 5_650, 5_755, 0),
        ("you", 5_800, 5_931, 0),
        ("do", 5_975, 6_111, 0),
        ("then", 6_150, 6_499, 0),
        ("I", 7_001, 7_077, 1),
        ("called", 7_120, 7_444, 1),
        ("every", 7_490, 7_733, 1),
        ("school", 7_780, 8_222, 1),
        ("and", 8_303, 8_388, 1),
        ("we", 8_430, 8_555, 1),
        ("typed", 8_600, 9_011, 1),
        ("it", 9_055, 9_133, 1),
        ("all", 9_180, 9_471, 1),
        ("again", 9_800, 10_402, 1),
    ];
    transcript_from_words(&said, 11_000)
}

fn analysed() -> Analysis {
    let (criteria, drafts) = PLANTED
        .iter()
        .map(|(name, turn, quote, _, _)| {
            let criterion = Criterion {
                name: (*name).to_owned(),
                ..Criterion::default()
            };
            let draft = DraftCompetency {
                name: (*name).to_owned(),
                rating: Some(5),
                rationale: "says so".into(),
                evidence: vec![Citation {
                    turn: *turn,
                    quote: (*quote).into(),
                }],
                parts: Vec::new(),
            };
            (criterion, draft)
        })
        .unzip();
    let draft = Draft {
        competencies: drafts,
        ..Draft::default()
    };
    let rubric = Rubric {
        competencies: criteria,
        unknown: UnknownFields::default(),
    };
    let now = Timestamp::from_millis(0);
    verify(draft, "test", &request(&conversation(), &rubric), now)
}

#[test]
fn verdicts_times_and_speakers_are_right_to_the_millisecond() {
    let analysis = analysed();
    for (assessed, (name, _, _, status, place)) in analysis.competencies.iter().zip(PLANTED) {
        let found = &assessed.evidence[0];
        assert_eq!(found.status, status, "{name}");
        let turn_and_times = found
            .speaker
            .zip(found.start_ms)
            .zip(found.end_ms)
            .zip(found.turn);
        let flat =
            turn_and_times.map(|(((speaker, start), end), turn)| (speaker, start, end, turn));
        assert_eq!(flat, place, "{name}");
    }
    assert_eq!(analysis.evidence_validity, Some(4.0 / 7.0));
}

#[test]
fn no_rating_survives_on_unverified_evidence() {
    let rated = |own: &Competency| (own.status, own.rating);
    for (assessed, (name, _, _, status, _)) in analysed().competencies.iter().zip(PLANTED) {
        let expected = match status {
            EvidenceStatus::Unverified => (CompetencyStatus::InsufficientEvidence, None),
            _ => (CompetencyStatus::Assessed, Some(5)),
        };
        assert_eq!(rated(assessed), expected, "{name}");
    }
}

#[test]
fn repaired_quote_has_the_words_of_the_transcript() {
    let analysis = analysed();
    let repaired = &analysis.competencies[2].evidence[0].quote;
    assert_eq!(
        repaired.reveal(),
        "I called every school and we typed it all again"
    );
}
