//! Uploads as a client makes them.

use std::time::Duration;

use reqwest::Client;
use serde_json::Value;

/// `PUT`s to an `upload` exactly as it says.
pub async fn put(
    client: &Client,
    upload: &Value,
    bytes: impl Into<reqwest::Body>,
) -> reqwest::Response {
    let url = upload["url"].as_str().expect("a URL");
    let headers = upload["headers"].as_object().expect("headers");
    let request = headers
        .iter()
        .fold(client.put(url), |request, (name, value)| {
            request.header(name, value.as_str().expect("text"))
        });
    request
        .body(bytes)
        .timeout(Duration::from_mins(2))
        .send()
        .await
        .expect("an answer")
}
