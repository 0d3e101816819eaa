//! `audit`, `repair`, `backup` and `restore`: what an operator does with a data directory.
//!
//! The exit code is 0 when all is well, 3 when there are findings, 1 when the command
//! failed.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Subcommand;
use config::SystemClock;
use domain::{
    audit::{self, AuditReport, BucketRole, Finding},
    pipeline::Pipeline,
    ports::Clock,
};
use embedded::{
    Store, StoreOptions,
    maintenance::{self, Inspection, Manifest, Repair},
};
use serde::Serialize;

/// The exit code for findings.
const FINDINGS: u8 = 3;

#[derive(Subcommand)]
pub(crate) enum Maintenance {
    /// Compare documents with objects, and objects with files; changes nothing
    Audit {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the files in quarantine, and restore those that the database names
    Repair {
        /// Restore the files; without it, print what would be done
        #[arg(long)]
        apply: bool,
        /// Accept a database and an object folder that do not match; files that the
        /// database does not name go to quarantine, and nothing is deleted
        #[arg(long)]
        adopt: bool,
    },
    /// Copy everything into a new folder, also while the service runs
    Backup {
        /// The folder, new or empty
        folder: PathBuf,
    },
    /// Restore a backup while the service is stopped
    Restore {
        /// The folder that `backup` wrote
        folder: PathBuf,
        /// Move the current contents of the data directory aside, into `replaced-…` inside it
        #[arg(long)]
        replace: bool,
    },
}

/// Does it on `data_dir`; answers the exit code.
pub(crate) async fn run(command: Maintenance, data_dir: &Path) -> anyhow::Result<u8> {
    let mut out = io::stdout().lock();
    match command {
        Maintenance::Audit { json } => audit(data_dir, json, &mut out).await,
        Maintenance::Repair { apply, adopt } => repair(data_dir, apply, adopt, &mut out),
        Maintenance::Backup { folder } => {
            let manifest = maintenance::backup(data_dir, &folder, SystemClock.now())?;
            writeln!(out, "{} in `{}`", described(&manifest), folder.display())?;
            Ok(if manifest.missing.is_empty() {
                0
            } else {
                FINDINGS
            })
        }
        Maintenance::Restore { folder, replace } => {
            let now = SystemClock.now();
            let restored = maintenance::restore(&folder, data_dir, replace, now)?;
            writeln!(
                out,
                "{} restored to `{}`",
                described(&restored.manifest),
                data_dir.display()
            )?;
            if let Some(replaced) = restored.replaced {
                writeln!(out, "the previous contents are in `{}`", replaced.display())?;
            }
            Ok(0)
        }
    }
}

fn described(manifest: &Manifest) -> String {
    let missing = match manifest.missing.len() {
        0 => String::new(),
        count => format!(" ({count} were missing before)"),
    };
    format!(
        "database of {} and {} objects{missing}, {} bytes",
        manifest.created_at, manifest.objects, manifest.bytes
    )
}

/// Everything that an audit finds, as `--json` prints it.
#[derive(Serialize)]
struct FullAudit {
    #[serde(flatten)]
    report: AuditReport,
    files: Inspection,
}

async fn audit(data_dir: &Path, json: bool, out: &mut impl Write) -> anyhow::Result<u8> {
    let store = Store::open_to_read(StoreOptions {
        data_dir: data_dir.to_owned(),
        public_url: String::new(),
        pipeline: Arc::new(Pipeline::ours()),
        clock: Arc::new(SystemClock),
    })?;
    let (uploads, artifacts) = (store.bucket("uploads"), store.bucket("artifacts"));
    let full = FullAudit {
        report: audit::run(&*store.records(), &*uploads, &*artifacts).await?,
        files: maintenance::inspect(data_dir)?,
    };
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&full)?)?;
    } else {
        let AuditReport {
            interviews,
            documents,
            objects,
            findings,
        } = &full.report;
        writeln!(
            out,
            "{interviews} interviews, {documents} documents below them, {objects} objects"
        )?;
        for finding in findings {
            writeln!(out, "{}", line(finding))?;
        }
        print_files(&full.files, out)?;
    }
    let is_clean = full.report.is_clean() && full.files.is_clean();
    Ok(if is_clean { 0 } else { FINDINGS })
}

fn line(finding: &Finding) -> String {
    let bucket = |bucket: &BucketRole| match bucket {
        BucketRole::Uploads => "uploads",
        BucketRole::Artifacts => "artifacts",
    };
    match finding {
        Finding::ObjectMissing {
            document,
            bucket: role,
            object,
        } => format!(
            "object missing: {}/{object}, named by {document}",
            bucket(role)
        ),
        Finding::ObjectUnreferenced {
            bucket: role,
            object,
        } => format!("object that no document names: {}/{object}", bucket(role)),
        Finding::ObjectWithoutInterview {
            bucket: role,
            object,
        } => format!("object without an interview: {}/{object}", bucket(role)),
        Finding::DocumentWithoutInterview { document } => {
            format!("document without an interview: {document}")
        }
    }
}

fn print_files(files: &Inspection, out: &mut impl Write) -> io::Result<()> {
    if let Some(mismatch) = &files.mismatch {
        writeln!(out, "the service will not start: {mismatch}")?;
    }
    for missing in &files.missing {
        let remedy = if missing.can_be_linked {
            "in quarantine; `interviewlens repair --apply` restores it"
        } else {
            "restore it from a backup"
        };
        let (bucket, object, file) = (&missing.bucket, &missing.object, &missing.file);
        writeln!(out, "file missing: {file} of {bucket}/{object}, {remedy}")?;
    }
    for quarantined in &files.quarantined {
        let (file, size) = (&quarantined.file, quarantined.size_bytes);
        writeln!(out, "file in quarantine: {file}, {size} bytes")?;
    }
    Ok(())
}

fn repair(data_dir: &Path, apply: bool, adopt: bool, out: &mut impl Write) -> anyhow::Result<u8> {
    let left = match (adopt, apply) {
        (true, _) => after(maintenance::repair(data_dir, Repair::Adopt)?, out)?,
        (false, true) => after(maintenance::repair(data_dir, Repair::Relink)?, out)?,
        (false, false) => maintenance::inspect(data_dir)?,
    };
    print_files(&left, out)?;
    if left.is_clean() {
        writeln!(out, "nothing to repair")?;
        return Ok(0);
    }
    Ok(FINDINGS)
}

/// Prints what has changed; returns what is left.
fn after(
    (before, after): (Inspection, Inspection),
    out: &mut impl Write,
) -> io::Result<Inspection> {
    for missing in &before.missing {
        if !after.missing.contains(missing) {
            let (bucket, object) = (&missing.bucket, &missing.object);
            writeln!(out, "restored: {bucket}/{object}")?;
        }
    }
    if let Some(mismatch) = &before.mismatch {
        writeln!(out, "accepted: {mismatch}")?;
    }
    Ok(after)
}
