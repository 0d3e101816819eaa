//! Secrets of owners, through the API.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::support::{TestHost, wav};

const SECRET_PATH: &str = "/v1/webhook-secret";

#[tokio::test]
async fn owners_secret_is_shown_once_and_signs_from_then_on() {
    let test = TestHost::start().await;
    let none = json!({"signed_by": "service", "id": null, "created_at": null,
        "previous_valid_until": null});
    assert_eq!(test.get(SECRET_PATH).await, none);
    let (status, first) = test.ask(Method::POST, SECRET_PATH, None).await;
    assert_eq!(status, 201, "{first}");
    assert!(first["secret"].as_str().unwrap().starts_with("whsec_"));
    let shown = test.get(SECRET_PATH).await;
    assert_eq!(
        (&shown["signed_by"], &shown["id"]),
        (&json!("owner"), &first["id"])
    );
    assert!(shown.get("secret").is_none(), "{shown}");
    // The service's signs as well until its receivers know the new one.
    test.submit(wav(3)).await;
    test.drain().await;
    let received = std::mem::take(&mut *test.receiver.received.lock().unwrap());
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|(_, _, by_service)| *by_service));
    test.clock.advance(Duration::from_hours(24));
    assert_eq!(
        test.get(SECRET_PATH).await["previous_valid_until"],
        Value::Null
    );
    test.submit(wav(3)).await;
    test.drain().await;
    let received = std::mem::take(&mut *test.receiver.received.lock().unwrap());
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|(_, _, by_service)| !*by_service));
    let (_, second) = test.ask(Method::POST, SECRET_PATH, None).await;
    assert_ne!(first["secret"], second["secret"]);
    let shown = test.get(SECRET_PATH).await;
    assert_eq!(shown["id"], second["id"]);
    assert!(shown["previous_valid_until"].is_string(), "{shown}");
}

#[tokio::test]
async fn a_secret_is_its_users_own() {
    let test = TestHost::start().await;
    let send = async |method: Method, user: &str| {
        let url = format!("{}{SECRET_PATH}", test.url);
        let request = test.client.request(method, url).header("x-user-id", user);
        let answer = request.header("content-length", "0").send().await.unwrap();
        let cached = answer.headers()["cache-control"].clone();
        (cached, answer.json::<Value>().await.unwrap())
    };
    let (cached, made) = send(Method::POST, "anna").await;
    assert_eq!(cached, "no-store");
    assert_eq!(send(Method::GET, "anna").await.1["id"], made["id"]);
    assert_eq!(send(Method::GET, "ben").await.1["signed_by"], "service");
    let (_, others) = send(Method::POST, "ben").await;
    assert_ne!(made["secret"], others["secret"]);
    assert_eq!(send(Method::GET, "anna").await.1["id"], made["id"]);
}
