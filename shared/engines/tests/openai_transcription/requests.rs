//! Requests as they are sent.

use crate::support::{Canned, Fixture, KEY, loud, options, quiet, request, ten_seconds};

const TEXT: &str = r#"{"text": "Yes."}"#;

#[tokio::test]
async fn form_asks_for_words_and_segments() {
    let bench = Fixture::start([Canned::new(200, TEXT)]).await;
    let mut request = ten_seconds();
    request.language = Some("de-CH".into());
    request.key_terms = vec!["Kubernetes".into(), "Żak".into()];
    bench.transcribe(&request).await.unwrap();
    let [seen] = &bench.seen()[..] else {
        panic!("one request");
    };
    assert_eq!(seen.path, "/v1/audio/transcriptions");
    assert_eq!(
        seen.authorization.as_deref(),
        Some(&*format!("Bearer {KEY}"))
    );
    let fields: Vec<_> = seen
        .fields
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        fields,
        [
            ("model", "whisper-1"),
            ("response_format", "verbose_json"),
            ("timestamp_granularities[]", "word"),
            ("timestamp_granularities[]", "segment"),
            ("temperature", "0"),
            ("language", "de"),
            ("prompt", "Kubernetes, Żak."),
        ]
    );
    assert_eq!(seen.file, ("audio.wav".to_owned(), "audio/wav".to_owned()));
    assert!((seen.seconds() - 10.0).abs() < 0.5, "{}", seen.seconds());
}

#[tokio::test]
async fn models_without_timestamps_get_a_json_request_at_once() {
    for (model, format, chunking) in [
        ("gpt-4o-transcribe", "json", None),
        ("gpt-4o-mini-transcribe", "json", None),
        ("gpt-4o-transcribe-diarize", "json", Some("auto")),
        ("whisper-large-v3", "verbose_json", None),
    ] {
        let mut bench = Fixture::start([Canned::new(200, TEXT)]).await;
        bench.options = options(&bench.url, model);
        let mut request = ten_seconds();
        request.key_terms = vec!["Kubernetes".into()];
        bench.transcribe(&request).await.unwrap();
        let seen = &bench.seen()[0];
        assert_eq!(seen.field("response_format"), Some(format), "{model}");
        assert_eq!(seen.field("chunking_strategy"), chunking, "{model}");
        assert_eq!(
            seen.field("prompt").is_some(),
            chunking.is_none(),
            "{model}"
        );
        let words = seen.field("timestamp_granularities[]").is_some();
        assert_eq!(words, format == "verbose_json", "{model}");
    }
}

#[tokio::test]
async fn silence_is_not_sent() {
    let bench = Fixture::start([]).await;
    let recognition = bench.transcribe(&request(&[quiet(10_000)])).await.unwrap();
    assert!(recognition.words.is_empty() && bench.seen().is_empty());
    assert_eq!(recognition.speech_ms, Some(0));
}

#[tokio::test]
async fn recognized_language_is_requested_for_later_segments() {
    let answer = r#"{"text": "Ja.", "language": "german"}"#;
    let bench = Fixture::start([Canned::new(200, answer), Canned::new(200, answer)]).await;
    let mut long = Vec::new();
    for _ in 0..16 {
        long.extend(loud(25_000));
        long.extend(quiet(1_500));
    }
    let mut request = request(&[long]);
    request.language = None;
    let recognition = bench.transcribe(&request).await.unwrap();
    let languages: Vec<_> = bench
        .seen()
        .iter()
        .map(|s| s.field("language").map(str::to_owned))
        .collect();
    assert_eq!(languages, [None, Some("de".to_owned())]);
    assert_eq!(recognition.language.as_deref(), Some("de"));
}

#[tokio::test]
async fn endpoint_of_whisper_cpp_is_used_as_it_is() {
    let mut bench = Fixture::start([Canned::new(200, TEXT)]).await;
    bench.options = options(&format!("{}/inference", bench.url), "any");
    bench.transcribe(&ten_seconds()).await.unwrap();
    assert_eq!(bench.seen()[0].path, "/inference");
}
