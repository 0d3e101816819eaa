//! What `process` leaves: files, a table for people, JSON for programs.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use api::exports;
use domain::{
    Interview,
    analysis::{Analysis, NO_LANGUAGE_MODEL},
    interview_store,
    ports::ObjectStore as _,
    report::StoredReport,
    usable::Usable,
    waveform::{Bits, StoredWaveform},
    webhook::PublicSteps,
};
use futures::TryStreamExt as _;
use serde::Serialize;

use crate::{
    Host,
    exit::Exit,
    print::{self, cell, clock},
};

/// What became of a file.
#[derive(Serialize)]
pub(super) struct FileResult {
    /// The file, as it was given.
    file: PathBuf,
    /// `completed`, `partial`, `failed`, or `refused` where it is no file to process.
    status: &'static str,
    /// The exit code that it has alone.
    exit_code: u8,
    /// The folder of its results.
    out: Option<PathBuf>,
    /// The files in it.
    results: Vec<&'static str>,
    /// The length of the recording.
    duration_ms: Option<u64>,
    /// How long it took.
    elapsed_ms: u64,
    /// Where its steps stand.
    steps: Option<PublicSteps>,
    /// Whether its transcript can be relied on.
    usable: Option<Usable>,
    /// Why there are no results.
    error: Option<String>,
    #[serde(skip)]
    pub(super) exit: Exit,
}

impl FileResult {
    /// A file that was not processed to the end.
    pub(super) fn without(file: PathBuf, exit: Exit, error: &anyhow::Error) -> Self {
        Self {
            file,
            status: if exit == Exit::Usage {
                "refused"
            } else {
                "failed"
            },
            exit_code: exit.code(),
            out: None,
            results: Vec::new(),
            duration_ms: None,
            elapsed_ms: 0,
            steps: None,
            usable: None,
            error: Some(format!("{error:#}")),
            exit,
        }
    }

    /// A file whose interview is settled, with its results in `out`.
    pub(super) fn of(
        file: PathBuf,
        interview: Interview,
        out: PathBuf,
        results: Vec<&'static str>,
        elapsed: Duration,
    ) -> Self {
        let status = interview.visible_status().as_str();
        let exit = Exit::of_status(status);
        let failed = interview.steps.iter().find_map(|(name, step)| {
            let error = step.error.as_ref()?;
            Some(format!("{name}: {}", error.message))
        });
        Self {
            file,
            status,
            exit_code: exit.code(),
            out: Some(out),
            results,
            duration_ms: interview.audio.as_ref().and_then(|audio| audio.duration_ms),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            error: failed.filter(|_| exit != Exit::Done),
            usable: interview.usable,
            steps: Some(interview.steps.into()),
            exit,
        }
    }

    fn row(&self) -> Vec<String> {
        let length = self.duration_ms.map_or("–".into(), clock);
        let note = match (&self.error, &self.out) {
            (Some(error), _) => cell(error),
            (None, Some(out)) => out.display().to_string(),
            (None, None) => String::new(),
        };
        vec![
            cell(&self.file.display().to_string()),
            self.status.into(),
            length,
            clock(self.elapsed_ms),
            note,
        ]
    }
}

/// Prints the results of all files.
pub(super) fn print(results: &[FileResult], json: bool) -> io::Result<()> {
    if json {
        return print::json(&BTreeMap::from([("items", results)]));
    }
    let rows: Vec<_> = results.iter().map(FileResult::row).collect();
    print::table(&["FILE", "STATUS", "LENGTH", "TOOK", "RESULTS"], &rows)
}

/// Writes the results into a folder; returns the names of the files.
pub(super) async fn leave(
    host: &Host,
    interview: &Interview,
    out: &Path,
) -> anyhow::Result<Vec<&'static str>> {
    let (records, key) = (host.store.records(), interview.key());
    for reason in interview.usable.iter().flat_map(Usable::known_reasons) {
        writeln!(io::stderr(), "warning: {}", reason.meaning())?;
    }
    let mut files = BTreeMap::new();
    if let Some(transcript) = interview_store::transcript(&*records, &key).await? {
        let json = serde_json::to_vec_pretty(&exports::json(interview, &transcript))?;
        files.insert("transcript.json", json);
        files.insert("transcript.srt", exports::srt(&transcript).into_bytes());
    }
    if let Some(document) = records.read(&key.data("analysis")).await? {
        let mut analysis: Analysis = document.decode()?;
        hint(&analysis)?;
        analysis.derived_from = analysis.derived_from.shown(interview).into();
        files.insert("analysis.json", serde_json::to_vec_pretty(&analysis)?);
    }
    if let Some(document) = records.read(&key.data("waveform")).await? {
        let waveform: StoredWaveform = document.decode()?;
        let json = waveform.to_json(Bits::Eight)?;
        files.insert("waveform.json", json.into());
    }
    if let Some(document) = records.read(&key.data("report")).await? {
        let report: StoredReport = document.decode()?;
        let artifacts = host.store.bucket("artifacts");
        let page = report.html.as_ref().map(|html| &html.object);
        for (name, object) in [("report.docx", Some(&report.object)), ("report.html", page)] {
            if let Some(object) = object {
                let (_, bytes) = artifacts.read(object, None, None).await?;
                let chunks: Vec<_> = bytes.try_collect().await?;
                files.insert(name, chunks.concat());
            }
        }
    }
    for (name, content) in &files {
        let path = out.join(name);
        fs::write(&path, content).with_context(|| format!("writing `{}`", path.display()))?;
    }
    Ok(files.into_keys().collect())
}

/// Says which settings bring a scorecard, where no language model is connected.
fn hint(analysis: &Analysis) -> anyhow::Result<()> {
    let mut warnings = analysis.warnings.iter();
    if let Some(warning) = warnings.find(|warning| warning.code == NO_LANGUAGE_MODEL) {
        writeln!(io::stderr(), "{}", warning.message)?;
    }
    Ok(())
}
