//! Bars: a row to each speaker, drawn as the shading of table cells, so that
//! they print sharply and take next to nothing.

use docx_rs::{
    AlignmentType, HeightRule, LineSpacing, Paragraph, Run, Shading, Table, TableBorder,
    TableBorderPosition, TableBorders, TableCell, TableCellMargins, TableLayoutType, TableRow,
    VAlignType, WidthType,
};

use crate::{colour::GREY, styles::subheading, text::run};

/// Units that the longest bar has.
const UNITS: usize = 100;

/// Widths in twentieths of a point: of the name, of one unit, and of the value.
const WIDTHS: (usize, usize, usize) = (2_000, 60, 1_200);

/// One bar.
pub(crate) struct Bar {
    /// Its label.
    pub(crate) label: String,
    /// Its length as a share of the longest possible, 0 to 1.
    pub(crate) share: f64,
    /// The figure, as it is written behind the bar.
    pub(crate) value: String,
    /// Its colour as Word writes it.
    pub(crate) colour: String,
}

/// A title, and the bars below it.
pub(crate) fn chart(title: &str, bars: &[Bar]) -> (Paragraph, Table) {
    let grid = std::iter::once(WIDTHS.0)
        .chain(std::iter::repeat_n(WIDTHS.1, UNITS))
        .chain(std::iter::once(WIDTHS.2));
    let gap = |position| TableBorder::new(position).color("FFFFFF").size(24);
    let table = Table::new(bars.iter().map(row).collect())
        .set_grid(grid.collect())
        .layout(TableLayoutType::Fixed)
        .margins(TableCellMargins::new().margin(0, 60, 0, 60))
        .set_borders(TableBorders::with_empty().set(gap(TableBorderPosition::InsideH)));
    (subheading(title), table)
}

fn row(bar: &Bar) -> TableRow {
    let units = units(bar.share);
    let filled = Shading::new().fill(&bar.colour);
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

/// A value above zero is visible.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "between nothing and the number of units"
)]
fn units(share: f64) -> usize {
    let share = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    };
    (share * UNITS as f64)
        .round()
        .max(if share > 0.0 { 1.0 } else { 0.0 }) as usize
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share_and_never_longer_than_the_table() {
        let found: Vec<usize> = [0.0, 0.001, 0.5, 1.0, 7.0, f64::NAN].map(units).to_vec();
        assert_eq!(found, [0, 1, 50, 100, 100, 0]);
    }
}
