//! `scripts/ops/replay-dead-letters` against Google's emulator of Pub/Sub.
#![allow(
    clippy::disallowed_methods,
    reason = "a script is started with this environment"
)]

use std::{collections::BTreeMap, path::Path, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, Method};
use serde_json::{Value, json};

const PROJECT: &str = "dead-letters-test";
const OURS: &str = "interview-events.notify";
const EVENTARCS: &str = "eventarc-europe-west1-interviewlens-analyze-0-sub-123";
/// As protobuf may be: no text.
const EVENT: &[u8] = b"\x0a\xff\x00\x01";

struct PubSub(Client, String);

impl PubSub {
    async fn ask(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/{path}", self.1);
        let answer = self
            .0
            .request(method, url)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// What waits there, of which there is so much: that an answer is empty says nothing.
    async fn pull_all(
        &self,
        subscription: &str,
        count: usize,
    ) -> Vec<(Vec<u8>, BTreeMap<String, String>)> {
        let mut all = Vec::new();
        for _ in 0..1_000 {
            all.extend(self.pull(subscription).await);
            if all.len() >= count {
                break;
            }
        }
        all
    }

    /// What waits there just now: data and attributes.
    async fn pull(&self, subscription: &str) -> Vec<(Vec<u8>, BTreeMap<String, String>)> {
        let path = format!("subscriptions/{subscription}:pull");
        let body = json!({"maxMessages": 10, "returnImmediately": true});
        let pulled = self.ask(Method::POST, &path, body).await;
        let messages = pulled["receivedMessages"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let read = |one: Value| {
            let message = &one["message"];
            let data = STANDARD
                .decode(message["data"].as_str().unwrap_or(""))
                .unwrap();
            (
                data,
                serde_json::from_value(message["attributes"].clone()).unwrap(),
            )
        };
        messages.into_iter().map(read).collect()
    }
}

fn replay(arguments: &[&str]) -> String {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/ops/replay-dead-letters");
    let done = Command::new(script)
        .args(arguments)
        .arg(PROJECT)
        .output()
        .unwrap();
    let (said, complaint) = (done.stdout, String::from_utf8(done.stderr).unwrap());
    assert!(done.status.success(), "{complaint}");
    String::from_utf8(said).unwrap()
}

fn letter(source: &str, data: &[u8], own: (&str, &str)) -> Value {
    json!({"data": STANDARD.encode(data), "attributes": {
        "CloudPubSubDeadLetterSourceSubscription": source,
        "CloudPubSubDeadLetterSourceDeliveryCount": "20",
        own.0: own.1,
    }})
}

#[tokio::test]
#[ignore = "needs Google's emulators"]
async fn dead_letters_go_back_where_they_came_from() {
    let host = std::env::var("PUBSUB_EMULATOR_HOST").unwrap();
    let base = format!("http://{host}/v1/projects/{PROJECT}");
    let pubsub = PubSub(Client::new(), base);
    for (topic, subscription) in [
        ("dead-letters", "dead-letters"),
        ("interview-events", OURS),
        ("eventarc-topic", EVENTARCS),
    ] {
        pubsub
            .ask(Method::PUT, &format!("topics/{topic}"), json!({}))
            .await;
        let body = json!({"topic": format!("projects/{PROJECT}/topics/{topic}")});
        pubsub
            .ask(Method::PUT, &format!("subscriptions/{subscription}"), body)
            .await;
    }
    let letters = [
        letter(OURS, b"{\"type\": \"x, y\"}", ("kind", "a=b,c")),
        letter(EVENTARCS, EVENT, ("ce-time", "2026-01-01T00:00:00Z")),
        json!({"data": "", "attributes": {"from": "unknown"}}),
        letter(
            "interview-events.forgotten",
            b"a",
            ("of", "one that is gone"),
        ),
    ];
    let body = json!({"messages": letters});
    pubsub
        .ask(Method::POST, "topics/dead-letters:publish", body)
        .await;

    assert!(replay(&["--dry-run"]).ends_with("0 sent again, 4 left, of 4 dead letters\n"));
    assert_eq!(pubsub.pull(OURS).await, []);
    let said = replay(&["--function", "analyze"]);
    assert!(
        said.ends_with("1 sent again, 3 left, of 4 dead letters\n"),
        "{said}"
    );
    let own = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    let event = (EVENT.to_vec(), own("ce-time", "2026-01-01T00:00:00Z"));
    assert_eq!(pubsub.pull_all(EVENTARCS, 1).await, [event]);
    assert_eq!(pubsub.pull(OURS).await, []);
    let said = replay(&[]);
    assert!(
        said.ends_with("1 sent again, 2 left, of 3 dead letters\n"),
        "{said}"
    );
    let message = (b"{\"type\": \"x, y\"}".to_vec(), own("kind", "a=b,c"));
    assert_eq!(pubsub.pull_all(OURS, 1).await, [message]);
    // They have no receiver.
    assert_eq!(pubsub.pull_all("dead-letters", 2).await.len(), 2);
}
