//! Speech recognition by any server with `OpenAI`'s endpoint
//! `/v1/audio/transcriptions`: `OpenAI`, Groq, vLLM, speaches, LocalAI, whisper.cpp.
//!
//! In reading order: [`OpenAiTranscriptionOptions`] configure the connection, `pieces`
//! are what servers accept of a recording, `request` makes a form of a piece, `client`
//! sends it, `response` reads the response, `response_error` classifies errors and
//! `errors` maps them to those of a step, `words` gives the words their times, and
//! `language` keeps the recording's language.
//!
//! The recording is decoded once before anything is sent: one that is too long or
//! damaged costs nothing, and only the samples show whether each channel carries one
//! person. Such channels are sent separately; otherwise there is one speaker.

mod client;
mod errors;
mod language;
mod live;
mod pieces;
mod request;
mod response;
mod response_error;
mod settings;
mod words;

use std::{pin::pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    engine_check::Finding,
    ports::{Progress, Transcriber, TranscriptionRequest},
    steps::{Code, StepError},
    transcript::{Recognition, Word},
};
use futures::{StreamExt, TryStreamExt, stream};
use media::speech::{Segmenter, SpeechSegment};
use tokio::sync::mpsc;

use crate::{
    cut::Cutting,
    probe::{self, AudioProbe},
    provider::http::SetupError,
};
use client::{Conversation, TranscriptionServer};
use pieces::{Piece, PieceJoiner};
pub use settings::OpenAiTranscriptionOptions;

/// Requests at the same time: one is uploaded while another is worked on.
const AT_ONCE: usize = 2;

/// A transcription server with `OpenAI`'s protocol.
#[derive(Clone)]
pub struct OpenAiTranscriber(Arc<TranscriptionServer>);

impl OpenAiTranscriber {
    /// An engine that is reached like this.
    pub fn new(options: OpenAiTranscriptionOptions) -> Result<Self, SetupError> {
        Ok(Self(Arc::new(TranscriptionServer::new(options)?)))
    }

    /// The words of all pieces. Without a known language the first piece is done alone,
    /// so that the others can be requested in the language that it is recognised in.
    async fn words(
        &self,
        mut pieces: mpsc::Receiver<Piece>,
        probe: &AudioProbe,
        conversation: &Conversation,
        progress: &dyn Progress,
    ) -> Result<Vec<Word>, StepError> {
        let transcribe = async |piece: Piece| {
            let reached_ms = piece.end_ms();
            let words = self.0.transcribe(piece, conversation).await?;
            progress.report(probe.percent(reached_ms));
            Ok::<_, StepError>(words)
        };
        let mut found = Vec::new();
        while conversation.language.is_sought()
            && let Some(piece) = pieces.recv().await
        {
            found.extend(transcribe(piece).await?);
        }
        let rest = stream::poll_fn(|context| pieces.poll_recv(context));
        let mut rest = pin!(rest.map(transcribe).buffered(AT_ONCE));
        while let Some(words) = rest.try_next().await? {
            found.extend(words);
        }
        Ok(found)
    }
}

#[async_trait]
impl Transcriber for OpenAiTranscriber {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn model(&self) -> Option<&str> {
        Some(&self.0.options.model)
    }

    /// Sends a second of silence.
    async fn check(&self) -> Vec<Finding> {
        let conversation = Conversation::new(None, &[], Duration::ZERO);
        let silence = SpeechSegment {
            start: 0,
            samples: vec![0; 16_000],
        };
        let piece = Piece::from_utterance(0, &silence);
        if let Err(error) = self.0.transcribe(piece, &conversation).await {
            return vec![errors::finding(&error)];
        }
        let model = &self.0.options.model;
        let works = Finding::ok("engine_works", format!("the server accepts `{model}`"));
        let times = if self.0.has_word_times() {
            Finding::ok("word_times", "the server is asked for the times of words")
        } else {
            let message = "the server knows no times of words: they are estimated within each \
                utterance";
            Finding::warning("word_times", message).about(&["OPENAI_TRANSCRIPTION_MODEL"])
        };
        let price = "no prices of transcription servers are stored: USER_COST_PER_MONTH does not \
            count their minutes";
        vec![works, times, Finding::warning("price_unknown", price)]
    }

    /// The server may be any.
    fn cost_usd(&self, _: u64) -> Option<f64> {
        None
    }

    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        progress: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        let probe = probe::probe(request).await?;
        let retry_budget = self.0.options.retry_budget;
        let language = request.language.as_deref();
        let conversation = Conversation::new(language, &request.key_terms, retry_budget);
        let (pieces, cutting) = Cutting::start(
            &request.recording,
            probe,
            Segmenter::default,
            PieceJoiner::new,
        );
        let words = self.words(pieces, &probe, &conversation, progress).await?;
        let broken = || StepError::transient(Code::EngineFailed, "cutting the recording failed");
        let speech_ms = cutting.speech_ms(broken).await?;
        let language = domain::language::single(language).map(str::to_owned);
        let language = language.or_else(|| conversation.language.known());
        Ok(probe.recognition(&self.0.options.model, words, language, speech_ms))
    }
}
