//! Serves a recording to FFmpeg over HTTP on the loopback interface, with byte ranges
//! (RFC 9110, section 14), so that it can seek in a stored object without a copy on disk.

use std::{
    io::{self, Read, Seek as _, SeekFrom},
    sync::Arc,
    thread,
};

use tiny_http::{Header, Request, Response, Server, StatusCode};

use crate::{Source as _, shared_source::SharedSource, source::Failures};

/// Serves one recording until it is dropped. Only requests with its secret path are
/// answered, because other programs of the machine can connect as well.
pub(super) struct RangeServer {
    server: Arc<Server>,
    url: String,
    failures: Failures,
}

impl RangeServer {
    /// Starts to serve a source, whose errors are noted.
    pub(super) fn start(source: &SharedSource) -> io::Result<Self> {
        let server = Server::http("127.0.0.1:0").map_err(io::Error::other)?;
        let address = server.server_addr();
        let port = address.to_ip().map_or(0, |address| address.port());
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let path = format!("/{:032x}", u128::from_be_bytes(secret));
        let (server, failures) = (Arc::new(server), Failures::default());
        let url = format!("http://127.0.0.1:{port}{path}");
        let (accepting, source, noted) =
            (Arc::clone(&server), source.reader_at(0), failures.clone());
        thread::Builder::new()
            .name("ffmpeg-input".to_owned())
            .spawn(move || {
                for request in accepting.incoming_requests() {
                    let (reader, noted) = (source.reader_at(0), noted.clone());
                    if request.url() == path {
                        // FFmpeg opens a connection for a new position before it closes the
                        // one before, so each is answered by a thread of its own.
                        let answer = move || answer(request, reader, noted);
                        if thread::Builder::new().spawn(answer).is_err() {
                            return;
                        }
                    }
                }
            })?;
        Ok(Self {
            server,
            url,
            failures,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The first error of the source, once.
    pub(super) fn failure(&self) -> Option<io::Error> {
        self.failures.take()
    }
}

impl Drop for RangeServer {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

/// Answers one request. A client that closes the connection is no error.
fn answer(request: Request, mut source: SharedSource, failures: Failures) {
    let Some(size) = source.size() else {
        let _ = request.respond(Response::empty(StatusCode(500)));
        return;
    };
    let is_range = |header: &&Header| header.field.equiv("Range");
    let range = request.headers().iter().find(is_range);
    let range = range.map(|header| parse_range(header.value.as_str(), size));
    let (status, start, end) = match range {
        None => (StatusCode(200), 0, size),
        Some(Some((start, end))) => (StatusCode(206), start, end),
        Some(None) => {
            let _ = request.respond(Response::empty(StatusCode(416)));
            return;
        }
    };
    if let Err(error) = source.seek(SeekFrom::Start(start)) {
        failures.note(error);
        let _ = request.respond(Response::empty(StatusCode(500)));
        return;
    }
    let mut headers = Vec::new();
    headers.extend(Header::from_bytes(&b"Accept-Ranges"[..], &b"bytes"[..]));
    if status.0 == 206 {
        let value = format!("bytes {start}-{}/{size}", end.saturating_sub(1));
        headers.extend(Header::from_bytes(&b"Content-Range"[..], value.as_bytes()));
    }
    let length = end - start;
    let body = Noting { source, failures }.take(length);
    let length = usize::try_from(length).ok();
    // Without a limit the body would be sent in chunks, whose end FFmpeg cannot tell from
    // a broken connection.
    let response = Response::new(status, headers, body, length, None);
    let _ = request.respond(response.with_chunked_threshold(usize::MAX));
}

/// The first and the end of `bytes=FIRST-[LAST]`; none where it cannot be satisfied.
fn parse_range(value: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let end = if last.is_empty() {
        size
    } else {
        last.parse::<u64>().ok()?.saturating_add(1).min(size)
    };
    (first < end).then_some((first, end))
}

/// A source whose errors are noted: to FFmpeg they look like the end of the recording.
struct Noting {
    source: SharedSource,
    failures: Failures,
}

impl Read for Noting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer);
        read.map_err(|error| self.failures.note(error))
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, net::TcpStream};

    use super::*;

    /// The response to a request for `path` with a `Range` header.
    fn response(server: &RangeServer, path: Option<&str>, range: &str) -> String {
        let address = server.url().trim_start_matches("http://");
        let (host, own) = address.split_once('/').unwrap();
        let path = path.unwrap_or(own);
        let mut stream = TcpStream::connect(host).unwrap();
        let headers = format!("Host: {host}\r\nConnection: close\r\n{range}");
        write!(stream, "GET /{path} HTTP/1.1\r\n{headers}\r\n").unwrap();
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text);
        text
    }

    fn server() -> RangeServer {
        let source = SharedSource::new(Box::new(io::Cursor::new(b"0123456789".to_vec())));
        RangeServer::start(&source).unwrap()
    }

    #[test]
    fn ranges_of_the_recording_are_served_at_the_secret_path() {
        let server = server();
        let whole = response(&server, None, "");
        assert!(whole.starts_with("HTTP/1.1 200") && whole.ends_with("\r\n\r\n0123456789"));
        let part = response(&server, None, "Range: bytes=4-\r\n");
        assert!(part.starts_with("HTTP/1.1 206") && part.ends_with("\r\n\r\n456789"));
        assert!(part.contains("Content-Range: bytes 4-9/10"), "{part}");
        let inner = response(&server, None, "Range: bytes=2-3\r\n");
        assert!(inner.ends_with("\r\n\r\n23"), "{inner}");
        let behind = response(&server, None, "Range: bytes=10-\r\n");
        assert!(behind.starts_with("HTTP/1.1 416"), "{behind}");
        assert!(!response(&server, Some("other"), "").contains("0123456789"));
    }

    #[test]
    fn malformed_ranges_are_not_satisfiable() {
        for value in [
            "",
            "bytes=",
            "bytes=-5",
            "bytes=x-",
            "items=0-1",
            "bytes=3-2",
        ] {
            assert_eq!(parse_range(value, 10), None, "{value}");
        }
        assert_eq!(parse_range("bytes=0-99", 10), Some((0, 10)));
        assert_eq!(
            parse_range(&format!("bytes=0-{}", u64::MAX), 10),
            Some((0, 10))
        );
    }
}
