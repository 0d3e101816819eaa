//! Responses in the shapes of the servers.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use crate::support::{Canned, Fixture, loud, quiet, request, ten_seconds, texts};

async fn recognized(body: &Value) -> domain::transcript::Recognition {
    let bench = Fixture::start([Canned::new(200, body.to_string())]).await;
    bench
        .transcribe(&ten_seconds())
        .await
        .expect("a transcript")
}

#[tokio::test]
async fn openai_gives_words_without_punctuation_beside_segments() {
    let recognition = recognized(&json!({
        "task": "transcribe", "language": "english", "duration": 8.47, "text": "The beach, was it?",
        "segments": [{"id": 0, "seek": 0, "start": 0.0, "end": 3.32, "text": " The beach, was it?",
            "tokens": [50364, 440], "temperature": 0.0, "avg_logprob": -0.286,
            "compression_ratio": 1.236, "no_speech_prob": 0.009}],
        "words": [{"word": "The", "start": 0.2, "end": 0.4}, {"word": "beach", "start": 0.4, "end": 1.1},
            {"word": "was", "start": 1.2, "end": 1.4}, {"word": "it", "start": 1.4, "end": 1.6}],
        "usage": {"type": "duration", "seconds": 9}
    }))
    .await;
    let expected = [
        ("The", 200, 400),
        ("beach,", 400, 1_100),
        ("was", 1_200, 1_400),
        ("it?", 1_400, 1_600),
    ];
    assert_eq!(texts(&recognition), expected);
    assert_eq!(recognition.language.as_deref(), Some("en"));
    assert_eq!(
        (recognition.speakers.len(), &*recognition.model),
        (1, "whisper-1")
    );
    assert!((recognition.words[0].confidence - (-0.286_f32).exp()).abs() < 0.001);
}

#[tokio::test]
async fn groq_gives_segments_and_an_id() {
    let recognition = recognized(&json!({
        "task": "transcribe", "language": "English", "duration": 2, "text": " Add a button.",
        "segments": [{"id": 0, "seek": 0, "start": 0, "end": 2, "text": " Add a button.",
            "tokens": [50365], "temperature": 0, "avg_logprob": -0.29, "compression_ratio": 0.2,
            "no_speech_prob": 0}],
        "x_groq": {"id": "req_01"}
    }))
    .await;
    let found = texts(&recognition);
    assert_eq!(found.len(), 3);
    assert_eq!((found[0].1, found[2].2), (0, 2_000));
    assert!((recognition.words[0].confidence - 0.7).abs() < 0.001);
}

#[tokio::test]
async fn vllm_does_not_know_probabilities_and_writes_numbers_as_text() {
    let recognition = recognized(&json!({
        "duration": "17.653125", "language": "en", "text": " Hey, who remembers?",
        "segments": [{"id": 42, "avg_logprob": -1.0, "compression_ratio": -1.0, "end": 1.5,
            "no_speech_prob": null, "seek": 0, "start": 0.5, "temperature": 0.0,
            "text": " Hey, who remembers?", "tokens": [1911]}],
        "words": null
    }))
    .await;
    let found = texts(&recognition);
    assert_eq!((found[0].1, found[2].2), (500, 1_500));
    assert!((recognition.words[0].confidence - 0.7).abs() < 0.001);
}

#[tokio::test]
async fn speaches_gives_words_beside_and_in_segments() {
    let words = json!([{"start": 0.0, "end": 0.44, "word": " Hello,", "probability": 0.86},
        {"start": 0.44, "end": 1.04, "word": " world.", "probability": 0.98}]);
    let recognition = recognized(&json!({
        "task": "transcribe", "language": "en", "duration": 1.32, "text": "Hello, world.", "words": words,
        "segments": [{"id": 1, "seek": 0, "start": 0.0, "end": 1.04, "text": " Hello, world.",
            "tokens": [2425, 11], "temperature": 0.0, "avg_logprob": -0.11,
            "compression_ratio": 0.63, "no_speech_prob": 0.0, "words": words}]
    }))
    .await;
    assert_eq!(
        texts(&recognition),
        [("Hello,", 0, 440), ("world.", 440, 1_040)]
    );
    assert!((recognition.words[1].confidence - 0.98).abs() < 0.001);
}

