//! What a report says, section by section, whatever it is written as.
//!
//! The first page is for the person who decides or goes on working with the interview; it
//! differs by the kind of conversation. Everything that proves it comes after that, in one
//! order for all kinds, and what the operator wants to know comes last.

mod alert;
mod analysis;
mod assessment;
mod colophon;
mod findings;
mod front;
mod limits;
mod notes;
mod quotes;
mod scorecard;
mod statistics;
mod topics;
mod transcript;

use domain::{Interview, Timestamp, interview::Kind, language, transcript::Transcript};

pub(crate) use self::{
    colophon::{colophon, is_for_operators},
    front::line,
    quotes::{LEGEND, quoted, speaker},
};
use crate::{
    RenderError,
    content::ReportContent,
    document::{Document, Link, Look, Paragraph, Section, Span, Style},
};

/// The whole report.
pub(crate) fn document<'a>(content: &ReportContent<'a>) -> Result<Document<'a>, RenderError> {
    let recording = |url| format!("{url}/app/interviews/{}", content.interview.id);
    let sections = sections(content)?;
    let mut first_page = first_page(content);
    if let Some(last) = first_page.last_mut() {
        last.blocks.push(contents(&sections).into());
    }
    let created_at = content.analysis.created_at;
    Ok(Document {
        recording: content.public_url.map(recording),
        front: front::blocks(content),
        first_page,
        sections,
        ..empty(content.interview, content.transcript, created_at)
    })
}

/// The report without what is the owner's alone. `content` has no notes and no assessment.
pub(crate) fn shared<'a>(content: &ReportContent<'a>) -> Result<Document<'a>, RenderError> {
    let mut document = document(content)?;
    // Without what a person fills in by hand.
    document.front = front::facts(content.interview, content.transcript);
    let colophon = colophon::shared(content);
    document
        .sections
        .retain(|section| section.anchor != colophon.anchor);
    document.sections.push(colophon);
    Ok(document)
}

/// The transcript, where there is no analysis.
pub(crate) fn transcript_alone<'a>(
    interview: &'a Interview,
    transcript: &'a Transcript,
) -> Document<'a> {
    Document {
        sections: vec![transcript::section(transcript)],
        ..empty(interview, transcript, transcript.head.created_at)
    }
}

/// A report without sections.
fn empty<'a>(
    interview: &'a Interview,
    transcript: &'a Transcript,
    created_at: Timestamp,
) -> Document<'a> {
    let recognised = transcript.head.language.as_deref();
    let given = language::single(interview.language.as_deref());
    Document {
        id: interview.id.as_str(),
        title: interview.title.reveal(),
        language: recognised.or(given).unwrap_or("en"),
        created_at: created_at.to_string(),
        recording: None,
        alert: alert::blocks(interview, transcript),
        front: front::facts(interview, transcript),
        first_page: Vec::new(),
        sections: Vec::new(),
    }
}

/// What the reader needs first, by the kind of conversation.
fn first_page<'a>(content: &ReportContent<'a>) -> Vec<Section<'a>> {
    let mut first_page = match content.interview.kind {
        Kind::JobInterview => vec![scorecard::section(content)],
        Kind::UserResearch => vec![findings::of_research(content)],
        Kind::Journalism => vec![findings::quotes(content)],
        Kind::Other | Kind::Unknown(_) => {
            vec![analysis::summary(content), analysis::key_points(content)]
        }
    };
    first_page.push(assessment::section(content));
    first_page.push(limits::section(content));
    first_page.retain(|section| !section.blocks.is_empty());
    first_page
}

/// All other sections that have something to say, in order.
fn sections<'a>(content: &ReportContent<'a>) -> Result<Vec<Section<'a>>, RenderError> {
    let is_other = content.interview.kind.known() == Kind::Other;
    let summary = (!is_other).then(|| analysis::summary(content));
    let rest = [
        analysis::evidence(content),
        analysis::questions(content),
        topics::section(content)?,
        analysis::follow_ups(content),
        notes::section(content),
        transcript::section(content.transcript),
        statistics::section(content),
        colophon::section(content),
    ];
    let all = summary.into_iter().chain(rest);
    Ok(all.filter(|section| !section.blocks.is_empty()).collect())
}

/// Links to the sections behind the first page. Word's own table of contents shows its field
/// code in `LibreOffice` until it is updated; links are right everywhere.
pub(crate) fn contents<'a>(sections: &[Section<'a>]) -> Paragraph<'a> {
    let links = sections.iter().enumerate().flat_map(|(index, section)| {
        let link = Span::new(section.title).linked(Some(Link::Section(section.anchor)));
        let between = (index > 0).then(|| Span::looking(Look::Quiet, " · "));
        between.into_iter().chain([link])
    });
    let label = Span::looking(Look::Quiet, "In this report: ");
    Paragraph::new(Style::Note).with(label).with_all(links)
}
