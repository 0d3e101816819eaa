use serde_json::json;

use super::*;
use crate::{InterviewId, lease::Acquire, steps::StepError};

fn minutes(minutes: u64) -> Amounts {
    Amounts::of_audio(minutes * 60_000, Some(0.0))
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn now() -> Timestamp {
    at("2026-11-28T12:00:00Z")
}

/// An interview whose transcription is running, with ten minutes reserved.
fn running() -> Interview {
    let key = InterviewKey {
        user_id: UserId::parse("u").unwrap(),
        interview_id: InterviewId::parse("i").unwrap(),
    };
    let mut interview = Interview::new(&key, "t".into(), now());
    let acquired = interview.acquire(StepName::Transcription, "1", None, now());
    assert!(matches!(acquired, Acquire::Start(_)));
    let name = StepName::Transcription.as_str().to_owned();
    let reservation = Reservation::new(Day::of(now()), minutes(10));
    interview.reservations.insert(name, reservation);
    interview
}

/// What a transaction that changes the interview like this does to the ledger.
fn settled(change: impl FnOnce(&mut Interview)) -> (Interview, Changes) {
    let mut interview = running();
    let before = interview.reservations.clone();
    change(&mut interview);
    let changes = settle(&before, &mut interview);
    (interview, changes)
}

/// The reservation replaced by what was used.
fn replaced(used: Amounts) -> Changes {
    let mut changes = Changes::default();
    changes.release(&Reservation::new(Day::of(now()), minutes(10)));
    changes.add(Day::of(now()), used);
    changes
}

fn fail(code: Code) -> impl FnOnce(&mut Interview) {
    move |interview| {
        let error = StepError::permanent(code, "it failed");
        interview.give_up(StepName::Transcription, error, now());
    }
}

#[test]
fn usage_replaces_the_reservation() {
    let used = minutes(9);
    let (interview, changes) = settled(|interview| {
        interview.steps.transcription.state = StepState::Done;
        interview.note_use(
            StepName::Transcription,
            used,
            now() + std::time::Duration::from_hours(24),
        );
    });
    assert!(interview.reservations.is_empty());
    assert_eq!(
        changes,
        replaced(used),
        "for the day on which it was reserved"
    );
}

#[test]
fn failed_step_releases_unless_its_engine_has_billed() {
    let (interview, changes) = settled(fail(Code::DamagedAudio));
    assert!(interview.reservations.is_empty());
    assert_eq!(changes, replaced(Amounts::default()));
    let (_, changes) = settled(fail(Code::NoSpeech));
    assert_eq!(changes, replaced(minutes(10)));
}

#[test]
fn unsettled_and_unknown_steps_keep_their_reservations() {
    let unknown = "translation".to_owned();
    let mut interview = running();
    let reservation = Reservation::new(Day::of(now()), minutes(1));
    interview.reservations.insert(unknown.clone(), reservation);
    let before = interview.reservations.clone();
    interview.steps.transcription.state = StepState::Pending;
    let changes = settle(&before, &mut interview);
    assert!(changes.months().is_empty());
    assert_eq!(interview.reservations, before);
    fail(Code::DamagedAudio)(&mut interview);
    settle(&before, &mut interview);
    assert_eq!(
        interview.reservations.keys().collect::<Vec<_>>(),
        [&unknown]
    );
}

#[test]
fn settling_twice_counts_once() {
    let (mut interview, first) = settled(fail(Code::NoSpeech));
    assert!(!first.months().is_empty());
    let before = interview.reservations.clone();
    let second = settle(&before, &mut interview);
    assert!(second.months().is_empty());
}

#[test]
fn days_of_two_months_change_two_ledgers() {
    let day = Day::of(at("2026-11-30T23:59:00Z"));
    let mut changes = Changes::default();
    changes.reserve(&Reservation::new(day, minutes(1)));
    changes.add(Day::of(at("2026-12-01T00:01:00Z")), minutes(1));
    let months: Vec<String> = changes.months().keys().map(ToString::to_string).collect();
    assert_eq!(months, ["2026-11", "2026-12"]);
}

#[test]
fn ledger_keeps_fields_of_a_newer_release() {
    let stored = json!({
        "days": {"2026-11-28": {
            "audio_ms": 5, "input_tokens": 0, "output_tokens": 0, "thinking_tokens": 0,
            "cost_micro_usd": 7, "unpriced": 0, "pages": {"read": 1},
            "reserved": {
                "audio_ms": 3, "input_tokens": 0, "output_tokens": 0, "thinking_tokens": 0,
                "cost_micro_usd": 0, "unpriced": 0, "pages": 2,
            },
        }},
        "currency": "EUR",
    });
    let ledger: Ledger = serde_json::from_value(stored.clone()).unwrap();
    let sums = ledger.day(Day::of(now()));
    assert_eq!((sums.used.audio_ms, sums.reserved.audio_ms), (5, 3));
    assert_eq!(serde_json::to_value(&ledger).unwrap(), stored);
    let empty: Ledger = serde_json::from_value(json!({"days": {"2026-11-28": {}}})).unwrap();
    assert_eq!(empty.used(), Amounts::default());
}

#[test]
fn analysis_counts_tokens_and_costs_as_far_as_they_are_known() {
    let usage = Usage {
        input_tokens: 100,
        output_tokens: 20,
        thinking_tokens: 3,
        repairs: 1,
    };
    let priced = Amounts::of_analysis(usage, Some(0.014_5));
    assert_eq!((priced.cost_micro_usd, priced.unpriced), (14_500, 0));
    assert_eq!(priced.tokens(), usage);
    let unpriced = Amounts::of_analysis(usage, None);
    assert_eq!((unpriced.cost_micro_usd, unpriced.unpriced), (0, 1));
    let local = Amounts::of_analysis(Usage::default(), None);
    assert_eq!(local, Amounts::default(), "no model, no cost");
}
