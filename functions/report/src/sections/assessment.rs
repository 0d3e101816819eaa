//! What a person says about the competencies, and what was decided.

use std::borrow::Cow;

use domain::{
    RecordedAt,
    assessment::{Assessment, PersonRating},
    interview::Kind,
    text::capitalized,
};

use crate::{
    content::ReportContent,
    document::{Block, Look, Paragraph, Row, Section, Span, Style, Table},
};

/// The assessment of a conversation without a scorecard, if there is one.
pub(super) fn section<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let is_job = content.interview.kind.known() == Kind::JobInterview;
    let assessment = content.assessment.filter(|_| !is_job);
    let blocks = assessment.into_iter().flat_map(blocks);
    Section::new("assessment", "Assessment by a person", blocks)
}

fn blocks(assessment: &Assessment) -> Vec<Block<'_>> {
    let rows: Vec<Row<'_>> = assessment.competencies.iter().map(row).collect();
    let table = Table {
        widths: vec![300, 150, 550],
        head: ["Competency", "Rating", "Comment"].map(Into::into).into(),
        rows,
        has_figures: false,
    };
    let table = (!table.rows.is_empty()).then_some(Block::Table(table));
    table.into_iter().chain([decision(assessment)]).collect()
}

fn row(own: &PersonRating) -> Row<'_> {
    let name = Span::looking(Look::Strong, capitalized(&own.name));
    Row {
        cells: vec![
            vec![Paragraph::new(Style::Body).with(name)],
            vec![Paragraph::of(Style::Body, verdict(own))],
            comment(own).into_iter().collect(),
        ],
        least_mm: 7,
    }
}

/// What was decided, by whom and when.
pub(super) fn decision(assessment: &Assessment) -> Block<'_> {
    let decided = assessment.decision.as_ref();
    let decided = decided.map_or("not yet decided", |text| text.reveal());
    let date = RecordedAt::from_unix_secs(assessment.updated_at.as_secs());
    let date = date.map_or_else(String::new, RecordedAt::to_text);
    let author = assessment.author.as_ref();
    let by = author.map_or_else(
        || date.clone(),
        |author| format!("{}, {date}", author.reveal()),
    );
    form([("Decision", decided.into(), 7), ("By, date", by.into(), 7)])
}

/// Labels with what stands beside them, and with their least heights in millimetres.
pub(super) fn form<'a, const N: usize>(rows: [(&'static str, Cow<'a, str>, u32); N]) -> Block<'a> {
    let rows = rows.map(|(label, text, least_mm)| Row {
        least_mm,
        ..Row::of_texts([label.into(), text])
    });
    Block::Table(Table {
        widths: vec![210, 790],
        head: Vec::new(),
        rows: rows.into(),
        has_figures: false,
    })
}

/// The rating in words.
pub(super) fn verdict(own: &PersonRating) -> String {
    own.rating
        .map_or_else(|| "not rated".to_owned(), |rating| format!("{rating} of 5"))
}

/// Why, if the person says so.
pub(super) fn comment(own: &PersonRating) -> Option<Paragraph<'_>> {
    let comment = own.comment.as_ref()?;
    Some(Paragraph::of(Style::Note, comment.reveal()))
}
