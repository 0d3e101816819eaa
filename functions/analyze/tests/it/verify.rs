//! Drafts, honest and not, and what is stored of them.

use analyze::verify::verify;
use domain::{
    Timestamp,
    analysis::{CompetencyStatus, Draft, DraftCompetency, DraftTopic, PartRating},
    interview::Kind,
    ports::AnalysisRequest,
    usable::{UnusableReason, Usable},
};

use crate::support::{
    drafts::{
        INVENTED, REAL, UNMENTIONED, cite, claim, codes, competency, rated, rubric, verdicts,
        verified,
    },
    interview, request, transcript,
};

#[test]
fn a_rating_stands_on_a_quote_that_exists_and_on_no_other() {
    use CompetencyStatus::{Assessed, InsufficientEvidence, NotAssessed};
    for (rating, quote, status, expected) in [
        (Some(4), REAL, Assessed, Some(4)),
        (Some(5), INVENTED, InsufficientEvidence, None),
        (None, INVENTED, InsufficientEvidence, None),
        (None, REAL, NotAssessed, None),
        (Some(9), REAL, NotAssessed, None),
        (Some(0), REAL, NotAssessed, None),
    ] {
        let analysis = rated(vec![competency("ownership", rating, quote)]);
        let expected = ("ownership", status, expected);
        assert_eq!(verdicts(&analysis), [expected, UNMENTIONED], "{rating:?}");
        let outside = rating.is_some_and(|rating| !(1..=5).contains(&rating));
        assert_eq!(codes(&analysis).contains(&"invalid_rating"), outside);
    }
}

#[test]
fn only_parts_with_verified_quotes_count() {
    use CompetencyStatus::{Assessed, InsufficientEvidence};
    let part = |(rating, quote): &(u8, &str)| PartRating {
        rating: *rating,
        rationale: format!("says part {rating}").into(),
        evidence: cite(quote),
    };
    for (rating, parts, status, expected, why) in [
        // A part that does as it is told, beside an honest one.
        (
            5,
            &[(5, INVENTED), (1, REAL)][..],
            Assessed,
            Some(1),
            "says part 1",
        ),
        (
            3,
            &[(5, INVENTED), (1, REAL), (2, REAL)],
            Assessed,
            Some(1),
            "says part 1",
        ),
        (2, &[(5, REAL), (1, REAL)], Assessed, Some(2), "in all"),
        (4, &[(4, INVENTED), (4, REAL)], Assessed, Some(4), "in all"),
        (5, &[(5, INVENTED)], InsufficientEvidence, None, "in all"),
        (5, &[(9, REAL)], InsufficientEvidence, None, "in all"),
    ] {
        let analysis = rated(vec![DraftCompetency {
            name: "ownership".into(),
            rating: Some(rating),
            rationale: "in all".into(),
            // Both parts' quotes, as they are shown.
            evidence: [cite(INVENTED), cite(REAL)].concat(),
            parts: parts.iter().map(part).collect(),
        }]);
        let own = &analysis.competencies[0];
        assert_eq!(
            (own.status, own.rating, own.rationale.reveal()),
            (status, expected, why),
            "{rating} {parts:?}"
        );
        assert_eq!(analysis.evidence_validity, Some(0.5), "shown once each");
    }
}

#[test]
fn in_other_languages_a_warning_says_that_it_is_unchecked() {
    for (language, unchecked) in [(None, false), (Some("en-GB"), false), (Some("de"), true)] {
        let mut transcript = interview();
        transcript.head.language = language.map(str::to_owned);
        let draft = Draft {
            competencies: vec![competency("ownership", Some(4), REAL)],
            ..Draft::default()
        };
        let analysis = verified(draft, &transcript);
        let warned = codes(&analysis).contains(&"content_rule_unchecked");
        assert_eq!(warned, unchecked, "{language:?}");
    }
}

#[test]
fn each_criterion_comes_back_once_under_its_own_name() {
    let analysis = rated(vec![
        competency(" Ownership", Some(4), REAL),
        competency("ownership", Some(1), REAL),
        competency("charm", Some(5), REAL),
    ]);
    let expected = ("ownership", CompetencyStatus::Assessed, Some(4));
    assert_eq!(verdicts(&analysis), [expected, UNMENTIONED]);
    assert_eq!(
        codes(&analysis),
        ["unknown_competency", "repeated_competency"]
    );
}

