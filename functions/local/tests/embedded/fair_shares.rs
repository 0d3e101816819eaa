//! One user who does a lot does not keep another waiting.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{
    ports::{Progress, Transcriber, TranscriptionRequest},
    steps::StepError,
    transcript::Recognition,
};
use futures::StreamExt as _;
use reqwest::{
    Client,
    header::{HeaderMap, HeaderValue},
};
use serde_json::{Value, json};
use testing::Receiver;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_util::sync::CancellationToken;

use crate::{
    support::{
        TestHost,
        engine::{ScriptedEngine, dialogue},
        wav,
    },
    webhook_fairness::waits,
};

const MANY: usize = 60;

/// How many times as long as alone another user may wait.
const MOST: f64 = 3.0;

/// How long the engine takes for a recording. It is elsewhere: this machine only waits.
const RECOGNITION: Duration = Duration::from_secs(2);

struct RemoteEngine;

#[async_trait]
impl Transcriber for RemoteEngine {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn transcribe(
        &self,
        _: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        tokio::time::sleep(RECOGNITION).await;
        Ok(dialogue())
    }
}

/// A user of the service.
struct User<'a> {
    test: &'a TestHost,
    client: Client,
    /// Where the user's webhooks go.
    hook: String,
}

impl<'a> User<'a> {
    fn new(test: &'a TestHost, id: &'static str, hook: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("x-user-id", HeaderValue::from_static(id));
        let client = Client::builder()
            .default_headers(headers)
            .pool_max_idle_per_host(0);
        let client = client.build().unwrap();
        Self { test, client, hook }
    }

    async fn submit(&self) -> String {
        let (recording, path) = (wav(1), format!("{}/v1/interviews", self.test.url));
        let body = json!({"title": "t", "webhook_url": self.hook, "audio": {
            "filename": "a.wav", "content_type": "audio/wav", "size_bytes": recording.len(),
        }});
        let created = self.client.post(path).json(&body).send().await.unwrap();
        let created: Value = created.json().await.unwrap();
        let uploaded = testing::put(&self.client, &created["upload"], recording).await;
        assert_eq!(uploaded.status(), 200);
        created["id"].as_str().unwrap().to_owned()
    }

    /// How long it takes from the start of an upload to the transcript.
    async fn transcription(&self) -> Duration {
        let begun = Instant::now();
        let id = self.submit().await;
        self.transcribed(&id).await;
        begun.elapsed()
    }

    async fn transcribed(&self, id: &str) {
        let path = format!("{}/v1/interviews/{id}", self.test.url);
        let events = self.client.get(format!("{path}/events")).send();
        let mut events = events.await.unwrap().bytes_stream();
        loop {
            let shown: Value = self
                .client
                .get(&path)
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            if shown["steps"]["transcription"]["state"] == "done" {
                return;
            }
            events.next().await.unwrap().unwrap();
        }
    }

    /// How long a direct call takes.
    async fn direct_call(&self) -> Duration {
        let begun = Instant::now();
        let line = "Ada: What did you do?\nBob: I built a small boat with my sister last summer.\n";
        let body = json!({"transcript": line.repeat(200), "language": "en"});
        let path = format!("{}/v1/analyze", self.test.url);
        let answer = self.client.post(path).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
        begun.elapsed()
    }
}

/// A direct call whose body does not come.
async fn slow_body(test: &TestHost) -> TcpStream {
    let address = test.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "POST /v1/analyze HTTP/1.1\r\nhost: localhost\r\nx-user-id: many\r\n\
                   content-length: 100\r\n\r\n{";
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_with_sixty_of_everything_does_not_keep_another_waiting() {
    let engine = Arc::new(ScriptedEngine::default());
    let test = TestHost::start_with(Arc::new(RemoteEngine), engine, false).await;
    let stop = CancellationToken::new();
    let clock = Arc::clone(&test.clock) as _;
    let dispatcher = test.host.dispatcher();
    let dispatching = tokio::spawn(dispatcher.run(clock, stop.clone(), Duration::ZERO));
    // Connections are accepted by the system, and never answered.
    let (_hanging, silence) = testing::listen().await;
    let (many, other) = (
        User::new(&test, "many", silence),
        User::new(&test, "other", test.hook.clone()),
    );
    let receiver = Arc::new(Receiver::default());
    let hook = receiver.listen().await;
    let hooks_alone = waits(&test.host, &receiver, &hook).await;
    let (alone, call_alone) = (other.transcription().await, other.direct_call().await);
    let slow = futures::future::join_all((0..MANY).map(|_| slow_body(&test))).await;
    futures::future::join_all((0..MANY).map(|_| many.submit())).await;
    let hooks_beside = waits(&test.host, &receiver, &hook).await;
    let (beside, call_beside) = (other.transcription().await, other.direct_call().await);
    stop.cancel();
    dispatching.await.unwrap();
    let ratio = |beside: Duration, alone: Duration| {
        // What takes a moment alone takes another moment on a busy machine.
        beside.as_secs_f64() / alone.max(Duration::from_millis(500)).as_secs_f64()
    };
    let (recordings, calls) = (ratio(beside, alone), ratio(call_beside, call_alone));
    let hooks = ratio(hooks_beside.mean, hooks_alone.mean);
    eprintln!(
        "beside {MANY} recordings, their hanging receivers and {} slow bodies of another user: \
         webhooks {hooks_beside:?} instead of {hooks_alone:?} ({:.1} times), a transcription \
         {beside:?} instead of {alone:?} ({recordings:.1} times), a direct call \
         {call_beside:?} instead of {call_alone:?} ({:.1} times)",
        slow.len(),
        hooks_beside.mean.as_secs_f64() / hooks_alone.mean.as_secs_f64(),
        call_beside.as_secs_f64() / call_alone.as_secs_f64(),
    );
    assert!(recordings < MOST, "{recordings:.1} times as long");
    assert!(calls < MOST, "{calls:.1} times as long");
    assert!(hooks < MOST, "{hooks:.1} times as long");
}
