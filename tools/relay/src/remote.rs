//! Functions in processes of their own: events and tasks are posted to them as
//! Eventarc and Cloud Tasks post them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use cloudevents::message::BinaryDeserializer as _;
use config::SystemClock;
use domain::{documents::MAX_EVENT_BYTES, event::Event, ids::random_name, ports::Clock as _};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use relay::cloudevent::encode;
use reqwest::{Client, Response};
use steps::{DeliveredTask, Failure, Function, Trigger};

use crate::settings::RelaySettings;

/// What the HTTP binding of `CloudEvents` wants encoded in a header: section
/// 3.1.3.2 of its version 1.0.2.
const IN_HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// A function behind a URL.
struct Remote {
    name: &'static str,
    url: String,
    /// The path of each queue that it works off.
    paths: BTreeMap<String, String>,
    client: Client,
    twice: bool,
}

/// All that the manifest delivers something to.
pub(crate) fn functions(settings: &RelaySettings) -> anyhow::Result<Vec<Arc<dyn Function>>> {
    let pipeline = &settings.pipeline;
    let mut functions: Vec<Arc<dyn Function>> = Vec::new();
    for (name, function) in &pipeline.functions {
        let Some(url) = settings.functions.get(name) else {
            tracing::warn!(
                event = "function.not_configured",
                "`FUNCTION_URLS` does not name `{name}`; it receives no events"
            );
            continue;
        };
        let queues = pipeline.queues.iter();
        let own = queues.filter(|(_, queue)| queue.function == *name);
        let timeout = Duration::from_secs(function.timeout_s.into());
        functions.push(Arc::new(Remote {
            // A handful of names, as long as the process lives.
            name: Box::leak(name.clone().into_boxed_str()),
            url: url.clone(),
            paths: own
                .map(|(name, queue)| (name.clone(), queue.path.clone()))
                .collect(),
            client: Client::builder().timeout(timeout).build()?,
            twice: settings.twice,
        }));
    }
    Ok(functions)
}

#[async_trait]
impl Function for Remote {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn handle(&self, trigger: Trigger) -> Result<(), Failure> {
        if self.twice {
            let (first, second) = tokio::join!(self.post(&trigger), self.post(&trigger));
            return first.and(second);
        }
        self.post(&trigger).await
    }
}

impl Remote {
    async fn post(&self, trigger: &Trigger) -> Result<(), Failure> {
        match trigger {
            Trigger::Event(event) => self.post_event(event).await,
            Trigger::Task(task) => self.post_task(task).await,
        }
    }

    /// The event's id is new each time; functions do not read it.
    async fn post_event(&self, event: &Event) -> Result<(), Failure> {
        let id = random_name();
        let event = encode(&id, SystemClock.now(), event).map_err(Failure::permanent)?;
        let request = event.deserialize_binary(http::Request::builder());
        let request: http::Request<Option<Vec<u8>>> = request.map_err(Failure::permanent)?;
        let (parts, body) = request.into_parts();
        let body = body.unwrap_or_default();
        let size = body.len() + size(&parts.headers);
        if size > MAX_EVENT_BYTES {
            let error = anyhow!("an event of {size} bytes, which Eventarc would drop");
            return Err(Failure::permanent(error));
        }
        tracing::debug!(
            event = "delivery.posted",
            function = self.name,
            size,
            "event posted"
        );
        let mut headers = encoded(&parts.headers)?;
        let agent = "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)";
        headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
        let posted = self.client.post(&self.url).headers(headers).body(body);
        settle(posted.send().await)
    }

    async fn post_task(&self, task: &DeliveredTask) -> Result<(), Failure> {
        let path = self.paths.get(&task.queue);
        let path = path.with_context(|| format!("no queue `{}`", task.queue))?;
        let retries = task.attempt.saturating_sub(1).to_string();
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "application/json".to_owned()),
            ("user-agent", "Google-Cloud-Tasks".to_owned()),
            ("x-cloudtasks-queuename", task.queue.clone()),
            ("x-cloudtasks-taskname", task.name.clone()),
            ("x-cloudtasks-taskretrycount", retries.clone()),
            ("x-cloudtasks-taskexecutioncount", retries),
            ("x-cloudtasks-tasketa", "0.0".to_owned()),
        ] {
            let value = HeaderValue::try_from(value).map_err(Failure::permanent)?;
            headers.insert(HeaderName::from_static(name), value);
        }
        if let Some(trace) = task.trace {
            let value = HeaderValue::try_from(trace.to_string()).map_err(Failure::permanent)?;
            headers.insert("traceparent", value);
        }
        let body = serde_json::to_vec(&task.body).map_err(Failure::permanent)?;
        let posted = self.client.post(format!("{}{path}", self.url));
        settle(posted.headers(headers).body(body).send().await)
    }
}

fn size(headers: &HeaderMap) -> usize {
    let lengths = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    lengths.sum()
}

fn encoded(headers: &HeaderMap) -> Result<HeaderMap, Failure> {
    let mut encoded = HeaderMap::new();
    for (name, value) in headers {
        let value = if name.as_str().starts_with("ce-") {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            let text = utf8_percent_encode(&text, IN_HEADER).to_string();
            HeaderValue::try_from(text).map_err(Failure::permanent)?
        } else {
            value.clone()
        };
        encoded.append(name.clone(), value);
    }
    Ok(encoded)
}

/// 2xx is done; everything else is delivered again, after `Retry-After` at the
/// earliest.
fn settle(answer: reqwest::Result<Response>) -> Result<(), Failure> {
    let answer = answer?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let after = answer.headers().get(header::RETRY_AFTER);
    let seconds = after.and_then(|value| value.to_str().ok()?.parse().ok());
    Err(Failure::Transient {
        error: anyhow!("the function answered {status}"),
        after: seconds.map(Duration::from_secs),
    })
}