#[test]
fn key_point_that_is_a_quote_may_speak_of_feelings() {
    let mut lines = vec![(0, "How was it?")];
    lines.push((1, "I was nervous and angry at the supplier that day."));
    let transcript = transcript(&lines);
    let said = "I was nervous and angry at the supplier that day.";
    let draft = Draft {
        key_points: vec![claim(said, said), claim("She was nervous and angry", said)],
        ..Draft::default()
    };
    let analysis = verified(draft, &transcript);
    let kept: Vec<&str> = analysis
        .key_points
        .iter()
        .map(|own| own.text.reveal())
        .collect();
    assert_eq!(kept, [said]);
}

#[test]
fn unusable_transcript_gives_no_ratings() {
    let mut transcript = interview();
    transcript.head.quality.mean_confidence = 0.3;
    let draft = Draft {
        competencies: vec![competency("ownership", Some(4), REAL)],
        key_points: vec![claim("Called customers", REAL)],
        ..Draft::default()
    };
    let analysis = verified(draft, &transcript);
    let refused = ("ownership", CompetencyStatus::NotAssessed, None);
    assert_eq!(verdicts(&analysis), [refused, UNMENTIONED]);
    assert_eq!(codes(&analysis), ["low_confidence"]);
    assert_eq!(analysis.key_points.len(), 1);
}

#[test]
fn one_speaker_gives_no_ratings_in_a_job_interview_and_names_the_remedy() {
    let mut transcript = interview();
    transcript.head.usable = Some(Usable::from_reasons([UnusableReason::OneSpeaker]));
    let rubric = rubric(&["ownership"]);
    let analysis = |kind| {
        let draft = Draft {
            competencies: vec![competency("ownership", Some(4), REAL)],
            ..Draft::default()
        };
        let request = AnalysisRequest {
            kind,
            ..request(&transcript, &rubric)
        };
        verify(draft, "test", &request, Timestamp::from_millis(0))
    };
    let refused = analysis(Kind::JobInterview);
    let nothing = ("ownership", CompetencyStatus::NotAssessed, None);
    assert_eq!(verdicts(&refused), [nothing]);
    assert_eq!(codes(&refused), ["one_speaker"]);
    let message = &refused.warnings[0].message;
    for remedy in ["speakers_expected", "--speakers 2", "channel", "PATCH"] {
        assert!(message.contains(remedy), "{message}");
    }
    let rated = analysis(Kind::UserResearch);
    let rating = ("ownership", CompetencyStatus::Assessed, Some(4));
    assert_eq!(verdicts(&rated), [rating]);
    assert_eq!(codes(&rated), ["one_speaker"]);
}

#[test]
fn stored_usability_is_not_computed_again() {
    let mut transcript = interview();
    transcript.head.usable = Some(Usable::from_reasons([UnusableReason::LanguageMismatch]));
    let draft = Draft {
        competencies: vec![competency("ownership", Some(4), REAL)],
        ..Draft::default()
    };
    let analysis = verified(draft, &transcript);
    let refused = ("ownership", CompetencyStatus::NotAssessed, None);
    assert_eq!(verdicts(&analysis), [refused, UNMENTIONED]);
    assert_eq!(codes(&analysis), ["language_mismatch"]);
}

#[test]
fn topics_have_the_times_of_their_turns() {
    let topic = |first_turn, last_turn| DraftTopic {
        title: "suppliers".into(),
        first_turn,
        last_turn,
    };
    let draft = Draft {
        topics: vec![topic(1, 2), topic(3, 99), topic(4, 9), topic(2, 1)],
        ..Draft::default()
    };
    let transcript = interview();
    let times: Vec<(u64, u64)> = verified(draft, &transcript)
        .topics
        .iter()
        .map(|topic| (topic.start_ms, topic.end_ms))
        .collect();
    let turns = &transcript.turns;
    assert_eq!(
        times,
        [
            (turns[1].start_ms, turns[2].end_ms),
            (turns[3].start_ms, turns[3].end_ms)
        ]
    );
}

#[test]
fn an_empty_draft_of_an_empty_transcript_is_an_analysis() {
    let mut silent = transcript(&[]);
    silent.head.quality = domain::transcript::Quality::default();
    let analysis = verified(Draft::default(), &silent);
    assert_eq!(analysis.evidence_validity, None);
    assert_eq!(analysis.competencies.len(), 2);
}
