//! Styles, headings and lists.

use docx_rs::{
    AbstractNumbering, Docx, IndentLevel, Level, LevelJc, LevelText, LineSpacing, NumberFormat,
    Numbering, NumberingId, Paragraph, Run, RunFonts, SpecialIndentType, Start, Style, StyleType,
};

use crate::colour::GREY;

const BULLETS: usize = 2;

const INK: &str = "1F2937";
const ACCENT: &str = "1D4ED8";

/// The lines of tables.
pub(super) const LINE: &str = "D1D5DB";

/// The size of what explains, in half points.
pub(super) const SMALL: usize = 18;

/// Defines fonts, headings, links and bullets.
pub(super) fn define(document: Docx) -> Docx {
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
        .size(38)
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
pub(super) fn heading(id: usize, anchor: &str, title: &str) -> Paragraph {
    Paragraph::new()
        .style("Heading1")
        .keep_next(true)
        .line_spacing(LineSpacing::new().before(200).after(70))
        .add_bookmark_start(id, anchor)
        .add_run(Run::new().add_text(title))
        .add_bookmark_end(id)
}

/// A heading of the second level, without its text.
pub(super) fn subheading() -> Paragraph {
    Paragraph::new()
        .style("Heading2")
        .keep_next(true)
        .line_spacing(LineSpacing::new().before(200).after(60))
}

/// A bullet without its text.
pub(super) fn bullet() -> Paragraph {
    Paragraph::new()
        .line_spacing(LineSpacing::new().after(60))
        .numbering(NumberingId::new(BULLETS), IndentLevel::new(0))
}

/// What keeps a table apart from what follows.
pub(super) fn gap() -> Paragraph {
    let line = Run::new().size(8).add_text("");
    Paragraph::new()
        .line_spacing(LineSpacing::new().after(0).line(120))
        .add_run(line)
}
