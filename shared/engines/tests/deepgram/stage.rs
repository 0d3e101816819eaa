//! A provider that listens live and says what its script has.

use domain::{
    ports::{LiveOptions, LiveTranscriber, SampleStream, Segment},
    steps::StepError,
};
use engines::{Deepgram, deepgram::DeepgramOptions};
use futures::{SinkExt, StreamExt, stream};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::support::options;

pub(crate) const SUMMARY: &str = r#"{"type": "Metadata", "transaction_key": "deprecated",
    "request_id": "8c8ebea9-dbec-45fa-a035-e4632cb05b5f", "created": "2024-08-29T22:37:55.202Z",
    "duration": 0.0, "channels": 0}"#;

/// How the provider ends the connection.
#[derive(Clone, Copy)]
pub(crate) enum Ending {
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
pub(crate) struct Script {
    /// At once.
    pub(crate) first: Vec<String>,
    /// Whether it goes on until it is told that nothing more comes.
    pub(crate) patient: bool,
    /// Then.
    pub(crate) last: Vec<String>,
    pub(crate) ending: Ending,
}

impl Script {
    pub(crate) fn saying(first: Vec<String>) -> Self {
        Self {
            first,
            patient: true,
            last: vec![SUMMARY.into()],
            ending: Ending::Normal,
        }
    }

    pub(crate) fn ending(ending: Ending) -> Self {
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
pub(crate) struct Events {
    pub(crate) uri: String,
    pub(crate) authorization: String,
    pub(crate) texts: Vec<String>,
    pub(crate) samples: Vec<u8>,
    pub(crate) frames: usize,
}

impl Events {
    /// How often it was said that the source is still there.
    pub(crate) fn kept_alive(&self) -> usize {
        let texts = self.texts.iter();
        texts.filter(|text| text.contains("KeepAlive")).count()
    }
}

pub(crate) struct Stage {
    pub(crate) options: DeepgramOptions,
    pub(crate) told: watch::Receiver<Events>,
}

impl Stage {
    pub(crate) async fn set(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (hears, told) = watch::channel(Events::default());
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            play(stream, script, &hears).await;
        });
        let options = options(&url);
        Self { options, told }
    }

    pub(crate) async fn listen(
        &self,
        samples: SampleStream,
        options: LiveOptions,
    ) -> Vec<Result<Segment, StepError>> {
        let engine = Deepgram::new(self.options.clone()).expect("a client");
        let segments = engine.listen(samples, options).await.expect("a connection");
        segments.collect().await
    }

    pub(crate) async fn error(&self) -> StepError {
        let mut heard = self.listen(second(), LiveOptions::default()).await;
        let last = heard.pop().expect("something");
        assert!(heard.iter().all(Result::is_ok));
        last.expect_err("a bad end")
    }
}

#[expect(clippy::result_large_err, reason = "the library's own callback")]
async fn play(stream: TcpStream, script: Script, hears: &watch::Sender<Events>) {
    let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let header = request.headers().get("authorization");
        let header = header.map(|value| value.to_str().expect("text"));
        hears.send_modify(|told| {
            told.uri = request.uri().to_string();
            header
                .unwrap_or_default()
                .clone_into(&mut told.authorization);
        });
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
        // A client that had an error of its own has hung up by now.
        if socket.send(Message::text(text)).await.is_err() {
            return;
        }
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

async fn listen_to_the_end(socket: &mut WebSocketStream<TcpStream>, hears: &watch::Sender<Events>) {
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(bytes) => {
                assert!(!bytes.is_empty(), "an empty frame ends the stream");
                hears.send_modify(|told| {
                    told.frames += 1;
                    told.samples.extend_from_slice(&bytes);
                });
            }
            Message::Text(text) => {
                hears.send_modify(|told| told.texts.push(text.to_string()));
                if text.contains("CloseStream") {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// A second of samples in uneven blocks, one of them empty.
pub(crate) fn second() -> SampleStream {
    let samples: Vec<i16> = (0..16_000).collect();
    let blocks = [0..100, 100..100, 100..15_000, 15_000..16_000];
    let blocks = blocks.map(|range| Ok(samples[range].to_vec()));
    stream::iter(blocks).boxed()
}
