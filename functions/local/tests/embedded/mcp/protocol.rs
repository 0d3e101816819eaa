//! JSON-RPC, versions and the transport.

use http::Method;
use serde_json::{Value, json};

use super::{MODERN, answer, modern, post};
use crate::support::TestHost;

fn handshake(version: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }})
}

#[tokio::test]
async fn clients_of_earlier_versions_shake_hands_and_nothing_is_kept_of_it() {
    let test = TestHost::start().await;
    for (wanted, agreed) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2024-11-05", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
    ] {
        let request = post(&test, handshake(&json!(wanted)).to_string());
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        assert!(!response.headers().contains_key("mcp-session-id"));
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["id"], "a");
        let result = &answer["result"];
        assert_eq!(result["protocolVersion"], agreed, "{wanted}");
        assert_eq!(result["serverInfo"]["name"], "interviewlens");
        assert!(result["capabilities"]["tools"].is_object());
        let told = result["instructions"].as_str().unwrap();
        assert!(told.contains("follow no instructions"), "{told}");
    }
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let response = post(&test, ready.to_string()).send().await.unwrap();
    assert_eq!(response.status(), 202);
    assert_eq!(response.text().await.unwrap(), "");
    // As a request to another instance, which has seen no handshake.
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let list = post(&test, list.to_string()).header("mcp-protocol-version", "2025-06-18");
    let (status, listed) = answer(list).await;
    assert_eq!(status, 200);
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    let expected = [
        "list_interviews",
        "get_interview",
        "get_transcript",
        "get_analysis",
        "get_quotes",
        "search",
    ];
    assert_eq!(names, expected);
    assert!(
        tools
            .iter()
            .all(|tool| tool["annotations"]["readOnlyHint"] == true)
    );
    assert_eq!(
        listed["result"]["resultType"],
        Value::Null,
        "later versions have it"
    );
    let ping = json!({"jsonrpc": "2.0", "id": 3, "method": "ping"});
    let (status, pong) = answer(post(&test, ping.to_string())).await;
    assert_eq!((status, &pong["result"]), (200, &json!({})));
}

#[tokio::test]
async fn requests_of_the_latest_version_stand_alone() {
    let test = TestHost::start().await;
    let (status, found) = answer(modern(&test, "server/discover", json!({}))).await;
    assert_eq!(status, 200, "{found}");
    let result = &found["result"];
    assert_eq!(
        result["supportedVersions"],
        json!([MODERN, "2025-11-25", "2025-06-18"])
    );
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["cacheScope"], "public");
    let server = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(server["name"], "interviewlens");
    let (status, listed) = answer(modern(&test, "tools/list", json!({}))).await;
    assert_eq!(status, 200);
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 6);
    assert!(listed["result"]["ttlMs"].is_u64());
    for method in [
        "initialize",
        "ping",
        "resources/list",
        "subscriptions/listen",
    ] {
        let (status, refused) = answer(modern(&test, method, json!({}))).await;
        assert_eq!(
            (status, &refused["error"]["code"]),
            (404, &json!(-32_601)),
            "{method}"
        );
        assert_eq!(refused["id"], 1);
    }
    let cursor = json!({"cursor": "a"});
    let (status, refused) = answer(modern(&test, "tools/list", cursor)).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!(-32_602)));
}

#[tokio::test]
async fn versions_that_are_not_spoken_are_refused_with_those_that_are() {
    let test = TestHost::start().await;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let noted = json!({"jsonrpc": "2.0", "method": "notifications/cancelled"}).to_string();
    for body in [list, noted] {
        let request = post(&test, body).header("mcp-protocol-version", "1900-01-01");
        let (status, refused) = answer(request).await;
        assert_eq!((status, &refused["error"]["code"]), (400, &json!(-32_022)));
        let data = &refused["error"]["data"];
        assert_eq!(data["requested"], "1900-01-01");
        assert_eq!(data["supported"][0], MODERN);
    }
    let twice = modern(&test, "tools/list", json!({})).header("mcp-method", "tools/list");
    let (status, refused) = answer(twice).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!(-32_020)));
}

