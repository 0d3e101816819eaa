//! What each sender is answered, whatever becomes of what it sent.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use domain::{event::Event, trace::TraceContext};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use runtime::{http::Body, receive::Receiver};
use serde_json::{Value, json};
use steps::{DeliveredTask, Failure, Function, Trigger};

const TASKS: &str = "/v1/tasks/process-audio";
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

type Behaviour = fn(&Trigger) -> Result<(), Failure>;

/// Notes what it is given, and does as it is told.
struct Probe {
    behaviour: Behaviour,
    seen: Mutex<Vec<(Trigger, Option<TraceContext>)>>,
}

#[async_trait]
impl Function for Probe {
    fn name(&self) -> &'static str {
        "probe"
    }

    async fn handle(&self, trigger: Trigger) -> Result<(), Failure> {
        let outcome = (self.behaviour)(&trigger);
        let seen = (trigger, steps::trace::current());
        self.seen.lock().expect("not poisoned").push(seen);
        outcome
    }
}

fn probe(behaviour: Behaviour) -> (Arc<Probe>, Receiver) {
    let seen = Mutex::default();
    let probe = Arc::new(Probe { behaviour, seen });
    let receiver = Receiver::new(Arc::clone(&probe) as Arc<dyn Function>, vec![TASKS.into()]);
    (probe, receiver)
}

fn push() -> Request<Full<Bytes>> {
    let body = json!({
        "message": {"messageId": "7", "data": "e30=", "attributes": {"traceparent": TRACE}},
        "subscription": "projects/p/subscriptions/interview-events.notify",
        "deliveryAttempt": 3,
    });
    Request::post("/")
        .header("content-type", "application/json")
        .header(
            "x-cloud-trace-context",
            "105445aa7843bc8bf206b12000100000/1;o=1",
        )
        .body(Full::from(body.to_string()))
        .expect("a request")
}

fn task(body: &'static str) -> Request<Full<Bytes>> {
    Request::post(TASKS)
        .header("x-cloudtasks-queuename", "transcription")
        .header("x-cloudtasks-taskname", "a1b2-interview")
        .header("x-cloudtasks-taskretrycount", "2")
        .header("traceparent", TRACE)
        .body(Full::from(body))
        .expect("a request")
}

async fn problem(response: Response<Body>) -> Value {
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let bytes = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    serde_json::from_slice(&bytes).expect("JSON")
}

#[tokio::test]
async fn each_sender_is_answered_in_the_codes_it_reads() {
    let later = |_: &Trigger| Err(Failure::Later(Duration::from_millis(14_200)));
    let transient = |_: &Trigger| Err(Failure::from(anyhow::anyhow!("not now")));
    let asked_to_wait = |_: &Trigger| {
        let (error, after) = (anyhow::anyhow!("not now"), Some(Duration::from_mins(1)));
        Err(Failure::Transient { error, after })
    };
    let permanent = |_: &Trigger| Err(Failure::permanent(anyhow::anyhow!("never")));
    let panics = |_: &Trigger| panic!("what people said");
    let table: [(Behaviour, u16, Option<&str>, u16); 6] = [
        (|_| Ok(()), 204, None, 204),
        (permanent, 422, None, 204),
        (transient, 503, None, 500),
        (asked_to_wait, 503, Some("60"), 500),
        (later, 503, Some("15"), 409),
        (panics, 503, None, 500),
    ];
    for (behaviour, as_event, wait, as_task) in table {
        let (_, receiver) = probe(behaviour);
        let response = receiver.answer(push()).await;
        assert_eq!(response.status(), as_event);
        let asked = response.headers().get(header::RETRY_AFTER);
        assert_eq!(asked.map(|value| value.to_str().expect("text")), wait);
        let response = receiver.answer(task("{}")).await;
        assert_eq!(response.status(), as_task);
        assert_eq!(response.headers().get(header::RETRY_AFTER), None);
    }
}

