//! What a report is made from, and what it is made of.

use docx_rs::{Paragraph, Table};
use domain::{
    Interview, analysis::Analysis, note::Note, transcript::Transcript, waveform::StoredWaveform,
};

/// Everything that a report holds.
#[derive(Clone, Copy)]
pub struct ReportContent<'a> {
    /// What it is about.
    pub interview: &'a Interview,
    /// The transcript.
    pub transcript: &'a Transcript,
    /// The analysis.
    pub analysis: &'a Analysis,
    /// How loud it is; absent when that could not be found out.
    pub waveform: Option<&'a StoredWaveform>,
    /// What people wrote down, in order.
    pub notes: &'a [Note],
}

/// One part: a heading with a bookmark, and what stands below it.
pub(crate) struct Section {
    /// The bookmark's name.
    pub(crate) anchor: &'static str,
    /// The heading.
    pub(crate) title: &'static str,
    /// What stands below.
    pub(crate) blocks: Vec<ContentBlock>,
}

impl Section {
    pub(crate) fn new(
        anchor: &'static str,
        title: &'static str,
        blocks: impl IntoIterator<Item = ContentBlock>,
    ) -> Self {
        Self {
            anchor,
            title,
            blocks: blocks.into_iter().collect(),
        }
    }
}

/// A paragraph or a table.
pub(crate) enum ContentBlock {
    /// A paragraph.
    Paragraph(Box<Paragraph>),
    /// A table.
    Table(Box<Table>),
}

impl From<Paragraph> for ContentBlock {
    fn from(paragraph: Paragraph) -> Self {
        Self::Paragraph(Box::new(paragraph))
    }
}

impl From<Table> for ContentBlock {
    fn from(table: Table) -> Self {
        Self::Table(Box::new(table))
    }
}
