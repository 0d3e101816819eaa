//! The first pages of user research, which has findings, and of journalism, which has quotes.

use std::collections::HashSet;

use domain::analysis::{Claim, Evidence};

use super::quotes::{self, LEGEND, MOST_IN_TABLE};
use crate::{
    content::ReportContent,
    document::{Block, Paragraph, Row, Section, Span, Style, Table},
};

/// Rows on the first page, at most.
const MOST_ROWS: usize = 8;

/// Characters of a quote that stands for itself.
const MOST_OF_A_QUOTE: usize = 300;

/// What was found out, each with its best quote and a column for the researcher's own note.
pub(super) fn of_research<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let claims = content.analysis.key_points.iter().take(MOST_ROWS);
    let rows: Vec<Row<'a>> = claims.map(|claim| finding(content, claim)).collect();
    let head = ["Finding", "Best quote", "Your note"];
    Section::new("findings", "Findings", table(&[340, 400, 260], head, rows))
}

fn finding<'a>(content: &ReportContent<'a>, claim: &'a Claim) -> Row<'a> {
    let quote = quotes::best(&claim.evidence);
    let quote =
        quote.map(|best| quotes::paragraph(content, best, Style::Body, Some(MOST_IN_TABLE)));
    // An engine that only selects sentences claims what it quotes: the finding is not named.
    let finding = (!is_quote(claim)).then(|| Paragraph::of(Style::Body, claim.text.reveal()));
    Row {
        cells: vec![
            finding.into_iter().collect(),
            quote.into_iter().collect(),
            Vec::new(),
        ],
        least_mm: 9,
    }
}

/// Whether a claim says nothing but one of its quotes.
pub(super) fn is_quote(claim: &Claim) -> bool {
    let text = claim.text.reveal();
    claim.evidence.iter().any(|own| own.quote.reveal() == text)
}

/// What can be printed, each quote with its speaker and a column to tick when it has been
/// checked against the recording.
pub(super) fn quotes<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let mut seen = HashSet::new();
    let found = quotes::all(content.analysis).filter(|own| quotes::is_found(own));
    let rows = found
        .filter(|own| seen.insert((own.start_ms, own.quote.reveal())))
        .take(MOST_ROWS)
        .map(|own| quote(content, own));
    let head = ["Quote", "Speaker and time", "Checked"];
    let rows: Vec<Row<'a>> = rows.collect();
    Section::new("quotes", "Quotes", table(&[640, 220, 140], head, rows))
}

fn quote<'a>(content: &ReportContent<'a>, evidence: &'a Evidence) -> Row<'a> {
    let shown = quotes::words(evidence, Style::Body, Some(MOST_OF_A_QUOTE));
    let speaker = evidence.speaker.map(|id| {
        let name = content.transcript.speaker_name(id);
        Span::new(format!("{},\u{a0}", name.reveal()))
    });
    let time = quotes::time(content.transcript, evidence);
    let source = Paragraph::new(Style::Body).with_all(speaker.into_iter().chain(time));
    let checkbox = Paragraph::of(Style::Body, "☐");
    Row {
        cells: vec![vec![shown], vec![source], vec![checkbox]],
        least_mm: 0,
    }
}

/// The table with the legend of its marks; nothing without rows.
fn table<'a>(
    widths: &[usize],
    head: [&'static str; 3],
    rows: Vec<Row<'a>>,
) -> impl Iterator<Item = Block<'a>> {
    let table = (!rows.is_empty()).then(|| Table {
        widths: widths.to_vec(),
        head: head.map(Into::into).into(),
        rows,
        has_figures: false,
    });
    table.into_iter().flat_map(|table| {
        let legend = Paragraph::of(Style::Note, LEGEND);
        [Block::Table(table), legend.into()]
    })
}
