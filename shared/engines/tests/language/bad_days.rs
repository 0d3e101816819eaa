//! Providers on bad days: cut connections, odd answers, delays, and a whole batch
//! with a third of everything failing.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use domain::{analysis::Draft, ports::Analyst, steps::StepError, transcript::Transcript};
use engines::{
    Gemini, LanguageAnalyst,
    language::{AnalystOptions, LanguageModel, ProviderError},
};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    provider::{Answer, Provider, RecordedRequest, gemini_says},
    transcripts::{interview, plain_answer, question, request, transcript},
};

fn good() -> Answer {
    Answer::json(200, &gemini_says(&plain_answer().to_string()))
}

fn refusal(code: u16, details: &Value) -> Answer {
    Answer::json(code, &json!({"error": {"code": code, "details": details}}))
}

fn model(provider: &Provider) -> Gemini {
    Gemini::new(&provider.url, "gemini-2.5-flash", "k").expect("a model")
}

fn engine(provider: &Provider) -> LanguageAnalyst {
    LanguageAnalyst::new(Arc::new(model(provider)), AnalystOptions::new(48_000, 3))
}

async fn analysed(provider: &Provider) -> Result<Draft, StepError> {
    engine(provider).analyze(&request(interview())).await
}

#[tokio::test]
async fn broken_connections_and_timeouts_are_distinguished() {
    let provider = Provider::start(|_, _| Answer::Reset).await;
    assert_eq!(
        model(&provider).ask(&question()).await.outcome,
        Err(ProviderError::Unreachable)
    );
    let provider = Provider::start(|_, _| Answer::Cut("{\"candidates\": [".into())).await;
    assert_eq!(
        model(&provider).ask(&question()).await.outcome,
        Err(ProviderError::Unreachable)
    );
    let provider = Provider::start(|_, _| Answer::Never).await;
    let hasty = model(&provider).within(Duration::from_millis(100));
    assert_eq!(
        hasty.ask(&question()).await.outcome,
        Err(ProviderError::Timeout)
    );
    let closed = Gemini::new("http://127.0.0.1:1", "gemini-2.5-flash", "k").expect("a model");
    assert_eq!(
        closed.ask(&question()).await.outcome,
        Err(ProviderError::Unreachable)
    );
}

#[tokio::test]
async fn an_overloaded_provider_is_left_alone_for_as_long_as_it_says() {
    let delay =
        json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.4s"}]);
    let provider = Provider::start(move |number, _| match number {
        0 => refusal(503, &delay),
        _ => good(),
    })
    .await;
    assert!(analysed(&provider).await.is_ok());
    let seen = provider.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen[1].at - seen[0].at >= Duration::from_millis(400));
}

