//! Reports of every sort as LibreOffice reads them: opened without repair, and
//! turned into pages that hold what they should.

use std::{fs, path::Path, process::Command};

use support::cases;

mod support;

#[test]
fn libreoffice_makes_pages_of_every_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = cases();
    for case in &cases {
        let bytes = case.render();
        eprintln!("{}: {} bytes", case.name, bytes.len());
        fs::write(folder.path().join(format!("{}.docx", case.name)), bytes).expect("written");
    }
    convert(folder.path());
    for case in &cases {
        let text = text(&folder.path().join(format!("{}.pdf", case.name)));
        let pages = text.matches('\u{c}').count();
        eprintln!("{}: {pages} pages", case.name);
        assert!(text.contains(case.expected), "{}: {text:.2000}", case.name);
        assert!(
            text.contains(&format!("Page {pages} of {pages}")),
            "{}",
            case.name
        );
        // What Word's own table of contents would leave there.
        assert!(
            !text.contains("TOC \\o") && !text.contains("PAGEREF"),
            "{}",
            case.name
        );
    }
}

/// Turns all documents of a folder into PDF.
fn convert(folder: &Path) {
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let documents = fs::read_dir(folder).expect("the folder");
    let documents = documents.map(|entry| entry.expect("an entry").path());
    let mut command = Command::new("soffice");
    command
        .args([&profile, "--headless", "--convert-to", "pdf", "--outdir"])
        .arg(folder);
    let output = command.args(documents).output();
    let output = output.expect("LibreOffice, which `scripts/test` installs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn text(pdf: &Path) -> String {
    let output = Command::new("pdftotext")
        .arg("-layout")
        .arg(pdf)
        .arg("-")
        .output();
    let output = output.expect("pdftotext, which `scripts/test` installs");
    assert!(output.status.success(), "{}: no pages", pdf.display());
    String::from_utf8_lossy(&output.stdout).into_owned()
}