#[tokio::test]
async fn whisper_cpp_gives_tokens_as_words() {
    let recognition = recognized(&json!({
        "task": "transcribe", "language": "english", "duration": 3.0, "text": " Interviews, yes.\n",
        "segments": [{"id": 0, "text": " Interviews, yes.", "start": 0.0, "end": 3.0,
            "tokens": [5751, 1093, 11, 2086, 13], "temperature": 0.0, "avg_logprob": -0.2, "no_speech_prob": 0.1,
            "words": [
                {"word": " Inter", "start": 0.1, "end": 0.5, "t_dtw": -1, "probability": 0.9},
                {"word": "views", "start": 0.5, "end": 0.9, "t_dtw": -1, "probability": 0.9},
                {"word": ",", "start": 0.9, "end": 1.0, "t_dtw": -1, "probability": 0.9},
                {"word": " yes", "start": 1.2, "end": 1.5, "t_dtw": -1, "probability": 0.4},
                {"word": ".", "start": 1.5, "end": 1.6, "t_dtw": -1, "probability": 0.4}]}],
        "detected_language": "english", "detected_language_probability": 0.98
    }))
    .await;
    assert_eq!(
        texts(&recognition),
        [("Interviews,", 100, 900), ("yes.", 1_200, 1_500)]
    );
    assert!((recognition.words[1].confidence - 0.4).abs() < 0.001);
}

#[tokio::test]
async fn local_ai_counts_in_nanoseconds() {
    let recognition = recognized(&json!({
        "segments": [{"id": 0, "start": 0, "end": 1_000_000_000_u64, "text": " Yes.", "tokens": [1]},
            {"id": 1, "start": 1_000_000_000_u64, "end": 3_000_000_000_u64, "text": " No.", "tokens": [2]}],
        "text": "Yes. No.", "output": ""
    }))
    .await;
    assert_eq!(
        texts(&recognition),
        [("Yes.", 0, 1_000), ("No.", 1_000, 3_000)]
    );
}

#[tokio::test]
async fn text_alone_is_spread_over_the_speech() {
    // Speech from 2 to 4 s and from 8 to 10 s.
    let recording = [quiet(2_000), loud(2_000), quiet(4_000), loud(2_000)].concat();
    let body = r#"{"text": "one two six ten", "usage": {"type": "tokens"}}"#;
    let bench = Fixture::start([Canned::new(200, body)]).await;
    let recognition = bench.transcribe(&request(&[recording])).await.unwrap();
    let found = texts(&recognition);
    assert_eq!(
        found.iter().map(|word| word.0).collect::<Vec<_>>(),
        ["one", "two", "six", "ten"]
    );
    assert!(found[1].2 <= 4_300 && found[3].1 >= 7_700, "{found:?}");
    assert!(found[0].1 >= 1_700 && found[3].2 <= 10_000, "{found:?}");
}

#[tokio::test]
async fn words_on_silence_are_dropped() {
    let recognition = recognized(&json!({
        "text": " Thank you. Bye.", "segments": [
            {"start": 0.0, "end": 2.0, "text": " Thank you.", "avg_logprob": -1.3, "no_speech_prob": 0.91},
            {"start": 2.0, "end": 3.0, "text": " Bye.", "avg_logprob": -0.3, "no_speech_prob": 0.91}],
    }))
    .await;
    assert_eq!(
        texts(&recognition)
            .iter()
            .map(|word| word.0)
            .collect::<Vec<_>>(),
        ["Bye."]
    );
}

#[tokio::test]
async fn nothing_said_is_no_word() {
    for body in [
        json!({"text": ""}),
        json!({"segments": []}),
        json!({"text": " ", "segments": null}),
    ] {
        assert!(recognized(&body).await.words.is_empty(), "{body}");
    }
}

/// JSON that resembles a response more or less.
fn any_body() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-10.0..40.0_f64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    let names = [
        "text",
        "segments",
        "words",
        "word",
        "start",
        "end",
        "language",
        "avg_logprob",
        "no_speech_prob",
        "probability",
        "compression_ratio",
        "error",
        "message",
        "code",
        "detail",
    ];
    scalar.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(names.to_vec()), inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

#[test]
fn any_response_is_words_in_order_or_an_error() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config::with_cases(64));
    let statuses = proptest::sample::select(&[200_u16, 200, 200, 400, 422][..]);
    runner
        .run(&(any_body(), statuses), |(body, status)| {
            let canned = Canned::new(status, body.to_string());
            let answer = runtime.block_on(async {
                let bench = Fixture::answering(move |_| canned.clone()).await;
                bench.transcribe(&ten_seconds()).await
            });
            match answer {
                Ok(recognition) => {
                    let mut reached = 0;
                    for (text, start_ms, end_ms) in texts(&recognition) {
                        prop_assert!(!text.trim().is_empty());
                        prop_assert!(reached <= start_ms && start_ms <= end_ms && end_ms <= 10_000);
                        reached = start_ms;
                    }
                }
                Err(error) => prop_assert!(!error.code.is_empty() && !error.message.is_empty()),
            }
            Ok(())
        })
        .unwrap();
}
