//! Pages that other programs have made of a report.

use std::{path::Path, process::Command};

/// The texts of the pages of a PDF.
pub(crate) fn pages(pdf: &Path) -> Vec<String> {
    let text = read(Command::new("pdftotext").arg("-layout").arg(pdf).arg("-"));
    let mut pages: Vec<String> = text.split('\u{c}').map(str::to_owned).collect();
    assert_eq!(pages.pop().as_deref(), Some(""), "behind the last page");
    pages
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
