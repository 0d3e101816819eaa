//! What the collection is, how many interviews it has, and which are not compared.

use std::borrow::Cow;

use domain::{
    collection_report::{CollectionReport, Inclusion, ReportedInterview},
    text::capitalized,
};

use super::{date, kind, reason};
use crate::{
    document::{Block, Paragraph, Row, Section, Style, Table},
    sections::line,
    text::counted,
};

/// A line about the collection.
pub(super) fn facts(content: &CollectionReport) -> Vec<Block<'_>> {
    let kinds: Vec<&str> = content.kinds.iter().map(|own| kind(*own)).collect();
    let facts = [
        ("Kind", capitalized(&kinds.join(", "))),
        ("Date", date(content.created_at)),
        ("Interviews", all(content).to_string()),
    ];
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty());
    vec![line(facts).into()]
}

/// How many interviews the collection has.
fn all(content: &CollectionReport) -> usize {
    content.interviews.len() + content.unreadable
}

/// What the report covers, and the interviews that it does not compare.
pub(super) fn sections(content: &CollectionReport) -> Vec<Section<'_>> {
    let covered = covered(content).into_iter();
    let covered = covered.map(|text| Paragraph::of(Style::Bullet, text).into());
    let mut sections = vec![Section::new("coverage", "What this report covers", covered)];
    let others = not_compared(content);
    if !others.is_empty() {
        let table = Table {
            widths: vec![420, 160, 420],
            head: ["Interview", "Date", "Why"].map(Into::into).into(),
            rows: others.into_iter().map(row).collect(),
            has_figures: false,
        };
        let title = "Interviews that are not compared";
        sections.push(Section::new("not_compared", title, [Block::Table(table)]));
    }
    sections
}

fn covered(content: &CollectionReport) -> Vec<String> {
    let mut texts = vec![range(content)];
    if let Some(rubric) = &content.rubric
        && !rubric.competencies.is_empty()
    {
        let compared = content.interviews.iter();
        let compared = compared.filter(|own| own.inclusion.is_compared()).count();
        let version = rubric.version.map(|version| format!(", version {version}"));
        texts.push(format!(
            "{compared} of {} compared by {}{}.",
            if all(content) == 1 {
                "1 interview is".to_owned()
            } else {
                format!("{} interviews are", all(content))
            },
            rubric.name,
            version.unwrap_or_default()
        ));
    }
    let stale = content.interviews.iter();
    let stale = stale
        .filter(|own| own.inclusion == Inclusion::Stale)
        .count();
    if stale > 0 {
        let analyses = if stale == 1 {
            "1 analysis is".to_owned()
        } else {
            format!("{stale} analyses are")
        };
        texts.push(format!(
            "{analyses} out of date: the transcript or the speakers have changed since. The \
             interview is marked, and the quotes shown are still in the transcript."
        ));
    }
    if content.unreadable > 0 {
        let interviews = counted(content.unreadable as u64, "interview");
        texts.push(format!(
            "{interviews} of a newer release cannot be read and {} left out.",
            if content.unreadable == 1 { "is" } else { "are" }
        ));
    }
    texts
}

/// How many interviews, and of when.
fn range(content: &CollectionReport) -> String {
    let interviews = counted(content.interviews.len() as u64, "interview");
    let dates = content.interviews.iter().map(|own| own.date);
    let (Some(first), Some(last)) = (dates.clone().min(), dates.max()) else {
        return "The collection has no interviews yet.".to_owned();
    };
    let (first, last) = (date(first), date(last));
    if first == last {
        format!("{interviews} of {first}.")
    } else {
        format!("{interviews}, from {first} to {last}.")
    }
}

fn not_compared(content: &CollectionReport) -> Vec<&ReportedInterview> {
    let has_table = content
        .rubric
        .as_ref()
        .is_some_and(|rubric| !rubric.competencies.is_empty());
    let interviews = content.interviews.iter();
    interviews
        .filter(|own| has_table && !own.inclusion.is_compared())
        .collect()
}

fn row(own: &ReportedInterview) -> Row<'_> {
    let why = reason(own.inclusion).unwrap_or_default();
    Row::of_texts::<Cow<'_, str>>([own.title.reveal().into(), date(own.date).into(), why.into()])
}