#[tokio::test]
async fn permanent_errors_are_not_retried() {
    let daily = json!([{"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]}, {"retryDelay": "9s"}]);
    for (code, details, expected) in [
        (429, daily, "engine_quota"),
        (401, json!([]), "engine_unauthorized"),
        (403, json!([]), "engine_forbidden"),
        (404, json!([]), "engine_misconfigured"),
    ] {
        let provider = Provider::start(move |_, _| refusal(code, &details)).await;
        let error = analysed(&provider).await.expect_err("refused");
        assert_eq!((&error.code[..], error.retryable), (expected, false));
        assert_eq!(provider.seen().len(), 1, "{expected}");
    }
}

#[tokio::test]
async fn a_wait_of_more_than_a_minute_is_the_steps_to_wait() {
    let delay = json!([{"retryDelay": "61s"}]);
    let provider = Provider::start(move |_, _| refusal(429, &delay)).await;
    let error = analysed(&provider).await.expect_err("too long");
    assert_eq!((&error.code[..], error.retryable), ("engine_quota", true));
    assert_eq!(error.retry_after, Some(Duration::from_secs(61)));
    assert_eq!(provider.seen().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_repaired_once() {
    let broken = "{\"summary\": \"a secret that broke o";
    let provider = Provider::start(move |number, _| match number {
        0 => Answer::json(200, &gemini_says(broken)),
        _ => good(),
    })
    .await;
    let draft = analysed(&provider).await.expect("repaired");
    assert_eq!(draft.usage.input_tokens, 2_000, "both answers are paid for");
    assert_eq!(draft.usage.repairs, 1);
    let seen = provider.seen();
    assert_eq!(seen.len(), 2);
    assert!(
        seen[1]
            .question()
            .contains("not valid JSON: it ends before the object is complete")
    );
    assert!(
        !seen[1].body.to_string().contains("secret"),
        "what broke off is not shown again"
    );

    let provider = Provider::always(200, "", gemini_says(broken).to_string()).await;
    let error = analysed(&provider).await.expect_err("broken twice");
    assert_eq!(
        (&error.code[..], error.retryable),
        ("answer_truncated", false)
    );
    assert!(!error.message.contains("secret"));
    assert_eq!(provider.seen().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_other_json_twice_is_malformed() {
    let provider = Provider::always(200, "", gemini_says("[\"secret\"]").to_string()).await;
    let error = analysed(&provider).await.expect_err("a list twice");
    assert_eq!(
        (&error.code[..], error.retryable),
        ("answer_malformed", true)
    );
    assert!(!error.message.contains("secret"));
    assert_eq!(provider.seen().len(), 2);
}

/// A conversation that can be cut in two.
fn long_conversation() -> Transcript {
    let lines: Vec<String> = (0..200)
        .map(|turn| format!("this is what was said in turn number {turn} of many"))
        .collect();
    let lines: Vec<(u32, &str)> = lines
        .iter()
        .zip(0..)
        .map(|(line, turn)| (turn % 2, &line[..]))
        .collect();
    transcript(&lines)
}

#[tokio::test]
async fn part_whose_answer_breaks_off_without_a_word_is_split() {
    let provider = Provider::start(|number, _| {
        let answer = plain_answer().to_string();
        let end = if number < 2 { 60 } else { answer.len() };
        Answer::json(200, &gemini_says(&answer[..end]))
    })
    .await;
    let draft = engine(&provider)
        .analyze(&request(long_conversation()))
        .await
        .expect("in halves");
    let seen = provider.seen();
    assert_eq!(seen.len(), 5, "the whole twice, two halves, the conclusion");
    assert_eq!(draft.usage.repairs, 1);
    assert!(draft.summary.is_some());
}

#[tokio::test]
async fn part_with_a_truncated_answer_is_split() {
    let provider = Provider::start(|number, _| {
        let mut body = gemini_says(&plain_answer().to_string());
        if number == 0 {
            body["candidates"][0] = json!({"finishReason": "MAX_TOKENS"});
        }
        Answer::json(200, &body)
    })
    .await;
    let draft = engine(&provider)
        .analyze(&request(long_conversation()))
        .await
        .expect("in halves");
    let seen = provider.seen();
    assert_eq!(seen.len(), 4, "the whole, two halves, and the conclusion");
    assert!(seen[1].question().contains("turn number 0 of"));
    assert!(seen[2].question().contains("turn number 199 of"));
    assert!(
        draft
            .warnings
            .iter()
            .any(|own| own.code == "analysed_in_parts")
    );
}

#[tokio::test]
async fn a_small_part_whose_answer_is_cut_off_is_an_error() {
    let body = json!({"candidates": [{"finishReason": "MAX_TOKENS"}]});
    let provider = Provider::always(200, "", body.to_string()).await;
    let error = analysed(&provider).await.expect_err("cut off");
    assert_eq!(
        (&error.code[..], error.retryable),
        ("answer_truncated", false)
    );
    assert_eq!(provider.seen().len(), 1);
}

/// An interview of several parts that no other has.
fn long(number: u32) -> Vec<String> {
    (0..240)
        .map(|turn| {
            format!("interview {number} turn {turn} goes on for a good dozen of words or so")
        })
        .collect()
}

/// A good answer that names its interview.
fn named(seen: &RecordedRequest) -> Answer {
    let after = seen
        .question()
        .split_once("interview ")
        .expect("an interview")
        .1;
    let number = after.split(' ').next().unwrap_or("");
    let mut answer = plain_answer();
    answer["summary"] = format!("This is interview {number} .").into();
    Answer::json(200, &gemini_says(&answer.to_string()))
}

/// Three of ten requests fail, in one of five ways, the same way in every run.
fn bad_day(dice: &AtomicU32) -> Option<Answer> {
    let random = |state: u32| state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    let state = dice.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |state| {
        Some(random(state))
    });
    let state = random(state.unwrap_or(0)) >> 8;
    let soon = json!([{"retryDelay": "0.01s"}]);
    match state % 100 {
        0..8 => Some(refusal(429, &soon)),
        8..16 => Some(refusal(503, &soon)),
        16..18 => Some(Answer::Never),
        18..24 => Some(Answer::Reset),
        24..30 => Some(Answer::Cut("{\"candidates\": [{\"content\"".into())),
        _ => None,
    }
}

/// As the step does it: five tries.
async fn in_five_tries(engine: &LanguageAnalyst, number: u32) -> Result<Draft, StepError> {
    let lines = long(number);
    let lines: Vec<(u32, &str)> = lines
        .iter()
        .zip(0..)
        .map(|(line, turn)| (turn % 2, &line[..]))
        .collect();
    let request = request(transcript(&lines));
    let mut tries = 1;
    loop {
        match engine.analyze(&request).await {
            Err(error) if error.retryable && tries < 5 => tries += 1,
            other => return other,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the numbers are to be read")]
async fn on_a_bad_day_a_batch_of_fifty_completes_and_nothing_is_paid_for_twice() {
    let dice = AtomicU32::new(11);
    let provider =
        Provider::start(move |_, seen| bad_day(&dice).unwrap_or_else(|| named(seen))).await;
    // Few answers never come, so that this limit can be one that no good answer exceeds.
    let hasty = model(&provider).within(Duration::from_secs(10));
    let engine = LanguageAnalyst::new(Arc::new(hasty), AnalystOptions::new(2_000, 2));
    let batch = join_all((0..50).map(|number| in_five_tries(&engine, number))).await;
    let drafts: Vec<Draft> = batch
        .into_iter()
        .map(|draft| draft.expect("completes"))
        .collect();
    // Each answer that was given is of use, and so each is counted once.
    let paid: u64 = drafts
        .iter()
        .map(|draft| draft.usage.input_tokens / 1_000)
        .sum();
    let seen = provider.seen();
    let mut asked: HashMap<String, u32> = HashMap::new();
    for request in &seen {
        *asked.entry(request.body.to_string()).or_default() += 1;
    }
    let questions: HashSet<&String> = asked.keys().collect();
    assert_eq!(paid, questions.len() as u64, "an answer was paid for twice");
    let failed = seen.len() - questions.len();
    assert!(
        failed * 100 > seen.len() * 20,
        "{failed} of {} failed",
        seen.len()
    );
    assert!(
        asked.values().all(|times| *times <= 5 * 5),
        "asked too often"
    );
    println!(
        "{} requests, {failed} failed, {paid} answers paid for",
        seen.len()
    );
}
