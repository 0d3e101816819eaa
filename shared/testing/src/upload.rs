//! Uploads as a client makes them, and what is stored of them.

use std::{path::Path, time::Duration};

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

/// How many files of objects a data directory has, unfinished and unknown ones included.
pub fn object_files(data_dir: &Path) -> usize {
    let entries = std::fs::read_dir(data_dir.join("objects")).expect("the folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names.filter(|name| name != "installation").count()
}
