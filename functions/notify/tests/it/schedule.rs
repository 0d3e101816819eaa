//! Webhooks are tried again as Standard Webhooks advises, and then no more.

use std::time::Duration;

use notify::{
    outcome::SendOutcome,
    schedule::{MAX_ATTEMPTS, next_attempt},
};

const HOUR: u64 = 3_600;

fn refused(status: u16, retry_after: Option<u64>) -> SendOutcome {
    let retry_after = retry_after.map(Duration::from_secs);
    SendOutcome::Refused {
        status,
        retry_after,
    }
}

/// The wait lies between `seconds` and a fifth more.
fn assert_about(wait: Option<Duration>, seconds: u64) {
    let wait = wait.expect("another attempt");
    let least = Duration::from_secs(seconds);
    assert!(
        (least..=least * 6 / 5).contains(&wait),
        "{wait:?}, not {least:?}"
    );
}

#[test]
fn delays_grow_from_seconds_to_a_day_until_the_last_attempt() {
    let waits = [5, 300, 1_800, 2, 5, 10, 14, 20, 24];
    let unreachable = SendOutcome::Unreachable {
        reason: "the connection was refused".into(),
    };
    let timed_out = SendOutcome::TimedOut {
        reason: "there was no answer in time".into(),
    };
    for outcome in [
        refused(500, None),
        refused(302, None),
        unreachable,
        timed_out,
    ] {
        for (wait, attempts) in waits.into_iter().zip(1..) {
            let seconds = if attempts > 3 { wait * HOUR } else { wait };
            assert_about(next_attempt("msg_1", attempts, &outcome), seconds);
        }
        assert_eq!(next_attempt("msg_1", MAX_ATTEMPTS, &outcome), None);
        assert_eq!(next_attempt("msg_1", usize::MAX, &outcome), None);
    }
}

#[test]
fn final_outcomes_are_not_retried() {
    let reason = "the URL's host is not on the public internet".into();
    let forbidden = SendOutcome::Forbidden { reason };
    for outcome in [
        SendOutcome::Delivered { status: 204 },
        SendOutcome::Gone,
        forbidden,
    ] {
        assert_eq!(next_attempt("msg_1", 1, &outcome), None);
    }
}

#[test]
fn longer_retry_after_is_respected() {
    let wait = |attempts, seconds| next_attempt("msg_1", attempts, &refused(503, Some(seconds)));
    assert_about(wait(1, 600), 600);
    assert_about(wait(1, 24 * HOUR), 24 * HOUR);
    assert_about(wait(3, 600), 1_800);
    assert_eq!(wait(MAX_ATTEMPTS, 600), None);
}

#[test]
fn an_overloaded_receiver_is_left_alone_for_a_while() {
    for status in [429, 502, 504] {
        assert_about(next_attempt("msg_1", 1, &refused(status, None)), 300);
        assert_about(next_attempt("msg_1", 3, &refused(status, None)), 1_800);
        assert_about(next_attempt("msg_1", 1, &refused(status, Some(20))), 20);
    }
}

#[test]
fn the_same_attempt_has_the_same_wait_and_webhooks_spread_out() {
    let wait = |id: &str| next_attempt(id, 9, &refused(500, None)).expect("another attempt");
    let waits: Vec<Duration> = (0..200)
        .map(|number| wait(&format!("msg_{number}")))
        .collect();
    assert_eq!(waits[7], wait("msg_7"));
    for hour in 24..28 {
        let hour = Duration::from_secs(hour * HOUR)..Duration::from_secs((hour + 1) * HOUR);
        let share = waits.iter().filter(|wait| hour.contains(*wait)).count();
        assert!(share > 20, "{share} of 200 in {hour:?}");
    }
}
