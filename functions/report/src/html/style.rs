//! The style sheet, with what depends on the report: the policy of the page lets in no
//! style of a single element.

use std::collections::BTreeSet;

use crate::{
    colour::{self, AMBER, GREEN, GREY, RED, RED_TINT},
    document::{Block, Document, Table},
};

/// The rules for all reports.
const RULES: &str = include_str!("report.css");

/// Speakers with a colour of their own.
const SPEAKERS: u32 = 6;

/// The style sheet of a report.
pub(super) fn sheet(report: &Document<'_>) -> String {
    let colours = format!(
        ":root{{--grey:#{GREY};--red:#{RED};--red-tint:#{RED_TINT};--green:#{GREEN};\
         --amber:#{AMBER}}}\n"
    );
    let speakers = (0..SPEAKERS).map(|speaker| {
        let (index, colour) = (colour::index(speaker), colour::hex(speaker));
        format!(".speaker-{index}{{color:#{colour};fill:#{colour}}}\n")
    });
    std::iter::once(colours)
        .chain([RULES.to_owned()])
        .chain(speakers)
        .chain(of_tables(report))
        .collect()
}

/// The widths of columns and the least heights of rows.
fn of_tables(report: &Document<'_>) -> Vec<String> {
    let tables: Vec<&Table<'_>> = report
        .blocks()
        .filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
        .collect();
    let widths: BTreeSet<usize> = tables.iter().flat_map(|own| own.widths.clone()).collect();
    let widths = widths.into_iter().map(|width| {
        let (per_cent, tenth) = (width / 10, width % 10);
        format!(".{}{{width:{per_cent}.{tenth}%}}\n", width_class(width))
    });
    let rows = tables.iter().flat_map(|own| &own.rows);
    let heights = rows.map(|row| row.least_mm).filter(|height| *height > 0);
    let heights: BTreeSet<u32> = heights.collect();
    let heights = heights
        .into_iter()
        .map(|height| format!(".{}{{height:{height}mm}}\n", height_class(height)));
    widths.chain(heights).collect()
}

/// The class of a column's width, in thousandths of the table's.
pub(super) fn width_class(thousandths: usize) -> String {
    format!("width-{thousandths}")
}

/// The class of a row's least height.
pub(super) fn height_class(millimetres: u32) -> String {
    format!("height-{millimetres}")
}
