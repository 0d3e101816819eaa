//! Firebase ID tokens: what is refused, and how often keys are fetched.

#[path = "identity/support.rs"]
mod support;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::ports::{Header, Reason};
use futures::future::join_all;
use google::identity::FirebaseIdentity;
use http::StatusCode;
use serde_json::{Value, json};
use support::{NOW, PROJECT, Test, TestKey, claims, clock, refusal, unsigned, user};

const DAY: i64 = 24 * 3_600;

#[tokio::test]
async fn the_user_of_a_good_token_is_its_subject() {
    let test = Test::start().await;
    let good = test.key.token(&claims(json!({})));
    assert_eq!(test.user(&good).await.as_deref(), Ok("uid123"));
    for scheme in ["bearer", "BEARER", "Bearer  "] {
        let header = format!("{scheme} {good}");
        assert!(user(&test.identity, &header).await.is_ok(), "{scheme}");
    }
    let longest = "a".repeat(128);
    let claims = claims(json!({
        "sub": longest, "auth_time": null, "role": "admin", "iat": NOW + 300,
        "firebase": {"identities": {}, "sign_in_provider": "google.com", "tenant": "t"},
    }));
    assert_eq!(test.user(&test.key.token(&claims)).await, Ok(longest));
    assert_eq!(test.server.fetches(), 1);
}

#[tokio::test]
async fn claims_of_anything_but_a_good_token_are_refused_by_name() {
    let test = Test::start().await;
    let other = "https://securetoken.google.com/other";
    let cookie = "https://session.firebase.google.com/my-project";
    let custom =
        "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit";
    for (wrong, code) in [
        (json!({"exp": NOW}), "token_expired"),
        (json!({"exp": NOW - 3_600}), "token_expired"),
        (json!({"exp": i64::MIN}), "token_expired"),
        (json!({"exp": null}), "token_malformed"),
        (json!({"exp": "tomorrow"}), "token_malformed"),
        (json!({"exp": 1e300}), "token_malformed"),
        (json!({"iat": NOW + 301}), "token_not_yet_valid"),
        (json!({"iat": i64::MAX}), "token_not_yet_valid"),
        (json!({"iat": null}), "token_malformed"),
        (json!({"auth_time": NOW + 301}), "token_not_yet_valid"),
        (json!({"auth_time": "now"}), "token_malformed"),
        (json!({"iss": other}), "token_wrong_issuer"),
        (json!({"iss": cookie}), "token_wrong_issuer"),
        (
            json!({"iss": "https://accounts.google.com"}),
            "token_wrong_issuer",
        ),
        (json!({"iss": null}), "token_wrong_issuer"),
        (json!({"aud": "other"}), "token_wrong_audience"),
        (json!({"aud": "My-Project"}), "token_wrong_audience"),
        (json!({"aud": custom}), "token_wrong_audience"),
        (json!({"aud": null}), "token_wrong_audience"),
        (json!({"aud": [PROJECT, "other"]}), "token_malformed"),
        (json!({"sub": null}), "token_subject"),
        (json!({"sub": ""}), "token_subject"),
        (json!({"sub": 7}), "token_malformed"),
        (json!({"sub": "a".repeat(129)}), "token_subject"),
        (json!({"sub": "a/b"}), "token_subject"),
        (json!({"sub": ".."}), "token_subject"),
        (json!({"sub": "ä"}), "token_subject"),
    ] {
        let token = test.key.token(&claims(wrong.clone()));
        assert_eq!(test.user(&token).await, Err(code), "{wrong}");
    }
    assert_eq!(test.server.fetches(), 0, "none of them was worth a fetch");
}

