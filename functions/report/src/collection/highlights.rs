//! What people have marked, by tag.

use std::collections::BTreeMap;

use domain::{
    collection_report::{CollectionReport, ReportedHighlight},
    tags,
};

use super::quotes;
use crate::{
    document::{Block, Look, Paragraph, Section, Span, Style},
    text::counted,
};

/// A heading to each tag, in alphabetical order; those without a tag at the end.
pub(super) fn section(content: &CollectionReport) -> Section<'_> {
    let mut tagged: BTreeMap<String, (&str, Vec<&ReportedHighlight>)> = BTreeMap::new();
    let mut untagged = Vec::new();
    for highlight in &content.highlights {
        for tag in &highlight.tags {
            let key = tags::key(tag.reveal()).reveal().to_owned();
            let place = tagged
                .entry(key)
                .or_insert_with(|| (tag.reveal(), Vec::new()));
            place.1.push(highlight);
        }
        if highlight.tags.is_empty() {
            untagged.push(highlight);
        }
    }
    let untagged = (!untagged.is_empty()).then_some(("Without a tag", untagged));
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for (tag, highlights) in tagged.into_values().chain(untagged) {
        let heading = format!("{tag} ({})", highlights.len());
        blocks.push(Paragraph::of(Style::Subheading, heading).into());
        let highlights = highlights.into_iter();
        blocks.extend(highlights.map(|own| paragraph(content, own).into()));
    }
    if content.more_highlights > 0 {
        let more = counted(content.more_highlights, "further highlight");
        let text = format!("{more} left out: the page of the collection lists all of them.");
        blocks.push(Paragraph::of(Style::Note, text).into());
    }
    Section::new("highlights", "Highlights", blocks)
}

/// What is said, by whom, in which interview and when.
fn paragraph<'a>(content: &CollectionReport, own: &'a ReportedHighlight) -> Paragraph<'a> {
    let text = own.text.reveal();
    let source = format!(" {}, {},\u{a0}", own.speaker.reveal(), own.title.reveal());
    let gone = (!own.is_in_transcript)
        .then(|| Span::looking(Look::Quiet, " (no longer in the transcript)"));
    Paragraph::new(Style::Quote)
        .directed(text)
        .with(Span::looking(
            Look::Spoken,
            format!("\u{201c}{text}\u{201d}"),
        ))
        .with(Span::looking(Look::Quiet, source))
        .with(quotes::time(content, &own.interview, own.start_ms))
        .with_all(gone)
}
