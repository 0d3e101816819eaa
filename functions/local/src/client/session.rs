//! Uploads in pieces by the resumable protocol of Google Cloud Storage
//! (<https://cloud.google.com/storage/docs/performing-resumable-uploads>), which the embedded
//! service speaks as well.

use std::{collections::BTreeMap, io::SeekFrom, path::Path, time::Duration};

use futures::TryStreamExt as _;
use http::{StatusCode, header};
use indicatif::ProgressBar;
use reqwest::{Body, Client, Response, Url};
use serde::Deserialize;
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _},
};
use tokio_util::io::ReaderStream;

use super::{
    connection::checked_response,
    error::{BUCKET, ClientError, Problem},
};

/// How much is sent at once, in bytes: pieces are multiples of 256 KiB.
pub(super) const PIECE: u64 = 32 * 256 * 1024;

/// How much of the file is read at once, in bytes.
const BUFFER: usize = 64 * 1024;

/// The time that a piece may take besides its bytes.
const PIECE_TIMEOUT: Duration = Duration::from_mins(1);

/// The slowest connection by which a piece arrives, in bytes per second.
const SLOWEST: u64 = 16 * 1024;

/// How an upload is begun, as the API says.
#[derive(Deserialize)]
pub(super) struct Upload {
    resumable: Begin,
}

#[derive(Deserialize)]
struct Begin {
    url: String,
    headers: BTreeMap<String, String>,
}

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrived {
    /// So many bytes are there.
    Bytes(u64),
    /// All are.
    All,
    /// The session has ended: another one begins at the first byte.
    NoSession,
}

/// A file that is being uploaded.
pub(super) struct Source<'a> {
    /// The file.
    pub(super) path: &'a Path,
    /// Its size in bytes.
    pub(super) size: u64,
    /// Shows how many bytes are sent.
    pub(super) bar: ProgressBar,
}

/// Begins an upload; returns the URL of its session, a secret that permits this upload.
pub(super) async fn begin(client: &Client, upload: &Upload) -> Result<String, ClientError> {
    let Begin { url, headers } = &upload.resumable;
    let request = headers
        .iter()
        .fold(client.post(checked(url)?), |request, (name, value)| {
            request.header(name, value)
        });
    let sent = request.timeout(PIECE_TIMEOUT).send().await;
    let response = checked_response(sent.map_err(lost)?).await;
    let response = response.map_err(of_storage)?;
    let location = response.headers().get(header::LOCATION);
    let location = location.and_then(|url| url.to_str().ok());
    let missing = || ClientError::Unreadable("an upload that has begun has no `Location`".into());
    location.map(str::to_owned).ok_or_else(missing)
}

/// Asks how much has arrived.
pub(super) async fn ask(client: &Client, session: &str, size: u64) -> Result<Arrived, ClientError> {
    let request = client.put(checked(session)?).timeout(PIECE_TIMEOUT);
    let request = request.header(header::CONTENT_RANGE, format!("bytes */{size}"));
    let response = request.header(header::CONTENT_LENGTH, 0).send().await;
    arrived(response.map_err(lost)?).await
}

/// Sends the piece that begins at `from`.
pub(super) async fn send(
    client: &Client,
    session: &str,
    source: &Source<'_>,
    from: u64,
) -> Result<Arrived, ClientError> {
    let reading = |error| ClientError::file("reading", source.path, error);
    let mut file = File::open(source.path).await.map_err(reading)?;
    let size = file.metadata().await.map_err(reading)?.len();
    if size != source.size {
        let path = source.path.display();
        return Err(ClientError::Upload(format!(
            "`{path}` has changed while it was uploaded: it has {size} bytes and had {}; upload \
             it again when nothing writes it any more",
            source.size
        )));
    }
    file.seek(SeekFrom::Start(from)).await.map_err(reading)?;
    let length = PIECE.min(source.size - from);
    let last = from + length - 1;
    let bar = source.bar.clone();
    let bytes = ReaderStream::with_capacity(file.take(length), BUFFER);
    let bytes = bytes.inspect_ok(move |chunk| bar.inc(chunk.len() as u64));
    let timeout = PIECE_TIMEOUT + Duration::from_secs(length / SLOWEST);
    let request = client
        .put(checked(session)?)
        .timeout(timeout)
        .header(header::CONTENT_LENGTH, length)
        .header(
            header::CONTENT_RANGE,
            format!("bytes {from}-{last}/{}", source.size),
        )
        .body(Body::wrap_stream(bytes));
    arrived(request.send().await.map_err(lost)?).await
}

async fn arrived(response: Response) -> Result<Arrived, ClientError> {
    match response.status() {
        status if status.is_success() => Ok(Arrived::All),
        StatusCode::PERMANENT_REDIRECT => {
            let range = response.headers().get(header::RANGE);
            let last = range.and_then(|range| range.to_str().ok()?.strip_prefix("bytes=0-"));
            let bytes = last.map(|last| last.parse::<u64>().map(|last| last + 1));
            let bytes = bytes.transpose();
            let bytes = bytes
                .map_err(|_| ClientError::Unreadable("`Range` is no range of bytes".into()))?;
            Ok(Arrived::Bytes(bytes.unwrap_or(0)))
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Arrived::NoSession),
        _ => {
            let checked = checked_response(response).await;
            checked.map(|_| Arrived::All).map_err(of_storage)
        }
    }
}

/// A refusal of Cloud Storage has no code of the service.
fn of_storage(error: ClientError) -> ClientError {
    match error {
        ClientError::Refused {
            problem,
            retry_after,
        } if problem.code.is_empty() => ClientError::Refused {
            problem: Problem {
                code: "upload_refused".into(),
                detail: "the bucket refused the upload".into(),
                ..problem
            },
            retry_after,
        },
        other => other,
    }
}

/// A signed URL: it must be one of the web, and no message shows it.
fn checked(url: &str) -> Result<Url, ClientError> {
    let parsed = Url::parse(url).ok();
    let of_web = parsed.filter(|url| matches!(url.scheme(), "http" | "https"));
    of_web.ok_or_else(|| ClientError::Unreadable("an upload has no URL of the web".into()))
}

fn lost(error: reqwest::Error) -> ClientError {
    ClientError::transport(BUCKET, error)
}
