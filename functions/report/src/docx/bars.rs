//! Bars: a row to each speaker, drawn as the shading of table cells, so that
//! they print sharply and take next to nothing.

use docx_rs::{
    AlignmentType, HeightRule, LineSpacing, Paragraph, Run, Shading, Table, TableBorder,
    TableBorderPosition, TableBorders, TableCell, TableCellMargins, TableLayoutType, TableRow,
    VAlignType, WidthType,
};

use super::{styles::subheading, text::run};
use crate::{
    colour::{self, GREY},
    document::Bar,
};

/// Units that the longest bar has: per cent.
const UNITS: usize = 100;

/// Widths in twentieths of a point: of the name, of one unit, and of the value.
const WIDTHS: (usize, usize, usize) = (2_000, 60, 1_200);

/// A title, and the bars below it.
pub(super) fn chart(title: &str, bars: &[Bar]) -> (Paragraph, Table) {
    let grid = std::iter::once(WIDTHS.0)
        .chain(std::iter::repeat_n(WIDTHS.1, UNITS))
        .chain(std::iter::once(WIDTHS.2));
    let gap = |position| TableBorder::new(position).color("FFFFFF").size(24);
    let table = Table::new(bars.iter().map(row).collect())
        .set_grid(grid.collect())
        .layout(TableLayoutType::Fixed)
        .margins(TableCellMargins::new().margin(0, 60, 0, 60))
        .set_borders(TableBorders::with_empty().set(gap(TableBorderPosition::InsideH)));
    (subheading().add_run(run(title)), table)
}

fn row(bar: &Bar) -> TableRow {
    let units = bar.percent();
    let filled = Shading::new().fill(colour::hex(bar.speaker));
    let rest = Shading::new().fill("F3F4F6");
    let mut cells = vec![text(&bar.label, WIDTHS.0, AlignmentType::Left)];
    for (span, shading) in [(units, filled), (UNITS - units, rest)] {
        if span > 0 {
            let width = span * WIDTHS.1;
            cells.push(
                cell(Run::new(), width, AlignmentType::Left)
                    .grid_span(span)
                    .shading(shading),
            );
        }
    }
    cells.push(text(&bar.value, WIDTHS.2, AlignmentType::Right));
    TableRow::new(cells)
        .row_height(340.0)
        .height_rule(HeightRule::Exact)
        .cant_split()
}

fn text(text: &str, width: usize, align: AlignmentType) -> TableCell {
    cell(run(text).size(19), width, align)
}

fn cell(content: Run, width: usize, align: AlignmentType) -> TableCell {
    let paragraph = Paragraph::new()
        .align(align)
        .line_spacing(LineSpacing::new().after(0))
        .add_run(content.color(GREY));
    TableCell::new()
        .width(width, WidthType::Dxa)
        .vertical_align(VAlignType::Center)
        .add_paragraph(paragraph)
}
