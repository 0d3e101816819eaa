//! Links of shares, tampered with, used for other things, and ended.

mod quotes;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};

use super::Table;
use crate::support::{TestHost, finished::Finished};

/// Sends a request as it is, without what a client makes of its path.
async fn raw(test: &TestHost, path: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let host = test.url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    (status, body)
}

/// An interview, and the shares of it that are abused.
struct Shared {
    finished: Finished,
    good: String,
    table: Table,
    /// The page that every link gets that does not work.
    dead: String,
}

impl Shared {
    async fn start() -> Self {
        let finished = Finished::of(TestHost::start().await).await;
        let good = share(&finished, 86_400).await;
        let nowhere = format!("{}/s/nothing", finished.test.url);
        let answer = reqwest::get(&nowhere).await.unwrap();
        assert_eq!(answer.status(), 404);
        Self {
            good: good["url"].as_str().unwrap().to_owned(),
            dead: answer.text().await.unwrap(),
            finished,
            table: Table::default(),
        }
    }

    /// Opens an address. Where it does not open, the page is the same as for any other that
    /// does not.
    async fn open(&mut self, attempt: &str, expected: u16, url: &str) {
        let answer = reqwest::get(url).await.unwrap();
        let status = answer.status().as_u16();
        self.table.note(attempt, expected, status);
        if status == 404 && !url.contains("/v1/") {
            assert_eq!(answer.headers()["cache-control"], "no-store", "{attempt}");
            assert_eq!(answer.text().await.unwrap(), self.dead, "{attempt}");
        }
    }

    /// The token of the good link, taken apart.
    fn text(&self) -> String {
        let token = self.good.rsplit('/').next().unwrap();
        String::from_utf8(URL_SAFE_NO_PAD.decode(token).unwrap()).unwrap()
    }

    /// A link of another text.
    fn forged(&self, text: &str) -> String {
        format!(
            "{}/s/{}",
            self.finished.test.url,
            URL_SAFE_NO_PAD.encode(text)
        )
    }
}

async fn share(finished: &Finished, expires_in_s: u64) -> Value {
    let body = json!({"scope": "report", "with_audio": true, "expires_in_s": expires_in_s});
    finished.send(Method::POST, "/shares", Some(body)).await.1
}

async fn tampered(shared: &mut Shared) {
    let text = shared.text();
    let parts: Vec<&str> = text.split('.').collect();
    let [user, interview, id, expires, signature] = parts[..] else {
        panic!("{text}");
    };
    let other = shared.finished.test.submit(crate::support::wav(3)).await;
    shared.finished.test.drain().await;
    let flipped = format!("{}0", &signature[..signature.len() - 1]);
    let flipped = if flipped == signature {
        format!("{}1", &signature[..63])
    } else {
        flipped
    };
    for (attempt, forged) in [
        (
            "share: no signature",
            format!("{user}.{interview}.{id}.{expires}"),
        ),
        (
            "share: tampered signature",
            format!("{user}.{interview}.{id}.{expires}.{flipped}"),
        ),
        (
            "share: empty signature",
            format!("{user}.{interview}.{id}.{expires}."),
        ),
        (
            "share: another interview's id",
            format!("{user}.{other}.{id}.{expires}.{signature}"),
        ),
        (
            "share: another user's id",
            format!("eve.{interview}.{id}.{expires}.{signature}"),
        ),
        (
            "share: another share's id",
            format!(
                "{user}.{interview}.{}.{expires}.{signature}",
                "s".repeat(24)
            ),
        ),
        (
            "share: a later end",
            format!("{user}.{interview}.{id}.{expires}0.{signature}"),
        ),
        (
            "share: path in the share's id",
            format!("{user}.{interview}.../../notes.{expires}.{signature}"),
        ),
    ] {
        let url = shared.forged(&forged);
        shared.open(attempt, 404, &url).await;
    }
    // What is signed for listening is worth nothing here.
    let audio = shared.finished.shown().await["audio"]["url"].clone();
    let token = audio.as_str().unwrap().split("token=").nth(1).unwrap();
    let url = format!("{}/s/{token}", shared.finished.test.url);
    shared
        .open("share: the token of an audio link", 404, &url)
        .await;
    let own = shared.good.rsplit('/').next().unwrap();
    let url = format!(
        "{}/v1/audio/{}?token={own}",
        shared.finished.test.url, shared.finished.id
    );
    shared
        .open("audio link: the token of a share", 403, &url)
        .await;
    let good = shared.good.clone();
    shared
        .open("share: more behind the link", 404, &format!("{good}AAAA"))
        .await;
    shared
        .open("share: cut short", 404, &good[..good.len() - 4])
        .await;
}

