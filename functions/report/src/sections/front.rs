//! Who was interviewed, by whom, and when.

use domain::{Interview, RecordedAt, interview::Kind, speaker::Role};

use super::scorecard;
use crate::{
    content::ReportContent,
    document::{Block, Look, Paragraph, Span, Style},
    text::clock,
};

/// A fact's name and value.
type Fact = (&'static str, String);

/// A line about the people and one about the recording; in a job interview what a person
/// decides, to be filled in.
pub(super) fn blocks<'a>(content: &ReportContent<'a>) -> Vec<Block<'a>> {
    let lines = [people(content), recording(content)];
    let lines = lines.into_iter().map(|facts| line(facts).into());
    let is_job = content.interview.kind.known() == Kind::JobInterview;
    let decision = is_job.then(scorecard::decision);
    lines.chain(decision).collect()
}

fn line<'a>(facts: Vec<Fact>) -> Paragraph<'a> {
    let spans = facts
        .into_iter()
        .enumerate()
        .flat_map(|(index, (label, value))| {
            let gap = if index == 0 { "" } else { "    " };
            [
                Span::looking(Look::Quiet, format!("{gap}{label}: ")),
                Span::looking(Look::Strong, value),
            ]
        });
    Paragraph::new(Style::Body).with_all(spans)
}

/// The speakers by their roles, or all of them where no role is known.
fn people(content: &ReportContent<'_>) -> Vec<Fact> {
    let (answers, kind) = match content.interview.kind {
        Kind::JobInterview => ("Candidate", "job interview"),
        Kind::UserResearch => ("Participant", "user research"),
        Kind::Journalism => ("Source", "journalism"),
        Kind::Other | Kind::Unknown(_) => ("Interviewee", "conversation"),
    };
    let names = |role: Option<Role>| {
        let speakers = content.transcript.head.speakers.iter();
        let named = speakers.filter(|speaker| {
            let known = speaker.role.map(Role::known);
            known.filter(|role| *role != Role::Other) == role
        });
        let all: Vec<&str> = named.map(|speaker| speaker.name.reveal()).collect();
        all.join(", ")
    };
    let known = names(Some(Role::Interviewee));
    let others = if known.is_empty() {
        "Speakers"
    } else {
        "Others"
    };
    let facts = [
        (answers, known),
        ("Interviewer", names(Some(Role::Interviewer))),
        (others, names(None)),
        ("Kind", kind.to_owned()),
    ];
    facts
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .collect()
}

fn recording(content: &ReportContent<'_>) -> Vec<Fact> {
    let interview = content.interview;
    let language = interview.language.as_deref().unwrap_or("not known");
    vec![
        date(interview),
        ("Length", clock(content.transcript.head.duration_ms)),
        ("Language", language.to_owned()),
    ]
}

/// When the recording was made, or, where that is not known, when it was uploaded.
fn date(interview: &Interview) -> Fact {
    if let Some(recorded_at) = interview.effective_recorded_at() {
        return ("Date", recorded_at.to_text());
    }
    let uploaded = RecordedAt::from_unix_secs(interview.created_at.as_secs());
    (
        "Uploaded",
        uploaded.map_or_else(String::new, RecordedAt::to_text),
    )
}
