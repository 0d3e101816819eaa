//! The recording, listened to.

use domain::ports::ObjectStore as _;
use http::Method;
use serde_json::{Value, json};

use crate::support::{TestHost, key, wav};

#[tokio::test]
async fn the_recording_is_played_in_parts_by_a_link_that_needs_no_header() {
    let test = TestHost::start().await;
    let bytes = wav(3);
    let id = test.submit(bytes.clone()).await;
    test.drain().await;
    let link = test.interview(&id).await["audio"]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = format!("{}{link}", test.url);
    let get = |range: &'static str| {
        test.client
            .get(&link)
            .header("x-user-id", "another-user")
            .header("range", range)
            .send()
    };
    let part = get("bytes=100-199").await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(
        part.headers()["content-range"],
        format!("bytes 100-199/{}", bytes.len())
    );
    assert_eq!(part.headers()["content-type"], "audio/wav");
    assert_eq!(part.bytes().await.unwrap(), &bytes[100..200]);
    let behind = get("bytes=999999999-").await.unwrap();
    assert_eq!(
        (
            behind.status().as_u16(),
            behind.headers()["content-range"].clone()
        ),
        (416, format!("bytes */{}", bytes.len()).parse().unwrap())
    );
    let head = test.client.head(&link).send().await.unwrap();
    assert_eq!(
        (
            head.status().as_u16(),
            head.headers()["content-length"].clone()
        ),
        (200, bytes.len().to_string().parse().unwrap())
    );
    let forged = test
        .client
        .get(link.replace("token=", "token=x"))
        .send()
        .await
        .unwrap();
    assert_eq!(forged.status(), 403);
    test.clock.advance(std::time::Duration::from_secs(3_601));
    assert_eq!(
        test.client.get(&link).send().await.unwrap().status(),
        403,
        "an hour later"
    );
}

/// The same recording as ALAC in MP4, which most browsers do not play.
fn alac(wav: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.wav"), wav).unwrap();
    let mut command = std::process::Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-i"]);
    command.arg(path("a.wav")).args(["-c:a", "alac"]);
    let status = command.arg(path("a.m4a")).status();
    assert!(
        status
            .expect("ffmpeg, which `scripts/setup ffmpeg` installs")
            .success()
    );
    std::fs::read(path("a.m4a")).unwrap()
}

#[tokio::test]
async fn recording_that_browsers_do_not_play_has_a_copy_that_goes_with_it() {
    let test = TestHost::start().await;
    let id = test.submit(alac(&wav(3))).await;
    test.drain().await;
    let audio = test.interview(&id).await["audio"].clone();
    assert_eq!(
        (&audio["container"], &audio["codec"]),
        (&json!("mov"), &json!("alac"))
    );
    assert_eq!(audio["playback"]["content_type"], "audio/mp4");
    let link = format!("{}{}", test.url, audio["playback"]["url"].as_str().unwrap());
    let whole = test.client.get(&link).send().await.unwrap();
    assert_eq!(whole.headers()["content-type"], "audio/mp4");
    let whole = whole.bytes().await.unwrap();
    let mut decoder = media::Decoder::open(Box::new(std::io::Cursor::new(whole.to_vec()))).unwrap();
    while decoder.next_block().unwrap().is_some() {}
    let decoded = (decoder.facts().duration_ms, decoder.report().codec.as_str());
    assert_eq!(decoded, (audio["duration_ms"].as_u64().unwrap(), "aac"));
    let part = test
        .client
        .get(&link)
        .header("range", "bytes=4-7")
        .send()
        .await
        .unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.unwrap(), "ftyp");
    // Drawn again, the copy is replaced.
    let path = format!("/v1/interviews/{id}");
    let again = Some(json!({"step": "waveform"}));
    assert_eq!(
        test.ask(Method::POST, &format!("{path}/retry"), again)
            .await
            .0,
        202
    );
    test.drain().await;
    let bucket = test.host.store.bucket("artifacts");
    let objects = || async { bucket.list(&key(&id).object_prefix()).await.unwrap() };
    let copies = objects()
        .await
        .into_iter()
        .filter(|name| name.contains("playback-"));
    assert_eq!(copies.count(), 1);
    assert_eq!(test.client.get(&link).send().await.unwrap().status(), 200);
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    test.drain().await;
    assert_eq!(objects().await, [] as [&str; 0]);
}

#[tokio::test]
async fn recording_that_browsers_play_has_no_copy() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let audio = test.interview(&id).await["audio"].clone();
    assert_eq!(audio["playback"], Value::Null);
    let link = format!("{}{}", test.url, audio["url"].as_str().unwrap());
    let get = |parameter: &str| {
        test.client
            .get(format!("{link}&playback={parameter}"))
            .send()
    };
    assert_eq!(get("true").await.unwrap().status(), 404);
    assert_eq!(get("false").await.unwrap().status(), 200);
    assert_eq!(get("yes").await.unwrap().status(), 400);
}

