//! Speech as it comes, over a WebSocket.

use std::{io, time::Duration};

use domain::{
    ports::{LiveOptions, LiveTranscriber, Segment},
    steps::{Code, StepError},
};
use engines::Deepgram;
use futures::{StreamExt, stream};

use crate::{
    stage::{Ending, Events, SUMMARY, Script, Stage, second},
    support::{Canned, Fixture, KEY, recorded},
};

fn text(name: &str) -> String {
    String::from_utf8(recorded(name)).expect("text")
}

/// What comes of a message that the provider sends.
pub(crate) async fn heard(message: String) -> Vec<Result<Segment, StepError>> {
    let stage = Stage::set(Script::saying(vec![message])).await;
    stage.listen(second(), LiveOptions::default()).await
}

fn shown(heard: Vec<Result<Segment, StepError>>) -> Vec<(u32, u64, u64, String, bool)> {
    let segments = heard.into_iter().map(|segment| segment.expect("no error"));
    let shown = segments.map(|one| {
        let text = one.text.reveal().to_owned();
        (one.speaker, one.start_ms, one.end_ms, text, one.is_final)
    });
    shown.collect()
}

#[tokio::test]
async fn live_segments_arrive_in_order_without_extras() {
    let stage = Stage::set(Script {
        first: vec![
            text("docs/speech-started-1.json"),
            text("docs/interim-results-1.json"),
            text("listen-websocket-a6d1b12d-d7334c26-response.json"),
            text("docs/utterance-end-1.json"),
        ],
        patient: true,
        last: vec![text("docs/live-streaming-audio-1.json"), SUMMARY.into()],
        ending: Ending::Normal,
    })
    .await;
    let options = LiveOptions {
        language: Some("en".into()),
        key_terms: vec!["big data".into()],
    };
    let heard = shown(stage.listen(second(), options).await);
    assert_eq!(
        heard,
        [
            (0, 297, 1_040, "another big".into(), false),
            (0, 1_220, 3_640, "Testing. 123. Testing. 123.".into(), true),
            (0, 6_070, 7_270, "Tell me more about this".into(), true),
        ]
    );
    let told = stage.told.borrow();
    assert_eq!(
        told.uri,
        "/v1/listen?model=nova-3&smart_format=true&punctuate=true&mip_opt_out=true\
         &encoding=linear16&sample_rate=16000&channels=1&diarize_model=latest\
         &interim_results=true&endpointing=300&language=en&filler_words=true&keyterm=big+data"
    );
    assert_eq!(told.authorization, format!("Token {KEY}"));
    assert_eq!(
        told.texts,
        [r#"{"type":"Finalize"}"#, r#"{"type":"CloseStream"}"#]
    );
    let samples: Vec<u8> = (0..16_000_i16).flat_map(i16::to_le_bytes).collect();
    assert_eq!((told.samples == samples, told.frames), (true, 6));
}

#[tokio::test]
async fn two_people_in_one_message_are_two_segments() {
    let message = r#"{"type": "Results", "is_final": true, "channel": {"alternatives": [{"words": [
        {"word": "really", "start": 1, "end": 1.2, "speaker": 1}, {"word": "yes", "start": 1.3, "end": 1.5, "speaker": 0},
        {"word": "yes", "start": 1.6, "end": 1.8, "speaker": 0}]}]}}"#;
    let heard = shown(heard(message.into()).await);
    assert_eq!(
        heard,
        [
            (1, 1_000, 1_200, "really".into(), true),
            (0, 1_300, 1_800, "yes yes".into(), true)
        ]
    );
}

#[tokio::test]
async fn a_source_that_pauses_is_still_there() {
    let mut stage = Stage::set(Script::saying(Vec::new())).await;
    stage.options.keep_alive = Duration::from_millis(50);
    // A source that pauses until it has been said twice that it is still there.
    let told = stage.told.clone();
    let pausing = second().enumerate().then(move |(blocks, block)| {
        let mut told = told.clone();
        async move {
            let twice = |told: &Events| told.kept_alive() >= 2 * (blocks + 1);
            told.wait_for(twice).await.expect("a provider that hears");
            block
        }
    });
    let heard = stage.listen(pausing.boxed(), LiveOptions::default()).await;
    assert!(heard.is_empty());
    let told = stage.told.borrow();
    assert!(told.kept_alive() >= 8, "{:?}", told.texts);
}

