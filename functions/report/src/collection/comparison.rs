//! The interviews beside each other under one rubric: what the engine and a person say about
//! each competency, with the best quote.

use domain::{
    analysis::CompetencyStatus,
    collection_report::{CollectionReport, Inclusion, ReportedCell, ReportedInterview},
    interview::Kind,
    text::capitalized,
};

use super::{date, quotes};
use crate::{
    document::{Block, Look, Paragraph, Row, Section, Span, Style, Table},
    text::shortened,
};

/// Competencies beside each other on an upright page, and on one that lies on its side.
const MOST_UPRIGHT: usize = 3;
const MOST_LANDSCAPE: usize = 5;

/// Characters of a quote and of a comment in a cell.
const MOST_OF_A_QUOTE: usize = 140;
const MOST_OF_A_COMMENT: usize = 120;

/// Cells above which quotes and comments are left out: Word opens no document with more in a
/// reasonable time, and the spreadsheet has them.
const MOST_WITH_QUOTES: usize = 3_000;

const SCALE: &str = "Engine: the rating that the language engine suggests, from 1 to 5, only where \
    a quote supports it. Person: the rating of the person who assessed the interview. Each \
    competency stands by itself: nothing is added up, and the order of the interviews is by date.";

const NOT_OF_A_PERSON: &str = "Outside of job interviews the figures say how well the conversation \
    supports a finding. They rate no person.";

const WITHOUT_QUOTES: &str = "The table is too large for quotes and comments: the spreadsheet of \
    the comparison has them.";

/// The tables; empty where nothing is rated.
pub(super) fn section(content: &CollectionReport) -> Section<'_> {
    let (anchor, title) = ("comparison", "Comparison");
    let interviews = content.interviews.iter();
    let interviews = interviews.filter(|own| own.inclusion.is_compared());
    let interviews: Vec<&ReportedInterview> = interviews.collect();
    let rubric = content.rubric.as_ref();
    let rubric = rubric.filter(|own| !own.competencies.is_empty() && !interviews.is_empty());
    let Some(rubric) = rubric else {
        return Section::new(anchor, title, []);
    };
    let names = &rubric.competencies;
    let is_landscape = names.len() > MOST_UPRIGHT;
    let most = if is_landscape {
        MOST_LANDSCAPE
    } else {
        MOST_UPRIGHT
    };
    // Of equal widths: seven are four and three.
    let tables = names.len().div_ceil(most);
    let columns = names.len().div_ceil(tables);
    let has_quotes = interviews.len() * names.len() <= MOST_WITH_QUOTES;
    let other_than_job = content.kinds.iter().any(|own| *own != Kind::JobInterview);
    let notes = [
        Some(SCALE),
        other_than_job.then_some(NOT_OF_A_PERSON),
        (!has_quotes).then_some(WITHOUT_QUOTES),
    ];
    let notes = notes.into_iter().flatten();
    let mut blocks: Vec<Block<'_>> = notes
        .map(|text| Paragraph::of(Style::Note, text).into())
        .collect();
    for (part, names) in names.chunks(columns).enumerate() {
        if tables > 1 {
            let first = part * columns + 1;
            let heading = format!(
                "Competencies {first} to {} of {}",
                first + names.len() - 1,
                rubric.competencies.len()
            );
            blocks.push(Paragraph::of(Style::Subheading, heading).into());
        }
        let table = Part {
            content,
            names,
            first: part * columns,
            has_quotes,
            is_landscape,
        };
        blocks.push(Block::Table(table.table(&interviews)));
    }
    Section::new(anchor, title, blocks).landscape(is_landscape)
}

/// The table of some competencies.
struct Part<'a> {
    content: &'a CollectionReport,
    names: &'a [String],
    /// The place of the first of them in the rubric.
    first: usize,
    has_quotes: bool,
    is_landscape: bool,
}

impl<'a> Part<'a> {
    fn table(&self, interviews: &[&'a ReportedInterview]) -> Table<'a> {
        let first = if self.is_landscape { 160 } else { 220 };
        let each = (1_000 - first) / self.names.len();
        let names = self.names.iter().map(|name| capitalized(name).into());
        Table {
            widths: std::iter::once(first)
                .chain(std::iter::repeat_n(each, self.names.len()))
                .collect(),
            head: std::iter::once("Interview".into()).chain(names).collect(),
            rows: interviews.iter().map(|own| self.row(own)).collect(),
            has_figures: false,
        }
    }

    fn row(&self, own: &'a ReportedInterview) -> Row<'a> {
        let cells = own.cells.iter().skip(self.first).take(self.names.len());
        let cells = cells.map(|cell| self.cell(own, cell));
        Row {
            cells: std::iter::once(interview(own)).chain(cells).collect(),
            least_mm: 0,
        }
    }

    fn cell(&self, own: &'a ReportedInterview, cell: &'a ReportedCell) -> Vec<Paragraph<'a>> {
        let person = cell.person_rating.map(|rating| rating.to_string());
        let person = person.unwrap_or_else(|| "–".to_owned());
        let ratings = Paragraph::new(Style::Body).with_all([
            Span::looking(Look::Quiet, "Engine\u{a0}"),
            Span::looking(Look::Strong, engine(cell)),
            Span::looking(Look::Quiet, "   Person\u{a0}"),
            Span::looking(Look::Strong, person),
        ]);
        let comment = cell.person_comment.as_ref().map(|comment| {
            let comment = shortened(comment.reveal(), MOST_OF_A_COMMENT);
            Paragraph::of(Style::Note, comment)
        });
        let quote = cell.quote.as_ref().map(|quote| {
            let (content, most) = (self.content, MOST_OF_A_QUOTE);
            quotes::paragraph(content, &own.id, quote, Style::Body, most)
        });
        let details = [comment, quote].into_iter().flatten();
        let details = details.filter(|_| self.has_quotes);
        std::iter::once(ratings).chain(details).collect()
    }
}

/// The engine's rating, or in a word why there is none.
fn engine(cell: &ReportedCell) -> String {
    if let Some(rating) = cell.rating {
        return rating.to_string();
    }
    let text = match cell.status {
        Some(CompetencyStatus::InsufficientEvidence | CompetencyStatus::Assessed) => "no evidence",
        Some(CompetencyStatus::NotAssessed | CompetencyStatus::Unknown(_)) => "not rated",
        None => "–",
    };
    text.to_owned()
}

/// Which interview it is, whether it is out of date, and what was decided.
fn interview(own: &ReportedInterview) -> Vec<Paragraph<'_>> {
    let title = own.title.reveal();
    let name = Paragraph::new(Style::Body)
        .directed(title)
        .with(Span::looking(Look::Strong, title));
    let day = Paragraph::of(Style::Note, date(own.date));
    let stale = own.inclusion == Inclusion::Stale;
    let stale = stale.then(|| Paragraph::of(Style::Note, "⚠ Out of date"));
    let decision = own.decision.as_ref().map(|decision| {
        let decision = shortened(decision.reveal(), MOST_OF_A_COMMENT);
        Paragraph::new(Style::Note)
            .directed(&decision)
            .with(Span::new(format!("Decision: {decision}")))
    });
    [Some(name), Some(day), stale, decision]
        .into_iter()
        .flatten()
        .collect()
}
