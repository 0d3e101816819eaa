//! A host that behaves like the official one, and worse; small models for it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use models::{
    Cache, DownloadEvent, FetchTimeouts, Languages, ModelLibrary, ModelSettings, Observer, Package,
    PublishedModel, Sums,
};

/// What the host does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The file, or the part that is asked for, as the official host does.
    File,
    /// The same after a redirect.
    Redirect,
    /// As many bytes of the file and then the end of the connection.
    Broken(usize),
    /// As many bytes of the file and then nothing more.
    Silent(usize),
    /// Nothing at all.
    Dead,
    /// Other bytes of the right size.
    Wrong,
    /// A page instead of the file.
    Page,
    /// The whole file, whatever part is asked for.
    Whole,
    /// Another status.
    Status(u16),
}

/// The host.
pub struct Host {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// A host of `file` that gives these answers in turn, the last one for ever.
    pub fn start(file: Vec<u8>, answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!(
            "http://{}/models",
            listener.local_addr().expect("an address")
        );
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (answers, seen) = (answers.to_vec(), Arc::clone(&requests));
        thread::spawn(move || {
            let streams = listener.incoming().map_while(Result::ok);
            for (turn, stream) in streams.enumerate() {
                let answer = answers[turn.min(answers.len() - 1)];
                let (file, seen) = (file.clone(), Arc::clone(&seen));
                thread::spawn(move || serve(stream, &file, answer, &seen));
            }
        });
        Self { url, requests }
    }

    /// The requests so far, their heads as they came.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

fn serve(mut stream: TcpStream, file: &[u8], answer: Answer, seen: &Mutex<Vec<String>>) {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().expect("cloned"));
    while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
    let head = head.to_lowercase();
    seen.lock().expect("not poisoned").push(head.clone());
    let start = head
        .lines()
        .find_map(|line| line.strip_prefix("range: bytes="))
        .and_then(|range| range.trim_end().trim_end_matches('-').parse::<usize>().ok());
    let whole = |bytes: &[u8]| {
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            bytes.len()
        )
        .into_bytes();
        answer.extend(bytes);
        answer
    };
    let length = file.len();
    let bytes = match (answer, start) {
        (Answer::Dead, _) => return until_the_client_leaves(stream),
        (Answer::Redirect, _) if !head.contains("moved") => {
            b"HTTP/1.1 302 Found\r\nLocation: /moved/file.bin\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
        }
        (Answer::Status(status), _) => {
            format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
        }
        (Answer::Page, _) => whole(b"<html>Sign in</html>"),
        (Answer::Wrong, _) => whole(&vec![7; length]),
        (Answer::File | Answer::Redirect, Some(start)) if start < length => {
            let mut answer = format!(
                "HTTP/1.1 206 Partial Content\r\nETag: \"one\"\r\nContent-Range: bytes {start}-{}/{length}\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n",
                length - 1,
                length - start
            )
            .into_bytes();
            answer.extend(&file[start..]);
            answer
        }
        (Answer::File | Answer::Redirect, Some(_)) => {
            b"HTTP/1.1 416 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
        }
        (Answer::Broken(count) | Answer::Silent(count), _) => {
            let mut bytes = whole(file);
            let head = bytes.len() - length;
            bytes.truncate(head + count);
            bytes
        }
        _ => whole(file),
    };
    let _ = stream.write_all(&bytes).and_then(|()| stream.flush());
    if matches!(answer, Answer::Silent(_)) {
        until_the_client_leaves(stream);
    }
}

/// Keeps the connection open and sends nothing, until the client closes it.
fn until_the_client_leaves(mut stream: impl std::io::Read) {
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

/// A file of a few hundred thousand bytes that are all over the place.
pub fn file() -> Vec<u8> {
    (0..300_000_u32)
        .map(|at| u8::try_from(at.wrapping_mul(2_654_435_761) >> 24).expect("a byte"))
        .collect()
}

/// A known model with these bytes.
pub fn model(bytes: &[u8], packages: &'static [Package]) -> &'static PublishedModel {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).expect("written");
    let sums = Sums::from_file(&path).expect("sums");
    Box::leak(Box::new(PublishedModel {
        name: "small",
        file: "ggml-small.bin",
        bytes: sums.bytes,
        sha1: sums.sha1.leak(),
        sha256: Some(sums.sha256.leak()),
        languages: Languages::Many,
        packages,
    }))
}

/// A library in `folder` that fetches from `base` and has short timeouts.
pub fn library(folder: &Path, base: &str) -> ModelLibrary {
    ModelLibrary {
        settings: ModelSettings {
            cache: Cache::new(folder.to_owned()),
            mirror: Some(base.to_owned()),
            fetch: true,
            path: String::new(),
        },
        timeouts: FetchTimeouts {
            connect: Duration::from_secs(2),
            stall: Duration::from_secs(2),
            lock: Duration::from_secs(20),
            retry: Duration::from_hours(1),
            look: Duration::from_millis(20),
        },
    }
}

/// Remembers what was reported.
#[derive(Default)]
pub struct Reports(Mutex<Vec<String>>);

impl Reports {
    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("not poisoned").clone()
    }
}

impl Observer for Reports {
    fn report(&self, event: DownloadEvent<'_>) {
        let line = match event {
            DownloadEvent::Source {
                name,
                bytes,
                resumed,
            } => format!("source {name} {bytes} {resumed}"),
            DownloadEvent::Bytes { done, total } => format!("bytes {done} {total}"),
            DownloadEvent::Verifying => "verifying".to_owned(),
            DownloadEvent::Failed { name, reason } => format!("failed {name}: {reason}"),
            DownloadEvent::Locked { .. } => "locked".to_owned(),
        };
        self.0.lock().expect("not poisoned").push(line);
    }
}

/// What lies in a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}
