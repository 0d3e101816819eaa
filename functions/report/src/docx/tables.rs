//! Tables.

use docx_rs::{
    AlignmentType, HeightRule, Paragraph, Shading, Table, TableBorder, TableBorderPosition,
    TableBorders, TableCell, TableCellMargins, TableLayoutType, TableRow, VAlignType, WidthType,
};

use super::{styles::LINE, text};
use crate::document::{self, Look, Row, Span, Style};

/// The width of the text on an upright page, in twentieths of a point.
pub(super) const TEXT_WIDTH: usize = 9_356;

/// Twentieths of a point in ten millimetres.
const PER_TEN_MM: u32 = 567;

/// What lies behind heads and labels.
const SHADE: &str = "F3F4F6";

/// A height that no row has: [`super::patch`] puts the mark of a head, which the library does
/// not know, in its place.
pub(super) const HEAD_HEIGHT: f32 = 1.0;

/// A table of a width in twentieths of a point. Its head, where it has one, is repeated on each
/// page, and no row is divided.
pub(super) fn table(own: &document::Table<'_>, width: usize) -> Table {
    let widths: Vec<usize> = own
        .widths
        .iter()
        .map(|share| share * width / 1_000)
        .collect();
    let is_form = own.head.is_empty();
    let head = (!is_form).then(|| head(own, &widths));
    let rows = own.rows.iter().map(|row| body(own, row, &widths, is_form));
    Table::new(head.into_iter().chain(rows).collect())
        .set_grid(widths.clone())
        .layout(TableLayoutType::Fixed)
        .margins(TableCellMargins::new().margin(40, 80, 40, 80))
        .set_borders(borders(is_form))
}

fn head(own: &document::Table<'_>, widths: &[usize]) -> TableRow {
    let cells = own.head.iter().zip(widths).enumerate();
    let cells = cells.map(|(column, (name, width))| {
        let name = Span::looking(Look::Strong, &**name);
        let name = document::Paragraph::new(Style::Body).with(name);
        let name = aligned(text::in_cell(&name, true), own, column);
        cell(*width, [name]).shading(Shading::new().fill(SHADE))
    });
    TableRow::new(cells.collect())
        .cant_split()
        .row_height(HEAD_HEIGHT)
        .height_rule(HeightRule::Auto)
}

fn body(own: &document::Table<'_>, row: &Row<'_>, widths: &[usize], is_form: bool) -> TableRow {
    let cells = row.cells.iter().zip(widths).enumerate();
    let cells = cells.map(|(column, (paragraphs, width))| {
        let paragraphs = paragraphs.iter().map(|paragraph| {
            let paragraph = text::in_cell(paragraph, false);
            aligned(paragraph, own, column)
        });
        let cell = cell(*width, paragraphs);
        if is_form && column == 0 {
            cell.shading(Shading::new().fill(SHADE))
        } else {
            cell
        }
    });
    let made = TableRow::new(cells.collect()).cant_split();
    if row.least_mm == 0 {
        return made;
    }
    let twips = u16::try_from(row.least_mm * PER_TEN_MM / 10).unwrap_or(u16::MAX);
    made.row_height(f32::from(twips))
        .height_rule(HeightRule::AtLeast)
}

/// A cell; one without a paragraph is no cell to Word.
fn cell(width: usize, paragraphs: impl IntoIterator<Item = Paragraph>) -> TableCell {
    let cell = TableCell::new()
        .width(width, WidthType::Dxa)
        .vertical_align(VAlignType::Top);
    let mut paragraphs = paragraphs.into_iter().peekable();
    if paragraphs.peek().is_none() {
        return cell.add_paragraph(Paragraph::new());
    }
    paragraphs.fold(cell, TableCell::add_paragraph)
}

/// Figures stand at the right.
fn aligned(paragraph: Paragraph, own: &document::Table<'_>, column: usize) -> Paragraph {
    if own.has_figures && column > 0 {
        paragraph.align(AlignmentType::Right)
    } else {
        paragraph
    }
}

/// Paragraphs beside each other over the width of the page, without lines.
pub(super) fn columns(paragraphs: Vec<Paragraph>) -> Table {
    let width = TEXT_WIDTH / paragraphs.len().max(1);
    let cells: Vec<TableCell> = paragraphs
        .into_iter()
        .map(|paragraph| cell(width, [paragraph]))
        .collect();
    Table::without_borders(vec![TableRow::new(cells.clone())])
        .set_grid(vec![width; cells.len()])
        .layout(TableLayoutType::Fixed)
        .margins(TableCellMargins::new().margin(0, 0, 0, 0))
}

/// Lines between the rows; around every field of a form.
fn borders(is_form: bool) -> TableBorders {
    let line = |position| TableBorder::new(position).color(LINE).size(4);
    let rows = TableBorders::with_empty()
        .set(line(TableBorderPosition::Top))
        .set(line(TableBorderPosition::Bottom))
        .set(line(TableBorderPosition::InsideH));
    if !is_form {
        return rows;
    }
    rows.set(line(TableBorderPosition::Left))
        .set(line(TableBorderPosition::Right))
        .set(line(TableBorderPosition::InsideV))
}
