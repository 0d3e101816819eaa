//! Notes and bookmarks.

use domain::ErrorCode;
use serde_json::{Value, json};

use crate::openapi::{
    examples,
    operation::Operation,
    problems::{BODY, STORE, USER, WRITE},
};

pub(super) const TAG: &str = "Notes";

fn operation(id: &str, summary: &str) -> Operation {
    let operation = Operation::new(id, TAG, summary).takes(&["id"]);
    let operation = operation.fails(&USER).fails(&STORE);
    operation.fails(&[ErrorCode::InterviewNotFound])
}

/// A call about one note.
fn of_one(id: &str, summary: &str) -> Operation {
    operation(id, summary)
        .takes(&["note_id"])
        .fails(&[ErrorCode::NoSuchNote])
}

pub(super) fn list() -> Operation {
    operation("list_notes", "List an interview's notes")
        .about("By the moment they are about; those about none come first.")
        .takes(&["limit", "page_token"])
        .fails(&[ErrorCode::InvalidParameter, ErrorCode::UnknownParameter])
        .gives(
            200,
            "The notes.",
            "NotePage",
            examples::page(&examples::note()),
        )
}

pub(super) fn add() -> Operation {
    let notes = json!({
        "note": {"summary": "A note about a moment",
            "value": {"text": "ask about the boat", "at_ms": 12_000}},
        "bookmark": {"summary": "A bookmark",
            "value": {"text": "the best answer", "at_ms": 31_500, "kind": "bookmark"}},
        "plain": {"summary": "A note about the whole", "value": {"text": "invite her again"}},
    });
    operation("add_note", "Write a note")
        .takes(&["idempotency_key"])
        .json("NewNote", true, notes)
        .gives(201, "The note.", "Note", examples::note())
        .fails(&BODY)
        .fails(&WRITE)
        .fails(&[
            ErrorCode::InvalidField,
            ErrorCode::InvalidIdempotencyKey,
            ErrorCode::TooManyNotes,
        ])
}

pub(super) fn change() -> Operation {
    let changes = json!({
        "text": {"summary": "Another text", "value": {"text": "ask about the island"}},
        "moment": {"summary": "About no moment any more", "value": {"at_ms": null}},
        "bookmark": {"summary": "A bookmark from now on",
            "value": {"kind": "bookmark", "at_ms": 15_000}},
    });
    of_one("change_note", "Change a note")
        .json("ChangeNote", true, changes)
        .gives(200, "The note as it is now.", "Note", examples::note())
        .fails(&BODY)
        .fails(&WRITE)
        .fails(&[ErrorCode::InvalidField])
}

pub(super) fn delete() -> Operation {
    of_one("delete_note", "Delete a note").answers(204, "It is gone.", Value::Null)
}
