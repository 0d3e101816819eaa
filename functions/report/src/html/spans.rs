//! Texts on the page.

use crate::{
    colour,
    document::{Document, Link, Look, Paragraph, Span, turn_anchor},
    text::{escape, is_right_to_left},
};

/// The texts of a paragraph.
pub(super) fn all(report: &Document<'_>, paragraph: &Paragraph<'_>) -> String {
    let spans = paragraph.spans.iter();
    spans.map(|own| span(report, paragraph, own)).collect()
}

fn span(report: &Document<'_>, paragraph: &Paragraph<'_>, own: &Span<'_>) -> String {
    let content = text(&own.text);
    // Within a text of the other direction it has its own.
    let content = if is_right_to_left(&own.text) == paragraph.right_to_left {
        content
    } else {
        format!("<bdi>{content}</bdi>")
    };
    let content = match own.look {
        Look::Plain => content,
        Look::Strong => format!("<strong>{content}</strong>"),
        Look::Quiet => format!("<span class=\"quiet\">{content}</span>"),
        Look::Spoken => {
            let language = language(report);
            format!("<span class=\"spoken\"{language}>{content}</span>")
        }
        Look::Verified => mark("verified", "word for word in the transcript", &content),
        Look::Repaired => mark("repaired", "found with small differences", &content),
        Look::Swatch(speaker) => {
            let class = speaker_class(speaker);
            format!("<span class=\"{class}\" aria-hidden=\"true\">{content}</span>")
        }
    };
    match &own.link {
        None => content,
        Some(Link::Section(anchor)) => format!("<a href=\"#{anchor}\">{content}</a>"),
        Some(Link::Turn(id)) => format!("<a href=\"#{}\">{content}</a>", turn_anchor(*id)),
        Some(Link::Address(address)) => {
            format!("<a href=\"{}\">{content}</a>", escape(address))
        }
    }
}

fn mark(class: &str, meaning: &str, content: &str) -> String {
    format!("<span class=\"{class}\" title=\"{meaning}\">{content}</span>")
}

/// A text in which line feeds are breaks.
pub(super) fn text(text: &str) -> String {
    escape(text).replace('\n', "<br />")
}

/// The class of a speaker's colour.
pub(super) fn speaker_class(speaker: u32) -> String {
    format!("speaker-{}", colour::index(speaker))
}

/// The attribute of what is in the language of the conversation, where that is known.
pub(super) fn language(report: &Document<'_>) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let tag = report.language;
    if tag.is_empty() || !tag.chars().all(is_part) {
        return String::new();
    }
    format!(" lang=\"{tag}\"")
}
