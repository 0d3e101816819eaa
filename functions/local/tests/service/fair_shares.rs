//! One user who does a lot does not keep another waiting.

use std::time::{Duration, Instant};

use reqwest::{
    Client,
    header::{HeaderMap, HeaderValue},
};
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::host::{ONE, Service, finished, speech, submit};

const MANY: usize = 60;

/// How many times as long as alone another user may wait.
const MOST: f64 = 3.0;

fn client(user: &'static str) -> Client {
    let mut headers = HeaderMap::new();
    headers.insert("x-user-id", HeaderValue::from_static(user));
    let client = Client::builder()
        .default_headers(headers)
        .pool_max_idle_per_host(0);
    client.build().expect("a client")
}

/// How long one recording takes from its upload to its report.
async fn transcription(client: &Client, service: &Service, recording: &[u8]) -> Duration {
    let begun = Instant::now();
    let id = submit(client, &service.url, recording.to_vec()).await;
    let interview = finished(client, &service.url, &id).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    begun.elapsed()
}

/// How long a direct call takes.
async fn direct_call(client: &Client, service: &Service) -> Duration {
    let begun = Instant::now();
    let line = "Ada: What did you do?\nBob: I built a small boat with my sister last summer.\n";
    let body = json!({"transcript": line.repeat(200), "language": "en"});
    let answer = client
        .post(format!("{}/v1/analyze", service.url))
        .json(&body)
        .send()
        .await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    begun.elapsed()
}

/// A direct call whose body does not come.
async fn slow_body(service: &Service) -> TcpStream {
    let mut stream = TcpStream::connect(service.address())
        .await
        .expect("connects");
    let request = "POST /v1/analyze HTTP/1.1\r\nhost: localhost\r\nx-user-id: many\r\n\
                   content-length: 100\r\n\r\n{";
    stream.write_all(request.as_bytes()).await.expect("asks");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_with_sixty_of_everything_does_not_keep_another_waiting() {
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (many, other, recording) = (client("many"), client("other"), speech(6));
    let service = Service::start(folder.path());
    transcription(&other, &service, &recording).await;
    let alone = transcription(&other, &service, &recording).await;
    let call_alone = direct_call(&other, &service).await;
    let slow = (0..MANY).map(|_| slow_body(&service));
    let slow = futures::future::join_all(slow).await;
    let submitting = (0..MANY).map(|_| submit(&many, &service.url, recording.clone()));
    futures::future::join_all(submitting).await;
    let beside = transcription(&other, &service, &recording).await;
    let call_beside = direct_call(&other, &service).await;
    let ratio = |beside: Duration, alone: Duration| {
        // What takes a moment alone takes another moment on a busy machine.
        beside.as_secs_f64() / alone.max(Duration::from_millis(500)).as_secs_f64()
    };
    let (recordings, calls) = (ratio(beside, alone), ratio(call_beside, call_alone));
    println!(
        "beside {MANY} recordings and {} slow bodies of another user: a transcription {beside:?} \
         instead of {alone:?} ({recordings:.1} times), a direct call {call_beside:?} instead of \
         {call_alone:?}",
        slow.len()
    );
    assert!(recordings < MOST, "{recordings:.1} times as long");
    assert!(calls < MOST, "{calls:.1} times as long");
}
