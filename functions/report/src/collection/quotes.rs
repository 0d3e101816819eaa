//! Quotes that were found, with their speaker and time.

use domain::{
    InterviewId,
    analysis::EvidenceStatus,
    collection_report::{CollectionReport, ReportedQuote},
};

use crate::{
    document::{Link, Look, Paragraph, Span, Style},
    text::{clock, shortened},
};

/// The quote with its mark and source, cut to `most` characters.
pub(super) fn paragraph<'a>(
    content: &CollectionReport,
    interview: &InterviewId,
    quote: &'a ReportedQuote,
    style: Style,
    most: usize,
) -> Paragraph<'a> {
    let mark = if quote.status == EvidenceStatus::Verified {
        Span::looking(Look::Verified, "✓\u{a0}")
    } else {
        Span::looking(Look::Repaired, "≈\u{a0}")
    };
    let text = quote.text.reveal();
    let shown = shortened(text, most);
    let words = Span::looking(Look::Spoken, format!("\u{201c}{shown}\u{201d}"));
    let speaker = quote.speaker.as_ref().map(|name| {
        // The time does not stand alone on the next line.
        Span::looking(Look::Quiet, format!(" {},\u{a0}", name.reveal()))
    });
    let between = speaker.unwrap_or_else(|| Span::looking(Look::Quiet, " "));
    Paragraph::new(style)
        .directed(text)
        .with(mark)
        .with(words)
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
