//! Speech recognised as it comes, over a WebSocket.
//!
//! The connection is made by the same HTTP client as every other request, so
//! that there is one TLS and one way to be refused.

use std::{
    io,
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    ports::{LiveOptions, LiveTranscriber, SampleStream, Segment, SegmentStream},
    steps::StepError,
};
use futures::{
    SinkExt, StreamExt,
    future::{Either, select},
    stream::{SplitSink, SplitStream, poll_fn},
};
use reqwest::{
    StatusCode, Upgraded,
    header::{
        AUTHORIZATION, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
        UPGRADE,
    },
};
use tokio::{sync::mpsc, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message as Frame,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};
use tracing::Instrument as _;

use super::{
    Deepgram, call,
    error::DeepgramError,
    message::{CLOSE, FINALIZE, KEEP_ALIVE, LiveMessage},
    query::ListenQuery,
};
use crate::segment;

/// Samples in one frame: a quarter of a second.
const FRAME: usize = 4_000;

/// How many segments wait for the caller.
const BACKLOG: usize = 16;

/// The largest message that is read, in bytes.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// How long to wait for the close reason once the provider accepts no more frames.
const LAST_WORDS: Duration = Duration::from_secs(2);

type Socket = WebSocketStream<Upgraded>;
type Sink = SplitSink<Socket, Frame>;
type Results = mpsc::Sender<Result<Segment, StepError>>;

#[async_trait]
impl LiveTranscriber for Deepgram {
    fn name(&self) -> &'static str {
        "deepgram"
    }

    fn model(&self) -> &str {
        &self.options.model
    }

    /// No price is stored.
    fn stream_cost_usd(&self, _: u64) -> Option<f64> {
        None
    }

    async fn listen(
        &self,
        samples: SampleStream,
        options: LiveOptions,
    ) -> Result<SegmentStream, StepError> {
        let query = ListenQuery::live(&self.options.model, &options);
        let retry_budget = self.options.live_timeout;
        let connecting = timeout(retry_budget, self.connect(&query)).await;
        let socket = connecting.map_err(|_| DeepgramError::TooSlow.to_step_error())??;
        let (send, mut receive) = mpsc::channel(BACKLOG);
        let conversation = Conversation {
            retry_budget,
            keep_alive: self.options.keep_alive,
            told_all: AtomicBool::new(false),
        };
        let talk = async move {
            tokio::select! {
                () = send.closed() => {}
                ended = conversation.hold(socket, samples, &send) => {
                    if let Err(error) = ended {
                        let _ = send.send(Err(error)).await;
                    }
                }
            }
        };
        tokio::spawn(talk.in_current_span());
        Ok(poll_fn(move |context| receive.poll_recv(context)).boxed())
    }
}

impl Deepgram {
    async fn connect(&self, query: &ListenQuery) -> Result<Socket, StepError> {
        let key = generate_key();
        let request = self
            .client
            .get(query.on(self.options.listen_url()))
            .header(AUTHORIZATION, self.options.key.header())
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let answer = request.send().await.map_err(|error| call::broken(&error))?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(call::refused(answer).await);
        }
        let accepted = answer.headers().get(SEC_WEBSOCKET_ACCEPT);
        if accepted.is_none_or(|accepted| accepted != derive_accept_key(key.as_bytes()).as_str()) {
            tracing::warn!(
                event = "live_transcription.upgrade_failed",
                "the speech engine did not accept the WebSocket upgrade"
            );
            return Err(DeepgramError::UnexpectedResponse.to_step_error());
        }
        let upgraded = answer
            .upgrade()
            .await
            .map_err(|error| call::broken(&error))?;
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE));
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
    }
}

/// One live connection: speech in, segments out.
struct Conversation {
    retry_budget: Duration,
    keep_alive: Duration,
    /// Whether the samples have ended, after which the provider is to close.
    told_all: AtomicBool,
}

/// Why no more samples are sent.
enum Interruption {
    /// The samples stopped.
    Samples(io::Error),
    /// The provider does not take them any more.
    Connection,
}