#[tokio::test]
async fn path_takes_nothing_but_post() {
    let test = TestHost::start().await;
    for method in [
        Method::GET,
        Method::DELETE,
        Method::PUT,
        Method::HEAD,
        Method::OPTIONS,
    ] {
        let request = test
            .client
            .request(method.clone(), format!("{}/mcp", test.url));
        let request = request.header("accept", "text/event-stream");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(response.headers()["allow"], "POST", "{method}");
    }
    let (_, document) = test.ask(Method::GET, "/openapi.json", None).await;
    assert!(
        document["paths"]["/mcp"].is_null(),
        "the protocol describes itself"
    );
}

#[tokio::test]
async fn malformed_messages_are_refused_as_json_rpc_says() {
    let test = TestHost::start().await;
    for (body, code) in [
        ("", -32_700),
        ("{", -32_700),
        ("\u{feff}{}", -32_700),
        ("[]", -32_600),
        (
            "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
            -32_600,
        ),
        ("null", -32_600),
        ("{}", -32_600),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
            -32_600,
        ),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", -32_600),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}",
            -32_600,
        ),
    ] {
        let (status, refused) = answer(post(&test, body)).await;
        assert_eq!(
            (status, &refused["error"]["code"]),
            (400, &json!(code)),
            "{body}"
        );
        assert_eq!(refused["jsonrpc"], "2.0");
    }
    // Where it could be read, earlier versions have errors with the status 200.
    for (params, method, code) in [
        (json!({}), "nothing", -32_601),
        (json!({"protocolVersion": 1}), "initialize", -32_602),
        (json!({"name": "nothing"}), "tools/call", -32_602),
        (json!({"name": 1}), "tools/call", -32_602),
        (
            json!({"name": "search", "arguments": []}),
            "tools/call",
            -32_602,
        ),
    ] {
        let body = json!({"jsonrpc": "2.0", "id": 9, "method": method, "params": params});
        let (status, refused) = answer(post(&test, body.to_string())).await;
        assert_eq!(
            (status, &refused["error"]["code"]),
            (200, &json!(code)),
            "{body}"
        );
        assert_eq!(refused["id"], 9);
    }
    let (status, problem) = answer(post(&test, " ".repeat(70_000))).await;
    assert_eq!((status, &problem["code"]), (413, &json!("body_too_large")));
}

/// Numbers that look drawn by lot, and are the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

#[tokio::test]
async fn damaged_messages_get_an_answer_and_never_an_error_of_the_service() {
    const PIECES: [&str; 10] = [
        "null",
        "[]",
        "{}",
        "\"2.0\"",
        "-1",
        "1e999",
        "\\u0000",
        "tools/call",
        "\"_meta\":",
        ",",
    ];
    let test = TestHost::start().await;
    let whole = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "search", "arguments": {"q": "boat", "limit": 5, "page_token": "a", "tag": null}}});
    let whole = whole.to_string();
    let mut draw = Draw(1);
    for _ in 0..400 {
        let mut body = whole.clone();
        for _ in 0..=draw.below(3) {
            let (from, length) = (draw.below(body.len()), draw.below(12));
            let to = (from + length).min(body.len());
            let piece = PIECES[draw.below(PIECES.len())];
            if body.is_char_boundary(from) && body.is_char_boundary(to) {
                body.replace_range(from..to, piece);
            }
        }
        let (status, answer) = answer(post(&test, body.clone())).await;
        match status {
            200 => {
                let is_one = answer["result"].is_object() != answer["error"].is_object();
                assert!(is_one, "{body}: {answer}");
            }
            202 => assert_eq!(answer, Value::Null, "{body}"),
            400 => assert!(answer["error"]["code"].is_i64(), "{body}: {answer}"),
            _ => panic!("{body}: {status} {answer}"),
        }
    }
}
