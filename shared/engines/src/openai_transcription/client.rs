//! Pieces sent to the server, again where that helps, and in halves where they are
//! too large.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{steps::StepError, transcript::Word};
use reqwest::header::AUTHORIZATION;

use super::{
    OpenAiTranscriptionOptions,
    errors::TranscriptionError,
    language::Language,
    pieces::Piece,
    request::{self, Features, FormFields},
    response::{self, Response},
    response_error::ResponseError,
    words,
};
use crate::language::{
    http::{Caller, SetupError},
    retry_budget::RetryBudget,
};

/// A server, and its known limits.
pub(super) struct TranscriptionServer {
    pub(super) options: OpenAiTranscriptionOptions,
    caller: Caller,
    features: Mutex<Features>,
    /// Samples of the shortest piece that it refused as too large.
    refused: AtomicU64,
}

/// What is common to the requests of one recording.
pub(super) struct Conversation {
    pub(super) language: Language,
    prompt: Option<String>,
    retry_budget: RetryBudget,
}

impl Conversation {
    /// `language` is a BCP 47 tag; `retry_budget` bounds all waits together.
    pub(super) fn new(
        language: Option<&str>,
        key_terms: &[String],
        retry_budget: Duration,
    ) -> Self {
        Self {
            language: Language::new(language),
            prompt: request::prompt(key_terms),
            retry_budget: RetryBudget::new(retry_budget),
        }
    }
}

impl TranscriptionServer {
    pub(super) fn new(options: OpenAiTranscriptionOptions) -> Result<Self, SetupError> {
        Ok(Self {
            caller: Caller::new(options.timeout)?,
            features: Mutex::new(Features::from_model(&options.model)),
            refused: AtomicU64::new(u64::MAX),
            options,
        })
    }

    /// The words of a piece, at their times in the recording.
    pub(super) async fn transcribe(
        &self,
        piece: Piece,
        conversation: &Conversation,
    ) -> Result<Vec<Word>, StepError> {
        let mut pieces = VecDeque::from([piece]);
        let mut found = Vec::new();
        while let Some(piece) = pieces.pop_front() {
            let is_refused = piece.length() >= self.refused.load(Ordering::Relaxed);
            if is_refused && let Some((first, second)) = piece.halves() {
                pieces.push_front(second);
                pieces.push_front(first);
                continue;
            }
            match self.attempts(&piece, conversation).await {
                Ok(response) => found.extend(placed(response, &piece)),
                Err(TranscriptionError::TooShort) => {}
                Err(TranscriptionError::TooLarge) if piece.is_divisible() => {
                    self.refused.fetch_min(piece.length(), Ordering::Relaxed);
                    pieces.push_front(piece);
                }
                Err(failure) => return Err(failure.to_step_error()),
            }
        }
        Ok(found)
    }

    /// Sends a piece until the retry budget is spent.
    async fn attempts(
        &self,
        piece: &Piece,
        conversation: &Conversation,
    ) -> Result<Response, TranscriptionError> {
        let mut attempt = 1;
        loop {
            let failure = match self.accepted(piece, conversation).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            let retry = attempt < failure.attempts()
                && conversation
                    .retry_budget
                    .pause(attempt, failure.retry_after())
                    .await;
            if !retry {
                tracing::warn!(event = "transcription.failed", attempt, ?failure);
                return Err(failure);
            }
            tracing::info!(event = "transcription.retrying", attempt, ?failure);
            attempt += 1;
        }
    }

    /// Sends a piece, without what the server refuses of the request.
    async fn accepted(
        &self,
        piece: &Piece,
        conversation: &Conversation,
    ) -> Result<Response, TranscriptionError> {
        let known = *self.features.lock().unwrap_or_else(PoisonError::into_inner);
        let mut features = known;
        loop {
            let refusal = match self.send(piece, conversation, features).await {
                Ok(response) => {
                    if features != known {
                        tracing::info!(event = "transcription.features_reduced", ?features);
                        *self.features.lock().unwrap_or_else(PoisonError::into_inner) = features;
                    }
                    let language = response.language.as_deref().unwrap_or_default();
                    conversation
                        .language
                        .recognized(language, piece.length_ms());
                    return Ok(response);
                }
                Err(refusal) => refusal,
            };
            let fewer = refusal
                .feature
                .and_then(|feature| features.without(feature));
            features = fewer.ok_or(refusal.failure)?;
        }
    }

    async fn send(
        &self,
        piece: &Piece,
        conversation: &Conversation,
        features: Features,
    ) -> Result<Response, ResponseError> {
        let language = conversation.language.to_request();
        let query = FormFields {
            model: &self.options.model,
            language: language.as_deref(),
            prompt: conversation.prompt.as_deref(),
            features,
        };
        let form = query
            .form(piece)
            .map_err(|_| TranscriptionError::Unreadable)?;
        let audio = Duration::from_millis(piece.length_ms());
        let caller = self.caller.clone().within(self.options.timeout + audio * 2);
        let key = self.options.key.clone();
        let credentials = key.map(|key| (AUTHORIZATION.as_str(), key));
        let answer = caller
            .post_form(&self.options.endpoint, credentials, form)
            .await?;
        response::read(&answer)
    }
}

fn placed(response: Response, piece: &Piece) -> impl Iterator<Item = Word> {
    let words = words::recognized_words(response, piece).into_iter();
    words.map(|word| {
        let (start_ms, end_ms) = piece.in_recording(word.start_ms, word.end_ms);
        Word {
            text: word.text.into(),
            start_ms,
            end_ms,
            speaker: piece.speaker,
            confidence: word.confidence,
            overlap: false,
        }
    })
}
