//! What the analysis says.

use docx_rs::{LineSpacing, Paragraph, Run};
use domain::{
    analysis::{Claim, Competency, CompetencyStatus, EvidenceStatus, NO_LANGUAGE_MODEL},
    text::capitalized,
};

use crate::{
    colour::GREY,
    content::{ContentBlock, ReportContent, Section},
    evidence::quotes,
    styles::{bullet, note, subheading},
    text::{clock, directed, paragraph, run},
    unusable,
};

pub(crate) fn summary(content: &ReportContent<'_>) -> Section {
    let blocks = match &content.analysis.summary {
        Some(summary) => vec![paragraph(summary.reveal()).into()],
        None => vec![note("There is too little in the recording to sum up.").into()],
    };
    Section::new("summary", "Summary", blocks)
}

/// What the reader should know before believing any of it.
pub(crate) fn caveats(content: &ReportContent<'_>) -> Section {
    let quality = &content.transcript.head.quality;
    let plural = if quality.words == 1 { " was" } else { "s were" };
    let recognised = format!(
        "{} word{plural} recognised with a mean confidence of {:.0} %; {:.0} % are uncertain.",
        quality.words,
        quality.mean_confidence * 100.0,
        quality.low_confidence_share * 100.0
    );
    let proven = match counted_quotes(content) {
        (_, 0) => "Nothing is quoted.".to_owned(),
        (found, all) => format!("{found} of {all} quotes match the transcript."),
    };
    // What stands on top of the page, or in the place of the ratings, is not said again.
    let usable = unusable::usable(content);
    let is_said = |code: &String| code == NO_LANGUAGE_MODEL || usable.reasons.contains(code);
    let warnings = content
        .analysis
        .warnings
        .iter()
        .filter(|warning| !is_said(&warning.code))
        .map(|warning| sentence(&warning.message));
    let blocks = [recognised, proven]
        .into_iter()
        .chain(warnings)
        .map(|text| bullet(run(&text)).into());
    Section::new("caveats", "What to know about this report", blocks)
}

fn counted_quotes(content: &ReportContent<'_>) -> (usize, usize) {
    let analysis = content.analysis;
    let claims = [
        &analysis.key_points,
        &analysis.strengths,
        &analysis.concerns,
    ];
    let of_claims = claims
        .into_iter()
        .flatten()
        .flat_map(|claim| &claim.evidence);
    let of_questions = analysis
        .questions
        .iter()
        .flat_map(|question| &question.evidence);
    let of_competencies = analysis
        .competencies
        .iter()
        .flat_map(|competency| &competency.evidence);
    let all: Vec<_> = of_claims
        .chain(of_questions)
        .chain(of_competencies)
        .collect();
    let found = all
        .iter()
        .filter(|evidence| evidence.status.known() != EvidenceStatus::Unverified)
        .count();
    (found, all.len())
}

fn sentence(text: &str) -> String {
    capitalized(text) + "."
}

fn claims(content: &ReportContent<'_>, claims: &[Claim]) -> Vec<ContentBlock> {
    claims
        .iter()
        .flat_map(|claim| {
            let text = claim.text.reveal();
            // An engine that only selects sentences claims what it quotes.
            let is_quote = claim.evidence.iter().any(|own| own.quote.reveal() == text);
            let head = directed(bullet(run(text)).keep_next(true), text);
            let head = (!is_quote).then(|| ContentBlock::from(head));
            head.into_iter()
                .chain(quotes(&claim.evidence, content.transcript))
        })
        .collect()
}

pub(crate) fn key_points(content: &ReportContent<'_>) -> Section {
    let blocks = claims(content, &content.analysis.key_points);
    Section::new("key-points", "Key points", blocks)
}

pub(crate) fn strengths(content: &ReportContent<'_>) -> Section {
    let blocks = claims(content, &content.analysis.strengths);
    Section::new("strengths", "Strengths", blocks)
}

