//! What people wrote down about the interview.

use docx_rs::{LineSpacing, Paragraph, Run};
use domain::note::{Note, NoteKind};

use crate::{
    colour::GREY,
    content::{ReportContent, Section},
    text::{clock, directed, run},
};

/// A paragraph to each note.
pub(crate) fn section(content: &ReportContent<'_>) -> Section {
    Section::new(
        "notes",
        "Notes and bookmarks",
        content.notes.iter().map(|note| paragraph(note).into()),
    )
}

fn paragraph(note: &Note) -> Paragraph {
    let mark = match note.kind {
        NoteKind::Note | NoteKind::Unknown(_) => "✎",
        NoteKind::Bookmark => "⚑",
    };
    let time = note.at_ms.map(|at_ms| format!(" {}", clock(at_ms)));
    let head = Run::new().add_text(format!("{mark}{}   ", time.unwrap_or_default()));
    let line = Paragraph::new()
        .line_spacing(LineSpacing::new().after(60))
        .add_run(head.color(GREY))
        .add_run(run(note.text.reveal()));
    directed(line, note.text.reveal())
}