#[tokio::test]
async fn the_end_of_a_connection_says_why() {
    for (ending, code, retryable) in [
        (Ending::Because(1_008, "DATA-0000"), "damaged_audio", false),
        (
            Ending::Because(1_011, "NET-0000"),
            "engine_unavailable",
            true,
        ),
        (Ending::Because(1_011, "NET-0001"), "engine_timeout", true),
        (Ending::Normal, "engine_unavailable", true),
        (Ending::Abrupt, "engine_unavailable", true),
    ] {
        let error = Stage::set(Script::ending(ending)).await.error().await;
        assert_eq!((error.code.as_str(), error.retryable), (code, retryable));
    }
}

#[tokio::test]
async fn a_connection_cut_before_the_summary_is_no_transcript() {
    let script = Script {
        patient: true,
        ..Script::ending(Ending::Abrupt)
    };
    let error = Stage::set(script).await.error().await;
    assert_eq!(
        (error.code.as_str(), error.retryable),
        ("engine_unavailable", true)
    );
    let summed_up = Script {
        last: vec![SUMMARY.into()],
        patient: true,
        ..Script::ending(Ending::Abrupt)
    };
    let stage = Stage::set(summed_up).await;
    assert!(
        stage
            .listen(second(), LiveOptions::default())
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn an_error_in_a_message_is_an_error() {
    for (message, code) in [
        (
            r#"{"type": "Error", "err_code": "INVALID_AUTH", "err_msg": "a secret"}"#,
            "engine_unauthorized",
        ),
        (
            r#"{"type": "Error", "description": "a secret", "variant": "x"}"#,
            "engine_failed",
        ),
        (
            r#"{"type": "Results", "channel": "a secret"}"#,
            "engine_failed",
        ),
        ("a secret", "engine_failed"),
    ] {
        let error = Stage::set(Script::saying(vec![message.into()]))
            .await
            .error()
            .await;
        assert_eq!(error.code, code, "{message}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_provider_that_says_nothing_any_more_is_not_waited_for() {
    let mut stage = Stage::set(Script {
        patient: true,
        ..Script::ending(Ending::Never)
    })
    .await;
    stage.options.live_timeout = Duration::from_secs(2);
    assert_eq!(stage.error().await.code, "engine_timeout");
}

#[tokio::test]
async fn samples_that_stop_with_an_error_say_which() {
    let damaged = StepError::permanent(Code::DamagedAudio, "the recording is damaged");
    for (error, code) in [
        (io::Error::other(damaged), "damaged_audio"),
        (
            io::ErrorKind::ConnectionReset.into(),
            "recording_interrupted",
        ),
    ] {
        let stage = Stage::set(Script::saying(Vec::new())).await;
        let samples = stream::iter([Ok(vec![0; 800]), Err(error)]).boxed();
        let heard = stage.listen(samples, LiveOptions::default()).await;
        let errors: Vec<_> = heard.into_iter().map(Result::unwrap_err).collect();
        assert_eq!((errors.len(), errors[0].code.as_str()), (1, code));
    }
}

#[tokio::test]
async fn a_refused_connection_is_refused_like_any_request() {
    for (status, body, code) in [
        (401, recorded("docs/errors-3.json"), "engine_unauthorized"),
        (429, recorded("docs/errors-21.json"), "engine_busy"),
        (200, b"It works!".to_vec(), "engine_failed"),
    ] {
        let bench = Fixture::start([Canned::new(status, body)]).await;
        let refused = bench
            .engine()
            .listen(second(), LiveOptions::default())
            .await;
        let error = refused.err().expect("refused");
        assert_eq!(error.code, code);
        let asked = bench.only_request();
        assert_eq!(asked.header("upgrade"), "websocket");
    }
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let stage = Stage::set(Script::saying(vec![text(
        "listen-websocket-a6d1b12d-42fc5ed9-response.json",
    )]))
    .await;
    let engine = Deepgram::new(stage.options.clone()).expect("a client");
    let (asked, ended) = tokio::sync::oneshot::channel::<()>();
    // Samples that never end, and tell when they are dropped.
    let endless = stream::unfold((asked, 0), |(asked, blocks)| async move {
        if blocks == 10 {
            std::future::pending::<()>().await;
        }
        Some((Ok(vec![0; 160]), (asked, blocks + 1)))
    });
    let listening = engine.listen(endless.boxed(), LiveOptions::default()).await;
    let mut segments = listening.expect("a connection");
    assert!(segments.next().await.expect("one").is_ok());
    drop(segments);
    let dropped = tokio::time::timeout(Duration::from_secs(5), ended).await;
    assert!(dropped.expect("soon").is_err());
}