pub(crate) fn concerns(content: &ReportContent<'_>) -> Section {
    let blocks = claims(content, &content.analysis.concerns);
    Section::new("concerns", "Concerns", blocks)
}

pub(crate) fn topics(content: &ReportContent<'_>) -> Section {
    let topics = content.analysis.topics.iter().map(|topic| {
        let span = format!("{} – {}   ", clock(topic.start_ms), clock(topic.end_ms));
        Paragraph::new()
            .line_spacing(LineSpacing::new().after(40))
            .add_run(Run::new().add_text(span).color(GREY))
            .add_run(run(topic.title.reveal()))
            .into()
    });
    Section::new("topics", "Topics", topics)
}

pub(crate) fn questions(content: &ReportContent<'_>) -> Section {
    let mut blocks: Vec<ContentBlock> = Vec::new();
    for question in &content.analysis.questions {
        let asked = Paragraph::new()
            .keep_next(true)
            .add_run(run(question.question.reveal()).bold());
        blocks.push(directed(asked, question.question.reveal()).into());
        match &question.answer {
            Some(answer) => blocks.push(paragraph(answer.reveal()).into()),
            None => blocks.push(note("No answer was recognised.").into()),
        }
        let sources = question.evidence.iter().map(|evidence| {
            let found = evidence.status.known() != EvidenceStatus::Unverified;
            let time = evidence
                .start_ms
                .map_or_else(|| "not in the transcript".to_owned(), clock);
            format!("{} {time}", if found { "✓" } else { "✗" })
        });
        let sources: Vec<String> = sources.collect();
        blocks.push(note(&sources.join("   ")).into());
    }
    if blocks.is_empty() {
        blocks.push(note("No questions were recognised.").into());
    }
    Section::new("questions", "Questions and answers", blocks)
}

pub(crate) fn competencies(content: &ReportContent<'_>) -> Section {
    let all = &content.analysis.competencies;
    let blocks = if let Some(why) = unrated(content) {
        vec![paragraph(&why).into()]
    } else {
        let blocks = all.iter().flat_map(|own| assessment(content, own));
        blocks.collect()
    };
    Section::new("competencies", "Competencies", blocks)
}

/// Why nothing is rated at all, where that has one reason.
fn unrated(content: &ReportContent<'_>) -> Option<String> {
    let analysis = content.analysis;
    let mut warnings = analysis.warnings.iter();
    if let Some(warning) = warnings.find(|warning| warning.code == NO_LANGUAGE_MODEL) {
        return Some(sentence(&warning.message));
    }
    let first = analysis.competencies.first()?;
    let alike = |own: &Competency| {
        own.status == CompetencyStatus::NotAssessed && own.rationale == first.rationale
    };
    let why = first.rationale.reveal();
    let all_alike = analysis.competencies.iter().all(alike);
    all_alike.then(|| sentence(&format!("nothing is rated: {why}")))
}

fn assessment(content: &ReportContent<'_>, competency: &Competency) -> Vec<ContentBlock> {
    let verdict = match (competency.status, competency.rating) {
        (CompetencyStatus::Assessed, Some(rating)) => format!("{rating} of 5"),
        (CompetencyStatus::InsufficientEvidence, _) => "insufficient evidence".to_owned(),
        _ => "not assessed".to_owned(),
    };
    let heading: ContentBlock = subheading(&format!(
        "{}: {verdict}",
        sentence(&competency.name).trim_end_matches('.')
    ))
    .into();
    let rationale: ContentBlock =
        paragraph(&sentence(competency.rationale.reveal()).replace("..", ".")).into();
    [heading, rationale]
        .into_iter()
        .chain(quotes(&competency.evidence, content.transcript))
        .collect()
}

pub(crate) fn follow_ups(content: &ReportContent<'_>) -> Section {
    let texts = content.analysis.follow_ups.iter();
    let blocks = texts.map(|text| directed(bullet(run(text.reveal())), text.reveal()).into());
    Section::new("follow-ups", "To follow up", blocks)
}
