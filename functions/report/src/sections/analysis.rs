//! What the analysis says.

use domain::{
    analysis::{Claim, Competency, Question},
    interview::Kind,
    text::capitalized,
};

use super::{findings::is_quote, quotes, scorecard::verdict_text};
use crate::{
    content::ReportContent,
    document::{Block, Look, Paragraph, Section, Span, Style},
    text::sentence,
};

/// Below a claim, an answer or a rating without a quote that was found.
const UNPROVEN: &str = "No quote from the transcript supports this.";

/// What figures beside the criteria of a study mean.
const NOT_OF_A_PERSON: &str = "The figures say how well the conversation supports a finding on \
    a scale from 1 to 5. They rate no person.";

pub(super) fn summary<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let block = match &content.analysis.summary {
        Some(summary) => Paragraph::of(Style::Body, summary.reveal()),
        None => Paragraph::of(
            Style::Note,
            "There is too little in the recording to sum up.",
        ),
    };
    Section::new("summary", "Summary", [block.into()])
}

pub(super) fn key_points<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let blocks = claims(content, &content.analysis.key_points);
    Section::new("key_points", "Key points", blocks)
}

/// Everything that is claimed, with all quotes that were found.
pub(super) fn evidence<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let analysis = content.analysis;
    let kind = content.interview.kind.known();
    let is_study = kind != Kind::JobInterview && !analysis.competencies.is_empty();
    let explained = is_study.then(|| Paragraph::of(Style::Note, NOT_OF_A_PERSON).into());
    let competencies = analysis.competencies.iter();
    let competencies = competencies.flat_map(|own| assessment(content, own));
    // On the first page of a kind without another first page.
    let is_shown = matches!(kind, Kind::Other | Kind::Unknown(_));
    let key_points: &'a [Claim] = if is_shown { &[] } else { &analysis.key_points };
    let groups = [
        ("Strengths", &analysis.strengths[..]),
        ("Concerns", &analysis.concerns),
        ("Key points", key_points),
    ];
    let groups = groups.into_iter().filter(|(_, claims)| !claims.is_empty());
    let groups = groups.flat_map(|(title, own)| {
        let heading = Paragraph::of(Style::Subheading, title).into();
        std::iter::once(heading).chain(claims(content, own))
    });
    let blocks = explained.into_iter().chain(competencies).chain(groups);
    Section::new("evidence", "Evidence", blocks)
}

fn claims<'a>(content: &ReportContent<'a>, claims: &'a [Claim]) -> impl Iterator<Item = Block<'a>> {
    claims.iter().flat_map(move |claim| {
        let has_proof = quotes::best(&claim.evidence).is_some();
        let head = (!has_proof || !is_quote(claim)).then(|| {
            let head = Paragraph::of(Style::Bullet, claim.text.reveal());
            head.kept_with_next().into()
        });
        let unproven = (!has_proof).then(unproven);
        head.into_iter()
            .chain(quotes::blocks(content, &claim.evidence))
            .chain(unproven)
    })
}

fn unproven<'a>() -> Block<'a> {
    Paragraph::of(Style::Note, UNPROVEN).into()
}

fn assessment<'a>(
    content: &ReportContent<'a>,
    competency: &'a Competency,
) -> impl Iterator<Item = Block<'a>> {
    let verdict = verdict_text(competency);
    let heading = format!("{}: {verdict}", capitalized(&competency.name));
    let heading = Paragraph::of(Style::Subheading, heading);
    let rationale = Paragraph::of(Style::Body, sentence(competency.rationale.reveal()));
    [heading, rationale]
        .into_iter()
        .map(Block::from)
        .chain(quotes::blocks(content, &competency.evidence))
}

pub(super) fn questions<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let questions = &content.analysis.questions;
    let none = questions
        .is_empty()
        .then(|| Paragraph::of(Style::Note, "No questions were recognised.").into());
    let blocks = questions.iter().flat_map(|own| question(content, own));
    let blocks = blocks.chain(none);
    Section::new("questions", "Questions and answers", blocks)
}

fn question<'a>(content: &ReportContent<'a>, question: &'a Question) -> [Block<'a>; 3] {
    let text = question.question.reveal();
    let heading = Paragraph::new(Style::Body)
        .directed(text)
        .with(Span::looking(Look::Strong, text))
        .kept_with_next();
    let answer = match &question.answer {
        Some(answer) => Paragraph::of(Style::Body, answer.reveal()),
        None => Paragraph::of(Style::Note, "No answer was recognised."),
    };
    let sources = quotes::found(&question.evidence).flat_map(|own| {
        let gap = Span::new("   ");
        let time = quotes::time(content.transcript, own);
        [Some(quotes::mark(own.status)), time, Some(gap)]
    });
    let sources: Vec<Span<'a>> = sources.flatten().collect();
    let sources = if sources.is_empty() {
        unproven()
    } else {
        Paragraph::new(Style::Note).with_all(sources).into()
    };
    [heading.into(), answer.kept_with_next().into(), sources]
}

pub(super) fn follow_ups<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let texts = content.analysis.follow_ups.iter();
    let blocks = texts.map(|text| Paragraph::of(Style::Bullet, text.reveal()).into());
    Section::new("follow_ups", "Suggested follow-up questions", blocks)
}
