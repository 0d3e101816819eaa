//! Pages that other programs have made of a report.

use std::{path::Path, process::Command};

/// The texts of the pages of a PDF.
pub(crate) fn pages(pdf: &Path) -> Vec<String> {
    let text = read(Command::new("pdftotext").arg("-layout").arg(pdf).arg("-"));
    let mut pages: Vec<String> = text.split('\u{c}').map(str::to_owned).collect();
    assert_eq!(pages.pop().as_deref(), Some(""), "behind the last page");
    pages
}

/// The pages are numbered and hold the text, and the first one ends as page one should.
pub(crate) fn assert_pages(name: &str, expected: &str, pages: &[String]) {
    let (count, text) = (pages.len(), pages.concat());
    eprintln!("{name}: {count} pages");
    assert!(text.contains(expected), "{name}: {text:.2000}");
    assert!(text.contains(&format!("Page {count} of {count}")), "{name}");
    let contents = "In this report: ";
    assert!(
        pages[0].contains(contents),
        "{name}: the first page is too long"
    );
}

/// The addresses that a PDF leads to, a line to each.
pub(crate) fn links(pdf: &Path) -> String {
    read(Command::new("pdfinfo").arg("-url").arg(pdf))
}

fn read(command: &mut Command) -> String {
    let output = command.output();
    let output = output.expect("poppler-utils, which `scripts/test` installs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
