//! What interviews have in common, with who says the contrary.

use domain::{
    Private,
    collection_report::{CollectionReport, ReportedTheme, ReportedThemes, ReportedVoice},
};

use super::{date, quotes};
use crate::{
    document::{Block, Look, Paragraph, Section, Span, Style},
    sections::is_for_operators,
    text::{counted, sentence},
};

/// Characters of a quote.
const MOST_OF_A_QUOTE: usize = 400;

/// The themes; empty where they were not looked for.
pub(super) fn section(content: &CollectionReport) -> Section<'_> {
    let themes = content.themes.iter();
    let blocks = themes.flat_map(|themes| blocks(content, themes));
    Section::new("themes", "Themes", blocks)
}

fn blocks<'a>(content: &'a CollectionReport, own: &'a ReportedThemes) -> Vec<Block<'a>> {
    let made = format!(
        "Proposed by a language engine from the analyses of {} on {}. Each theme rests on quotes \
         of at least two interviews that were looked up in their transcripts.",
        counted(own.interviews as u64, "interview"),
        date(own.created_at)
    );
    let mut blocks: Vec<Block<'a>> = vec![Paragraph::of(Style::Note, made).into()];
    if !own.stale.is_empty() {
        let stale = format!("⚠ Out of date. {}", own.stale.join(" "));
        blocks.push(Paragraph::of(Style::AlertReason, stale).into());
    }
    if !own.left_out.is_empty() {
        let titles: Vec<&str> = own.left_out.iter().map(Private::reveal).collect();
        let text = format!("Left out, without an analysis then: {}.", titles.join(", "));
        blocks.push(Paragraph::of(Style::Note, text).into());
    }
    let warnings = own.warnings.iter();
    let warnings = warnings.filter(|own| !is_for_operators(&own.code));
    let warnings = warnings.map(|own| sentence(&own.message));
    blocks.extend(warnings.map(|text| Paragraph::of(Style::Note, text).into()));
    if own.themes.is_empty() {
        let none = "No theme rests on quotes of at least two interviews.";
        blocks.push(Paragraph::of(Style::Body, none).into());
    }
    blocks.extend(own.themes.iter().flat_map(|own| theme(content, own)));
    blocks
}

fn theme<'a>(content: &'a CollectionReport, own: &'a ReportedTheme) -> Vec<Block<'a>> {
    let heading = Paragraph::of(Style::Subheading, own.title.reveal());
    let summary = match &own.summary {
        Some(summary) => Paragraph::of(Style::Body, summary.reveal()),
        None => Paragraph::of(
            Style::Note,
            "The summary is left out: an interview that had a part in it was deleted.",
        ),
    };
    let mut blocks: Vec<Block<'a>> = vec![heading.into(), summary.into()];
    let supports = counted(own.supports.len() as u64, "interview");
    blocks.extend(voices(
        content,
        format!("Supported by {supports}"),
        &own.supports,
    ));
    if own.contradicts.is_empty() {
        let none = "No interview was found that says the contrary.";
        blocks.push(Paragraph::of(Style::Note, none).into());
    } else {
        let contradicts = counted(own.contradicts.len() as u64, "interview");
        let label = format!("Contradicted by {contradicts}");
        blocks.extend(voices(content, label, &own.contradicts));
    }
    blocks
}

fn voices<'a>(
    content: &'a CollectionReport,
    label: String,
    voices: &'a [ReportedVoice],
) -> Vec<Block<'a>> {
    let label = Span::looking(Look::Strong, label);
    let label = Paragraph::new(Style::Body).with(label).kept_with_next();
    let voices = voices.iter().flat_map(|voice| {
        let title = Paragraph::of(Style::Note, voice.title.reveal()).kept_with_next();
        let quotes = voice.quotes.iter().map(|quote| {
            let (id, most) = (&voice.interview, MOST_OF_A_QUOTE);
            quotes::paragraph(content, id, quote, Style::Quote, most).into()
        });
        std::iter::once(Block::from(title)).chain(quotes)
    });
    std::iter::once(label.into()).chain(voices).collect()
}