impl Conversation {
    async fn hold(
        &self,
        socket: Socket,
        samples: SampleStream,
        results: &Results,
    ) -> Result<(), StepError> {
        let (sink, stream) = socket.split();
        let (speaking, hearing) = (
            pin!(self.speak(samples, sink)),
            pin!(self.hear(stream, results)),
        );
        match select(speaking, hearing).await {
            Either::Left((Ok(()), hearing)) => hearing.await,
            Either::Left((Err(Interruption::Samples(error)), _)) => {
                Err(segment::interrupted(&error))
            }
            Either::Left((Err(Interruption::Connection), hearing)) => {
                let reason = timeout(LAST_WORDS, hearing).await.ok();
                let reason = reason.and_then(Result::err);
                Err(reason.unwrap_or_else(|| DeepgramError::Unavailable.to_step_error()))
            }
            Either::Right((ended, _)) => ended,
        }
    }

    /// Sends the samples, and a sign of life while there are none.
    async fn speak(&self, mut samples: SampleStream, mut sink: Sink) -> Result<(), Interruption> {
        loop {
            match timeout(self.keep_alive, samples.next()).await {
                Err(_) => self.send(&mut sink, Frame::text(KEEP_ALIVE)).await?,
                Ok(Some(Err(error))) => return Err(Interruption::Samples(error)),
                Ok(Some(Ok(samples))) => {
                    // Never an empty frame, which would end the connection.
                    for samples in samples.chunks(FRAME) {
                        self.send(&mut sink, frame(samples)).await?;
                    }
                }
                Ok(None) => break,
            }
        }
        self.told_all.store(true, Ordering::Relaxed);
        self.send(&mut sink, Frame::text(FINALIZE)).await?;
        self.send(&mut sink, Frame::text(CLOSE)).await
    }

    async fn send(&self, sink: &mut Sink, frame: Frame) -> Result<(), Interruption> {
        match timeout(self.retry_budget, sink.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Interruption::Connection),
        }
    }

    /// Emits segments until the provider has recognised everything.
    async fn hear(
        &self,
        mut stream: SplitStream<Socket>,
        results: &Results,
    ) -> Result<(), StepError> {
        let mut summed_up = false;
        loop {
            let message = match timeout(self.retry_budget, stream.next()).await {
                Ok(Some(Ok(Frame::Text(text)))) => LiveMessage::read(&text),
                Ok(Some(Ok(Frame::Close(frame)))) => {
                    return Self::closed(frame.as_ref(), summed_up);
                }
                Ok(Some(Err(_)) | None) => return Self::closed(None, summed_up),
                Err(_) if self.told_all() => return Err(DeepgramError::TooSlow.to_step_error()),
                Ok(Some(Ok(_))) | Err(_) => continue,
            };
            match message.unwrap_or(LiveMessage::Refused(DeepgramError::UnexpectedResponse)) {
                LiveMessage::Heard(segments) => {
                    for segment in segments {
                        if results.send(Ok(segment)).await.is_err() {
                            return Ok(());
                        }
                    }
                }
                LiveMessage::Summary => summed_up = self.told_all(),
                LiveMessage::Refused(refusal) => {
                    tracing::warn!(
                        event = "live_transcription.failed",
                        ?refusal,
                        "the speech engine reported an error"
                    );
                    return Err(refusal.to_step_error());
                }
                LiveMessage::Other => {}
            }
        }
    }

    fn told_all(&self) -> bool {
        self.told_all.load(Ordering::Relaxed)
    }

    /// What a closed connection means. The transcript is complete only after the
    /// provider's summary, however politely it closes.
    fn closed(frame: Option<&CloseFrame>, summed_up: bool) -> Result<(), StepError> {
        if summed_up {
            return Ok(());
        }
        let refusal = frame.map_or(DeepgramError::Unavailable, |frame| {
            DeepgramError::from_close(frame.code.into(), &frame.reason)
        });
        tracing::warn!(
            event = "live_transcription.closed",
            ?refusal,
            "the speech engine closed the connection"
        );
        Err(refusal.to_step_error())
    }
}

/// Samples as the provider takes them: little-endian.
fn frame(samples: &[i16]) -> Frame {
    let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes());
    Frame::Binary(bytes.collect())
}
