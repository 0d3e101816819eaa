//! What is refused, and by which name.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{ErrorCode, ports::Header};
use google::identity::FirebaseIdentity;
use serde_json::{Value, json};

use crate::support::{NOW, PROJECT, Test, TestKey, claims, clock, refusal, unsigned, user};

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
            "token_algorithm",
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
async fn malformed_token_is_rejected_before_parsing() {
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
            "token_algorithm",
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
        assert_eq!(refused.code, ErrorCode::TokenMissing);
    }
    let refused = refusal(&test.identity, Header::Unusable).await;
    assert_eq!(refused.code, ErrorCode::TokenMalformed);
    let token = test.key.token(&claims(json!({"sub": "p@ssword/1"})));
    let refused = refusal(&test.identity, Header::Text(&format!("Bearer {token}"))).await;
    assert_eq!(refused.code.status(), 401);
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
