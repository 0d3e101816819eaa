//! The report as a Word document, by docx-rs.

mod bars;
mod blocks;
mod orientation;
mod pack;
mod patch;
mod styles;
mod tables;
mod text;

use docx_rs::{
    AlignmentType, DocumentChild, Docx, Footer, Header, NumPages, PageMargin, PageNum, Paragraph,
    Run,
};

use self::{
    blocks::{Writer, paragraph},
    orientation::Orientation,
    patch::DocxPatch,
};
use crate::{RenderError, document::Document, text::clean};

/// The document's bytes. The same report gives the same bytes.
pub(crate) fn write(report: &Document<'_>) -> Result<Vec<u8>, RenderError> {
    let mut document = page(report);
    let writer = Writer::new(report);
    let blocks = |own| writer.block(own, tables::TEXT_WIDTH);
    for block in report.alert.iter().flat_map(blocks) {
        add(&mut document, block);
    }
    if !report.alert.is_empty() {
        add(&mut document, paragraph(styles::gap()));
    }
    add(&mut document, paragraph(text::title(report.title)));
    for block in report.front.iter().flat_map(blocks) {
        add(&mut document, block);
    }
    let first_pages = report.first_page.len();
    let mut orientation = Orientation::Portrait;
    for (index, section) in report.all_sections().enumerate() {
        let next = Orientation::of(section);
        let turns = next != orientation;
        if turns {
            orientation::turn(&mut document, orientation);
            orientation = next;
        }
        let heading = styles::heading(index + 1, section.anchor, section.title);
        let heading = heading.page_break_before(index == first_pages && !turns);
        add(&mut document, paragraph(heading));
        let blocks = |own| writer.block(own, orientation.text_width());
        for block in section.blocks.iter().flat_map(blocks) {
            add(&mut document, block);
        }
    }
    let section = &mut document.document.section_property;
    section.page_size = orientation.page_size();
    pack::compress(document, &DocxPatch::new(report))
}

fn page(report: &Document<'_>) -> Docx {
    let header = Paragraph::new()
        .style("Header")
        .add_run(Run::new().add_text(clean(report.title)));
    styles::define(Docx::new())
        .doc_id(report.id)
        .created_at(&report.created_at)
        .updated_at(&report.created_at)
        .page_size(orientation::SHORT, orientation::LONG)
        .page_margin(
            PageMargin::new()
                .top(1_300)
                .bottom(1_200)
                .left(1_250)
                .right(1_250),
        )
        .header(Header::new().add_paragraph(header))
        // The title itself is on the first page.
        .first_header(Header::new().add_paragraph(Paragraph::new().style("Header")))
        .footer(footer())
        .first_footer(footer())
}

/// The number of the page. A copy would be given an id of its own, another one each time.
fn footer() -> Footer {
    let number = Paragraph::new()
        .style("Footer")
        .align(AlignmentType::Center)
        .add_run(Run::new().add_text("Page "))
        .add_page_num(PageNum::new())
        .add_run(Run::new().add_text(" of "))
        .add_num_pages(NumPages::new());
    Footer::new().add_paragraph(number)
}

/// What the library's `add_paragraph` and `add_table` do, less moving the whole
/// document, which has five kilobytes, in and out each time.
fn add(document: &mut Docx, child: DocumentChild) {
    let has_numbering = match &child {
        DocumentChild::Paragraph(paragraph) => paragraph.has_numbering,
        DocumentChild::Table(table) => table.has_numbering,
        _ => false,
    };
    document.document.has_numbering |= has_numbering;
    document.document_rels.has_numberings |= has_numbering;
    document.document.children.push(child);
}
