//! One recording's way through all functions is one trace, and its logs name
//! what they are about without a word of what was said.

mod support;

use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use domain::trace::TraceContext;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use reqwest::Client;
use runtime::{
    http::{Body, Service, empty},
    telemetry::cloud_lines,
};
use serde_json::Value;
use support::{TestHost, wav};
use testing::Lines;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Notes the headers of every webhook, and is not well at first.
#[derive(Default)]
struct Hook {
    heard: Mutex<Vec<HeaderMap>>,
    unwell: Mutex<usize>,
}

#[async_trait]
impl Service for Hook {
    async fn call(&self, request: Request<Incoming>) -> Response<Body> {
        let headers = request.headers().clone();
        self.heard.lock().expect("not poisoned").push(headers);
        let mut unwell = self.unwell.lock().expect("not poisoned");
        if *unwell > 0 {
            *unwell -= 1;
            return empty(StatusCode::SERVICE_UNAVAILABLE);
        }
        empty(StatusCode::NO_CONTENT)
    }
}

impl Hook {
    async fn listen(self: &Arc<Self>) -> String {
        let url = testing::serve(Arc::clone(self) as _).await;
        format!("{url}/hook")
    }

    /// The traces of the webhooks heard so far.
    fn traces(&self) -> Vec<TraceContext> {
        let heard = self.heard.lock().expect("not poisoned");
        let traces = heard.iter().map(|headers| {
            let value = headers.get("traceparent").expect("a traceparent");
            TraceContext::parse(value.to_str().expect("text")).expect("a good one")
        });
        traces.collect()
    }
}

/// The logs of all tests here. One subscriber for all: a call site that is met
/// where there is none is not asked about again.
fn logs() -> &'static Lines {
    static LOGS: OnceLock<Lines> = OnceLock::new();
    LOGS.get_or_init(|| {
        let sink = Lines::default();
        let writer = sink.clone();
        let lines = cloud_lines("project", "transcribe", "trace", move || writer.clone());
        tracing::subscriber::set_global_default(lines).expect("the only one");
        sink
    })
}

/// A service whose client sends `header` with every request.
async fn host(header: Option<(&'static str, &'static str)>) -> (TestHost, Arc<Hook>) {
    logs();
    let mut host = TestHost::start().await;
    let hook = Arc::new(Hook::default());
    host.hook = hook.listen().await;
    let headers = header.map(|(name, value)| {
        let name = http::HeaderName::from_static(name);
        (name, HeaderValue::from_static(value))
    });
    let client = Client::builder().default_headers(headers.into_iter().collect());
    host.client = client.build().expect("a client");
    (host, hook)
}

#[tokio::test]
async fn the_trace_of_the_first_request_arrives_in_the_webhooks() {
    let (host, hook) = host(Some(("traceparent", PARENT))).await;
    *hook.unwell.lock().expect("not poisoned") = 2;
    host.submit(wav(3)).await;
    host.drain().await;
    let traces = hook.traces();
    assert!(traces.len() >= 5, "three webhooks and two second attempts");
    for trace in &traces {
        assert_eq!(trace.trace_hex(), TRACE);
        assert!(trace.sampled);
    }
    let mut spans: Vec<_> = traces.iter().map(TraceContext::span_hex).collect();
    spans.sort();
    spans.dedup();
    assert_eq!(spans.len(), traces.len(), "each call is a span of its own");
}

#[tokio::test]
async fn googles_older_header_is_understood_too() {
    let header = "105445aa7843bc8bf206b12000100000/74;o=0";
    let (host, hook) = host(Some(("x-cloud-trace-context", header))).await;
    host.submit(wav(3)).await;
    host.drain().await;
    let traces = hook.traces();
    assert!(!traces.is_empty());
    for trace in traces {
        assert_eq!(trace.trace_hex(), "105445aa7843bc8bf206b12000100000");
        assert!(!trace.sampled);
    }
}

#[tokio::test]
async fn a_request_without_a_trace_begins_one() {
    let (host, hook) = host(None).await;
    for _ in 0..2 {
        host.submit(wav(3)).await;
        host.drain().await;
    }
    let traces = hook.traces();
    let mut ids: Vec<_> = traces.iter().map(|trace| trace.trace_id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 2, "one for each interview");
}

#[tokio::test]
async fn the_logs_of_a_step_name_it_and_repeat_nothing_that_was_said() {
    let (host, _) = host(Some(("traceparent", PARENT))).await;
    // Once in vain, so that there is something to log.
    host.engine
        .failures
        .store(9, std::sync::atomic::Ordering::SeqCst);
    let id = host.submit(wav(3)).await;
    host.drain().await;
    let lines = logs().all();
    let labels = |line: &Value| line["logging.googleapis.com/labels"].clone();
    let mut ours = lines
        .iter()
        .filter(|line| labels(line)["interview"] == id.as_str());
    let failed = ours.find(|line| line["event"] == "step.failed");
    let failed = failed.expect("the engine never worked");
    let labels = labels(failed);
    assert_eq!(labels["function"], "transcribe");
    assert_eq!(labels["step"], "transcription");
    assert!(labels["attempt"].is_string());
    let trace = format!("projects/project/traces/{TRACE}");
    assert_eq!(failed["logging.googleapis.com/trace"], trace);
    // The title, the file's name, words of the recording.
    for said in ["A summer", "\u{1F600}", "sister", "island"] {
        assert!(!logs().text().contains(said), "the logs repeat {said:?}");
    }
}
