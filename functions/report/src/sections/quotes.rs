//! Quotes that were found in the transcript, with their speaker and time. Those that were
//! not found are left out: an invented quote in a document is read as a real one.

use domain::{
    Private,
    analysis::{Analysis, Evidence, EvidenceStatus},
    transcript::Transcript,
};

use crate::{
    content::ReportContent,
    document::{Block, Link, Look, Paragraph, Span, Style},
    text::{clock, shortened},
};

/// Characters of a quote in a table; the whole quote stands in the section of the evidence.
pub(super) const MOST_IN_TABLE: usize = 160;

/// What the marks mean, where they stand on the first page.
pub(crate) const LEGEND: &str = "✓ word for word in the transcript. ≈ found with small differences \
    and shown as it was said. Quotes that were not found are left out.";

/// The quotes that were found.
pub(super) fn found(evidence: &[Evidence]) -> impl Iterator<Item = &Evidence> {
    evidence.iter().filter(|own| is_found(own))
}

/// Whether a quote was found in the transcript.
pub(super) fn is_found(evidence: &Evidence) -> bool {
    evidence.status.known() != EvidenceStatus::Unverified
}

/// The first quote that was found word for word, or else the first that was found.
pub(super) fn best(evidence: &[Evidence]) -> Option<&Evidence> {
    let is_exact = |own: &&Evidence| own.status == EvidenceStatus::Verified;
    found(evidence)
        .find(is_exact)
        .or_else(|| found(evidence).next())
}

/// Every quote of the analysis.
pub(super) fn all(analysis: &Analysis) -> impl Iterator<Item = &Evidence> {
    let claims = [
        &analysis.key_points,
        &analysis.strengths,
        &analysis.concerns,
    ];
    let of_claims = claims.into_iter().flatten().map(|claim| &claim.evidence);
    let of_competencies = analysis.competencies.iter().map(|own| &own.evidence);
    let of_questions = analysis.questions.iter().map(|own| &own.evidence);
    of_claims
        .chain(of_competencies)
        .chain(of_questions)
        .flatten()
}

/// A paragraph for each quote that was found, below what it proves.
pub(super) fn blocks<'a>(
    content: &ReportContent<'a>,
    evidence: &'a [Evidence],
) -> impl Iterator<Item = Block<'a>> {
    found(evidence).map(|own| paragraph(content, own, Style::Quote, None).into())
}

/// The quote with its mark and source, cut to `most` characters.
pub(super) fn paragraph<'a>(
    content: &ReportContent<'a>,
    evidence: &'a Evidence,
    style: Style,
    most: Option<usize>,
) -> Paragraph<'a> {
    words(evidence, style, most).with_all(source(content.transcript, evidence))
}

/// The quote with its mark alone, cut to `most` characters.
pub(super) fn words(evidence: &Evidence, style: Style, most: Option<usize>) -> Paragraph<'_> {
    let most = most.unwrap_or(usize::MAX);
    quoted(evidence.status, &evidence.quote, style, most)
}

/// A quote that was found, with its mark, cut to `most` characters.
pub(crate) fn quoted<'a>(
    status: EvidenceStatus,
    quote: &Private,
    style: Style,
    most: usize,
) -> Paragraph<'a> {
    let shown = shortened(quote.reveal(), most);
    let words = Span::looking(Look::Spoken, format!("\u{201c}{shown}\u{201d}"));
    Paragraph::new(style)
        .directed(quote.reveal())
        .with(mark(status))
        .with(words)
}

/// Whether it was found word for word.
pub(super) fn mark<'a>(status: EvidenceStatus) -> Span<'a> {
    if status == EvidenceStatus::Verified {
        Span::looking(Look::Verified, "✓\u{a0}")
    } else {
        Span::looking(Look::Repaired, "≈\u{a0}")
    }
}

/// Who says it and when; the time leads to its place in the transcript.
fn source<'a>(transcript: &Transcript, evidence: &Evidence) -> Vec<Span<'a>> {
    let name = evidence.speaker.map(|id| transcript.speaker_name(id));
    let speaker = name.map(|name| speaker(&name)).into_iter();
    speaker.chain(time(transcript, evidence)).collect()
}

/// Who says it, before the time, which does not stand alone on the next line.
pub(crate) fn speaker<'a>(name: &Private) -> Span<'a> {
    Span::looking(Look::Quiet, format!(" {},\u{a0}", name.reveal()))
}

/// The time as a link.
pub(super) fn time<'a>(transcript: &Transcript, evidence: &Evidence) -> Option<Span<'a>> {
    let turn = evidence.turn.and_then(|id| link(transcript, id));
    let time = Span::looking(Look::Quiet, clock(evidence.start_ms?));
    Some(time.linked(turn))
}

/// The turn in which a moment lies, or the one before it.
pub(super) fn turn_at(transcript: &Transcript, at_ms: u64) -> Option<Link> {
    let begun = transcript
        .turns
        .iter()
        .filter(|turn| turn.start_ms <= at_ms);
    let last = begun.max_by_key(|turn| turn.start_ms)?;
    Some(Link::Turn(last.id))
}

fn link(transcript: &Transcript, id: u32) -> Option<Link> {
    let mut turns = transcript.turns.iter();
    turns
        .find(|turn| turn.id == id)
        .map(|turn| Link::Turn(turn.id))
}