async fn other_requests(shared: &mut Shared) {
    let good = shared.good.clone();
    let client = shared.finished.test.client.clone();
    for method in [
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ] {
        let answer = client.request(method.clone(), &good).send().await.unwrap();
        shared
            .table
            .note(&format!("share: {method}"), 405, answer.status().as_u16());
    }
    let head = client.head(&good).send().await.unwrap();
    shared
        .table
        .note("share: HEAD", 200, head.status().as_u16());
    let dead = client.head(format!("{good}AAAA")).send().await.unwrap();
    shared
        .table
        .note("share: HEAD of a damaged link", 404, dead.status().as_u16());
    for (attempt, range, expected) in [
        ("share: a range of the recording", "bytes=0-99", 206),
        ("share: a range behind its end", "bytes=99999999-", 416),
        ("share: a range that is none", "bytes=x", 416),
    ] {
        let request = client.get(format!("{good}/audio")).header("range", range);
        let answer = request.send().await.unwrap();
        shared
            .table
            .note(attempt, expected, answer.status().as_u16());
    }
    let path = good
        .trim_start_matches(&shared.finished.test.url)
        .to_owned();
    let id = shared.finished.id.clone();
    for (attempt, path) in [
        (
            "share: path traversal",
            format!("{path}/../../v1/interviews/{id}"),
        ),
        (
            "share: encoded path traversal",
            format!("{path}/..%2f..%2fv1%2finterviews"),
        ),
        (
            "share: encoded link",
            format!("/s/%2e%2e%2fv1%2finterviews%2f{id}"),
        ),
        (
            "share: the interview below the link",
            format!("{path}/v1/interviews/{id}"),
        ),
        ("share: the report as JSON", format!("{path}/report.html")),
        ("share: a link that is no UTF-8", "/s/%ff%fe".to_owned()),
        ("share: an empty link", "/s/".to_owned()),
    ] {
        let (status, body) = raw(&shared.finished.test, &path).await;
        shared.table.note(attempt, 404, status);
        assert!(!body.contains("Transcript"), "{attempt}");
    }
    // The link is no credential of a user.
    let token = path.rsplit('/').next().unwrap();
    let list = client.get(format!("{}/v1/interviews/{id}", shared.finished.test.url));
    let list = list.header("x-user-id", "eve").bearer_auth(token);
    let answer = list.send().await.unwrap();
    shared.table.note(
        "share: the link as a bearer token",
        404,
        answer.status().as_u16(),
    );
}

async fn ended(shared: &mut Shared) {
    let finished = &shared.finished;
    let (short, revoked) = (share(finished, 60).await, share(finished, 86_400).await);
    let path = format!("/shares/{}", revoked["id"].as_str().unwrap());
    let url = format!("{}{}", finished.test.url, finished.path(&path));
    let stranger = finished.test.client.delete(&url).header("x-user-id", "eve");
    let status = stranger.send().await.unwrap().status().as_u16();
    shared
        .table
        .note("share: revoked by another user", 404, status);
    let revoked = revoked["url"].as_str().unwrap();
    shared
        .open("share: before it is revoked", 200, revoked)
        .await;
    assert_eq!(
        shared.finished.send(Method::DELETE, &path, None).await.0,
        204
    );
    for part in ["", "/audio", "/report.docx"] {
        let url = format!("{revoked}{part}");
        shared
            .open(&format!("share: revoked {part}"), 404, &url)
            .await;
    }
    let short = short["url"].as_str().unwrap();
    shared.finished.test.clock.advance(Duration::from_secs(59));
    shared
        .open("share: a second before it expires", 200, short)
        .await;
    shared.finished.test.clock.advance(Duration::from_secs(1));
    for part in ["", "/audio", "/report.docx"] {
        let url = format!("{short}{part}");
        shared
            .open(&format!("share: expired by the clock {part}"), 404, &url)
            .await;
    }
    let good = shared.good.clone();
    shared
        .open("share: before its interview is deleted", 200, &good)
        .await;
    assert_eq!(shared.finished.send(Method::DELETE, "", None).await.0, 204);
    for part in ["", "/audio", "/report.docx"] {
        let url = format!("{good}{part}");
        shared
            .open(&format!("share: of a deleted interview {part}"), 404, &url)
            .await;
    }
    shared.finished.test.drain().await;
    shared
        .open("share: of an interview that is cleared away", 404, &good)
        .await;
}

#[tokio::test]
async fn shares_open_nothing_but_what_they_are_for() {
    let mut shared = Shared::start().await;
    tampered(&mut shared).await;
    other_requests(&mut shared).await;
    quotes::abused(&mut shared).await;
    ended(&mut shared).await;
    shared.table.conclude();
}
