//! What a check of key and model finds.

use domain::{engine_check::Severity, ports::Transcriber};

use crate::support::{Canned, Fixture};

#[tokio::test]
async fn second_of_silence_checks_key_model_and_price() {
    let silent = r#"{"metadata": {"request_id": "r", "duration": 1.0, "channels": 1},
        "results": {"channels": [{"alternatives": [{"transcript": "", "confidence": 0, "words": []}]}]}}"#;
    let bench = Fixture::start([Canned::new(200, silent)]).await;
    let found = bench.engine().check().await;
    let codes: Vec<_> = found
        .iter()
        .map(|own| (own.severity, &own.code[..]))
        .collect();
    assert_eq!(
        codes,
        [
            (Severity::Ok, "engine_works"),
            (Severity::Ok, "price_known")
        ]
    );
    let seen = bench.only_request();
    assert_eq!(seen.header("content-type"), "audio/wav");
    assert_eq!(seen.body.len(), 44 + 32_000);
    assert!(seen.query.contains(&("model".into(), "nova-3".into())));
}

#[tokio::test]
async fn faults_name_the_setting_that_changes_them() {
    for (status, body, code, severity, settings) in [
        (
            401,
            r#"{"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials."}"#,
            "engine_unauthorized",
            Severity::Error,
            &["DEEPGRAM_API_KEY"][..],
        ),
        (
            402,
            r#"{"err_code": "ASR_PAYMENT_REQUIRED", "err_msg": "no credit"}"#,
            "engine_out_of_credit",
            Severity::Error,
            &["DEEPGRAM_API_KEY"],
        ),
        (
            400,
            r#"{"err_code": "Bad Request", "err_msg": "No such model/tier combination found."}"#,
            "engine_misconfigured",
            Severity::Error,
            &["DEEPGRAM_MODEL", "DEEPGRAM_BASE_URL"],
        ),
        (
            429,
            r#"{"err_code": "TOO_MANY_REQUESTS"}"#,
            "engine_busy",
            Severity::Warning,
            &[],
        ),
        (
            200,
            "<html>",
            "engine_failed",
            Severity::Error,
            &["DEEPGRAM_BASE_URL"],
        ),
    ] {
        let bench = Fixture::start([Canned::new(status, body)]).await;
        let found = bench.engine().check().await;
        assert_eq!(found.len(), 1, "{found:?}");
        let finding = &found[0];
        assert_eq!(
            (&finding.code[..], finding.severity),
            (code, severity),
            "{finding:?}"
        );
        assert_eq!(finding.settings, settings, "{finding:?}");
    }
}
