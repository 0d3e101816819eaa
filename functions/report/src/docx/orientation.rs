//! Pages that stand upright and pages that lie on their side, for wide tables.

use docx_rs::{Docx, PageOrientationType, PageSize, Paragraph};

use super::{add, blocks::paragraph, styles, tables::TEXT_WIDTH};
use crate::document::Section;

/// The sides of A4, in twentieths of a point.
pub(super) const SHORT: u32 = 11_906;
pub(super) const LONG: u32 = 16_838;

/// How pages lie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Orientation {
    Portrait,
    Landscape,
}

impl Orientation {
    /// That of a section's pages.
    pub(super) const fn of(section: &Section<'_>) -> Self {
        if section.is_landscape {
            Self::Landscape
        } else {
            Self::Portrait
        }
    }

    /// The width of the text, in twentieths of a point.
    pub(super) const fn text_width(self) -> usize {
        match self {
            Self::Portrait => TEXT_WIDTH,
            Self::Landscape => TEXT_WIDTH + (LONG - SHORT) as usize,
        }
    }

    pub(super) fn page_size(self) -> PageSize {
        match self {
            Self::Portrait => PageSize::new().size(SHORT, LONG),
            Self::Landscape => PageSize::new()
                .size(LONG, SHORT)
                .orient(PageOrientationType::Landscape),
        }
    }
}

/// Ends the pages so far, which lie like that. Those behind have the same header and footer, by
/// reference; the first page of them is no first page of the document.
pub(super) fn turn(document: &mut Docx, before: Orientation) {
    let all = &mut document.document.section_property;
    let mut section = all.clone();
    section.page_size = before.page_size();
    // What the document itself has once.
    section.header = None;
    section.first_header = None;
    section.footer = None;
    section.first_footer = None;
    all.title_pg = false;
    let end: Paragraph = styles::gap().section_property(section);
    add(document, paragraph(end));
}
