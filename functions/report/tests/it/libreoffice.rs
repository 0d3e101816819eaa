//! Reports of every sort as LibreOffice reads them: opened without repair, and
//! turned into pages that hold what they should.

use std::{fs, path::Path, process::Command};

use crate::support::{
    cases,
    collection::collection,
    pdf::{assert_pages, links, pages},
};

#[test]
fn libreoffice_makes_pages_of_every_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = cases();
    for case in &cases {
        let bytes = case.render().docx;
        eprintln!("{}: {} bytes", case.name, bytes.len());
        fs::write(folder.path().join(format!("{}.docx", case.name)), bytes).expect("written");
    }
    let wide = report::collection_report(&collection(12, 7)).expect("a report");
    fs::write(folder.path().join("collection.docx"), wide).expect("written");
    convert(folder.path());
    let collection = folder.path().join("collection.pdf");
    assert_pages(
        "collection",
        "Competencies 5 to 7 of 7",
        &pages(&collection),
    );
    let moment = "https://interviews.example/app/interviews/i0?t=65000";
    assert!(links(&collection).contains(moment), "a time in the table");
    let links = links(&folder.path().join("example.pdf"));
    let moment = "https://interviews.example/app/interviews/i?t=5441";
    assert!(links.contains(moment), "a time in the transcript: {links}");
    for case in &cases {
        let pages = pages(&folder.path().join(format!("{}.pdf", case.name)));
        let (name, text) = (case.name, pages.concat());
        assert_pages(name, case.expected, &pages);
        // What Word's own fields would leave there.
        for field in ["TOC \\o", "PAGEREF", "HYPERLINK"] {
            assert!(!text.contains(field), "{name}: {field}");
        }
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
