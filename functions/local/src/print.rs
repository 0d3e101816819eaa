//! What commands print: tables for people, JSON for programs.

use std::io::{self, Write as _};

use comfy_table::{Table, presets};
use serde::Serialize;

/// The most characters of a title in a table.
const MAX_CELL: usize = 60;

/// Text of others on one line, without the control characters by which it could change what a
/// terminal shows.
pub(crate) fn plain(text: &str) -> String {
    let clean = text.chars().map(|letter| match letter {
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
        letter if letter.is_control() => ' ',
        letter => letter,
    });
    clean.collect()
}

/// The same of several lines.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// The same, short enough for a table.
pub(crate) fn cell(text: &str) -> String {
    let text = plain(text);
    if text.chars().count() <= MAX_CELL {
        return text;
    }
    let start: String = text.chars().take(MAX_CELL - 1).collect();
    format!("{}…", start.trim_end())
}

/// Prints rows below their headings.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(headings);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for row in rows {
        table.add_row(row);
    }
    write_lines(&table.to_string())
}

/// Prints text, its lines without white space at their ends.
pub(crate) fn write_lines(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in text.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Prints JSON.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)
}

/// A time in a recording: `1:02:05`, or `2:05`.
pub(crate) fn clock(ms: u64) -> String {
    let seconds = ms / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        return format!("{minutes}:{seconds:02}");
    }
    format!("{hours}:{minutes:02}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_control_a_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\u{202e}c\n"), "a [2Jb c ");
        assert_eq!(plain_lines("a\u{7}\nb"), "a \nb");
    }

    #[test]
    fn long_titles_are_shortened_by_characters() {
        let long = "ä".repeat(MAX_CELL + 1);
        assert_eq!(cell(&long).chars().count(), MAX_CELL);
        assert!(cell(&long).ends_with('…'));
        assert_eq!(cell("ä"), "ä");
    }

    #[test]
    fn times_have_hours_only_where_there_are_any() {
        assert_eq!(clock(125_400), "2:05");
        assert_eq!(clock(3_725_000), "1:02:05");
    }
}
