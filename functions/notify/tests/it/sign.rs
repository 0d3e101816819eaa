//! Signatures agree with those of the Standard Webhooks libraries, and with the receiver of
//! the documentation.

#[path = "../../../../docs/clients/receive_webhooks.rs"]
#[allow(dead_code, reason = "a whole program, of which the check is used")]
mod receive_webhooks;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::{HeaderMap, header::HeaderValue};
use notify::sign::{Flaw, Secrets};
use serde_json::Value;

const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEW: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn vectors() -> Value {
    serde_json::from_str(include_str!("../data/webhook_vectors.json"))
        .expect("the vectors are JSON")
}

fn list<'a>(vectors: &'a Value, name: &str) -> &'a [Value] {
    vectors[name].as_array().expect("a list of vectors")
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().expect("a text")
}

fn secrets(text: &str) -> Secrets {
    Secrets::parse(text).expect("secrets")
}

fn flaw(text: &str) -> Flaw {
    Secrets::parse(text).expect_err("no secrets").flaw
}

/// Whether a receiver with these secrets believes a webhook.
fn believes(
    secrets: &str,
    [id, timestamp, signatures]: [&str; 3],
    body: &[u8],
    now_secs: i64,
) -> bool {
    let keys = secrets.split_whitespace().map(|secret| {
        let key = STANDARD.decode(secret.trim_start_matches("whsec_"));
        key.expect("base64")
    });
    let keys: Vec<Vec<u8>> = keys.collect();
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("webhook-id", id),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", signatures),
    ] {
        headers.insert(name, HeaderValue::from_str(value).expect("a value"));
    }
    let now = u64::try_from(now_secs).expect("a time after 1970");
    receive_webhooks::verified(&keys, &headers, body, now)
}

struct Vector<'a> {
    secret: &'a str,
    id: &'a str,
    timestamp: i64,
    body: &'a [u8],
}

impl<'a> Vector<'a> {
    fn new(vector: &'a Value) -> Self {
        Self {
            secret: text(vector, "secret"),
            id: text(vector, "webhook_id"),
            timestamp: vector["webhook_timestamp"].as_i64().expect("a time"),
            body: text(vector, "payload").as_bytes(),
        }
    }

    fn is_believed(&self, signatures: &str, now: i64) -> bool {
        let timestamp = self.timestamp.to_string();
        believes(
            self.secret,
            [self.id, &timestamp, signatures],
            self.body,
            now,
        )
    }
}

#[test]
fn every_published_vector_is_reproduced_and_verified() {
    let vectors = vectors();
    let positive = list(&vectors, "positive");
    assert_eq!(positive.len(), 4);
    for value in positive {
        let vector = Vector::new(value);
        let expected = text(value, "expected_signature");
        let made = secrets(vector.secret).sign(vector.id, vector.timestamp, vector.body);
        assert_eq!(made, expected, "{value}");
        assert!(vector.is_believed(expected, vector.timestamp), "{value}");
    }
}

#[test]
fn every_published_counterexample_is_judged_as_published() {
    let vectors = vectors();
    let vector = Vector::new(&vectors["positive"][0]);
    let cases = list(&vectors, "negative_for_first_vector");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let verdict = vector.is_believed(text(case, "signature"), vector.timestamp);
        let expected = case["verify"].as_bool().expect("a verdict");
        assert_eq!(verdict, expected, "{case}");
    }
}

#[test]
fn each_signed_part_matters() {
    let signature = secrets(OLD).sign("msg_1", 1_000, b"body");
    let signature = signature.as_str();
    assert!(believes(OLD, ["msg_1", "1000", signature], b"body", 1_000));
    let short = &signature[..signature.len() - 4];
    for (headers, body) in [
        (["msg_2", "1000", signature], "body"),
        (["msg_1", "1001", signature], "body"),
        (["msg_1", "1000", signature], "Body"),
        (["msg_1", "1000", short], "body"),
        (["msg_1", "1000", "v1,not base64 v1 , v1,"], "body"),
        (["msg_1", "1000", ""], "body"),
    ] {
        assert!(
            !believes(OLD, headers, body.as_bytes(), 1_000),
            "{headers:?}"
        );
    }
}

