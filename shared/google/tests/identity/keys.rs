//! How often keys are fetched, and what is done without them.

use std::time::Duration;

use domain::{ErrorCode, ports::Header};
use futures::{future::join_all, join};
use google::identity::FirebaseIdentity;
use http::StatusCode;
use serde_json::json;

use crate::support::{PROJECT, Test, TestKey, claims, clock, refusal};

const DAY: i64 = 24 * 3_600;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_fetch_the_keys_once() {
    let test = Test::start().await;
    test.server.hold();
    let good = test.good();
    let users = join_all((0..100).map(|_| test.user(&good)));
    let (users, ()) = join!(users, async {
        test.server.asked(1).await;
        test.server.let_go();
    });
    assert!(users.iter().all(Result::is_ok), "{users:?}");
    assert_eq!(test.server.fetches(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_does_not_stop_the_fetch() {
    let test = Test::start().await;
    test.server.hold();
    let good = test.good();
    tokio::select! {
        answer = test.user(&good) => panic!("answered without keys: {answer:?}"),
        () = test.server.asked(1) => {}
    }
    test.server.let_go();
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
    let tokens: Vec<_> = (0..50).map(|n| test.stranger(&format!("k{n}"))).collect();
    for (seconds, fetches) in [(0, 1), (30, 2), (29, 2), (1, 3)] {
        test.clock.advance(seconds);
        test.server.hold();
        let answers = join_all(tokens.iter().map(|token| test.user(token)));
        let (answers, ()) = join!(answers, async {
            test.server.asked(fetches).await;
            test.server.let_go();
        });
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
    assert_eq!(refused.code, ErrorCode::IdentityUnavailable);
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
    test.server.hold();
    let mut waiting = std::pin::pin!(test.user(&good));
    tokio::select! {
        answer = &mut waiting => panic!("it waits for fresh keys: {answer:?}"),
        () = test.server.asked(2) => {}
    }
    assert_eq!(test.user(&good).await.as_deref(), Ok("uid123"));
    test.server.let_go();
    assert_eq!(waiting.await.as_deref(), Ok("uid123"));
    assert_eq!(test.server.fetches(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_key_set_makes_the_service_unavailable_until_a_valid_one() {
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
    test.server.hold();
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
