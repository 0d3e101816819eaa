//! Writes reports of every sort into a folder, to be looked at: `reports FOLDER`.
//! With `--time` before it, a report of two hours with 2,000 turns is written a
//! hundred times, and the time that one takes is printed. With `--example SAMPLES` before it
//! the report of the bundled interview is written; SAMPLES is a file of its samples, mono, of
//! 16 bits at 16 kHz.

use std::{env::args, fs, io::Error, path::Path, time::Instant};

use report::{ReportContent, render};
use support::{
    cases, chatter,
    collection::collection,
    example::{example, waveform_of},
    full_analysis, interview, notes, transcript, waveform,
};

#[path = "../tests/it/support/mod.rs"]
mod support;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [folder] => write_all(Path::new(folder)),
        ["--time", folder] => time(Path::new(folder)),
        ["--example", samples, folder] => write_example(samples, Path::new(folder)),
        _ => Err(Error::other(
            "usage: reports [--time | --example SAMPLES] FOLDER",
        )),
    }
}

fn write_all(folder: &Path) -> Result<(), Error> {
    for case in cases() {
        let rendered = case.render();
        fs::write(folder.join(format!("{}.docx", case.name)), rendered.docx)?;
        fs::write(
            folder.join(format!("{}.html", case.name)),
            rendered.page.html,
        )?;
    }
    for (name, interviews, competencies) in [("collection", 5, 3), ("wide collection", 12, 7)] {
        let content = collection(interviews, competencies);
        let docx = report::collection_report(&content).map_err(Error::other)?;
        fs::write(folder.join(format!("{name}.docx")), docx)?;
    }
    Ok(())
}

/// Without an address: the interview is nowhere to be listened to.
fn write_example(samples: &str, folder: &Path) -> Result<(), Error> {
    let (interview, transcript, analysis, notes) = example();
    let waveform = waveform_of(&fs::read(samples)?);
    let content = ReportContent {
        interview: &interview,
        transcript: &transcript,
        analysis: &analysis,
        waveform: Some(&waveform),
        notes: &notes,
        assessment: None,
        public_url: None,
    };
    let rendered = render(&content).map_err(Error::other)?;
    fs::write(folder.join("example-report.docx"), rendered.docx)?;
    fs::write(folder.join("example-report.html"), rendered.page.html)
}

#[expect(clippy::print_stdout, reason = "what it is for")]
fn time(folder: &Path) -> Result<(), Error> {
    const TIMES: u32 = 100;
    let lines = chatter(2_000, 9);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (interview, transcript) = (interview("two hours"), transcript(&lines));
    let (analysis, notes) = (full_analysis(), notes());
    let waveform = waveform(transcript.head.duration_ms);
    let content = ReportContent {
        interview: &interview,
        transcript: &transcript,
        analysis: &analysis,
        waveform: Some(&waveform),
        notes: &notes,
        assessment: None,
        public_url: Some("https://interviews.example"),
    };
    let began = Instant::now();
    let mut bytes = Vec::new();
    for _ in 0..TIMES {
        bytes = render(&content).map_err(Error::other)?.docx;
    }
    let each = began.elapsed() / TIMES;
    fs::write(folder.join("two hours.docx"), &bytes)?;
    println!("{:.1} {}", each.as_secs_f64() * 1_000.0, bytes.len());
    Ok(())
}
