//! Runs and paragraphs.

use docx_rs::{
    BreakType, FieldCharType, Hyperlink, HyperlinkType, InstrText, LineSpacing, Paragraph,
    ParagraphProperty, Run, Shading,
};

use super::styles::{self, SMALL};
use crate::{
    colour::{self, AMBER, GREEN, GREY, RED, RED_TINT},
    document::{self, Link, Look, Span, Style, turn_anchor},
    text::{clean, is_right_to_left},
};

/// The name of the style of text from right to left.
pub(super) const RIGHT_TO_LEFT: &str = "RightToLeft";

/// What all texts of a paragraph have in common.
#[derive(Clone, Copy, Default)]
pub(super) struct Base {
    /// In half points, where it is not the document's.
    pub(super) size: Option<usize>,
    /// As Word writes it.
    pub(super) colour: Option<&'static str>,
    /// Bold, on a tinted ground.
    pub(super) is_alert: bool,
}

/// The title of the document.
pub(super) fn title(title: &str) -> Paragraph {
    let heading = Paragraph::new()
        .style("Title")
        .line_spacing(LineSpacing::new().before(120).after(60))
        .add_run(run(title));
    directed(heading, is_right_to_left(title))
}

/// A paragraph outside of tables.
pub(super) fn paragraph(own: &document::Paragraph<'_>) -> Paragraph {
    let spaced = |after| Paragraph::new().line_spacing(LineSpacing::new().after(after));
    let coloured = |colour| Base {
        colour: Some(colour),
        ..Base::default()
    };
    let (paragraph, base) = match own.style {
        Style::Body => (Paragraph::new(), Base::default()),
        Style::Bullet => (styles::bullet(), Base::default()),
        Style::Note => (spaced(80), NOTE),
        Style::Subheading => (styles::subheading(), Base::default()),
        Style::Quote => (
            spaced(60).indent(Some(400), None, None, None),
            Base::default(),
        ),
        Style::Alert => {
            let base = Base {
                size: Some(26),
                is_alert: true,
                ..coloured(RED)
            };
            (spaced(60), base)
        }
        Style::AlertReason => (styles::bullet(), coloured(RED)),
    };
    filled(paragraph, own, base)
}

const NOTE: Base = Base {
    size: Some(SMALL),
    colour: Some(GREY),
    is_alert: false,
};

/// A paragraph in the cell of a table.
pub(super) fn in_cell(own: &document::Paragraph<'_>, is_head: bool) -> Paragraph {
    let base = match own.style {
        Style::Note => NOTE,
        _ => Base {
            size: Some(if is_head { 17 } else { SMALL }),
            ..Base::default()
        },
    };
    let spacing = LineSpacing::new().after(0).line(250);
    filled(Paragraph::new().line_spacing(spacing), own, base)
}

fn filled(paragraph: Paragraph, own: &document::Paragraph<'_>, base: Base) -> Paragraph {
    let paragraph = paragraph.keep_next(own.keep_with_next);
    let paragraph = own
        .spans
        .iter()
        .fold(paragraph, |paragraph, span| with(paragraph, span, base));
    directed(paragraph, own.right_to_left)
}

fn with(paragraph: Paragraph, span: &Span<'_>, base: Base) -> Paragraph {
    let run = run(&span.text);
    // A link has a colour of its own.
    let size = base.size.unwrap_or(SMALL).min(SMALL);
    let anchor = match &span.link {
        None => return paragraph.add_run(formatted(run, span.look, base)),
        Some(Link::Address(address)) => {
            let runs = linked(&span.text, address);
            return runs.into_iter().fold(paragraph, Paragraph::add_run);
        }
        Some(Link::Section(anchor)) => (*anchor).to_owned(),
        Some(Link::Turn(id)) => turn_anchor(*id),
    };
    let run = run.style("Hyperlink").size(size);
    let link = Hyperlink::new(anchor, HyperlinkType::Anchor);
    paragraph.add_hyperlink(link.add_run(run))
}

fn formatted(run: Run, look: Look, base: Base) -> Run {
    let small = base.size.unwrap_or(usize::MAX).min(SMALL);
    let run = match base.size {
        Some(size) if look != Look::Quiet => run.size(size),
        _ => run,
    };
    let run = match base.colour {
        Some(colour) => run.color(colour),
        None => run,
    };
    let run = if base.is_alert {
        run.bold().shading(Shading::new().fill(RED_TINT))
    } else {
        run
    };
    match look {
        Look::Plain => run,
        Look::Strong => run.bold(),
        Look::Quiet => run.size(small).color(GREY),
        Look::Spoken => run.italic(),
        Look::Verified => run.bold().color(GREEN),
        Look::Repaired => run.bold().color(AMBER),
        Look::Swatch(speaker) => run.color(colour::hex(speaker)),
    }
}

/// A run in which line feeds are breaks.
pub(super) fn run(text: &str) -> Run {
    let cleaned = clean(text);
    let mut lines = cleaned.split('\n');
    let mut first = Run::new().add_text(lines.next().unwrap_or(""));
    if is_right_to_left(text) {
        first = first.style(RIGHT_TO_LEFT);
    }
    lines.fold(first, |run, line| {
        run.add_break(BreakType::TextWrapping).add_text(line)
    })
}

/// Turns a paragraph around.
pub(super) fn directed(mut paragraph: Paragraph, right_to_left: bool) -> Paragraph {
    if right_to_left {
        paragraph.property = ParagraphProperty::bidi(paragraph.property, true);
    }
    paragraph
}

/// A text that leads to an address: a field, because the library gives the relationships that
/// its links to addresses need another order each time.
pub(super) fn linked(text: &str, address: &str) -> [Run; 5] {
    let field = InstrText::Unsupported(format!("HYPERLINK \"{address}\""));
    let mark = |kind| Run::new().add_field_char(kind, false);
    [
        mark(FieldCharType::Begin),
        Run::new().add_instr_text(field),
        mark(FieldCharType::Separate),
        Run::new().add_text(text).style("Hyperlink").size(SMALL),
        mark(FieldCharType::End),
    ]
}
