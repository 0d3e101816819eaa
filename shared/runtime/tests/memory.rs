//! How much memory a body takes at most, whatever is in it.

use std::{fmt::Write as _, net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::{Bytes, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use peak_alloc::PeakAlloc;
use runtime::{
    delivery::read_event,
    http::{Body, Service, empty, read_json},
    serve::{ConnectionLimits, listen, serve},
};
use serde::Deserialize;
use tokio::net::TcpStream;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The size of each body, in bytes.
const SIZE: usize = 4 << 20;

/// How many times its size a body may take: it is held, parts of it are decoded into texts
/// and structures, and a list that grows is copied.
const MOST_TIMES: usize = 6;

/// Fields like those of the API's requests; what is unknown is passed over.
#[derive(Deserialize)]
#[expect(dead_code, reason = "read and dropped")]
struct Transcript {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read and dropped")]
struct Turn {
    speaker: u32,
    text: String,
}

struct Reader;

#[async_trait]
impl Service for Reader {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        match read_json::<Transcript, _>(request.into_body(), 2 * SIZE).await {
            Ok(_) => empty(StatusCode::NO_CONTENT),
            Err(problem) => problem.into_response(""),
        }
    }
}

/// `item` as often as there is room for it.
fn repeated(item: &str) -> String {
    item.repeat(SIZE / item.len())
}

fn list(item: &str) -> String {
    format!("[{}0]", repeated(&format!("{item},")))
}

fn keys() -> String {
    let (mut text, mut number) = ("{".to_owned(), 0_u32);
    while text.len() < SIZE {
        let _ = write!(text, "\"{number:x}\":0,");
        number += 1;
    }
    text + "\"\":0}"
}

/// Values that take much more memory than text where they are kept.
fn shapes() -> Vec<(&'static str, String)> {
    let deep = SIZE / 2;
    vec![
        ("objects", list(r#"{"":0}"#)),
        ("objects in objects", list(r#"{"":{"":0}}"#)),
        ("numbers", list("0")),
        ("empty lists", list("[]")),
        ("empty texts", list(r#""""#)),
        ("keys", keys()),
        ("depth", format!("{}{}", "[".repeat(deep), "]".repeat(deep))),
        ("escapes", format!("\"{}\"", repeated("\\u0041"))),
        ("wide escapes", format!("\"{}\"", repeated("\\n"))),
    ]
}

/// Prints and checks how many times its size a body has taken beyond itself.
fn check(what: &str, size: usize, before: usize) {
    let taken = MEMORY.peak_usage().saturating_sub(before);
    let percent = taken * 100 / size;
    eprintln!("{what}: {percent} % of its {size} bytes");
    assert!(
        taken <= MOST_TIMES * size,
        "{what}: {taken} bytes for {size}"
    );
}

async fn post(address: SocketAddr, body: &Bytes) -> StatusCode {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    let request = Request::post("/").body(Full::new(body.clone()));
    let response = sender.send_request(request.expect("a request")).await;
    let response = response.expect("a response");
    let status = response.status();
    response.into_body().collect().await.expect("a body");
    status
}

async fn requests() {
    let listener = listen("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve(
        Arc::new(Reader),
        listener,
        ConnectionLimits::BEHIND_PROXY,
        std::future::pending(),
    ));
    let ignored = shapes()
        .into_iter()
        .map(|(what, json)| (what, format!("{{\"x\":{json}}}"), StatusCode::NO_CONTENT));
    let known = shapes().into_iter().map(|(what, json)| {
        (
            what,
            format!("{{\"turns\":{json}}}"),
            StatusCode::BAD_REQUEST,
        )
    });
    let turn = r#"{"speaker":1,"text":""}"#;
    let others = [
        (
            "turns",
            format!("{{\"turns\":[{}{turn}]}}", repeated(&format!("{turn},"))),
        ),
        (
            "a title",
            format!("{{\"title\":\"{}\"}}", repeated("\\u00e9")),
        ),
    ]
    .map(|(what, json)| (what, json, StatusCode::NO_CONTENT));
    for (what, json, status) in ignored.chain(known).chain(others) {
        let body = Bytes::from(json);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        assert_eq!(post(address, &body).await, status, "{what}");
        check(&format!("request with {what}"), body.len(), before);
    }
}

fn events() {
    let pushed = |json: &str| format!("{{\"message\":{json},\"subscription\":\"s\"}}");
    let attributes = |json: &str| pushed(&format!("{{\"attributes\":{json}}}"));
    let attempt =
        |json: &str| format!("{{\"message\":{{\"messageId\":\"1\"}},\"deliveryAttempt\":{json}}}");
    let headers = HeaderMap::new();
    let structured = HeaderValue::from_static("application/cloudevents+json");
    let structured = HeaderMap::from_iter([(http::header::CONTENT_TYPE, structured)]);
    let mut stored = HeaderMap::new();
    for (name, value) in [
        ("ce-id", "1"),
        ("ce-specversion", "1.0"),
        ("ce-source", "//storage.googleapis.com/projects/_/buckets/b"),
        ("ce-type", "google.cloud.storage.object.v1.finalized"),
        ("content-type", "application/json"),
    ] {
        stored.insert(name, HeaderValue::from_static(value));
    }
    for (what, json) in shapes() {
        for (kind, headers, body) in [
            ("push", &headers, pushed(&json)),
            ("push with attributes", &headers, attributes(&json)),
            ("push with an attempt", &headers, attempt(&json)),
            ("structured event", &structured, json.clone()),
            (
                "object",
                &stored,
                format!("{{\"x\":{json},\"metageneration\":{json}}}"),
            ),
        ] {
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            if let Ok(delivery) = read_event(headers, body.as_bytes()) {
                drop(delivery.trigger);
            }
            check(&format!("{kind} with {what}"), body.len(), before);
        }
    }
}

/// One test, because the memory of the whole process is measured.
#[tokio::test]
async fn memory_of_a_body_is_bounded_by_its_size() {
    requests().await;
    events();
}
