//! Names, roles and the number of speakers, as an owner gives them.

use std::sync::atomic::Ordering;

use crate::support::{TestHost, wav};
use domain::interview::ChannelUse;
use http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn speakers_are_called_by_the_names_that_they_are_given() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = format!("/v1/interviews/{id}");
    let before = test.interview(&id).await;
    assert_eq!(before["speakers"], json!({}));
    let names = json!({"speakers": {"0": "Ada <Lovelace>"}});
    let (status, changed) = test.ask(Method::PATCH, &path, Some(names.clone())).await;
    assert_eq!((status, &changed["speakers"]), (200, &names["speakers"]));
    let transcript = test.get(&format!("{path}/transcript")).await;
    assert_eq!(transcript["speakers"][0]["name"], "Ada <Lovelace>");
    let whole = test.get(&format!("{path}?fields=transcript")).await;
    assert_eq!(whole["transcript"], transcript);
    for (ending, written) in [
        ("txt", "Ada <Lovelace>: "),
        ("md", "**Ada \\<Lovelace\\>**"),
        ("vtt", "Lovelace"),
    ] {
        let text = test.text(&format!("{path}/transcript.{ending}")).await;
        assert!(text.contains(written), "{text}");
    }
    let (_, unnamed) = test
        .ask(Method::PATCH, &path, Some(json!({"speakers": {"0": null}})))
        .await;
    assert_eq!(unnamed["speakers"], json!({}));
    let transcript = test.get(&format!("{path}/transcript")).await;
    assert_eq!(transcript["speakers"][0]["name"], "Speaker 1");
    let many: serde_json::Map<_, _> = (0..65).map(|id| (id.to_string(), json!("n"))).collect();
    for (wrong, code) in [
        (json!({"0": " "}), "invalid_field"),
        (json!({"0": "n".repeat(101)}), "invalid_field"),
        (json!(many), "invalid_field"),
        (json!({"first": "Ada"}), "invalid_field"),
        (json!(["Ada"]), "invalid_body"),
        (json!({"0": {"role": "boss"}}), "invalid_body"),
        (json!({"0": {"nick": "A"}}), "invalid_body"),
        (json!({"0": {"name": ""}}), "invalid_field"),
    ] {
        let body = Some(json!({ "speakers": wrong }));
        let (status, problem) = test.ask(Method::PATCH, &path, body).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some(code)));
    }
}

#[tokio::test]
async fn omitted_speaker_fields_are_unchanged() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = format!("/v1/interviews/{id}");
    for (change, expected) in [
        (json!({"1": "Ada"}), json!({"1": "Ada"})),
        (
            json!({"0": {"role": "interviewer"}}),
            json!({"0": {"role": "interviewer"}, "1": "Ada"}),
        ),
        (
            json!({"0": "Bob"}),
            json!({"0": {"name": "Bob", "role": "interviewer"}, "1": "Ada"}),
        ),
        (
            json!({"0": {"role": null}}),
            json!({"0": "Bob", "1": "Ada"}),
        ),
        (json!({"1": {"name": null}}), json!({"0": "Bob"})),
        (json!({}), json!({"0": "Bob"})),
        (json!({"0": null}), json!({})),
    ] {
        let body = Some(json!({ "speakers": change }));
        let (status, changed) = test.ask(Method::PATCH, &path, body).await;
        assert_eq!((status, &changed["speakers"]), (200, &expected));
    }
}

#[tokio::test]
async fn role_given_by_a_person_is_certain() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let path = format!("/v1/interviews/{id}");
    let transcript = test.get(&format!("{path}/transcript")).await;
    assert_eq!(transcript["diarization"], Value::Null);
    assert_eq!(transcript["speakers"][0]["role"], Value::Null);
    let roles = json!({"speakers": {"0": {"role": "interviewer"}}});
    test.ask(Method::PATCH, &path, Some(roles)).await;
    let transcript = test.get(&format!("{path}/transcript")).await;
    let expected = json!([
        {"id": 0, "name": "Speaker 1", "role": "interviewer", "role_confidence": 1.0},
        {"id": 1, "name": "Speaker 2", "role": null, "role_confidence": null},
    ]);
    assert_eq!(transcript["speakers"], expected);
}