/// What nginx answers to ranges of a file of this size: `scripts/dev/record-nginx-ranges`.
const NGINX: &str = include_str!("../data/nginx-ranges.json");

/// Where ours differ from nginx's, and why; besides, several ranges get the whole recording.
const DIFFERENT: [(&str, &str); 8] = [
    (
        "bytes=0-99999999999999999999",
        "a position has no largest number",
    ),
    ("bytes=-99999999999999999999", "nor has a length"),
    (
        "bytes=",
        "the RFC leaves it open whether what makes no sense is refused",
    ),
    ("bytes=\t0-9", "a list may have tabs around its elements"),
    ("bytes=0-9,,20-29", "a list may have empty elements"),
    ("bytes=,0-9", "a list may have empty elements"),
    ("bytes=0-9,", "a list may have empty elements"),
    (
        "bytes=0-9,9-5",
        "one range that makes no sense makes all of them invalid",
    ),
];

/// Status, and the range of a part.
type Ranged = (u16, Option<String>);

/// What was answered; the bytes have to be those of the file.
async fn ranged(answer: reqwest::Response, file: &[u8]) -> Ranged {
    let status = answer.status().as_u16();
    let header = |name: &str| {
        let value = answer.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let (range, content_type) = (header("content-range"), header("content-type").unwrap());
    let length = header("content-length").unwrap();
    let body = answer.bytes().await.unwrap();
    assert_eq!(length, body.len().to_string());
    let expect = |range: &str, bytes: &[u8]| {
        let (first, rest) = range
            .strip_prefix("bytes ")
            .unwrap()
            .split_once('-')
            .unwrap();
        let (last, size) = rest.split_once('/').unwrap();
        assert_eq!(size, file.len().to_string());
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        assert!(bytes == &file[first..=last], "{range}");
    };
    match (status, &range) {
        (200, None) => assert!(body == file),
        (206, Some(range)) => expect(range, &body),
        (416, Some(_)) => assert!(content_type.starts_with("application/problem+json")),
        other => panic!("{other:?}"),
    }
    (status, range)
}

#[tokio::test]
async fn ranges_are_answered_as_by_nginx_where_it_follows_the_rfc() {
    let test = TestHost::start().await;
    let file = wav(1);
    let nginx: Value = serde_json::from_str(NGINX).unwrap();
    assert_eq!(nginx["size"], file.len());
    let id = test.submit(file.clone()).await;
    test.drain().await;
    let link = test.interview(&id).await["audio"]["url"].clone();
    let link = format!("{}{}", test.url, link.as_str().unwrap());
    let whole = test.client.get(&link).send().await.unwrap();
    let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
    let (mut same, mut different) = (0, Vec::new());
    for theirs in nginx["answers"].as_array().unwrap() {
        let mut request = test.client.get(&link);
        let range = theirs["range"].as_str().unwrap_or("none");
        if !theirs["range"].is_null() {
            request = request.header("range", range);
        }
        request = match theirs["if_range"].as_str() {
            None => request,
            Some("same") => request.header("if-range", &etag),
            Some("weak") => request.header("if-range", format!("W/{etag}")),
            Some("other") => request.header("if-range", "\"other\""),
            Some("date") => request.header("if-range", "Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(other) => request.header("if-range", other),
        };
        let ours = ranged(request.send().await.unwrap(), &file).await;
        let status = theirs["status"].as_u64().unwrap().try_into().unwrap();
        let expected: Ranged = if theirs["parts"] == json!([]) {
            (status, theirs["content_range"].as_str().map(str::to_owned))
        } else {
            (200, None)
        };
        if ours == expected {
            same += 1;
        } else {
            different.push(range);
        }
    }
    assert_eq!(different, DIFFERENT.map(|(range, _)| range));
    assert!(same >= 50, "{same}");
}

/// A range has no meaning for `HEAD`: RFC 9110, section 14.2.
#[tokio::test]
async fn a_range_means_nothing_when_only_the_headers_are_asked_for() {
    let test = TestHost::start().await;
    let id = test.submit(wav(1)).await;
    test.drain().await;
    let link = test.interview(&id).await["audio"]["url"].clone();
    let link = format!("{}{}", test.url, link.as_str().unwrap());
    for range in ["bytes=0-9", "bytes=99999999-"] {
        let request = test.client.head(&link).header("range", range);
        let head = request.send().await.unwrap();
        assert_eq!(head.status(), 200);
        assert_eq!(head.headers()["content-length"], "16044");
    }
}
