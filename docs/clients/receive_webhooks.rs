//! Receives webhooks and verifies them.
//!
//! ```sh
//! WEBHOOK_SECRET=whsec_… cargo run -p notify --example receive_webhooks
//! ```
//!
//! `PORT` is where to listen; without it, on a free port. Prints its address first and
//! then a line for each webhook. Standard Webhooks (<https://www.standardwebhooks.com>):
//! the signature is HMAC-SHA256 over `id.timestamp.body` with the secret.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program to copy, which has no settings, clock and log of ours"
)]

use std::{
    convert::Infallible,
    env,
    error::Error,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{
    HeaderMap, Request, Response, StatusCode, body::Incoming, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;

const TOLERANCE_SECONDS: u64 = 300;
const MAX_BODY: usize = 1 << 20;

/// Whether one of the signatures was made with one of our secrets, lately.
pub(crate) fn verified(keys: &[Vec<u8>], headers: &HeaderMap, body: &[u8], now: u64) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(id), Some(timestamp), Some(given)) = (
        text("webhook-id"),
        text("webhook-timestamp"),
        text("webhook-signature"),
    ) else {
        return false;
    };
    let lately = |time: u64| now.abs_diff(time) <= TOLERANCE_SECONDS;
    if !timestamp.parse().is_ok_and(lately) {
        return false;
    }
    given
        .split(' ')
        .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
        .any(|code| {
            keys.iter().any(|key| {
                let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
                let mac = mac.chain_update(format!("{id}.{timestamp}."));
                mac.chain_update(body).verify_slice(&code).is_ok()
            })
        })
}

async fn receive(keys: &[Vec<u8>], request: Request<Incoming>) -> StatusCode {
    let (parts, body) = request.into_parts();
    // The bytes as they came: what is parsed and written again may differ.
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE;
    };
    let body = body.to_bytes();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    if !verified(
        keys,
        &parts.headers,
        &body,
        now.map_or(0, |now| now.as_secs()),
    ) {
        println!("refused");
        return StatusCode::UNAUTHORIZED;
    }
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    let id = parts.headers["webhook-id"].to_str().unwrap_or("");
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    // The same id may come again: remember what has been dealt with. And unless you have made
    // a secret of your own, it is the whole service's: check that `user_id` is yours.
    println!(
        "verified {} {id} {}",
        text(&event["type"]),
        text(&event["data"]["status"])
    );
    StatusCode::NO_CONTENT
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Several while one is being replaced.
    let secrets = env::var("WEBHOOK_SECRET")?;
    let keys = secrets
        .split_whitespace()
        .map(|secret| STANDARD.decode(secret.trim_start_matches("whsec_")));
    let keys: &[Vec<u8>] = keys.collect::<Result<Vec<_>, _>>()?.leak();
    let port = env::var("PORT").map_or(Ok(0), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let service = service_fn(move |request| async move {
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.status_mut() = receive(keys, request).await;
            Ok::<_, Infallible>(response)
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}