#[tokio::test]
async fn expected_speakers_reach_the_engine_and_are_fixed_from_then_on() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    let path = format!("/v1/interviews/{id}");
    let patch = |count: Value| {
        test.ask(
            Method::PATCH,
            &path,
            Some(json!({"speakers_expected": count})),
        )
    };
    for wrong in [json!(0), json!(21)] {
        let (status, problem) = patch(wrong).await;
        assert_eq!(
            (status, problem["code"].as_str()),
            (400, Some("invalid_field"))
        );
    }
    let (status, changed) = patch(json!(3)).await;
    assert_eq!((status, &changed["speakers_expected"]), (200, &json!(3)));
    test.drain().await;
    assert_eq!(test.engine.speakers_expected.load(Ordering::SeqCst), 3);
    let (status, problem) = patch(json!(2)).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (409, Some("transcription_begun"))
    );
    let (status, _) = patch(json!(3)).await;
    assert_eq!(status, 200, "the same is no change");
}

#[tokio::test]
async fn expected_speakers_are_taken_when_an_interview_is_created() {
    let test = TestHost::start().await;
    for (count, status) in [
        (json!(1), 201),
        (json!(20), 201),
        (json!(0), 400),
        (json!(21), 400),
    ] {
        let body = json!({"title": "t", "speakers_expected": count});
        let (found, created) = test.ask(Method::POST, "/v1/interviews", Some(body)).await;
        assert_eq!(found, status, "{created}");
        if status == 201 {
            assert_eq!(created["speakers_expected"], count);
        }
    }
}

#[tokio::test]
async fn channel_use_reaches_the_engine_and_is_fixed_from_then_on() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.get(&path).await["channels"], "auto");
    let patch = |body: Value| test.ask(Method::PATCH, &path, Some(body));
    for wrong in [json!("stereo"), json!(2)] {
        let (status, problem) = patch(json!({"channels": wrong})).await;
        assert_eq!(status, 400, "{problem}");
    }
    let (status, changed) = patch(json!({"channels": "speakers"})).await;
    assert_eq!((status, &changed["channels"]), (200, &json!("speakers")));
    let (_, changed) = patch(json!({"channels": null})).await;
    assert_eq!(changed["channels"], "auto");
    patch(json!({"channels": "speakers"})).await;
    let (_, changed) = patch(json!({"title": "another"})).await;
    assert_eq!(changed["channels"], "speakers");
    test.drain().await;
    let told = *test.engine.channels.lock().expect("a lock");
    assert_eq!(told, ChannelUse::Speakers);
    let (status, problem) = patch(json!({"channels": "mixed"})).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (409, Some("transcription_begun"))
    );
    let (status, _) = patch(json!({"channels": "speakers"})).await;
    assert_eq!(status, 200, "the same is no change");
}

#[tokio::test]
async fn channel_use_is_taken_from_a_form() {
    let test = TestHost::start().await;
    for (channels, status) in [("mixed", 202), ("left", 400)] {
        let field = |name: &str| format!("--x\r\nContent-Disposition: form-data; name={name}");
        let head = format!(
            "{}\r\n\r\n{channels}\r\n{}; filename=a.wav\r\n\r\n",
            field("channels"),
            field("file")
        );
        let form: Vec<u8> = head
            .into_bytes()
            .into_iter()
            .chain(wav(1))
            .chain(*b"\r\n--x--\r\n")
            .collect();
        let request = test.client.post(format!("{}/v1/analyze-async", test.url));
        let request = request.header("content-type", "multipart/form-data; boundary=x");
        let answer = request.body(form).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        let created: Value = answer.json().await.unwrap();
        if status == 202 {
            assert_eq!(created["channels"], channels);
        } else {
            assert!(
                created["detail"].to_string().contains("`speakers`"),
                "{created}"
            );
        }
    }
}

#[tokio::test]
async fn channel_use_is_taken_when_an_interview_is_created() {
    let test = TestHost::start().await;
    for (channels, status) in [
        ("auto", 201),
        ("speakers", 201),
        ("mixed", 201),
        ("left", 400),
    ] {
        let body = json!({"title": "t", "channels": channels});
        let (found, created) = test.ask(Method::POST, "/v1/interviews", Some(body)).await;
        assert_eq!(found, status, "{created}");
        if status == 201 {
            assert_eq!(created["channels"], channels);
        }
    }
}
