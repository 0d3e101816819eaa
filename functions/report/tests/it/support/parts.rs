//! The parts of a Word document, and the texts of a page.

use std::io::{Cursor, Read};

use domain::{Interview, analysis::Analysis, transcript::Transcript};
use report::{Rendered, ReportContent, render};
use roxmltree::ParsingOptions;
use zip::ZipArchive;

use super::{notes, waveform};

/// A report with a waveform, notes and links to the recording.
pub(crate) fn rendered(
    interview: &Interview,
    transcript: &Transcript,
    analysis: &Analysis,
) -> Rendered {
    render(&ReportContent {
        interview,
        transcript,
        analysis,
        waveform: Some(&waveform(transcript.head.duration_ms)),
        notes: &notes(),
        assessment: None,
        public_url: Some("https://interviews.example"),
    })
    .unwrap()
}

/// The same as a Word document.
pub(crate) fn document(
    interview: &Interview,
    transcript: &Transcript,
    analysis: &Analysis,
) -> Vec<u8> {
    rendered(interview, transcript, analysis).docx
}

pub(crate) fn is_picture(part: &str) -> bool {
    part.starts_with("word/media/")
}

/// Every part of the package, each of which must be well-formed XML.
pub(crate) fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let texts = names.into_iter().filter(|name| !is_picture(name));
    texts
        .map(|name| {
            let mut entry = archive.by_name(&name).unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            roxmltree::Document::parse(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", entry.name()));
            (entry.name().to_owned(), text)
        })
        .collect()
}

/// A part of the package by its name.
pub(crate) fn part(bytes: &[u8], name: &str) -> String {
    let mut parts = parts(bytes).into_iter();
    parts.find(|(own, _)| own == name).unwrap().1
}

/// All texts of the document's body, a line to each run.
pub(crate) fn text(bytes: &[u8]) -> String {
    let xml = part(bytes, "word/document.xml");
    let document = roxmltree::Document::parse(&xml).unwrap();
    let texts = document.descendants().filter(|node| {
        node.has_tag_name((
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "t",
        ))
    });
    let texts: Vec<&str> = texts.filter_map(|node| node.text()).collect();
    texts.join("\n")
}

/// The page as XML, which it is as well, to be read by `read`.
pub(crate) fn with_page<T>(html: &str, read: impl FnOnce(&roxmltree::Document<'_>) -> T) -> T {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let page = roxmltree::Document::parse_with_options(html, options);
    read(&page.unwrap_or_else(|error| panic!("{error}: {html}")))
}

/// All texts of the page's body, a line to each.
pub(crate) fn page_text(html: &str) -> String {
    with_page(html, |page| {
        let body = page.descendants().find(|node| node.has_tag_name("body"));
        let texts = body.unwrap().descendants().filter(roxmltree::Node::is_text);
        let texts = texts.filter_map(|node| node.text());
        let texts: Vec<&str> = texts.filter(|text| !text.trim().is_empty()).collect();
        texts.join("\n")
    })
}
