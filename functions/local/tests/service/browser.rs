//! `docs/clients/upload.js` in a real browser: through a lost connection, and through
//! a reload of the page.

use std::{
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use reqwest::Client;
use runtime::http::{Body, Service as Answers, answer, empty, full};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};

use crate::host::{ONE, Service, finished, speech};

const UPLOAD: &str = include_str!("../../../../docs/clients/upload.js");

/// Pieces of 256 KiB, and a reload after the second of them.
const PAGE: &str = r#"<!doctype html><title>upload</title><script type="module">
import { upload } from "/upload.js";
const tell = (told) => fetch("/told", { method: "POST", body: JSON.stringify(told) });
try {
  const bytes = await (await fetch("/recording.wav")).blob();
  const file = new File([bytes], "talk.wav", { type: "audio/wav", lastModified: 1 });
  const api = new URLSearchParams(location.search).get("api");
  const shares = [], controller = new AbortController();
  const interview = await upload(file, {
    api, piece: 256 * 1024, signal: controller.signal,
    interview: { title: "From a browser", kind: "journalism" },
    onProgress: (share) => {
      shares.push(share);
      if (share > 0.5 && !sessionStorage.getItem("reloaded")) {
        sessionStorage.setItem("reloaded", "yes");
        location.reload();
        // The page goes on for as long as the next one is on its way.
        controller.abort();
      }
    },
  });
  await tell({ id: interview.id, shares, left: localStorage.length });
} catch (error) {
  if (error.name !== "AbortError") await tell({ error: String(error), problem: error.problem });
}
</script>"#;

/// The site of a client: another origin than the service.
struct Site {
    recording: Vec<u8>,
    told: mpsc::UnboundedSender<Value>,
}

#[async_trait]
impl Answers for Site {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let file = |kind, content: &[u8]| answer(StatusCode::OK, kind, full(content.to_vec()));
        match (request.method().clone(), path.as_str()) {
            (Method::POST, "/told") => {
                let body = request
                    .into_body()
                    .collect()
                    .await
                    .expect("whole")
                    .to_bytes();
                let told = serde_json::from_slice(&body).expect("JSON");
                // A page that is about to be reloaded may tell as well.
                let _ = self.told.send(told);
                empty(StatusCode::NO_CONTENT)
            }
            (_, "/upload.js") => file("text/javascript", UPLOAD.as_bytes()),
            (_, "/recording.wav") => file("audio/wav", &self.recording),
            (_, "/") => file("text/html", PAGE.as_bytes()),
            _ => empty(StatusCode::NOT_FOUND),
        }
    }
}

/// Passes everything on to the service, and breaks off the first connection that has
/// carried so many bytes.
async fn cutting(to: Arc<str>, after: usize, cuts: Arc<AtomicUsize>) -> String {
    let (listener, url) = testing::listen().await;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (to, cuts) = (Arc::clone(&to), Arc::clone(&cuts));
            tokio::spawn(async move {
                let service = TcpStream::connect(&*to).await.expect("the service");
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_service, mut to_service) = service.into_split();
                let answers = tokio::spawn(async move {
                    let _ = copy(&mut from_service, &mut to_client).await;
                });
                let (mut carried, mut bytes) = (0, vec![0; 16 * 1024]);
                while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
                    carried += read;
                    if carried > after && cuts.fetch_add(1, Ordering::SeqCst) == 0 {
                        break;
                    }
                    if to_service.write_all(&bytes[..read]).await.is_err() {
                        break;
                    }
                }
                answers.abort();
            });
        }
    });
    url
}

/// A browser that is gone with this.
struct Browser(Child);

impl Browser {
    fn open(url: &str, profile: &std::path::Path) -> Self {
        let child = Command::new("chromium")
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(url)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.expect("Chromium starts"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_uploads_through_a_cut_and_a_reload() {
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (told, mut tells) = mpsc::unbounded_channel();
    let recording = speech(45);
    let site = Arc::new(Site {
        recording: recording.clone(),
        told,
    });
    let origin = testing::serve(site).await;
    // Each has to know where the other will be: the service signs URLs that lead to
    // the proxy. Of the loopback's addresses each process has one of its own.
    let [.., high, low] = std::process::id().to_be_bytes();
    let host = format!("127.1.{high}.{low}");
    let cuts = Arc::new(AtomicUsize::new(0));
    let own = Arc::from(format!("{host}:8000"));
    let proxy = cutting(own, 300 * 1024, Arc::clone(&cuts)).await;
    let settings = [
        ("CORS_ALLOWED_ORIGINS", origin.as_str()),
        ("PUBLIC_URL", proxy.as_str()),
        ("HOST", &host),
        ("PORT", "8000"),
    ];
    let service = Service::start_with(folder.path(), &settings);
    let profile = tempfile::tempdir().expect("a temporary folder");
    let _browser = Browser::open(&format!("{origin}/?api={proxy}"), profile.path());
    let told = timeout(Duration::from_mins(2), tells.recv()).await;
    let told = told.expect("in time").expect("the page tells");
    assert_eq!(told["error"], Value::Null, "{told}");
    assert_eq!(told["left"], 0, "nothing is remembered of what is done");
    assert!(cuts.load(Ordering::SeqCst) > 0, "the connection was cut");
    let shares = told["shares"].as_array().expect("shares");
    // After the reload it goes on where it was.
    assert!(
        shares[0].as_f64().is_some_and(|share| share > 0.3),
        "{told}"
    );
    assert_eq!(shares.last(), Some(&1.into()));
    let client = Client::new();
    let interview = finished(&client, &service.url, told["id"].as_str().expect("an id")).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    assert_eq!(interview["audio"]["size_bytes"], recording.len());
    let list = client
        .get(format!("{}/v1/interviews", service.url))
        .send()
        .await;
    let list: Value = list.expect("an answer").json().await.expect("JSON");
    assert_eq!(
        list["items"].as_array().map(Vec::len),
        Some(1),
        "one interview in all"
    );
}
