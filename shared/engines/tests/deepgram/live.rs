//! Speech as it comes, over a WebSocket.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{
    ports::{LiveOptions, LiveTranscriber, SampleStream, Segment},
    steps::StepError,
};
use engines::{Deepgram, deepgram::Options};
use futures::{SinkExt, StreamExt, stream};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::support::{Bench, Canned, KEY, options, recorded};

const SUMMARY: &str = r#"{"type": "Metadata", "transaction_key": "deprecated",
    "request_id": "8c8ebea9-dbec-45fa-a035-e4632cb05b5f", "created": "2024-08-29T22:37:55.202Z",
    "duration": 0.0, "channels": 0}"#;

/// How the provider ends the connection.
#[derive(Clone, Copy)]
enum Ending {
    /// As agreed.
    Normal,
    /// With a code and a reason.
    Because(u16, &'static str),
    /// Without a word.
    Abrupt,
    /// Not at all.
    Never,
}

/// What the provider says.
#[derive(Clone)]
struct Script {
    /// At once.
    first: Vec<String>,
    /// Whether it goes on until it is told that nothing more comes.
    patient: bool,
    /// Then.
    last: Vec<String>,
    ending: Ending,
}

impl Script {
    fn saying(first: Vec<String>) -> Self {
        Self {
            first,
            patient: true,
            last: vec![SUMMARY.into()],
            ending: Ending::Normal,
        }
    }

    fn ending(ending: Ending) -> Self {
        Self {
            patient: false,
            last: Vec::new(),
            ending,
            ..Self::saying(Vec::new())
        }
    }
}

/// What the provider was told.
#[derive(Default)]
struct Told {
    uri: String,
    authorization: String,
    texts: Vec<String>,
    samples: Vec<u8>,
    frames: usize,
}

struct Stage {
    options: Options,
    told: Arc<Mutex<Told>>,
}

impl Stage {
    async fn set(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let told = Arc::new(Mutex::new(Told::default()));
        let hears = Arc::clone(&told);
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            play(stream, script, &hears).await;
        });
        let options = options(&url);
        Self { options, told }
    }

    async fn listen(
        &self,
        samples: SampleStream,
        options: LiveOptions,
    ) -> Vec<Result<Segment, StepError>> {
        let engine = Deepgram::new(self.options.clone()).expect("a client");
        let segments = engine.listen(samples, options).await.expect("a connection");
        segments.collect().await
    }

    async fn error(&self) -> StepError {
        let mut heard = self.listen(second(), LiveOptions::default()).await;
        let last = heard.pop().expect("something");
        assert!(heard.iter().all(Result::is_ok));
        last.expect_err("a bad end")
    }
}

#[expect(clippy::result_large_err, reason = "the library's own callback")]
async fn play(stream: TcpStream, script: Script, hears: &Mutex<Told>) {
    let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let mut told = hears.lock().expect("not poisoned");
        told.uri = request.uri().to_string();
        let header = request.headers().get("authorization");
        let header = header.map(|value| value.to_str().expect("text"));
        header
            .unwrap_or_default()
            .clone_into(&mut told.authorization);
        Ok(response)
    };
    let mut socket = accept_hdr_async(stream, note).await.expect("a WebSocket");
    for text in script.first {
        socket.send(Message::text(text)).await.expect("sent");
    }
    if script.patient {
        listen_to_the_end(&mut socket, hears).await;
    }
    for text in script.last {
        socket.send(Message::text(text)).await.expect("sent");
    }
    let frame = match script.ending {
        Ending::Normal => CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        },
        Ending::Because(code, reason) => CloseFrame {
            code: code.into(),
            reason: reason.into(),
        },
        Ending::Abrupt => return,
        Ending::Never => std::future::pending().await,
    };
    let _ = socket.close(Some(frame)).await;
    while let Some(Ok(_)) = socket.next().await {}
}

async fn listen_to_the_end(socket: &mut WebSocketStream<TcpStream>, hears: &Mutex<Told>) {
    while let Some(Ok(message)) = socket.next().await {
        let mut told = hears.lock().expect("not poisoned");
        match message {
            Message::Binary(bytes) => {
                assert!(!bytes.is_empty(), "an empty frame ends the stream");
                told.frames += 1;
                told.samples.extend_from_slice(&bytes);
            }
            Message::Text(text) => {
                told.texts.push(text.to_string());
                if text.contains("CloseStream") {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// A second of samples in uneven blocks, one of them empty.
fn second() -> SampleStream {
    let samples: Vec<i16> = (0..16_000).collect();
    let blocks = [0..100, 100..100, 100..15_000, 15_000..16_000];
    let blocks = blocks.map(|range| Ok(samples[range].to_vec()));
    stream::iter(blocks).boxed()
}

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
async fn what_is_said_is_handed_on_as_it_comes_and_nothing_else() {
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
    let told = stage.told.lock().expect("not poisoned");
    assert_eq!(
        told.uri,
        "/v1/listen?model=nova-3&smart_format=true&punctuate=true&mip_opt_out=true\
         &encoding=linear16&sample_rate=16000&channels=1&diarize_model=latest\
         &interim_results=true&endpointing=300&language=en&keyterm=big+data"
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
    let pausing = second().then(|block| async {
        tokio::time::sleep(Duration::from_millis(120)).await;
        block
    });
    let heard = stage.listen(pausing.boxed(), LiveOptions::default()).await;
    assert!(heard.is_empty());
    let told = stage.told.lock().expect("not poisoned");
    let alive = told.texts.iter().filter(|text| text.contains("KeepAlive"));
    assert!(alive.count() >= 4, "{:?}", told.texts);
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
    stage.options.live_timeout = Duration::from_millis(300);
    assert_eq!(stage.error().await.code, "engine_timeout");
}

#[tokio::test]
async fn samples_that_stop_with_an_error_say_which() {
    let damaged = domain::steps::StepError::permanent("damaged_audio", "the recording is damaged");
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
        let bench = Bench::start([Canned::new(status, body)]).await;
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
async fn who_does_not_want_to_hear_more_ends_the_connection() {
    let stage = Stage::set(Script::saying(vec![text(
        "listen-websocket-a6d1b12d-42fc5ed9-response.json",
    )]))
    .await;
    let engine = Deepgram::new(stage.options.clone()).expect("a client");
    let (asked, ended) = tokio::sync::oneshot::channel::<()>();
    // Samples that never end, and tell when they are dropped.
    let endless = stream::unfold(asked, |asked| async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Some((Ok(vec![0; 160]), asked))
    });
    let listening = engine.listen(endless.boxed(), LiveOptions::default()).await;
    let mut segments = listening.expect("a connection");
    assert!(segments.next().await.expect("one").is_ok());
    drop(segments);
    let dropped = tokio::time::timeout(Duration::from_secs(5), ended).await;
    assert!(dropped.expect("soon").is_err());
}
