//! A model file by HTTP, resumed where an earlier attempt broke off.

use std::{io::SeekFrom, path::Path, time::Duration};

use futures::StreamExt as _;
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, RANGE},
};
use tokio::{
    fs::{self, File},
    io::{AsyncSeekExt as _, AsyncWriteExt as _},
};

use crate::{DownloadEvent, FetchTimeouts, Observer, PublishedModel, SourceError};

/// Bytes between two reports.
const REPORT: u64 = 512 * 1024;

/// Fetches what is missing of `part`; answers whether it went on with an earlier attempt.
pub(crate) async fn fetch(
    base: &str,
    model: &PublishedModel,
    part: &Path,
    timeouts: FetchTimeouts,
    observer: &dyn Observer,
) -> Result<bool, SourceError> {
    let client = client(timeouts)?;
    let url = format!("{base}/{}", model.file);
    let mut there = match fs::metadata(part).await {
        Ok(facts) if facts.len() <= model.bytes => facts.len(),
        _ => 0,
    };
    observer.report(DownloadEvent::Source {
        name: &host(base),
        bytes: model.bytes,
        resumed: there,
    });
    if there == model.bytes {
        return Ok(true);
    }
    let response = ask(&client, &url, part, there, timeouts).await?;
    let resumed = response.status() == StatusCode::PARTIAL_CONTENT;
    if !resumed {
        there = 0;
    }
    check_size(&response, there, model)?;
    note_etag(part, response.headers()).await;
    receive(response, part, there, model, timeouts, observer).await?;
    Ok(resumed)
}

/// The host of an address, for people.
pub(crate) fn host(base: &str) -> String {
    let url = reqwest::Url::parse(base).ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str);
    host.unwrap_or(base).to_owned()
}

fn client(timeouts: FetchTimeouts) -> Result<Client, SourceError> {
    let built = Client::builder()
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.stall)
        .user_agent(concat!("interviewlens/", env!("CARGO_PKG_VERSION")))
        .build();
    built.map_err(|error| SourceError::Connect(cause(&error)))
}

/// Requests the file, or the rest of it if it is still the same file.
async fn ask(
    client: &Client,
    url: &str,
    part: &Path,
    there: u64,
    timeouts: FetchTimeouts,
) -> Result<Response, SourceError> {
    let mut request = client.get(url);
    if there > 0 {
        request = request.header(RANGE, format!("bytes={there}-"));
        if let Ok(etag) = fs::read_to_string(etag_path(part)).await {
            request = request.header(IF_RANGE, etag);
        }
    }
    let sent = request.send().await;
    let response = sent.map_err(|error| source_error(&error, timeouts))?;
    match response.status() {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(response),
        StatusCode::RANGE_NOT_SATISFIABLE => {
            // The part belongs to another file: request the whole.
            let sent = client.get(url).send().await;
            let response = sent.map_err(|error| source_error(&error, timeouts))?;
            match response.status() {
                StatusCode::OK => Ok(response),
                status => Err(SourceError::Status(status.as_u16())),
            }
        }
        status => Err(SourceError::Status(status.as_u16())),
    }
}

/// Whether the file there has the model's size: a page that says "sign in" has not.
fn check_size(response: &Response, there: u64, model: &PublishedModel) -> Result<(), SourceError> {
    let found = if response.status() == StatusCode::PARTIAL_CONTENT {
        content_range(response.headers())
            .filter(|(start, _)| *start == there)
            .map(|(_, total)| total)
            .ok_or(SourceError::Status(StatusCode::PARTIAL_CONTENT.as_u16()))?
    } else {
        response.content_length().unwrap_or(model.bytes)
    };
    let expected = model.bytes;
    if found == expected {
        Ok(())
    } else {
        Err(SourceError::Size { found, expected })
    }
}

/// Where a range begins, and the size of the whole.
fn content_range(headers: &HeaderMap) -> Option<(u64, u64)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()?))
}

async fn receive(
    response: Response,
    part: &Path,
    there: u64,
    model: &PublishedModel,
    timeouts: FetchTimeouts,
    observer: &dyn Observer,
) -> Result<(), SourceError> {
    let total = model.bytes;
    let unwritten = |error| SourceError::file(part, total - there, error);
    let options = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(part)
        .await;
    let mut file = options.map_err(unwritten)?;
    file.set_len(there).await.map_err(unwritten)?;
    file.seek(SeekFrom::Start(there)).await.map_err(unwritten)?;
    let (mut done, mut reported) = (there, there);
    let mut bytes = response.bytes_stream();
    let outcome = loop {
        let block = match bytes.next().await {
            None => break Ok(()),
            Some(Err(error)) => break Err(interruption(&error, done, total, timeouts)),
            Some(Ok(block)) => block,
        };
        done += block.len() as u64;
        if done > total {
            break Err(SourceError::Size {
                found: done,
                expected: total,
            });
        }
        if let Err(error) = file.write_all(&block).await {
            break Err(SourceError::file(part, total - there, error));
        }
        if done - reported >= REPORT || done == total {
            reported = done;
            observer.report(DownloadEvent::Bytes { done, total });
        }
    };
    // What came is kept for the next attempt.
    let flushed = file.flush().await;
    outcome?;
    flushed.map_err(unwritten)?;
    if done < total {
        return Err(SourceError::CutShort { done, total });
    }
    Ok(())
}

fn interruption(
    error: &reqwest::Error,
    done: u64,
    total: u64,
    timeouts: FetchTimeouts,
) -> SourceError {
    match source_error(error, timeouts) {
        stalled @ SourceError::Stalled(_) => stalled,
        _ => SourceError::CutShort { done, total },
    }
}

fn source_error(error: &reqwest::Error, timeouts: FetchTimeouts) -> SourceError {
    if error.is_connect() {
        return SourceError::Connect(cause(error));
    }
    if error.is_timeout() {
        return SourceError::Stalled(seconds(timeouts.stall));
    }
    SourceError::Connect(cause(error))
}

fn seconds(duration: Duration) -> u64 {
    duration.as_secs().max(1)
}

/// The innermost reason, which names no address.
fn cause(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

fn etag_path(part: &Path) -> std::path::PathBuf {
    part.with_extension("part.etag")
}

/// Notes which version of the file the part belongs to, where the host says so with a
/// strong validator.
async fn note_etag(part: &Path, headers: &HeaderMap) {
    let etag = headers.get(ETAG).and_then(|etag| etag.to_str().ok());
    let path = etag_path(part);
    let noted = match etag.filter(|etag| !etag.starts_with("W/")) {
        Some(etag) => fs::write(&path, etag).await,
        None => fs::remove_file(&path).await,
    };
    if let Err(error) = noted.map_err(|error| error.kind()) {
        tracing::debug!(event = "model.etag_not_stored", %error, "the version of a download was not stored; it cannot be resumed");
    }
}

/// Removes a part that is not to be gone on with.
pub(crate) async fn discard(part: &Path) {
    for path in [part.to_owned(), etag_path(part)] {
        if let Err(error) = fs::remove_file(&path).await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(event = "model.cleanup_failed", %error, "an incomplete download was not removed");
        }
    }
}
