//! A user study and an interview for a story.

use domain::{
    analysis::{Analysis, Claim, Competency, CompetencyStatus, Evidence, EvidenceStatus},
    interview::Kind,
    speaker::Role,
    transcript::Transcript,
    versions::UnknownFields,
};

use super::{Case, empty_analysis, interview, transcript};

const STUDY: [&str; 6] = [
    "How do you keep track of what you spend?",
    "I write it on paper every Sunday evening, because the app of my bank groups everything by shop.",
    "And what do you do when you cannot find an amount?",
    "I scroll back through two months of entries. Last week that took half an hour, and I gave the wrong number to my landlord.",
    "How often does that happen?",
    "Once or twice a month, always before the rent is due.",
];

const STORY: [&str; 4] = [
    "When did you see the report for the first time?",
    "On the third of May, on my own screen. It said that the bridge had to be closed within a week.",
    "Who else has seen it?",
    "My two colleagues and the head of the office, who signed it on the same day.",
];

/// A quote of that turn, which is all or a part of it.
fn quote(transcript: &Transcript, turn: usize, text: &str) -> Evidence {
    let turn = &transcript.turns[turn];
    assert!(turn.text.reveal().contains(text), "{text}");
    Evidence {
        quote: text.into(),
        status: EvidenceStatus::Verified,
        speaker: Some(turn.speaker),
        start_ms: Some(turn.start_ms),
        end_ms: Some(turn.end_ms),
        turn: Some(turn.id),
        unknown: UnknownFields::default(),
    }
}

fn claim(transcript: &Transcript, text: &str, turn: usize, words: &str) -> Claim {
    Claim {
        text: text.into(),
        evidence: vec![quote(transcript, turn, words)],
        unknown: UnknownFields::default(),
    }
}

fn criterion(transcript: &Transcript, name: &str, rating: u8, words: (usize, &str)) -> Competency {
    Competency {
        name: name.into(),
        status: CompetencyStatus::Assessed,
        rating: Some(rating),
        rationale: "told of an episode with what it cost".into(),
        evidence: vec![quote(transcript, words.0, words.1)],
        unknown: UnknownFields::default(),
    }
}

fn with_roles(mut transcript: Transcript, names: [&str; 2]) -> Transcript {
    let roles = [Role::Interviewer, Role::Interviewee];
    for ((speaker, role), name) in transcript.head.speakers.iter_mut().zip(roles).zip(names) {
        speaker.role = Some(role);
        speaker.name = name.into();
    }
    transcript
}

fn case(
    name: &'static str,
    kind: Kind,
    transcript: Transcript,
    analysis: Analysis,
    expected: &'static str,
) -> Case {
    let mut interview = interview(name);
    interview.kind = kind;
    Case {
        name,
        interview,
        transcript,
        analysis,
        expected,
    }
}

/// User research with findings.
pub(crate) fn user_study() -> Case {
    let transcript = with_roles(transcript(&STUDY), ["Researcher", "Participant 7"]);
    let mut analysis = empty_analysis();
    let cost = "Last week that took half an hour, and I gave the wrong number to my landlord.";
    analysis.summary = Some("Keeps a budget on paper, because the app groups by shop.".into());
    analysis.key_points = vec![
        claim(
            &transcript,
            "Keeps the budget on paper, because the app groups entries by shop.",
            1,
            "the app of my bank groups everything by shop.",
        ),
        claim(
            &transcript,
            "Finding an old amount takes too long.",
            3,
            cost,
        ),
        claim(
            &transcript,
            "It happens every month and before a payment.",
            5,
            "Once or twice a month, always before the rent is due.",
        ),
    ];
    let week = "I write it on paper every Sunday evening";
    analysis.competencies = vec![
        criterion(&transcript, "pain points", 5, (3, cost)),
        criterion(&transcript, "workarounds", 3, (1, week)),
    ];
    let kind = Kind::UserResearch;
    case("user study", kind, transcript, analysis, "Your note")
}

/// Journalism with quotes.
pub(crate) fn story() -> Case {
    let transcript = with_roles(transcript(&STORY), ["Reporter", "Engineer"]);
    let mut analysis = empty_analysis();
    analysis.summary = Some("An engineer tells when they saw the report on the bridge.".into());
    analysis.key_points = vec![
        claim(
            &transcript,
            "Saw the report themselves.",
            1,
            "On the third of May, on my own screen.",
        ),
        claim(
            &transcript,
            "Others can confirm it.",
            3,
            "My two colleagues and the head of the office, who signed it on the same day.",
        ),
    ];
    case("story", Kind::Journalism, transcript, analysis, "Checked")
}
