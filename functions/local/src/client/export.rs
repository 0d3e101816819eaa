//! `interviewlens export`.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use futures::StreamExt as _;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{
    arguments::{ExportArguments, PageOptions},
    connection::Connection,
    error::ClientError,
    pages,
    products::{Format, recording_name},
    retry::Waits,
    shown::{Interview, checked_id},
};
use crate::{
    exit::{Exit, complain},
    print::{self, cell},
};

/// What became of an interview.
#[derive(Default)]
struct Exported {
    id: String,
    out: PathBuf,
    title: String,
    status: String,
    /// The names of the files that were written.
    files: Vec<String>,
    /// What the interview does not have.
    missing: Vec<&'static str>,
    error: Option<ClientError>,
}

impl Exported {
    fn exit(&self) -> Exit {
        let error = self.error.as_ref().map(ClientError::exit);
        error.unwrap_or_else(|| Exit::of_status(&self.status))
    }

    fn json(&self) -> Value {
        json!({"interview_id": self.id, "title": self.title, "status": self.status,
            "out": self.out.to_string_lossy(), "files": self.files, "missing": self.missing,
            "error": self.error.as_ref().map(ClientError::json)})
    }

    fn row(&self) -> Vec<String> {
        let note = match &self.error {
            Some(error) => error.to_string(),
            None if self.missing.is_empty() => String::new(),
            None => format!("without {}", self.missing.join(", ")),
        };
        let out = if self.files.is_empty() {
            "–".into()
        } else {
            self.out.display().to_string()
        };
        vec![
            cell(&self.id),
            cell(&self.title),
            cell(&self.status),
            self.files.len().to_string(),
            out,
            cell(&note),
        ]
    }
}

/// Downloads the results of interviews.
pub(super) async fn run(
    connection: &Connection,
    arguments: ExportArguments,
    json: bool,
) -> Result<Exit, ClientError> {
    let ids = match &arguments.collection {
        Some(collection) => members(connection, collection).await?,
        None => arguments.ids,
    };
    for id in &ids {
        checked_id("the argument", id)?;
    }
    let is_single = arguments.collection.is_none() && ids.len() == 1;
    let mut all = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let out = if is_single {
            arguments.out.clone()
        } else {
            arguments.out.join(id)
        };
        let count = ids.len();
        if count > 1 {
            writeln!(io::stderr(), "{} of {count}: {id}", index + 1)?;
        }
        let exported = export(connection, id, out, &arguments.formats).await;
        if let Some(error) = &exported.error {
            complain(&format!("{id}: {}", error.message()));
        }
        let is_over = matches!(exported.exit(), Exit::Denied | Exit::Unreachable);
        all.push(exported);
        let left = count - all.len();
        if is_over && left > 0 {
            complain(&format!("{left} more interviews were not tried"));
            break;
        }
    }
    if json {
        let items: Vec<Value> = all.iter().map(Exported::json).collect();
        print::json(&json!({"items": items}))?;
    } else {
        let rows: Vec<_> = all.iter().map(Exported::row).collect();
        let headings = ["INTERVIEW", "TITLE", "STATUS", "FILES", "RESULTS", "NOTE"];
        print::table(&headings, &rows)?;
    }
    Ok(all.iter().map(Exported::exit).max().unwrap_or(Exit::Done))
}

/// The ids of the interviews of a collection.
async fn members(connection: &Connection, collection: &str) -> Result<Vec<String>, ClientError> {
    let collection = checked_id("--collection", collection)?;
    // An unknown one is an error, not an empty list.
    connection
        .get(&["v1", "collections", collection], &[])
        .await?;
    let filters = [("collection_id", Some(collection.to_owned()))];
    let all = PageOptions {
        limit: u32::MAX,
        page_token: None,
        all: true,
    };
    let page = pages::read(connection, &["v1", "interviews"], &filters, all).await?;
    let ids = page.items.iter().filter_map(|item| item["id"].as_str());
    Ok(ids.map(str::to_owned).collect())
}

async fn export(connection: &Connection, id: &str, out: PathBuf, formats: &[Format]) -> Exported {
    let mut exported = Exported {
        id: id.to_owned(),
        out,
        ..Exported::default()
    };
    let written = write(connection, formats, &mut exported).await;
    exported.error = written.err();
    exported
}

async fn write(
    connection: &Connection,
    formats: &[Format],
    exported: &mut Exported,
) -> Result<(), ClientError> {
    let id = exported.id.clone();
    let query = [("fields", "notes".to_owned())];
    let found = connection.get(&["v1", "interviews", &id], &query).await?;
    let interview = Interview::read(&found)?;
    (exported.title, exported.status) = (interview.title.clone(), interview.status.clone());
    let out = &exported.out;
    let writing = |error| ClientError::file("writing", out, error);
    fs::create_dir_all(out).map_err(writing)?;
    for format in formats {
        let (name, url) = match (format, format.resource()) {
            (_, Some(resource)) => {
                let url = connection.url(&["v1", "interviews", &id, resource], &[]);
                (format.file_name().to_owned(), Some(url))
            }
            (Format::Recording, _) => {
                let audio = interview.audio.as_ref();
                let name = recording_name(audio.map_or("", |audio| &audio.filename));
                let path = audio.and_then(|audio| audio.url.as_deref());
                let url = path.map(|path| connection.url_of_path(path));
                (name, url.transpose()?)
            }
            (other, None) => {
                let name = other.file_name().to_owned();
                let text =
                    serde_json::to_vec_pretty(&found).map_err(|error| writing(error.into()))?;
                save(out, &name, &text).map_err(writing)?;
                exported.files.push(name);
                continue;
            }
        };
        let is_there = match url {
            Some(url) => download(connection, &url, &out.join(&name)).await?,
            None => false,
        };
        if is_there {
            exported.files.push(name);
        } else {
            exported.missing.push(format.file_name());
        }
    }
    Ok(())
}

fn save(out: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    let mut file = unfinished(out)?;
    file.write_all(text)?;
    file.persist(out.join(name))?;
    Ok(())
}

/// A file that has no name yet, with the permissions that new files have.
fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    let permissions = fs::Permissions::from_mode(0o666);
    let mut builder = tempfile::Builder::new();
    builder.permissions(permissions).tempfile_in(folder)
}

/// Downloads a file, all or nothing of it; whether the interview has it.
async fn download(connection: &Connection, url: &Url, path: &Path) -> Result<bool, ClientError> {
    let mut waits = Waits::new();
    loop {
        let get = || connection.request(Method::GET, url.clone());
        let response = match connection.send(get).await {
            Ok(response) => response,
            Err(error) if error.code() == Some("not_ready") => return Ok(false),
            Err(error) => return Err(error),
        };
        let writing = |error| ClientError::file("writing", path, error);
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = unfinished(folder).map_err(writing)?;
        let mut body = response.bytes_stream();
        let lost = loop {
            match body.next().await {
                None => {
                    file.persist(path).map_err(|error| writing(error.error))?;
                    return Ok(true);
                }
                Some(Ok(chunk)) => file.write_all(&chunk).map_err(writing)?,
                Some(Err(error)) => break ClientError::transport("the service", error),
            }
        };
        match waits.after(&lost) {
            Some(wait) => connection.pause(&lost, wait).await,
            None => return Err(lost),
        }
    }
}
