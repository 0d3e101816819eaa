//! `AUTH=proxy`: users by a header of a proxy that knows the secret.

use api::ProxySettings;
use config::Environment;
use serde_json::{Value, json};

use crate::support::TestHost;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

async fn start() -> TestHost {
    let environment = Environment::from_pairs([
        ("PROXY_AUTH_SECRET", SECRET),
        ("PROXY_AUTH_USER_HEADER", "X-Auth-User"),
    ]);
    let proxy = ProxySettings::read(&environment).unwrap();
    TestHost::start_set(|settings| settings.proxy = Some(proxy)).await
}

/// Asks with these headers; answers the status and the code of a refusal.
async fn ask(test: &TestHost, headers: &[(&str, &str)]) -> (u16, Value) {
    let request = test.client.get(format!("{}/v1/interviews", test.url));
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (status, body["code"].clone())
}

#[tokio::test]
async fn only_requests_of_the_proxy_have_a_user() {
    let test = start().await;
    let secret = ("x-proxy-secret", SECRET);
    let (user, refused) = (("x-auth-user", "anna"), json!("proxy_not_trusted"));
    assert_eq!(ask(&test, &[secret, user]).await, (200, Value::Null));
    for headers in [
        &[][..],
        &[user],
        &[("x-user-id", "anna")],
        &[("x-proxy-secret", "0123456789abcdef0123456789abcdeF"), user],
        // A second one that a client has sent through the proxy.
        &[secret, secret, user],
    ] {
        assert_eq!(
            ask(&test, headers).await,
            (401, refused.clone()),
            "{headers:?}"
        );
    }
    for headers in [
        &[secret][..],
        &[secret, user, ("x-auth-user", "root")],
        &[secret, ("x-forwarded-user", "anna")],
    ] {
        let missing = json!("proxy_user_missing");
        assert_eq!(ask(&test, headers).await, (401, missing), "{headers:?}");
    }
}

#[tokio::test]
async fn tokens_and_shares_need_no_proxy() {
    let test = start().await;
    let as_anna = |request: reqwest::RequestBuilder| {
        let request = request.header("x-proxy-secret", SECRET);
        request.header("x-auth-user", "anna@example.com")
    };
    let post = test.client.post(format!("{}/v1/interviews", test.url));
    let created = as_anna(post)
        .json(&json!({"title": "a"}))
        .send()
        .await
        .unwrap();
    assert_eq!(created.status(), 201);
    let created: Value = created.json().await.unwrap();
    let path = format!(
        "{}/v1/interviews/{}",
        test.url,
        created["id"].as_str().unwrap()
    );
    let post = test.client.post(format!("{}/v1/tokens", test.url));
    let token = as_anna(post).json(&json!({"name": "a", "scope": "read"}));
    let token: Value = token.send().await.unwrap().json().await.unwrap();
    let own = test
        .client
        .get(&path)
        .bearer_auth(token["token"].as_str().unwrap());
    assert_eq!(own.send().await.unwrap().status(), 200);
    let post = test.client.post(format!("{path}/shares"));
    let share = as_anna(post).json(&json!({"scope": "report"}));
    let share: Value = share.send().await.unwrap().json().await.unwrap();
    // There is no report yet; but the link is known.
    let page = reqwest::get(share["url"].as_str().unwrap()).await.unwrap();
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("There is nothing to show yet")
    );
    // Another user of the proxy has none of it.
    let other = test.client.get(&path).header("x-proxy-secret", SECRET);
    let other = other
        .header("x-auth-user", "ben@example.com")
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), 404);
}
