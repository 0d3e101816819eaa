//! A transcription server that gives canned answers.

use std::{sync::Arc, time::Duration};

use domain::{
    ports::{Transcriber, TranscriptionRequest},
    steps::StepError,
    transcript::Recognition,
};
use engines::{OpenAiTranscriber, openai_transcription::OpenAiTranscriptionOptions};
use testing::Provider;
pub(crate) use testing::{Canned, NoProgress};

use crate::form::RecordedRequest;
pub(crate) use crate::recording::{loud, quiet, request, ten_seconds};

pub(crate) const KEY: &str = "hunter2hunter2";

/// A server and an engine for it.
pub(crate) struct Fixture {
    server: Arc<Provider>,
    pub(crate) url: String,
    pub(crate) options: OpenAiTranscriptionOptions,
}

impl Fixture {
    /// A server that gives these answers in order, and then status 500.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Canned>) -> Self {
        Self::new(Provider::start(answers).await)
    }

    /// A server whose answers depend on the request.
    pub(crate) async fn answering(
        answers: impl Fn(&RecordedRequest) -> Canned + Send + Sync + 'static,
    ) -> Self {
        let answers = move |seen: &testing::RecordedRequest| answers(&seen.into());
        Self::new(Provider::answering(answers).await)
    }

    fn new((server, url): (Arc<Provider>, String)) -> Self {
        Self {
            server,
            options: options(&url, "whisper-1"),
            url,
        }
    }

    pub(crate) fn engine(&self) -> OpenAiTranscriber {
        OpenAiTranscriber::new(self.options.clone()).expect("a client")
    }

    pub(crate) async fn transcribe(
        &self,
        request: &TranscriptionRequest,
    ) -> Result<Recognition, StepError> {
        self.engine().transcribe(request, &NoProgress).await
    }

    pub(crate) fn seen(&self) -> Vec<RecordedRequest> {
        self.server.seen().iter().map(Into::into).collect()
    }
}

/// A client without a retry budget, so that no test waits.
pub(crate) fn options(url: &str, model: &str) -> OpenAiTranscriptionOptions {
    let mut options = OpenAiTranscriptionOptions::new(url, model, Some(KEY)).expect("a URL");
    options.retry_budget = Duration::ZERO;
    options
}

/// The words of a recognition with their times.
pub(crate) fn texts(recognition: &Recognition) -> Vec<(&str, u64, u64)> {
    let words = recognition.words.iter();
    words
        .map(|word| (word.text.reveal(), word.start_ms, word.end_ms))
        .collect()
}
