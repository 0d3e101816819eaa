//! The report as a page: one file without script that loads nothing, prints as it should,
//! and is well-formed XML as well, so that tests can read it.

mod blocks;
mod spans;
mod style;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::report::content_security_policy;
use sha2::{Digest as _, Sha256};

use crate::{
    AUTHOR,
    document::{Document, Section},
    text::{escape, is_right_to_left},
};

/// A report as a page.
pub struct Page {
    /// The page in UTF-8.
    pub html: String,
    /// The SHA-256 of its style sheet in Base64: what its policy lets in.
    pub style_sha256: String,
}

/// The page. The same report gives the same text.
pub(crate) fn write(report: &Document<'_>) -> Page {
    let style = style::sheet(report);
    let style_sha256 = STANDARD.encode(Sha256::digest(&style));
    let mut html = head(report, &style, &style_sha256);
    html.push_str("<body>\n<main>\n<div class=\"first\">\n");
    if !report.alert.is_empty() {
        html.push_str("<div class=\"alert\">\n");
        blocks::write(&mut html, report, &report.alert);
        html.push_str("</div>\n");
    }
    html.push_str("<header>\n");
    html.push_str(&title(report.title));
    blocks::write(&mut html, report, &report.front);
    html.push_str("</header>\n");
    for own in &report.first_page {
        section(&mut html, report, own);
    }
    html.push_str("</div>\n");
    for own in &report.sections {
        section(&mut html, report, own);
    }
    html.push_str("</main>\n</body>\n</html>\n");
    Page { html, style_sha256 }
}

fn head(report: &Document<'_>, style: &str, style_sha256: &str) -> String {
    let policy = escape(&content_security_policy(style_sha256));
    let title = escape(report.title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\" />\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n\
         <meta name=\"author\" content=\"{AUTHOR}\" />\n\
         <meta name=\"referrer\" content=\"no-referrer\" />\n\
         <meta name=\"robots\" content=\"noindex\" />\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n"
    )
}

fn title(title: &str) -> String {
    let direction = direction(is_right_to_left(title));
    format!("<h1{direction}>{}</h1>\n", spans::text(title))
}

fn section(html: &mut String, report: &Document<'_>, own: &Section<'_>) {
    html.extend([
        "<section id=\"",
        own.anchor,
        "\">\n<h2>",
        own.title,
        "</h2>\n",
    ]);
    blocks::write(html, report, &own.blocks);
    html.push_str("</section>\n");
}

/// The attribute of what is written from right to left.
fn direction(right_to_left: bool) -> &'static str {
    if right_to_left { " dir=\"rtl\"" } else { "" }
}
