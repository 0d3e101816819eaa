//! A model file by HTTP, resumed where an earlier attempt broke off.

use std::{io::SeekFrom, path::Path};

use futures::StreamExt as _;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, RANGE},
};
use tokio::{
    fs::{self, File},
    io::{AsyncSeekExt as _, AsyncWriteExt as _},
};

use crate::{DownloadEvent, FetchTimeouts, Observer, PublishedModel, SourceError};

/// Bytes between two reports.
const REPORT: u64 = 512 * 1024;

/// A model file on its way into an incomplete file of the cache.
pub(crate) struct Download<'a> {
    pub(crate) model: &'a PublishedModel,
    pub(crate) part: &'a Path,
    pub(crate) timeouts: FetchTimeouts,
    pub(crate) observer: &'a dyn Observer,
}

/// The host of an address, for people.
pub(crate) fn host(base: &str) -> String {
    let url = reqwest::Url::parse(base).ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str);
    host.unwrap_or(base).to_owned()
}

impl Download<'_> {
    /// Fetches what is missing of the part; answers whether it went on with an earlier attempt.
    pub(crate) async fn fetch(&self, base: &str) -> Result<bool, SourceError> {
        let client = self.client()?;
        let url = format!("{base}/{}", self.model.file);
        let bytes = self.model.bytes;
        let mut there = match fs::metadata(self.part).await {
            Ok(facts) if facts.len() <= bytes => facts.len(),
            _ => 0,
        };
        self.observer.report(DownloadEvent::Source {
            name: &host(base),
            bytes,
            resumed: there,
        });
        if there == bytes {
            return Ok(true);
        }
        let response = self.ask(&client, &url, there).await?;
        let resumed = response.status() == StatusCode::PARTIAL_CONTENT;
        if !resumed {
            there = 0;
        }
        check_size(&response, there, self.model)?;
        note_etag(self.part, response.headers()).await;
        self.receive(response, there).await?;
        Ok(resumed)
    }

    fn client(&self) -> Result<Client, SourceError> {
        let built = Client::builder()
            .connect_timeout(self.timeouts.connect)
            .read_timeout(self.timeouts.stall)
            .user_agent(concat!("interviewlens/", env!("CARGO_PKG_VERSION")))
            .build();
        built.map_err(|error| SourceError::Connect(cause(&error)))
    }

    /// Requests the file, or the rest of it if it is still the same file.
    async fn ask(&self, client: &Client, url: &str, there: u64) -> Result<Response, SourceError> {
        let mut request = client.get(url);
        if there > 0 {
            request = request.header(RANGE, format!("bytes={there}-"));
            if let Ok(etag) = fs::read_to_string(etag_path(self.part)).await {
                request = request.header(IF_RANGE, etag);
            }
        }
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(response),
            StatusCode::RANGE_NOT_SATISFIABLE => {
                // The part belongs to another file: request the whole.
                let response = self.send(client.get(url)).await?;
                match response.status() {
                    StatusCode::OK => Ok(response),
                    status => Err(SourceError::Status(status.as_u16())),
                }
            }
            status => Err(SourceError::Status(status.as_u16())),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, SourceError> {
        let sent = request.send().await;
        sent.map_err(|error| self.source_error(&error))
    }

    async fn receive(&self, response: Response, there: u64) -> Result<(), SourceError> {
        let total = self.model.bytes;
        let unwritten = |error| SourceError::file(self.part, total - there, error);
        let options = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(self.part)
            .await;
        let mut file = options.map_err(unwritten)?;
        file.set_len(there).await.map_err(unwritten)?;
        file.seek(SeekFrom::Start(there)).await.map_err(unwritten)?;
        let (mut done, mut reported) = (there, there);
        let mut bytes = response.bytes_stream();
        let outcome = loop {
            let block = match bytes.next().await {
                None => break Ok(()),
                Some(Err(error)) => break Err(self.interruption(&error, done)),
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
                break Err(unwritten(error));
            }
            if done - reported >= REPORT || done == total {
                reported = done;
                self.observer.report(DownloadEvent::Bytes { done, total });
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

    fn interruption(&self, error: &reqwest::Error, done: u64) -> SourceError {
        match self.source_error(error) {
            stalled @ SourceError::Stalled(_) => stalled,
            _ => SourceError::CutShort {
                done,
                total: self.model.bytes,
            },
        }
    }

    fn source_error(&self, error: &reqwest::Error) -> SourceError {
        if error.is_timeout() && !error.is_connect() {
            SourceError::Stalled(self.timeouts.stall.as_secs().max(1))
        } else {
            SourceError::Connect(cause(error))
        }
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

/// The innermost reason, which names no address.
fn cause(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.last().unwrap_or(error).to_string()
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