#[test]
fn timestamp_tolerance_is_five_minutes_both_ways() {
    let vectors = vectors();
    let vector = Vector::new(&vectors["positive"][0]);
    let signature = text(&vectors["positive"][0], "expected_signature");
    let tolerance = vectors["tolerance_seconds"].as_i64().expect("seconds");
    for (offset, expected) in [
        (tolerance, true),
        (-tolerance, true),
        (tolerance + 1, false),
        (-tolerance - 1, false),
    ] {
        let verdict = vector.is_believed(signature, vector.timestamp + offset);
        assert_eq!(verdict, expected, "{offset}");
    }
}

#[test]
fn while_a_secret_rotates_the_receiver_of_either_is_served() {
    let both = secrets(&format!("{NEW}  {OLD}"));
    let signatures = both.sign("msg_1", 1_000, b"body");
    let newest_first = format!(
        "{} {}",
        secrets(NEW).sign("msg_1", 1_000, b"body"),
        secrets(OLD).sign("msg_1", 1_000, b"body"),
    );
    assert_eq!(signatures, newest_first);
    for receiver in [OLD, NEW] {
        let headers = ["msg_1", "1000", &signatures];
        assert!(believes(receiver, headers, b"body", 1_000));
    }
}

#[test]
fn a_body_that_is_no_text_is_signed_byte_for_byte() {
    let signature = secrets(OLD).sign("msg_1", 1_000, &[0xff, 0x00]);
    let headers = ["msg_1", "1000", &signature];
    assert!(believes(OLD, headers, &[0xff, 0x00], 1_000));
}

#[test]
fn the_headers_are_those_of_the_standard() {
    let vectors = vectors();
    let headers = secrets(OLD).headers("msg_1", 1_000, b"body");
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(Value::from(names), vectors["headers"]);
    let values = headers.map(|(_, value)| value);
    let signature = secrets(OLD).sign("msg_1", 1_000, b"body");
    assert_eq!(values, ["msg_1".into(), "1000".into(), signature]);
}

#[test]
fn invalid_secret_is_rejected_with_its_index() {
    assert_eq!(flaw(""), Flaw::None);
    assert_eq!(flaw(" \t "), Flaw::None);
    assert_eq!(flaw(&format!("{OLD} hunter2")), Flaw::Prefix(2));
    assert_eq!(flaw(&OLD.replace("whsec", "whsk")), Flaw::Prefix(1));
    assert_eq!(flaw(&format!("{OLD},{NEW}")), Flaw::Encoding(1));
    assert_eq!(flaw("whsec_hunter2"), Flaw::Encoding(1));
    assert_eq!(flaw("whsec_"), Flaw::Length(1, 0));
    assert_eq!(flaw("whsec_c2hvcnQ="), Flaw::Length(1, 5));
    assert_eq!(
        flaw(&format!("whsec_{}", "AAAA".repeat(22))),
        Flaw::Length(1, 66)
    );
}

#[test]
fn neither_an_error_nor_debug_output_shows_a_secret() {
    let error = Secrets::parse("whsec_hunter2").expect_err("too short");
    assert_eq!(
        error.to_string(),
        "one or more `whsec_` secrets (base64 of 24 to 64 bytes) separated by spaces, \
         newest first; number 1 is not base64"
    );
    assert!(!format!("{error:?}").contains("hunter2"));
    assert_eq!(format!("{:?}", secrets(OLD)), "Secrets(1)");
}

#[test]
fn a_minted_secret_is_a_secret() {
    assert!(Secrets::parse(&domain::webhook::new_secret()).is_ok());
}
