//! Pages of every sort as Chromium prints them.

use std::{fs, path::Path, process::Command};

use crate::support::{
    cases,
    pdf::{assert_pages, pages},
};

#[test]
fn chromium_prints_every_page() {
    let folder = tempfile::tempdir().expect("a folder");
    for case in cases() {
        let name = case.name;
        let html = case.render().page.html;
        eprintln!("{name}: {} bytes", html.len());
        let page = folder.path().join("page.html");
        fs::write(&page, html).expect("written");
        let pages = pages(&print(folder.path(), &page));
        assert_pages(name, case.expected, &pages);
    }
}

/// Prints a page and returns the PDF.
fn print(folder: &Path, page: &Path) -> std::path::PathBuf {
    let pdf = folder.join("page.pdf");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .arg(format!("--user-data-dir={}/profile", folder.display()))
        .arg("--no-pdf-header-footer")
        .arg(format!("--print-to-pdf={}", pdf.display()))
        .arg(format!("file://{}", page.display()))
        .output();
    let output = output.expect("Chromium, which `scripts/test` installs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    pdf
}
