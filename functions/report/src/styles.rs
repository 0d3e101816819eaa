//! Styles, headings and tables.

use docx_rs::{
    AbstractNumbering, AlignmentType, Docx, IndentLevel, Level, LevelJc, LevelText, LineSpacing,
    NumberFormat, Numbering, NumberingId, Paragraph, Run, RunFonts, Shading, SpecialIndentType,
    Start, Style, StyleType, Table, TableBorder, TableBorderPosition, TableBorders, TableCell,
    TableCellMargins, TableLayoutType, TableRow, WidthType,
};

use crate::{
    colour::GREY,
    text::{clean, run},
};

const BULLETS: usize = 2;

/// The width of the text on the page, in twentieths of a point.
const TEXT_WIDTH: usize = 9_356;

const INK: &str = "1F2937";
const ACCENT: &str = "1D4ED8";
const LINE: &str = "D1D5DB";

/// Defines fonts, headings, links and bullets.
pub(crate) fn define(document: Docx) -> Docx {
    let fonts = RunFonts::new()
        .ascii("Calibri")
        .hi_ansi("Calibri")
        .east_asia("Noto Sans CJK JP")
        .cs("Noto Sans Arabic");
    let heading = |level: usize, size| {
        Style::new(format!("Heading{level}"), StyleType::Paragraph)
            .name(format!("heading {level}"))
            .based_on("Normal")
            .next("Normal")
            .size(size)
            .bold()
            .color(INK)
            .outline_lvl(level - 1)
    };
    let link = Style::new("Hyperlink", StyleType::Character)
        .name("Hyperlink")
        .color(ACCENT);
    let title = Style::new("Title", StyleType::Paragraph)
        .name("Title")
        .size(44)
        .bold()
        .color(INK);
    let bullet = Level::new(
        0,
        Start::new(1),
        NumberFormat::new("bullet"),
        LevelText::new("•"),
        LevelJc::new("left"),
    )
    .indent(Some(400), Some(SpecialIndentType::Hanging(260)), None, None);
    let margin = |name: &str| {
        Style::new(name, StyleType::Paragraph)
            .name(name.to_lowercase())
            .based_on("Normal")
            .size(17)
            .color(GREY)
    };
    let spoken = |name: &str, spacing| {
        Style::new(name, StyleType::Paragraph)
            .name(name)
            .based_on("Normal")
            .line_spacing(spacing)
    };
    let inline = |name: &str| Style::new(name, StyleType::Character).name(name);
    document
        .default_fonts(fonts)
        .default_size(21)
        .default_line_spacing(LineSpacing::new().after(100).line(264))
        .add_style(Style::new("Normal", StyleType::Paragraph).name("Normal"))
        .add_style(title)
        .add_style(heading(1, 30))
        .add_style(heading(2, 24))
        .add_style(link)
        .add_style(spoken("Turn", LineSpacing::new().before(140).after(60)))
        .add_style(spoken("Speech", LineSpacing::new().after(60)))
        .add_style(inline("Speaker").bold().size(19))
        .add_style(inline("Time").size(18).color(GREY))
        .add_style(margin("Header"))
        .add_style(margin("Footer"))
        .add_abstract_numbering(AbstractNumbering::new(BULLETS).add_level(bullet))
        .add_numbering(Numbering::new(BULLETS, BULLETS))
}

/// A heading that links can lead to.
pub(crate) fn heading(id: usize, anchor: &str, title: &str) -> Paragraph {
    Paragraph::new()
        .style("Heading1")
        .keep_next(true)
        .line_spacing(LineSpacing::new().before(360).after(120))
        .add_bookmark_start(id, anchor)
        .add_run(Run::new().add_text(title))
        .add_bookmark_end(id)
}

/// A heading of the second level.
pub(crate) fn subheading(title: &str) -> Paragraph {
    Paragraph::new()
        .style("Heading2")
        .keep_next(true)
        .line_spacing(LineSpacing::new().before(200).after(60))
        .add_run(Run::new().add_text(clean(title)))
}

/// A bullet.
pub(crate) fn bullet(text: Run) -> Paragraph {
    Paragraph::new()
        .numbering(NumberingId::new(BULLETS), IndentLevel::new(0))
        .add_run(text)
}

/// A small grey line.
pub(crate) fn note(text: &str) -> Paragraph {
    Paragraph::new().add_run(run(text).size(18).color(GREY))
}

/// A table of texts with a head; widths in twentieths of a point, numbers to the right.
pub(crate) fn table(widths: &[usize], head: &[String], rows: &[Vec<String>]) -> Table {
    let head_row = TableRow::new(cells(widths, head, true)).cant_split();
    let body = rows
        .iter()
        .map(|row| TableRow::new(cells(widths, row, false)).cant_split());
    Table::new(std::iter::once(head_row).chain(body).collect())
        .set_grid(widths.to_vec())
        .layout(TableLayoutType::Fixed)
        .margins(TableCellMargins::new().margin(50, 100, 50, 100))
        .set_borders(borders())
}

/// Paragraphs beside each other over the width of the page, without lines.
pub(crate) fn columns(paragraphs: Vec<Paragraph>) -> Table {
    let width = TEXT_WIDTH / paragraphs.len().max(1);
    let cells: Vec<TableCell> = paragraphs
        .into_iter()
        .map(|paragraph| {
            TableCell::new()
                .width(width, WidthType::Dxa)
                .add_paragraph(paragraph)
        })
        .collect();
    Table::without_borders(vec![TableRow::new(cells.clone())])
        .set_grid(vec![width; cells.len()])
        .layout(TableLayoutType::Fixed)
        .margins(TableCellMargins::new().margin(0, 0, 0, 0))
}

fn cells(widths: &[usize], texts: &[String], head: bool) -> Vec<TableCell> {
    let pairs = widths.iter().zip(texts).enumerate();
    pairs
        .map(|(column, (width, text))| {
            let content = if head {
                run(text).bold().size(19)
            } else {
                run(text).size(20)
            };
            let align = if column == 0 {
                AlignmentType::Left
            } else {
                AlignmentType::Right
            };
            let paragraph = Paragraph::new()
                .align(align)
                .line_spacing(LineSpacing::new().after(0))
                .add_run(content);
            let cell = TableCell::new()
                .width(*width, WidthType::Dxa)
                .add_paragraph(paragraph);
            if head {
                cell.shading(Shading::new().fill("F3F4F6"))
            } else {
                cell
            }
        })
        .collect()
}

fn borders() -> TableBorders {
    let line = |position| TableBorder::new(position).color(LINE).size(4);
    TableBorders::with_empty()
        .set(line(TableBorderPosition::Top))
        .set(line(TableBorderPosition::Bottom))
        .set(line(TableBorderPosition::InsideH))
}