#[tokio::test]
async fn a_signature_is_by_a_known_key_in_the_one_way() {
    let test = Test::start().await;
    let good = claims(json!({}));
    let sign = |header: Value| test.key.sign(&header, &good);
    let none = |kid: Value| unsigned(&json!({"alg": "none", "kid": kid}), &good) + ".";
    let signed = test.key.token(&good);
    let (message, signature) = signed.rsplit_once('.').expect("three parts");
    let impostor = TestKey::make("key-1");
    for (what, token, code) in [
        ("none", none(Value::Null), "token_algorithm"),
        ("none with a key", none("key-1".into()), "token_algorithm"),
        (
            "public key as secret",
            test.key.forge_hs256(&good),
            "token_algorithm",
        ),
        (
            "RS512",
            sign(json!({"alg": "RS512", "kid": "key-1"})),
            "token_algorithm",
        ),
        (
            "rs256",
            sign(json!({"alg": "rs256", "kid": "key-1"})),
            "token_algorithm",
        ),
        (
            "no algorithm",
            sign(json!({"kid": "key-1"})),
            "token_algorithm",
        ),
        ("no key", sign(json!({"alg": "RS256"})), "token_no_key"),
        (
            "empty key",
            sign(json!({"alg": "RS256", "kid": ""})),
            "token_no_key",
        ),
        (
            "unknown key",
            sign(json!({"alg": "RS256", "kid": "key-9"})),
            "token_unknown_key",
        ),
        (
            "odd key",
            sign(json!({"alg": "RS256", "kid": 1})),
            "token_malformed",
        ),
        (
            "critical",
            sign(json!({"alg": "RS256", "kid": "key-1", "crit": ["b64"]})),
            "token_malformed",
        ),
        ("unsigned", format!("{message}."), "token_bad_signature"),
        (
            "cut short",
            format!("{message}.{}", &signature[..340]),
            "token_bad_signature",
        ),
        (
            "padded",
            format!("{message}.{signature}=="),
            "token_malformed",
        ),
        ("another's", impostor.token(&good), "token_bad_signature"),
    ] {
        assert_eq!(test.user(&token).await, Err(code), "{what}");
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused_unread() {
    let test = Test::start().await;
    let good = test.good();
    let long = test.key.token(&claims(json!({"more": "a".repeat(10_000)})));
    let deep = format!("{}.{}.", "W1tb".repeat(600), "W1tb".repeat(600));
    let twice = r#"{"alg":"none","alg":"RS256","kid":"key-1"}"#;
    let twice = URL_SAFE_NO_PAD.encode(twice);
    let (_, rest) = good.split_once('.').expect("three parts");
    for (what, token, code) in [
        ("10 kB", &*long, "token_too_large"),
        (
            "a megabyte of dots",
            &".".repeat(1_000_000),
            "token_too_large",
        ),
        ("a word", "secret", "token_malformed"),
        ("dots", "..", "token_malformed"),
        ("four parts", &format!("{good}.x"), "token_malformed"),
        ("two parts", "e30.e30", "token_malformed"),
        ("empty objects", "e30.e30.e30", "token_malformed"),
        ("no base64", "%%%.%%%.%%%", "token_malformed"),
        ("no JSON", "AAAA.AAAA.AAAA", "token_malformed"),
        ("deep", &deep, "token_malformed"),
        (
            "two algorithms",
            &format!("{twice}.{rest}"),
            "token_malformed",
        ),
        (
            "two tokens",
            &format!("{good}, Bearer {good}"),
            "token_malformed",
        ),
    ] {
        assert_eq!(test.user(token).await, Err(code), "{what}");
    }
    assert_eq!(test.server.fetches(), 0);
}

#[tokio::test]
async fn a_token_with_any_character_changed_is_refused() {
    let test = Test::start().await;
    let good = test.good();
    assert!(test.user(&good).await.is_ok());
    for (at, old) in good.char_indices() {
        let new = if old == 'A' { "B" } else { "A" };
        let mut changed = good.clone();
        changed.replace_range(at..=at, new);
        assert!(test.user(&changed).await.is_err(), "at {at}");
    }
}

#[tokio::test]
async fn a_refusal_says_whether_a_token_was_shown_and_repeats_nothing_of_it() {
    let test = Test::start().await;
    for header in [
        Header::Absent,
        Header::Text("Bearer"),
        Header::Text("Bearer "),
        Header::Text("Basic dTpw"),
        Header::Text(""),
    ] {
        let refused = refusal(&test.identity, header).await;
        assert_eq!(
            (refused.reason, refused.code),
            (Reason::Anonymous, "token_missing")
        );
    }
    let refused = refusal(&test.identity, Header::Unusable).await;
    assert_eq!(
        (refused.reason, refused.code),
        (Reason::Untrusted, "token_malformed")
    );
    let token = test.key.token(&claims(json!({"sub": "p@ssword/1"})));
    let refused = refusal(&test.identity, Header::Text(&format!("Bearer {token}"))).await;
    assert_eq!(refused.reason, Reason::Untrusted);
    assert!(!refused.to_string().contains("p@ssword"), "{refused}");
}

#[tokio::test]
async fn the_emulators_tokens_are_good_where_it_is_configured_and_nowhere_else() {
    let test = Test::start().await;
    let emulator = FirebaseIdentity::for_emulator(PROJECT.into(), clock());
    let token = |but| unsigned(&json!({"alg": "none", "typ": "JWT"}), &claims(but)) + ".";
    let ask = async |token: &str| user(&emulator, &format!("Bearer {token}")).await;
    let good = token(json!({}));
    assert_eq!(ask(&good).await.as_deref(), Ok("uid123"));
    assert_eq!(test.user(&good).await, Err("token_algorithm"));
    for (wrong, code) in [
        (json!({"aud": "other"}), "token_wrong_audience"),
        (
            json!({"iss": "https://accounts.google.com"}),
            "token_wrong_issuer",
        ),
        (json!({"exp": NOW}), "token_expired"),
        (json!({"iat": NOW + 301}), "token_not_yet_valid"),
        (json!({"sub": ""}), "token_subject"),
    ] {
        assert_eq!(ask(&token(wrong)).await, Err(code));
    }
    assert_eq!(ask(&format!("{good}AAAA")).await, Err("token_algorithm"));
    assert_eq!(ask(&test.good()).await, Err("token_algorithm"));
    assert_eq!(ask("").await, Err("token_missing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_fetch_the_keys_once() {
    let test = Test::start().await;
    test.server.serving().delay = Duration::from_millis(100);
    let good = test.good();
    let users = join_all((0..100).map(|_| test.user(&good))).await;
    assert!(users.iter().all(Result::is_ok), "{users:?}");
    assert_eq!(test.server.fetches(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_does_not_stop_the_fetch() {
    let test = Test::start().await;
    test.server.serving().delay = Duration::from_millis(200);
    let good = test.good();
    let patience = Duration::from_millis(50);
    let hung_up = tokio::time::timeout(patience, test.user(&good)).await;
    assert!(hung_up.is_err());
    assert!(test.user(&good).await.is_ok());
    assert_eq!(test.server.fetches(), 1);
}

#[tokio::test]
async fn keys_are_fetched_again_when_they_are_no_longer_fresh() {
    let test = Test::start().await;
    let good = test.good();
    for (seconds, fetches) in [(0, 1), (21_599, 1), (1, 2), (21_599, 2), (1, 3)] {
        test.clock.advance(seconds);
        assert!(test.user(&good).await.is_ok());
        assert_eq!(test.server.fetches(), fetches);
    }
    // Taken away by the server, a key is not known any more.
    test.server.publish(&[&TestKey::make("key-2")]);
    test.clock.advance(21_600);
    assert_eq!(test.user(&good).await, Err("token_unknown_key"));
}

#[tokio::test]
async fn a_new_key_is_fetched_when_the_first_token_names_it() {
    let test = Test::start().await;
    let old = test.good();
    assert!(test.user(&old).await.is_ok());
    let key = TestKey::make("key-2");
    test.server.publish(&[&test.key, &key]);
    let new = key.token(&claims(json!({"sub": "new"})));
    assert_eq!(test.user(&new).await, Err("token_unknown_key"));
    test.clock.advance(30);
    assert_eq!(test.user(&new).await.as_deref(), Ok("new"));
    assert!(test.user(&old).await.is_ok());
    assert_eq!(test.server.fetches(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn invented_keys_cause_one_fetch_in_half_a_minute() {
    let test = Test::start().await;
    assert!(test.user(&test.good()).await.is_ok());
    test.server.serving().delay = Duration::from_millis(50);
    let tokens: Vec<_> = (0..50).map(|n| test.stranger(&format!("k{n}"))).collect();
    for (seconds, fetches) in [(0, 1), (30, 2), (29, 2), (1, 3)] {
        test.clock.advance(seconds);
        let answers = join_all(tokens.iter().map(|token| test.user(token))).await;
        assert!(
            answers
                .iter()
                .all(|answer| *answer == Err("token_unknown_key"))
        );
        assert_eq!(test.server.fetches(), fetches, "after {seconds} s");
    }
}

#[tokio::test]
async fn the_last_good_keys_outlive_an_outage_of_a_day() {
    let test = Test::start().await;
    let good = test.good();
    assert!(test.user(&good).await.is_ok());
    test.server.serving().status = StatusCode::SERVICE_UNAVAILABLE;
    test.clock.advance(21_600);
    for _ in 0..10 {
        assert!(test.user(&good).await.is_ok());
    }
    assert_eq!(
        test.server.fetches(),
        2,
        "a server that is down is left alone"
    );
    let token = test.stranger("key-2");
    let refused = refusal(&test.identity, Header::Text(&format!("Bearer {token}"))).await;
    assert_eq!(
        (refused.reason, refused.code),
        (Reason::Unavailable, "identity_unavailable")
    );
    test.clock.advance(DAY - 21_600 - 1);
    assert!(test.user(&good).await.is_ok());
    test.clock.advance(1);
    assert_eq!(test.user(&good).await, Err("identity_unavailable"));
    test.server.serving().status = StatusCode::OK;
    test.clock.advance(5);
    assert!(test.user(&good).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_stale_keys_are_fetched_only_one_caller_waits() {
    let test = Test::start().await;
    let good = test.good();
    assert!(test.user(&good).await.is_ok());
    test.clock.advance(21_600);
    test.server.serving().delay = Duration::from_mins(1);
    let waiting = tokio::time::timeout(Duration::from_millis(100), test.user(&good)).await;
    assert!(waiting.is_err(), "it waits for fresh keys");
    let others = tokio::time::timeout(Duration::from_secs(2), test.user(&good)).await;
    assert_eq!(others.expect("no wait").as_deref(), Ok("uid123"));
    assert_eq!(test.server.fetches(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_set_of_keys_leaves_the_service_unavailable_until_there_is_one() {
    let test = Test::start().await;
    let good = test.good();
    let keys = test.server.serving().body.clone();
    for (fetches, body) in [
        (1, "{}".to_owned()),
        (2, r#"{"keys": []}"#.to_owned()),
        (3, "<html>".to_owned()),
        (4, format!("{keys}{}", " ".repeat(1024 * 1024))),
    ] {
        test.server.serving().body = body;
        let answers = join_all((0..20).map(|_| test.user(&good))).await;
        assert!(
            answers
                .iter()
                .all(|answer| *answer == Err("identity_unavailable"))
        );
        assert_eq!(test.server.fetches(), fetches);
        test.clock.advance(5);
    }
    test.server.serving().body = keys;
    assert!(test.user(&good).await.is_ok());
}

#[tokio::test]
async fn a_key_server_that_never_answers_is_given_up() {
    let test = Test::start().await;
    test.server.serving().delay = Duration::from_mins(10);
    let good = test.good();
    let answer = tokio::time::timeout(Duration::from_mins(1), test.user(&good)).await;
    assert_eq!(answer.expect("in time"), Err("identity_unavailable"));
}

#[tokio::test]
async fn nothing_is_fetched_before_the_first_token() {
    let clock = clock();
    drop(FirebaseIdentity::new(PROJECT.into(), clock));
    assert_eq!(Test::start().await.server.fetches(), 0);
}
