//! What the command says when the service refuses it, is busy, or is not there.

use std::time::Instant;

use serde_json::{Value, json};
use testing::{Canned, Provider};

use crate::{
    host::{ONE, Service},
    program::{Ended, OTTER, Runner},
};

/// Makes an access token as a user.
async fn token(service: &Service, scope: &str) -> String {
    let request = reqwest::Client::new().post(format!("{}/v1/tokens", service.url));
    let request = request.json(&json!({"name": "a", "scope": scope}));
    let response = request.send().await.expect("a response");
    let token: Value = response.json().await.expect("JSON");
    token["token"].as_str().expect("a secret").to_owned()
}

fn assert_unshown(ended: &Ended, secret: &str) {
    let is_shown = ended.out.contains(secret) || ended.said.contains(secret);
    assert!(!is_shown, "{}{}", ended.out, ended.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn token_decides_what_is_permitted_and_is_never_shown() {
    let _one = ONE.lock().await;
    let data = tempfile::tempdir().expect("a temporary folder");
    let service = Service::start(data.path());
    let (read, write) = (
        token(&service, "read").await,
        token(&service, "write").await,
    );
    let runner = Runner::at(&service.url);
    runner.file("a.txt", OTTER);
    runner.file("a.wav", "RIFF");
    for file in ["a.txt", "a.wav"] {
        let refused = runner
            .run(&["upload", file, "--token", &read, "--json"])
            .await;
        let printed = refused.json(4);
        let error = &printed["items"][0]["error"];
        assert_eq!(error["code"], "insufficient_scope", "{printed}");
        assert_eq!(
            (&error["status"], &error["exit_code"]),
            (&json!(403), &json!(4))
        );
        assert!(refused.said.contains("scope `write`"), "{}", refused.said);
        assert_unshown(&refused, &read);
    }
    runner
        .run(&["upload", "a.txt", "--token", &write])
        .await
        .assert(0);
    let listed = runner.run(&["list", "--json", "--token", &read]).await;
    assert_eq!(listed.json(0)["items"].as_array().map(Vec::len), Some(1));
    let unknown = format!("ilp_{}", "0".repeat(64));
    let runner = Runner::new([
        ("INTERVIEWLENS_URL", &*service.url),
        ("INTERVIEWLENS_TOKEN", &unknown),
    ]);
    let refused = runner.run(&["list", "--json"]).await;
    assert_eq!(refused.json(4)["error"]["code"], "access_token_invalid");
    assert!(
        refused.said.contains("make another token"),
        "{}",
        refused.said
    );
    assert_unshown(&refused, &unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn service_behind_a_proxy_accepts_a_token_without_the_secret_of_the_proxy() {
    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    let _one = ONE.lock().await;
    let data = tempfile::tempdir().expect("a temporary folder");
    let settings = [("AUTH", "proxy"), ("PROXY_AUTH_SECRET", SECRET)];
    let service = Service::start_with(data.path(), &settings);
    let refused = Runner::at(&service.url).run(&["list"]).await;
    refused.assert(4);
    assert!(
        refused.said.contains("proxy_not_trusted (401)"),
        "{}",
        refused.said
    );
    assert!(
        refused.said.contains("INTERVIEWLENS_TOKEN"),
        "{}",
        refused.said
    );
    let request = reqwest::Client::new().post(format!("{}/v1/tokens", service.url));
    let request = request.header("x-proxy-secret", SECRET);
    let request = request.header("x-forwarded-user", "anna");
    let request = request.json(&json!({"name": "a", "scope": "write"}));
    let made: Value = request.send().await.unwrap().json().await.unwrap();
    let own = made["token"].as_str().expect("a secret");
    let runner = Runner::new([
        ("INTERVIEWLENS_URL", &*service.url),
        ("INTERVIEWLENS_TOKEN", own),
    ]);
    runner.file("a.txt", OTTER);
    runner.run(&["upload", "a.txt"]).await.assert(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_field_is_named_with_its_remedy() {
    let _one = ONE.lock().await;
    let data = tempfile::tempdir().expect("a temporary folder");
    let service = Service::start(data.path());
    let runner = Runner::at(&service.url);
    runner.file("a.txt", OTTER);
    let refused = runner
        .run(&["upload", "a.txt", "--language", "english", "--json"])
        .await;
    let printed = refused.json(1);
    let error = &printed["items"][0]["error"];
    assert_eq!(
        (&error["code"], &error["field"]),
        (&json!("invalid_field"), &json!("language"))
    );
    assert!(refused.said.contains("such as `en`"), "{}", refused.said);
    let refused = runner
        .run(&["export", "--collection", "none", "--json"])
        .await;
    assert_eq!(refused.json(1)["error"]["code"], "no_such_collection");
    for wrong in [
        &["get", ".."][..],
        &["upload", "a.txt", "a.txt", "--title", "Two"],
        &["upload", "a.txt", "--rubric", "a.txt"],
        &["upload", "a.txt", "--kind", "interview"],
        &["export"],
        &["list", "--limit", "0"],
    ] {
        runner.run(wrong).await.assert(2);
    }
    let left = runner.run(&["list", "--json"]).await.json(0);
    assert_eq!(left["items"], json!([]), "nothing was created");
}

#[tokio::test(flavor = "multi_thread")]
async fn busy_service_is_waited_for_as_it_asks() {
    let busy = |status, code: &str| {
        let problem = json!({"code": code, "status": status, "detail": "busy"});
        Canned::new(status, problem.to_string()).with("retry-after", "1")
    };
    let page = r#"{"items": [], "next_page_token": null}"#;
    let answers = [
        busy(429, "rate_limited"),
        busy(503, "unavailable"),
        Canned::new(200, page),
    ];
    let (provider, url) = Provider::start(answers).await;
    let begun = Instant::now();
    let listed = Runner::at(&url)
        .run(&["list", "--json", "--token", "ilp_a"])
        .await;
    assert_eq!(listed.json(0)["items"], json!([]));
    assert!(begun.elapsed().as_secs() >= 2, "{:?}", begun.elapsed());
    let seen = provider.seen();
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[2].header("authorization"), "Bearer ilp_a");

    let far = json!({"code": "rate_limited", "status": 429, "detail": "busy"});
    let far = Canned::new(429, far.to_string()).with("retry-after", "3600");
    let (provider, url) = Provider::start([far]).await;
    let refused = Runner::at(&url).run(&["list"]).await;
    refused.assert(5);
    assert_eq!(provider.seen().len(), 1, "an hour is not waited for");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_is_not_sent_where_it_could_be_read() {
    let runner = Runner::new([("INTERVIEWLENS_TOKEN", "ilp_secret")]);
    let refused = runner
        .run(&["list", "--url", "http://192.0.2.1", "--json"])
        .await;
    let printed = refused.json(2);
    assert!(refused.said.contains("--insecure"), "{}", refused.said);
    assert_eq!(printed["error"]["exit_code"], 2);
    assert_unshown(&refused, "ilp_secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_service_is_said_at_once() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let runner = Runner::at(&url);
    runner.file("a.txt", OTTER);
    runner.file("b.txt", OTTER);
    let refused = runner.run(&["upload", "a.txt", "b.txt"]).await;
    refused.assert(5);
    assert!(refused.said.contains("was not reached"), "{}", refused.said);
    assert!(
        refused.said.contains("1 more files were not tried"),
        "{}",
        refused.said
    );
}
