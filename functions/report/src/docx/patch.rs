//! What the library leaves to be done in the document's XML: its language, its title and
//! author, alternative text for its pictures, heads of tables that are repeated on each page,
//! and text from right to left.

use super::{tables::HEAD_HEIGHT, text::RIGHT_TO_LEFT};
use crate::{
    AUTHOR,
    document::{Block, Document},
    text::escape,
};

/// How the library writes what describes a picture, each alike.
const PICTURE: &str = r#"<wp:docPr id="1" name="Figure" />"#;

/// What is put into the parts of a document.
pub(super) struct DocxPatch {
    /// The element that sets the language.
    language: String,
    /// The title and the author.
    properties: [(&'static str, String); 3],
    /// What each picture shows.
    descriptions: Vec<String>,
}

impl DocxPatch {
    pub(super) fn new(report: &Document<'_>) -> Self {
        let blocks = report.blocks();
        let descriptions = blocks.filter_map(|block| match block {
            Block::Picture(picture) => Some(picture.description.clone()),
            _ => None,
        });
        let end = "</cp:coreProperties>";
        let title = format!("<dc:title>{}</dc:title>{end}", escape(report.title));
        Self {
            language: language(report.language),
            properties: [
                ("<dc:creator>unknown<", format!("<dc:creator>{AUTHOR}<")),
                (
                    "<cp:lastModifiedBy>unknown<",
                    format!("<cp:lastModifiedBy>{AUTHOR}<"),
                ),
                (end, title),
            ],
            descriptions: descriptions.collect(),
        }
    }

    /// A part as it is to be, by its name in the package.
    pub(super) fn apply(&self, part: &str, xml: Vec<u8>) -> Vec<u8> {
        match part {
            "word/styles.xml" => edit(xml, |xml| {
                let fonts = "</w:rPr></w:rPrDefault>";
                let xml = xml.replacen(fonts, &format!("{}{fonts}", self.language), 1);
                xml.replacen("</w:styles>", &format!("{}</w:styles>", right_to_left()), 1)
            }),
            "word/document.xml" => edit(xml, |xml| {
                let head = format!(r#"<w:trHeight w:val="{HEAD_HEIGHT}" w:hRule="auto" />"#);
                self.describe(&xml).replace(&head, "<w:tblHeader />")
            }),
            "docProps/core.xml" => edit(xml, |xml| {
                let properties = self.properties.iter();
                properties.fold(xml, |xml, (from, to)| xml.replacen(from, to, 1))
            }),
            _ => xml,
        }
    }

    fn describe(&self, xml: &str) -> String {
        let mut pieces = xml.split(PICTURE);
        let first = pieces.next().unwrap_or("").to_owned();
        let texts = self
            .descriptions
            .iter()
            .map(String::as_str)
            .chain(std::iter::repeat(""));
        let described = pieces.zip(texts).zip(1..);
        described.fold(first, |xml, ((rest, text), number)| {
            let text = escape(text);
            xml + &format!(r#"<wp:docPr id="{number}" name="Picture {number}" descr="{text}" />"#)
                + rest
        })
    }
}

fn edit(xml: Vec<u8>, change: impl FnOnce(String) -> String) -> Vec<u8> {
    match String::from_utf8(xml) {
        Ok(xml) => change(xml).into_bytes(),
        Err(other) => other.into_bytes(),
    }
}

/// The language of the conversation: for the script it is written in, so that
/// the headings, which are English, are still taken for English in Arabic or
/// Japanese documents.
fn language(tag: &str) -> String {
    const RIGHT_TO_LEFT: [&str; 8] = ["ar", "dv", "fa", "he", "ps", "sd", "ur", "yi"];
    const EAST_ASIAN: [&str; 4] = ["ja", "ko", "yue", "zh"];
    let tag = escape(tag);
    let primary = tag.split('-').next().unwrap_or("").to_ascii_lowercase();
    if RIGHT_TO_LEFT.contains(&primary.as_str()) {
        format!(r#"<w:lang w:val="en-US" w:bidi="{tag}" />"#)
    } else if EAST_ASIAN.contains(&primary.as_str()) {
        format!(r#"<w:lang w:val="en-US" w:eastAsia="{tag}" />"#)
    } else {
        format!(r#"<w:lang w:val="{tag}" />"#)
    }
}

/// A style of text, since the library knows paragraphs from right to left only.
fn right_to_left() -> String {
    format!(
        r#"<w:style w:type="character" w:styleId="{RIGHT_TO_LEFT}"><w:name w:val="Right to left" /><w:rPr><w:rtl /></w:rPr></w:style>"#
    )
}
