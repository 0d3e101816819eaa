//! A few lines about each interview.

use domain::collection_report::{CollectionReport, Inclusion, ReportedInterview};

use super::{date, reason};
use crate::{
    document::{Block, Link, Look, Paragraph, Section, Span, Style},
    sections::is_for_operators,
    text::{clock, sentence},
};

/// Each interview, in the order of the comparison.
pub(super) fn section(content: &CollectionReport) -> Section<'_> {
    let interviews = content.interviews.iter();
    let blocks = interviews.flat_map(|own| interview(content, own));
    Section::new("interviews", "Interviews", blocks)
}

fn interview<'a>(content: &CollectionReport, own: &'a ReportedInterview) -> Vec<Block<'a>> {
    let heading = Paragraph::of(Style::Subheading, own.title.reveal());
    let mut blocks: Vec<Block<'a>> = vec![heading.into(), facts(content, own).into()];
    let summary = if let Some(summary) = &own.summary {
        Paragraph::of(Style::Body, summary.reveal())
    } else {
        let why = reason(own.inclusion).unwrap_or_default();
        let text = format!("There is no summary. {why}");
        Paragraph::of(Style::Note, text.trim_end().to_owned())
    };
    blocks.push(summary.into());
    blocks.extend(decision(own).map(Block::from));
    let stale = (own.inclusion == Inclusion::Stale)
        .then(|| "The transcript or the speakers have changed since the analysis.".to_owned());
    let warnings = own.warnings.iter();
    let warnings = warnings.filter(|own| !is_for_operators(&own.code));
    let warnings = warnings.map(|own| sentence(&own.message));
    blocks.extend(stale.into_iter().chain(warnings).map(|text| {
        let text = format!("⚠ {text}");
        Paragraph::of(Style::Note, text).into()
    }));
    blocks
}

/// When it was, how long it is, and where it can be opened.
fn facts<'a>(content: &CollectionReport, own: &'a ReportedInterview) -> Paragraph<'a> {
    let length = own
        .duration_ms
        .map(|own| format!("    Length {}", clock(own)));
    let facts = date(own.date) + &length.unwrap_or_default();
    let facts = Span::looking(Look::Quiet, facts);
    let link = content.public_url.as_ref().map(|url| {
        let address = format!("{url}/app/interviews/{}", own.id);
        let text = Span::looking(Look::Quiet, "Open");
        [
            Span::looking(Look::Quiet, "    "),
            text.linked(Some(Link::Address(address))),
        ]
    });
    Paragraph::new(Style::Note)
        .with(facts)
        .with_all(link.into_iter().flatten())
        .kept_with_next()
}

/// What a person decided, if one did.
fn decision(own: &ReportedInterview) -> Option<Paragraph<'_>> {
    let decision = own.decision.as_ref()?.reveal();
    let author = own.author.as_ref();
    let author = author.map(|author| format!(" (by {})", author.reveal()));
    let paragraph = Paragraph::new(Style::Body)
        .directed(decision)
        .with(Span::looking(Look::Quiet, "Decision: "))
        .with(Span::looking(Look::Strong, decision))
        .with_all(author.map(|text| Span::looking(Look::Quiet, text)));
    Some(paragraph)
}
