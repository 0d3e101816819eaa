//! The line that every delivery gets in the log. One test: what is logged is
//! listened to in the whole process.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use http::Request;
use http_body_util::Full;
use hyper::body::Bytes;
use runtime::{receive::Receiver, telemetry::cloud_lines};
use serde_json::{Value, json};
use steps::{Failure, Function, Trigger};

const TASKS: &str = "/v1/tasks/process-audio";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Does what the data of the message or the body of the task asks for.
struct Obedient;

#[async_trait]
impl Function for Obedient {
    fn name(&self) -> &'static str {
        "obedient"
    }

    async fn handle(&self, trigger: Trigger) -> Result<(), Failure> {
        let words = format!("{trigger:?}");
        match words.as_str() {
            words if words.contains("later") => Err(Failure::Later(Duration::from_secs(5))),
            words if words.contains("transient") => Err(anyhow::anyhow!("not now").into()),
            words if words.contains("permanent") => {
                Err(Failure::permanent(anyhow::anyhow!("never")))
            }
            words if words.contains("panic") => panic!("{words}"),
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn take(&self) -> Vec<Value> {
        let bytes = std::mem::take(&mut *self.0.lock().expect("not poisoned"));
        let text = String::from_utf8(bytes).expect("text");
        assert!(!text.contains("secret"), "a body was logged: {text}");
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        lines.collect()
    }
}

fn push(what: &str) -> Request<Full<Bytes>> {
    let body = json!({
        "message": {"messageId": "7", "attributes": {
            "secret": what, "traceparent": format!("00-{TRACE}-b7ad6b7169203331-01"),
        }},
        "subscription": "projects/p/subscriptions/interview-events.notify",
        "deliveryAttempt": 3,
    });
    let body = Full::from(body.to_string());
    Request::post("/").body(body).expect("a request")
}

fn task(body: &str) -> Request<Full<Bytes>> {
    Request::post(TASKS)
        .header("x-cloudtasks-queuename", "transcription")
        .header("x-cloudtasks-taskname", "a1b2")
        .header("x-cloudtasks-taskretrycount", "2")
        .header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"))
        .body(Full::from(body.to_owned()))
        .expect("a request")
}

fn broken(path: &str) -> Request<Full<Bytes>> {
    let body = Full::from("{\"message\": \"secret\"}");
    let request = Request::post(path).header("x-cloud-trace-context", format!("{TRACE}/1"));
    request.body(body).expect("a request")
}

fn is_duration(latency: &Value) -> bool {
    let seconds = latency.as_str().and_then(|text| text.strip_suffix('s'));
    seconds.is_some_and(|seconds| seconds.parse::<f64>().is_ok_and(f64::is_finite))
}

#[tokio::test]
async fn every_delivery_gets_one_line_that_repeats_nothing_of_it() {
    let sink = Sink::default();
    let writer = sink.clone();
    let lines = cloud_lines("project", "obedient", "info", move || writer.clone());
    tracing::subscriber::set_global_default(lines).expect("the only one");
    let receiver = Receiver::new(Arc::new(Obedient), vec![TASKS.into()]);
    let event = "projects/project/traces/";
    let table = [
        (push("well"), "handled", "INFO", 204, "3"),
        (push("later"), "later", "INFO", 503, "3"),
        (push("transient"), "transient_failure", "WARNING", 503, "3"),
        (push("permanent"), "permanent_failure", "ERROR", 422, "3"),
        (push("panic"), "transient_failure", "WARNING", 503, "3"),
        (broken("/"), "unreadable", "ERROR", 400, ""),
        (broken(TASKS), "foreign", "ERROR", 400, ""),
        (task("{\"secret\": 1}"), "handled", "INFO", 204, "3"),
        (task("\"secret, later\""), "later", "INFO", 409, "3"),
        (
            task("\"secret, transient\""),
            "transient_failure",
            "WARNING",
            500,
            "3",
        ),
        (
            task("\"secret, permanent\""),
            "permanent_failure",
            "ERROR",
            204,
            "3",
        ),
        (task("secret"), "unreadable", "ERROR", 204, ""),
    ];
    for (request, outcome, severity, status, attempt) in table {
        let path = request.uri().path().to_owned();
        receiver.answer(request).await;
        let lines = sink.take();
        let [line] = lines.as_slice() else {
            panic!("one line, not {lines:#?}");
        };
        assert_eq!(line["outcome"], outcome);
        assert_eq!(line["severity"], severity, "{outcome}");
        let request = &line["httpRequest"];
        assert_eq!(request["status"], status, "{outcome}");
        assert_eq!(request["requestMethod"], "POST");
        assert_eq!(request["requestUrl"], path);
        assert!(is_duration(&request["latency"]), "{request}");
        let labels = &line["logging.googleapis.com/labels"];
        assert_eq!(labels["function"], "obedient");
        assert_eq!(labels["attempt"].as_str().unwrap_or_default(), attempt);
        assert_eq!(
            line["logging.googleapis.com/trace"],
            format!("{event}{TRACE}")
        );
    }
}
