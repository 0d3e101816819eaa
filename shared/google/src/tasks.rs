//! The port `Queue` on Cloud Tasks.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use async_trait::async_trait;
use config::SystemClock;
use domain::{
    pipeline::{self, Pipeline},
    ports::{Clock, Enqueued, Queue, QueueError, Task},
};
use google_cloud_gax::{
    error::rpc::Code,
    options::RequestOptionsBuilder as _,
    retry_policy::{Aip194Strict, RetryPolicyExt as _},
};
use google_cloud_tasks_v2::{
    client::CloudTasks as Client,
    model::{HttpMethod, HttpRequest, OidcToken, Task as WireTask},
};
use tokio::sync::OnceCell;

use crate::emulator;

/// How long to try to queue a task before the call fails.
const RETRY_BUDGET: Duration = Duration::from_secs(30);

/// Where the queues are, and which services they call.
#[derive(Debug, Clone)]
pub struct Queues {
    /// The project.
    pub project: String,
    /// The location, such as `europe-west1`.
    pub location: String,
    /// Where each function is, without a slash at the end.
    pub functions: BTreeMap<String, String>,
    /// The service account whose token a task brings along.
    pub service_account: Option<String>,
    /// URL of an emulator instead of the real service.
    pub emulator: Option<String>,
}

/// The manifest's queues in Cloud Tasks; connects when it is first used.
pub struct CloudTasksQueue {
    queues: Queues,
    pipeline: Arc<Pipeline>,
    client: OnceCell<Client>,
}

impl CloudTasksQueue {
    /// The manifest's queues.
    pub const fn new(queues: Queues, pipeline: Arc<Pipeline>) -> Self {
        Self {
            queues,
            pipeline,
            client: OnceCell::const_new(),
        }
    }

    async fn connect(&self) -> anyhow::Result<Client> {
        let builder = match &self.queues.emulator {
            Some(url) => {
                let builder = Client::builder().with_endpoint(url);
                builder.with_credentials(emulator::anonymous())
            }
            None => Client::builder().with_credentials(crate::credentials::default()?),
        };
        builder.build().await.context("connecting to Cloud Tasks")
    }

    /// The task as Cloud Tasks takes it: a request to be made.
    fn wire(
        &self,
        queue: &pipeline::QueueSpec,
        parent: &str,
        task: &Task,
    ) -> anyhow::Result<WireTask> {
        let function = &queue.function;
        let base = self.queues.functions.get(function);
        let base = base.with_context(|| format!("FUNCTION_URLS does not name `{function}`"))?;
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        headers.extend(
            task.trace
                .map(|trace| ("traceparent".to_owned(), trace.to_string())),
        );
        let mut request = HttpRequest::new()
            .set_url(format!("{base}{}", queue.path))
            .set_http_method(HttpMethod::Post)
            .set_headers(headers)
            .set_body(serde_json::to_vec(&task.body)?);
        if let Some(account) = &self.queues.service_account {
            let token = OidcToken::new()
                .set_service_account_email(account)
                .set_audience(base);
            request = request.set_oidc_token(token);
        }
        let mut wire = WireTask::new()
            .set_name(format!("{parent}/tasks/{}", task.name))
            .set_http_request(request)
            .set_dispatch_deadline(google_cloud_wkt::Duration::clamp(
                i64::from(queue.dispatch_deadline_s),
                0,
            ));
        if !task.delay.is_zero() {
            let due = (SystemClock.now() + task.delay).as_millis();
            let nanos = i32::try_from(due.rem_euclid(1_000))? * 1_000_000;
            let due = google_cloud_wkt::Timestamp::new(due.div_euclid(1_000), nanos)?;
            wire = wire.set_schedule_time(due);
        }
        Ok(wire)
    }

    async fn create(&self, parent: String, task: WireTask) -> anyhow::Result<Enqueued> {
        let client = self.client.get_or_try_init(|| self.connect()).await?;
        // The name makes it safe to ask again: at worst it is a duplicate.
        let created = client
            .create_task()
            .set_parent(parent)
            .set_task(task)
            .with_idempotency(true)
            .with_retry_policy(Aip194Strict.with_time_limit(RETRY_BUDGET))
            .send()
            .await;
        match created {
            Ok(_) => Ok(Enqueued::Accepted),
            Err(error) => {
                let code = error.status().map(|status| status.code);
                let conflict = error.http_status_code() == Some(409);
                if conflict || code == Some(Code::AlreadyExists) {
                    return Ok(Enqueued::Duplicate);
                }
                Err(error).context("creating a task")
            }
        }
    }
}

#[async_trait]
impl Queue for CloudTasksQueue {
    async fn enqueue(&self, queue: &str, task: Task) -> Result<Enqueued, QueueError> {
        let unknown = || QueueError::NoQueue(queue.to_owned());
        let known = self.pipeline.queues.get(queue).ok_or_else(unknown)?;
        let Queues {
            project, location, ..
        } = &self.queues;
        let parent = format!("projects/{project}/locations/{location}/queues/{queue}");
        let unavailable = |error: anyhow::Error| QueueError::Unavailable(error.into());
        let wire = self.wire(known, &parent, &task).map_err(unavailable)?;
        self.create(parent, wire).await.map_err(unavailable)
    }
}