#[tokio::test]
async fn an_event_reaches_the_function_with_the_trace_of_its_cause() {
    let (probe, receiver) = probe(|_| Ok(()));
    assert_eq!(
        receiver.answer(push()).await.status(),
        StatusCode::NO_CONTENT
    );
    let seen = probe.seen.lock().expect("not poisoned");
    let (trigger, trace) = &seen[0];
    assert_eq!(*trace, TraceContext::parse(TRACE).ok());
    let Trigger::Event(Event::MessagePublished(message)) = trigger else {
        panic!("a message, not {trigger:?}");
    };
    assert_eq!(message.topic, "interview-events");
    assert_eq!(
        (message.id.as_str(), message.data.as_slice()),
        ("7", b"{}".as_slice())
    );
}

#[tokio::test]
async fn a_task_reaches_the_function_with_its_attempt() {
    let (probe, receiver) = probe(|_| Ok(()));
    receiver.answer(task(r#"{"generation": 5}"#)).await;
    let seen = probe.seen.lock().expect("not poisoned");
    let Trigger::Task(task) = &seen[0].0 else {
        panic!("a task, not {:?}", seen[0].0);
    };
    let expected = DeliveredTask {
        queue: "transcription".into(),
        name: "a1b2-interview".into(),
        body: json!({"generation": 5}),
        attempt: 3,
        trace: TraceContext::parse(TRACE).ok(),
    };
    assert_eq!(*task, expected);
}

#[tokio::test]
async fn unreadable_events_are_dead_lettered_and_unreadable_tasks_dropped() {
    let (probe, receiver) = probe(|_| Ok(()));
    let broken = Request::post("/").body(Full::from("{\"secret\": 1}"));
    let response = receiver.answer(broken.expect("a request")).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let problem = problem(response).await;
    assert_eq!(problem["code"], "unreadable");
    assert!(!problem.to_string().contains("secret"), "{problem}");
    let response = receiver.answer(task("{\"secret\": ")).await;
    assert_eq!(
        response.status(),
        StatusCode::NO_CONTENT,
        "a queue has no dead letter"
    );
    let foreign = Request::post(TASKS).body(Full::from("{}"));
    let response = receiver.answer(foreign.expect("a request")).await;
    assert_eq!(
        response.status(),
        StatusCode::BAD_REQUEST,
        "it is no queue that asks"
    );
    assert!(probe.seen.lock().expect("not poisoned").is_empty());
}

#[tokio::test]
async fn a_body_that_is_too_long_or_breaks_off_is_refused() {
    let (_, receiver) = probe(|_| Ok(()));
    let long = Request::post("/").body(Full::from(vec![b' '; 10 * 1024 * 1024 + 1]));
    let response = receiver.answer(long.expect("a request")).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let frames = [
        Ok(Frame::data(Bytes::from_static(b"{"))),
        Err(std::io::Error::other("gone")),
    ];
    let broken = Request::post("/").body(StreamBody::new(futures::stream::iter(frames)));
    let response = receiver.answer(broken.expect("a request")).await;
    assert_eq!(problem(response).await["code"], "body_incomplete");
}

#[tokio::test(start_paused = true)]
async fn missing_body_times_out() {
    let (_, receiver) = probe(|_| Ok(()));
    let frames = futures::stream::pending::<Result<Frame<Bytes>, std::io::Error>>();
    let silent = Request::post("/").body(StreamBody::new(frames));
    let response = receiver.answer(silent.expect("a request")).await;
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn health_is_answered_and_other_methods_are_rejected() {
    let (_, receiver) = probe(|_| Ok(()));
    let ask = |method: Method, path: &str| {
        let request = Request::builder().method(method).uri(path);
        receiver.answer(request.body(Full::<Bytes>::default()).expect("a request"))
    };
    let health = ask(Method::GET, "/healthz").await;
    assert_eq!(health.status(), StatusCode::OK);
    let bytes = health
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(body["status"], "ok");
    assert!(body["version"].is_string());
    for (method, path, allowed) in [
        (Method::POST, "/healthz", "GET, HEAD"),
        (Method::GET, "/", "POST"),
        (Method::DELETE, TASKS, "POST"),
    ] {
        let response = ask(method, path).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()[header::ALLOW], allowed);
    }
}
