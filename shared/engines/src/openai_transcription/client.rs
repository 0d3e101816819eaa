//! Pieces sent to the server, again where that helps, and in halves where they are
//! too large.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use domain::{steps::StepError, transcript::Word};
use reqwest::header::AUTHORIZATION;

use super::{
    OpenAiTranscriptionOptions, errors,
    language::Language,
    pieces::Piece,
    request::{self, Features, FormFields, TranscriptionFeature},
    response::{self, Response},
    words,
};
use crate::provider::{
    ProviderError,
    http::{Caller, SetupError},
    request_profile::{ProfileError, StickyProfile},
    retry_budget::RetryBudget,
};

/// A server, and its known limits.
pub(super) struct TranscriptionServer {
    pub(super) options: OpenAiTranscriptionOptions,
    caller: Caller,
    features: StickyProfile<Features>,
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
            features: StickyProfile::new(Features::from_model(&options.model)),
            refused: AtomicU64::new(u64::MAX),
            options,
        })
    }

    /// Whether it is asked for the times of words, as far as the server is known.
    pub(super) fn has_word_times(&self) -> bool {
        self.features.known().has_word_times()
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
                Err(ProviderError::TooShort) => {}
                Err(ProviderError::TooLong) if piece.is_divisible() => {
                    self.refused.fetch_min(piece.length(), Ordering::Relaxed);
                    pieces.push_front(piece);
                }
                Err(failure) => return Err(errors::step_error(&failure)),
            }
        }
        Ok(found)
    }

    /// Sends a piece until the retry budget is spent.
    async fn attempts(
        &self,
        piece: &Piece,
        conversation: &Conversation,
    ) -> Result<Response, ProviderError> {
        let mut attempt = 1;
        loop {
            let failure = match self.accepted(piece, conversation).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            if !conversation.retry_budget.wait(attempt, &failure).await {
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
    ) -> Result<Response, ProviderError> {
        let send = |features| self.send(piece, conversation, features);
        let response = self.features.ask(&self.options.model, send).await?;
        let language = response.language.as_deref().unwrap_or_default();
        conversation
            .language
            .recognized(language, piece.length_ms());
        Ok(response)
    }

    async fn send(
        &self,
        piece: &Piece,
        conversation: &Conversation,
        features: Features,
    ) -> Result<Response, ProfileError<TranscriptionFeature>> {
        let language = conversation.language.to_request();
        let query = FormFields {
            model: &self.options.model,
            language: language.as_deref(),
            prompt: conversation.prompt.as_deref(),
            features,
        };
        let form = query.form(piece).map_err(|_| ProviderError::Unreadable)?;
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
