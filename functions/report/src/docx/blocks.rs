//! The blocks of a report in Word.

use std::collections::HashSet;

use docx_rs::{
    AlignmentType, BreakType, DocumentChild, LineSpacing, LineSpacingType, Paragraph, Pic, Run,
    Table,
};

use super::{bars, styles, tables, text};
use crate::{
    colour::GREY,
    document::{Block, Document, Link, Picture, Turn, turn_anchor},
    text::{clock, is_right_to_left},
};

/// Width of a picture on the page, in English Metric Units: 16.5 cm.
const PAGE_WIDTH: u32 = 5_940_000;

/// Bookmarks of turns have ids behind those of the headings.
const FIRST_TURN: usize = 1_000;

/// What writes the blocks of one report.
pub(super) struct Writer<'d> {
    report: &'d Document<'d>,
    /// The turns that links lead to: only those have bookmarks.
    cited: HashSet<u32>,
}

impl<'d> Writer<'d> {
    pub(super) fn new(report: &'d Document<'d>) -> Self {
        let blocks = report.blocks();
        let paragraphs = blocks.flat_map(|block| match block {
            Block::Paragraph(paragraph) => vec![paragraph],
            Block::Table(table) => {
                let cells = table.rows.iter().flat_map(|row| &row.cells);
                cells.flatten().collect()
            }
            Block::Bars(..) | Block::Picture(_) | Block::Turn(_) => Vec::new(),
        });
        let links = paragraphs.flat_map(|own| &own.spans);
        let cited = links.filter_map(|span| match span.link {
            Some(Link::Turn(id)) => Some(id),
            _ => None,
        });
        let cited = cited.collect();
        Self { report, cited }
    }

    /// The paragraphs and tables of a block, in so wide a text.
    pub(super) fn block(&self, block: &Block<'_>, text_width: usize) -> Vec<DocumentChild> {
        match block {
            Block::Paragraph(own) => vec![paragraph(text::paragraph(own))],
            Block::Table(own) => {
                let own = tables::table(own, text_width);
                vec![table(own), paragraph(styles::gap())]
            }
            Block::Bars(title, own) => {
                let (heading, bars) = bars::chart(title, own);
                vec![paragraph(heading), table(bars)]
            }
            Block::Picture(own) => vec![paragraph(picture(own)), table(ticks(own))],
            Block::Turn(own) => vec![paragraph(self.turn(own))],
        }
    }

    /// A turn below its speaker and time.
    ///
    /// A paragraph of the library has two and a half kilobytes and is moved at every call,
    /// so there is one to a turn, and its format is left to styles.
    fn turn(&self, turn: &Turn<'_>) -> Paragraph {
        let mut paragraph = match &turn.speaker {
            None => Paragraph::new().style("Speech"),
            Some(name) => self
                .timed(text::run(name).style("Speaker"), turn.start_ms)
                .add_run(Run::new().add_break(BreakType::TextWrapping)),
        };
        let id = FIRST_TURN + turn.id as usize;
        let is_cited = self.cited.contains(&turn.id);
        if is_cited {
            paragraph = paragraph.add_bookmark_start(id, turn_anchor(turn.id));
        }
        paragraph = paragraph.add_run(text::run(turn.text));
        if is_cited {
            paragraph = paragraph.add_bookmark_end(id);
        }
        text::directed(paragraph, is_right_to_left(turn.text))
    }

    /// A name and a time, which leads to the recording where that can be listened to.
    fn timed(&self, name: Run, at_ms: u64) -> Paragraph {
        let head = Paragraph::new().style("Turn").add_run(name);
        let head = head.add_run(Run::new().add_text("   "));
        let time = clock(at_ms);
        match self.report.moment(at_ms) {
            Some(address) => {
                let runs = text::linked(&time, &address);
                runs.into_iter().fold(head, Paragraph::add_run)
            }
            None => head.add_run(Run::new().add_text(time).style("Time")),
        }
    }
}

/// A paragraph as a part of the document.
pub(super) fn paragraph(own: Paragraph) -> DocumentChild {
    DocumentChild::Paragraph(Box::new(own))
}

fn table(own: Table) -> DocumentChild {
    DocumentChild::Table(Box::new(own))
}

fn picture(own: &Picture) -> Paragraph {
    let height = own.height * (PAGE_WIDTH / own.width.max(1));
    let picture = Pic::new_with_dimensions(own.png.clone(), own.width, own.height)
        // The library numbers pictures through all documents of a process.
        .id("rIdRecording")
        .size(PAGE_WIDTH, height);
    Paragraph::new()
        .keep_next(true)
        // As high as the picture is: the document's own lines would cut it off.
        .line_spacing(
            LineSpacing::new()
                .after(0)
                .line_rule(LineSpacingType::Auto)
                .line(240),
        )
        .add_run(Run::new().add_image(picture))
}

fn ticks(own: &Picture) -> Table {
    let last = own.ticks.len().saturating_sub(1);
    let cells = own.ticks.iter().enumerate().map(|(index, time)| {
        let align = match index {
            0 => AlignmentType::Left,
            end if end == last => AlignmentType::Right,
            _ => AlignmentType::Center,
        };
        Paragraph::new()
            .align(align)
            .line_spacing(LineSpacing::new().after(60))
            .add_run(Run::new().add_text(time).size(16).color(GREY))
    });
    tables::columns(cells.collect())
}
