//! The first page of a job interview: the decision, which a person fills in, and the
//! scorecard.

use domain::{
    analysis::{
        Anchors, Competency, CompetencyStatus, Criterion, Evidence, NO_LANGUAGE_MODEL, Rubric,
    },
    text::capitalized,
};

use super::{
    assessment,
    quotes::{self, LEGEND, MOST_IN_TABLE},
};
use crate::{
    content::ReportContent,
    document::{Block, Look, Paragraph, Row, Section, Span, Style, Table},
    text::sentence,
};

/// What is empty until a person fills it in by hand.
pub(super) fn decision<'a>() -> Block<'a> {
    assessment::form([
        ("Decision", "☐ Advance      ☐ Hold      ☐ Decline".into(), 7),
        ("Reasons", "".into(), 13),
        ("By, date", "".into(), 7),
    ])
}

/// A row for each competency, with a column for the person's own rating.
pub(super) fn section<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let rubric = rubric(content);
    let rated = content.analysis.competencies.iter().map(|own| &own.name);
    let criteria = rubric.competencies.iter().map(|own| &own.name);
    let criteria = criteria.filter(|_| content.analysis.competencies.is_empty());
    let names = rated.chain(criteria).map(|name| name.to_lowercase());
    let names: Vec<String> = names.collect();
    let mut rows: Vec<Row<'a>> = if content.analysis.competencies.is_empty() {
        let unrated = |own: &Criterion| row(content, &own.name, verdict(None), None);
        rubric.competencies.iter().map(unrated).collect()
    } else {
        let rated = |own: &'a Competency| {
            let quote = quotes::best(&own.evidence);
            let quote = quote.map(|best| best_quote(content, best));
            row(content, &own.name, rating(own, &rubric), quote)
        };
        content.analysis.competencies.iter().map(rated).collect()
    };
    rows.extend(rated_by_person(content, &names));
    let why = unrated(content).map(|why| Paragraph::of(Style::Body, why).into());
    let table = Table {
        widths: vec![210, 350, 325, 115],
        head: [
            "Competency",
            "Rating and its anchor",
            "Best quote",
            if content.assessment.is_some() {
                "Assessor's rating"
            } else {
                "Your rating"
            },
        ]
        .map(Into::into)
        .into(),
        rows,
        has_figures: false,
    };
    let legend = Paragraph::of(Style::Note, format!("{SCALE} {LEGEND}"));
    let blocks = why.into_iter().chain([Block::Table(table), legend.into()]);
    Section::new("scorecard", "Scorecard", blocks)
}

const SCALE: &str = "Ratings are suggestions, from 1 to 5; 2 and 4 lie between two anchors.";

/// What the competencies are rated by: the interview's own rubric, or its kind's.
pub(super) fn rubric(content: &ReportContent<'_>) -> Rubric {
    let own = content.interview.rubric.clone();
    own.unwrap_or_else(|| Rubric::default_for(content.interview.kind))
}

fn best_quote<'a>(content: &ReportContent<'a>, quote: &'a Evidence) -> Paragraph<'a> {
    quotes::paragraph(content, quote, Style::Body, Some(MOST_IN_TABLE))
}

/// The competencies that the person rates and nothing else does.
fn rated_by_person<'a>(content: &ReportContent<'a>, others: &[String]) -> Vec<Row<'a>> {
    let rated = content.assessment.into_iter();
    let rated = rated.flat_map(|assessment| &assessment.competencies);
    let own = rated.filter(|own| !others.contains(&own.name.to_lowercase()));
    own.map(|own| row(content, &own.name, verdict(None), None))
        .collect()
}

fn row<'a>(
    content: &ReportContent<'a>,
    name: &str,
    rating: Vec<Paragraph<'a>>,
    quote: Option<Paragraph<'a>>,
) -> Row<'a> {
    let by_person = content.assessment.and_then(|own| own.rating(name));
    let by_person = by_person.into_iter().flat_map(|own| {
        let verdict = Span::looking(Look::Strong, assessment::verdict(own));
        let verdict = Paragraph::new(Style::Body).with(verdict);
        [Some(verdict), assessment::comment(own)]
    });
    let name = Span::looking(Look::Strong, capitalized(name));
    Row {
        cells: vec![
            vec![Paragraph::new(Style::Body).with(name)],
            rating,
            quote.into_iter().collect(),
            by_person.flatten().collect(),
        ],
        least_mm: 9,
    }
}

/// The rating with what it stands for.
fn rating<'a>(competency: &Competency, rubric: &Rubric) -> Vec<Paragraph<'a>> {
    let mut criteria = rubric.competencies.iter();
    let criterion = criteria.find(|own| own.name.to_lowercase() == competency.name.to_lowercase());
    let anchors = criterion.and_then(|own| own.anchors.as_ref());
    let rating = competency.rating;
    let anchor = anchors
        .zip(rating)
        .and_then(|(own, rating)| anchor(own, rating));
    let anchor = anchor.map(|text| Paragraph::of(Style::Note, text));
    let mut lines = verdict(Some(competency));
    lines.extend(anchor);
    lines
}

fn verdict<'a>(competency: Option<&Competency>) -> Vec<Paragraph<'a>> {
    let text = competency.map_or_else(|| NOT_RATED.to_owned(), verdict_text);
    vec![Paragraph::new(Style::Body).with(Span::looking(Look::Strong, text))]
}

const NOT_RATED: &str = "not rated";

/// The rating in words.
pub(super) fn verdict_text(competency: &Competency) -> String {
    match (competency.status, competency.rating) {
        (CompetencyStatus::Assessed, Some(rating)) => format!("{rating} of 5"),
        (CompetencyStatus::InsufficientEvidence, _) => "insufficient evidence".to_owned(),
        _ => NOT_RATED.to_owned(),
    }
}

/// What a rating stands for; those without an anchor lie between two that have one.
pub(super) fn anchor(anchors: &Anchors, rating: u8) -> Option<String> {
    let [low, mid, high] = [&anchors.low, &anchors.mid, &anchors.high];
    if [low, mid, high].iter().any(|text| text.trim().is_empty()) {
        return None;
    }
    let between = |below: u8, low: &str, high: &str| {
        Some(format!(
            "between {below} ({low}) and {} ({high})",
            below + 2
        ))
    };
    match rating {
        1 => Some(low.clone()),
        2 => between(1, low, mid),
        3 => Some(mid.clone()),
        4 => between(3, mid, high),
        5 => Some(high.clone()),
        _ => None,
    }
}

/// Why nothing is rated at all, where that has one reason.
pub(super) fn unrated(content: &ReportContent<'_>) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use domain::versions::UnknownFields;

    use super::*;

    #[test]
    fn anchor_of_a_rating_between_two_names_both() {
        let anchors = |low: &str| Anchors {
            low: low.into(),
            mid: "m".into(),
            high: "h".into(),
            unknown: UnknownFields::default(),
        };
        let of = |rating| anchor(&anchors("l"), rating);
        assert_eq!(of(1).as_deref(), Some("l"));
        assert_eq!(of(2).as_deref(), Some("between 1 (l) and 3 (m)"));
        assert_eq!(of(4).as_deref(), Some("between 3 (m) and 5 (h)"));
        assert_eq!((of(5).as_deref(), of(6)), (Some("h"), None));
        assert_eq!(anchor(&anchors(" "), 5), None, "incomplete");
    }
}
