//! What people wrote down about the interview.

use domain::note::{Note, NoteKind};

use super::quotes;
use crate::{
    content::ReportContent,
    document::{Look, Paragraph, Section, Span, Style},
    text::clock,
};

/// A paragraph to each note.
pub(super) fn section<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let notes = content.notes.iter();
    let blocks = notes.map(|note| paragraph(content, note).into());
    Section::new("notes", "Notes and bookmarks", blocks)
}

fn paragraph<'a>(content: &ReportContent<'a>, note: &'a Note) -> Paragraph<'a> {
    let mark = match note.kind {
        NoteKind::Note | NoteKind::Unknown(_) => "✎ ",
        NoteKind::Bookmark => "⚑ ",
    };
    let time = note.at_ms.map(|at_ms| {
        let turn = quotes::turn_at(content.transcript, at_ms);
        Span::looking(Look::Quiet, clock(at_ms)).linked(turn)
    });
    let text = note.text.reveal();
    Paragraph::new(Style::Body)
        .directed(text)
        .with(Span::looking(Look::Quiet, mark))
        .with_all(time)
        .with(Span::new("   "))
        .with(Span::new(text))
}
