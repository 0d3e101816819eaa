//! Collections to write reports of.

use domain::{
    InterviewId, Timestamp,
    analysis::{CompetencyStatus, EvidenceStatus, Warning},
    collection_report::{
        CollectionReport, Inclusion, ReportedCell, ReportedHighlight, ReportedInterview,
        ReportedQuote, ReportedRubric, ReportedTheme, ReportedThemes, ReportedVoice,
    },
    interview::Kind,
};

const NAMES: [&str; 6] = ["Ada", "Grace", "Edsger", "Barbara", "Alan", "Katherine"];

const COMPETENCIES: [&str; 7] = [
    "ownership",
    "communication",
    "technical depth",
    "collaboration",
    "learning",
    "handling of incidents",
    "planning",
];

const SAID: [&str; 3] = [
    "I wrote the migration plan myself and ran it on a Sunday, with two colleagues on call, and \
     afterwards we had no more than four minutes of downtime in the whole region.",
    "We argued about it for a week; in the end I measured both and the simpler one won.",
    "The support team had not been told, so I sat with them for a day and wrote down what they ask.",
];

fn id(number: usize) -> InterviewId {
    InterviewId::parse(format!("i{number}")).expect("an id")
}

fn day(number: usize) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + i64::try_from(number).expect("small") * 86_400_000)
}

/// What the person of an interview says somewhere in it.
fn quote(number: usize, place: usize) -> ReportedQuote {
    ReportedQuote {
        text: SAID[(number + place) % SAID.len()].into(),
        status: if place % 4 == 3 {
            EvidenceStatus::Repaired
        } else {
            EvidenceStatus::Verified
        },
        speaker: Some(NAMES[number % NAMES.len()].into()),
        start_ms: 65_000 * (place as u64 + 1),
    }
}

fn cell(number: usize, place: usize) -> ReportedCell {
    let rating = u8::try_from(1 + (number * 2 + place) % 5).expect("small");
    let is_rated = (number + place) % 6 != 5;
    ReportedCell {
        status: Some(if is_rated {
            CompetencyStatus::Assessed
        } else {
            CompetencyStatus::InsufficientEvidence
        }),
        rating: is_rated.then_some(rating),
        person_rating: number.is_multiple_of(2).then_some(rating.min(4) + 1),
        person_comment: (number.is_multiple_of(2) && place == 0)
            .then(|| "Clear answers, with numbers.".into()),
        quote: is_rated.then(|| quote(number, place)),
    }
}

fn interview(number: usize, competencies: usize) -> ReportedInterview {
    let inclusion = match number {
        1 => Inclusion::Stale,
        4 => Inclusion::OtherRubric,
        _ => Inclusion::Compared,
    };
    let cells = (0..competencies).map(|place| cell(number, place));
    let has_cells = inclusion.is_compared();
    ReportedInterview {
        id: id(number),
        title: format!("{}, first round", NAMES[number % NAMES.len()]).into(),
        date: day(number),
        duration_ms: Some(1_900_000 + 61_000 * number as u64),
        inclusion,
        cells: cells.filter(|_| has_cells).collect(),
        summary: Some(
            "They talked about the move of the shop to a new region, how the team decided, and \
             what happened when the payments stopped for an hour."
                .into(),
        ),
        decision: (number == 0).then(|| "Advance to the second round".into()),
        author: (number == 0).then(|| "Margaret".into()),
        warnings: (number == 2)
            .then(|| Warning {
                code: "low_level".into(),
                message: "the recording is very quiet".into(),
            })
            .into_iter()
            .chain([Warning {
                code: "price_unknown".into(),
                message: "the price is not known".into(),
            }])
            .collect(),
        engine: Some(("gemini".into(), "gemini-3.5-flash-lite".into())),
    }
}

fn voice(number: usize) -> ReportedVoice {
    ReportedVoice {
        interview: id(number),
        title: format!("{}, first round", NAMES[number]).into(),
        quotes: vec![quote(number, number)],
    }
}

fn themes() -> ReportedThemes {
    ReportedThemes {
        themes: vec![
            ReportedTheme {
                title: "Measuring before deciding".into(),
                summary: Some("They compare by numbers, not by taste.".into()),
                supports: vec![voice(0), voice(1)],
                contradicts: vec![voice(2)],
            },
            ReportedTheme {
                title: "Support is told late".into(),
                summary: None,
                supports: vec![voice(1), voice(3)],
                contradicts: Vec::new(),
            },
        ],
        interviews: 5,
        left_out: vec!["Katherine, first round".into()],
        stale: vec!["1 interview was added since.".into()],
        engine: "gemini".into(),
        model: "gemini-3.5-flash-lite".into(),
        warnings: Vec::new(),
        created_at: day(8),
    }
}

fn highlight(number: usize, tags: &[&str]) -> ReportedHighlight {
    ReportedHighlight {
        interview: id(number),
        title: format!("{}, first round", NAMES[number]).into(),
        text: SAID[number % SAID.len()].into(),
        is_in_transcript: number != 3,
        speaker: NAMES[number].into(),
        start_ms: 95_000,
        tags: tags.iter().map(|tag| (*tag).into()).collect(),
    }
}

/// A collection of so many interviews, compared by so many competencies.
pub(crate) fn collection(interviews: usize, competencies: usize) -> CollectionReport {
    let names = COMPETENCIES.iter().cycle().take(competencies);
    CollectionReport {
        id: "c".into(),
        title: "Engineer, Berlin".into(),
        kinds: vec![Kind::JobInterview],
        language: Some("en".into()),
        created_at: day(9),
        public_url: Some("https://interviews.example".into()),
        rubric: Some(ReportedRubric {
            name: "the rubric \u{201c}Engineers\u{201d}".into(),
            version: Some(2),
            competencies: names.map(|name| (*name).to_owned()).collect(),
        }),
        interviews: (0..interviews)
            .map(|number| interview(number, competencies))
            .collect(),
        unreadable: 0,
        themes: Some(themes()),
        highlights: vec![
            highlight(0, &["Incident", "Numbers"]),
            highlight(1, &["incident"]),
            highlight(2, &[]),
            highlight(3, &["Numbers"]),
        ],
        more_highlights: 2,
    }
}
