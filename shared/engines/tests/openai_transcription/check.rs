//! What a check of a transcription server finds.

use domain::{engine_check::Severity, ports::Transcriber};

use crate::support::{Canned, Fixture, options};

#[tokio::test]
async fn second_of_silence_checks_the_server() {
    let bench = Fixture::start([Canned::new(200, r#"{"text": "", "words": []}"#)]).await;
    let found = bench.engine().check().await;
    let codes: Vec<_> = found
        .iter()
        .map(|own| (own.severity, &own.code[..]))
        .collect();
    let expected = [
        (Severity::Ok, "engine_works"),
        (Severity::Ok, "word_times"),
        (Severity::Warning, "price_unknown"),
    ];
    assert_eq!(codes, expected);
    assert_eq!(bench.seen().len(), 1);
}

#[tokio::test]
async fn model_without_times_of_words_is_a_limit() {
    let mut bench = Fixture::start([Canned::new(200, r#"{"text": ""}"#)]).await;
    bench.options = options(&bench.url, "gpt-4o-transcribe");
    let found = bench.engine().check().await;
    let times = found
        .iter()
        .find(|own| own.code == "word_times")
        .expect("found");
    assert_eq!(times.severity, Severity::Warning);
    assert_eq!(times.settings, ["OPENAI_TRANSCRIPTION_MODEL"]);
}

#[tokio::test]
async fn faults_name_the_setting_that_changes_them() {
    for (status, body, code, settings) in [
        (
            401,
            r#"{"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}"#,
            "engine_unauthorized",
            &["OPENAI_TRANSCRIPTION_API_KEY"][..],
        ),
        (
            404,
            r#"{"error": {"message": "The model does not exist", "code": "model_not_found"}}"#,
            "engine_misconfigured",
            &[
                "OPENAI_TRANSCRIPTION_MODEL",
                "OPENAI_TRANSCRIPTION_BASE_URL",
            ],
        ),
        (
            500,
            "",
            "engine_unavailable",
            &["OPENAI_TRANSCRIPTION_BASE_URL"],
        ),
    ] {
        let bench = Fixture::start([Canned::new(status, body)]).await;
        let found = bench.engine().check().await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (&found[0].code[..], found[0].severity),
            (code, Severity::Error)
        );
        assert_eq!(found[0].settings, settings);
    }
}
