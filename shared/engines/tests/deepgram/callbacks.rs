//! The same in two halves.

use std::future::ready;

use domain::{
    ports::{Transcriber, TranscriptionRequest},
    steps::{Code, StepError},
};
use engines::Deepgram;
use futures::FutureExt as _;

use crate::support::{Canned, Fixture, recorded, request};

#[tokio::test]
async fn recording_is_accepted_with_a_callback() {
    let receipt = recorded("docs/using-callbacks-to-return-transcripts-to-your-server-1.json");
    let bench = Fixture::start([Canned::new(200, receipt)]).await;
    let url = "https://interviews.example/v1/callbacks/deepgram/t0k.en?a=b&c";
    let before = async {
        assert!(bench.count() == 0, "nothing is asked yet");
        Ok(())
    };
    let submitted = bench
        .engine()
        .submit(&request(), url, before.boxed())
        .await
        .expect("taken");
    assert_eq!(submitted.request_id, "c22bea24-ecd3-4b53-bcbf-8ef087d905a5");
    assert_eq!(submitted.audio.unwrap().sample_rate_hz, 8_000);
    let seen = bench.only_request();
    assert!(seen.query.contains(&("callback".into(), url.into())));

    let posted = recorded("dg_speakers_no_utterances.json");
    let recognition = Deepgram::receive(&posted).expect("words");
    assert_eq!(recognition.speakers.len(), 3);
    assert_eq!(
        (recognition.audio.duration_ms, recognition.audio.channels),
        (169_802, 1)
    );
    let id = Deepgram::request_id(&posted);
    assert_eq!(id.as_deref(), Some("e4ac910d-2bd6-4e54-b656-4cb971284bad"));
}

#[tokio::test]
async fn a_receipt_without_a_name_is_no_receipt() {
    for body in ["{}", "null", "<html></html>", "{\"request_id\": \"\"}"] {
        let bench = Fixture::start([Canned::new(200, body)]).await;
        let error = bench
            .engine()
            .submit(&request(), "https://a.example/b", ready(Ok(())).boxed())
            .await;
        assert_eq!(error.expect_err(body).code, "engine_failed", "{body}");
    }
}

#[tokio::test]
async fn nothing_is_submitted_without_a_stored_request() {
    let bench = Fixture::start([]).await;
    let engine = bench.engine();
    let taken_over = StepError::transient(Code::WorkerLost, "taken over");
    let before = ready(Err(taken_over.clone())).boxed();
    let usual = request();
    let refused = engine.submit(&usual, "https://a.example/b", before);
    assert_eq!(refused.await.expect_err("refused"), taken_over);

    let short = TranscriptionRequest {
        max_duration_ms: 1,
        ..usual
    };
    let before = async { panic!("a recording that is refused is not asked about") };
    let refused = engine.submit(&short, "https://a.example/b", before.boxed());
    assert_eq!(refused.await.expect_err("too long").code, "too_long");
    assert_eq!(bench.count(), 0);
}

#[test]
fn a_refusal_may_be_posted_too() {
    let error = Deepgram::receive(&recorded("docs/errors-7.json")).expect_err("refused");
    assert_eq!(
        (error.code.as_str(), error.retryable),
        ("engine_out_of_credit", false)
    );
    let error = Deepgram::receive(&recorded("docs/errors-21.json")).expect_err("refused");
    assert_eq!(
        (error.code.as_str(), error.retryable),
        ("engine_busy", true)
    );
}

#[tokio::test]
async fn a_large_recording_is_for_a_callback_and_a_small_one_is_waited_for() {
    let mut bench = Fixture::start([]).await;
    let mut request = request();
    assert!(
        !bench
            .engine()
            .calls_back(&request, "https://api.example.com")
    );
    request.recording.size = 100 * 1024 * 1024;
    assert!(
        bench
            .engine()
            .calls_back(&request, "https://api.example.com")
    );
    bench.options.call_back_from = u64::MAX;
    assert!(
        !bench
            .engine()
            .calls_back(&request, "https://api.example.com")
    );
}
