//! The names that clients give to files in forms.

use serde_json::{Value, json};

use crate::support::{TestHost, wav};

/// Uploads a recording whose part has this `Content-Disposition`, beside a title.
async fn upload(test: &TestHost, disposition: &str, title: Option<&str>) -> (u16, Value) {
    let mut form = Vec::new();
    let title = title.map(|title| {
        format!("--x\r\nContent-Disposition: form-data; name=title\r\n\r\n{title}\r\n")
    });
    let head =
        format!("--x\r\nContent-Disposition: {disposition}\r\nContent-Type: audio/wav\r\n\r\n");
    form.extend(head.bytes().chain(wav(1)).chain(*b"\r\n"));
    form.extend(title.unwrap_or_default().bytes().chain(*b"--x--\r\n"));
    let request = test.client.post(format!("{}/v1/analyze-async", test.url));
    let request = request.header("content-type", "multipart/form-data; boundary=\"x\"");
    let response = request.body(form).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

#[tokio::test]
async fn encoded_file_name_becomes_the_title() {
    let test = TestHost::start().await;
    let name = "面试 – Élodie.wav";
    let words = "=?utf-8?B?6Z2i6K+VIOKAkyDDiWxvZGllLndhdg==?=";
    let percent = "%E9%9D%A2%E8%AF%95%20%E2%80%93%20%C3%89lodie.wav";
    for disposition in [
        format!("form-data; name=file; filename=\"{words}\"; filename*=utf-8''{percent}"),
        format!("form-data; name=\"file\"; filename=\"{words}\""),
        format!("form-data; name=\"file\"; filename*=UTF-8''{percent}"),
        format!("form-data; name=\"file\"; filename=\"{name}\""),
    ] {
        let (status, created) = upload(&test, &disposition, None).await;
        assert_eq!(status, 202, "{disposition}: {created}");
        assert_eq!(created["title"], name, "{disposition}");
        assert_eq!(created["audio"]["filename"], name, "{disposition}");
    }
}

#[tokio::test]
async fn uploaded_recording_is_accepted_with_any_name() {
    let test = TestHost::start().await;
    let long = "é".repeat(600);
    let named = |name: &str| format!("form-data; name=\"file\"; filename=\"{name}\"");
    let cut = "é".repeat(500);
    for (disposition, title, filename, shown) in [
        (named(""), None, "recording", "recording"),
        (named(" \t "), None, "recording", "recording"),
        (
            "form-data; name=file".into(),
            None,
            "recording",
            "recording",
        ),
        (named(&long), None, &cut[..], &cut[..]),
        (named("a.wav"), Some(""), "a.wav", "a.wav"),
        (named("a.wav"), Some(&long[..]), "a.wav", &cut[..]),
        (named("a.wav"), Some("two\nlines"), "a.wav", "two lines"),
    ] {
        let (status, created) = upload(&test, &disposition, title).await;
        assert_eq!(status, 202, "{disposition}: {created}");
        assert_eq!(created["audio"]["filename"], filename, "{disposition}");
        assert_eq!(created["title"], json!(shown), "{disposition}");
    }
}
