//! Who was interviewed, by whom, and when.

use domain::{
    Interview, RecordedAt, interview::Kind, language, speaker::Role, transcript::Transcript,
};

use super::{assessment, scorecard};
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
    let lines = facts(content.interview, content.transcript).into_iter();
    let is_job = content.interview.kind.known() == Kind::JobInterview;
    let decided = content.assessment.map(assessment::decision);
    let decision = decided.unwrap_or_else(scorecard::decision);
    let decision = is_job.then_some(decision);
    lines.chain(decision).collect()
}

/// A line about the people and one about the recording.
pub(super) fn facts<'a>(interview: &Interview, transcript: &Transcript) -> Vec<Block<'a>> {
    let lines = [
        people(interview, transcript),
        recording(interview, transcript),
    ];
    lines.map(|facts| line(facts).into()).into()
}

/// Facts beside each other.
pub(crate) fn line<'a>(facts: impl IntoIterator<Item = Fact>) -> Paragraph<'a> {
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
fn people(interview: &Interview, transcript: &Transcript) -> Vec<Fact> {
    let (answers, kind) = match interview.kind {
        Kind::JobInterview => ("Candidate", "job interview"),
        Kind::UserResearch => ("Participant", "user research"),
        Kind::Journalism => ("Source", "journalism"),
        Kind::Other | Kind::Unknown(_) => ("Interviewee", "conversation"),
    };
    let names = |role: Option<Role>| {
        let speakers = transcript.head.speakers.iter();
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

fn recording(interview: &Interview, transcript: &Transcript) -> Vec<Fact> {
    let main = transcript.head.language.as_deref();
    let language = match (interview.language.as_deref(), main) {
        (Some(given), Some(main)) if language::is_multi(given) => format!("several, mostly {main}"),
        (Some(given), None) if language::is_multi(given) => "several".to_owned(),
        (given, _) => given.unwrap_or("not known").to_owned(),
    };
    vec![
        date(interview),
        ("Length", clock(transcript.head.duration_ms)),
        ("Language", language),
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
