//! Quotes that were found, with their speaker and time.

use domain::{
    InterviewId,
    collection_report::{CollectionReport, ReportedQuote},
};

use crate::{
    document::{Link, Look, Paragraph, Span, Style},
    sections::{quoted, speaker},
    text::clock,
};

/// The quote with its mark and source, cut to `most` characters.
pub(super) fn paragraph<'a>(
    content: &CollectionReport,
    interview: &InterviewId,
    quote: &'a ReportedQuote,
    style: Style,
    most: usize,
) -> Paragraph<'a> {
    let speaker = quote.speaker.as_ref().map(speaker);
    let between = speaker.unwrap_or_else(|| Span::looking(Look::Quiet, " "));
    quoted(quote.status, &quote.text, style, most)
        .with(between)
        .with(time(content, interview, quote.start_ms))
}

/// A time, which leads to the recording where that is known.
pub(super) fn time<'a>(
    content: &CollectionReport,
    interview: &InterviewId,
    at_ms: u64,
) -> Span<'a> {
    let url = content.public_url.as_ref();
    let link = url.map(|url| Link::Address(format!("{url}/app/interviews/{interview}?t={at_ms}")));
    Span::looking(Look::Quiet, clock(at_ms)).linked(link)
}
