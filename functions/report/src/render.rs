//! The document, part by part.

use crate::{
    content::{ContentBlock, ReportContent, Section},
    docx_patch, metrics, notes, pack, recording, sections, styles,
    text::clean,
    title, transcript, unusable,
};
use docx_rs::{
    AlignmentType, DocumentChild, Docx, Footer, Header, NumPages, PageMargin, PageNum, Paragraph,
    Run,
};

/// The document could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The XML could not be written.
    #[error("writing the document")]
    Write(#[source] zip::result::ZipError),
    /// A picture could not be drawn.
    #[error("drawing a picture")]
    Picture(#[source] png::EncodingError),
    /// It could not be compressed.
    #[error("compressing the document")]
    Compress(#[source] std::io::Error),
}

/// The report as a Word document. The same content gives the same bytes.
pub fn render(content: &ReportContent<'_>) -> Result<Vec<u8>, RenderError> {
    let sections = sections(content)?;
    let mut document = page(content);
    let front = unusable::block(content).into_iter();
    let front = front.chain(title::block(content));
    for block in front.chain(title::contents(&sections)) {
        add(&mut document, block);
    }
    for (index, section) in sections.into_iter().enumerate() {
        let heading = styles::heading(index + 1, section.anchor, section.title);
        add(&mut document, heading.into());
        for block in section.blocks {
            add(&mut document, block);
        }
    }
    pack::compress(document, &docx_patch::DocxPatch::new(content))
}

/// All parts that have something to say, in order.
fn sections(content: &ReportContent<'_>) -> Result<Vec<Section>, RenderError> {
    let all = [
        sections::summary(content),
        sections::caveats(content),
        recording::section(content)?,
        metrics::section(content),
        sections::key_points(content),
        sections::topics(content),
        sections::questions(content),
        sections::competencies(content),
        sections::strengths(content),
        sections::concerns(content),
        sections::follow_ups(content),
        notes::section(content),
        transcript::section(content),
    ];
    Ok(all
        .into_iter()
        .filter(|section| !section.blocks.is_empty())
        .collect())
}

fn page(content: &ReportContent<'_>) -> Docx {
    let title = clean(content.interview.title.reveal());
    let header = Paragraph::new()
        .style("Header")
        .add_run(Run::new().add_text(title));
    let footer = Paragraph::new()
        .style("Footer")
        .align(AlignmentType::Center)
        .add_run(Run::new().add_text("Page "))
        .add_page_num(PageNum::new())
        .add_run(Run::new().add_text(" of "))
        .add_num_pages(NumPages::new());
    let written = content.analysis.created_at.to_string();
    styles::define(Docx::new())
        .doc_id(content.interview.id.as_str())
        .created_at(&written)
        .updated_at(&written)
        .page_size(11_906, 16_838)
        .page_margin(
            PageMargin::new()
                .top(1_300)
                .bottom(1_200)
                .left(1_250)
                .right(1_250),
        )
        .header(Header::new().add_paragraph(header))
        .footer(Footer::new().add_paragraph(footer))
}

/// What the library's `add_paragraph` and `add_table` do, less moving the whole
/// document, which has five kilobytes, in and out each time.
fn add(document: &mut Docx, block: ContentBlock) {
    let (child, has_numbering) = match block {
        ContentBlock::Paragraph(paragraph) => {
            let has_numbering = paragraph.has_numbering;
            (DocumentChild::Paragraph(paragraph), has_numbering)
        }
        ContentBlock::Table(table) => {
            let has_numbering = table.has_numbering;
            (DocumentChild::Table(table), has_numbering)
        }
    };
    document.document.has_numbering |= has_numbering;
    document.document_rels.has_numberings |= has_numbering;
    document.document.children.push(child);
}
