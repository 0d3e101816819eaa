//! Speech recognition by Deepgram.
//!
//! In reading order: [`DeepgramOptions`] configure the connection, `query` builds the
//! parameters, `call` sends one request, `answer` and `words` convert the response, and
//! `error` classifies errors. [`Deepgram::submit`] and [`Deepgram::receive`] are the
//! two halves for recordings that take longer than a request may; `live` transcribes a
//! stream.
//!
//! The recording is decoded once before it is sent: a recording that is too long or
//! damaged is rejected before it costs anything, and only the samples show whether each
//! channel carries one person. Deepgram reports neither that nor the sample rate.

mod answer;
mod call;
mod check;
mod error;
mod live;
mod message;
mod query;
mod scalar;
mod settings;
mod utterances;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use config::SystemClock;
use domain::{
    engine_check::Finding,
    language,
    ports::{Clock, Progress, Transcriber, TranscriptionRequest},
    steps::{Code, StepError},
    transcript::{AudioFacts, Recognition},
};
use futures::future::BoxFuture;
use reqwest::{Client, Response};

use crate::language::prices;
use crate::provider::http::SetupError;

use error::DeepgramError;
use query::ListenQuery;
pub use settings::{ApiKey, DeepgramOptions, SendAs};

use crate::probe::{self, AudioProbe};

/// Deepgram, by its HTTP API.
#[derive(Clone)]
pub struct Deepgram {
    options: DeepgramOptions,
    client: Client,
    clock: Arc<dyn Clock>,
}

/// A recording that the provider has taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The provider's name for the request, which its answer repeats.
    pub request_id: String,
    /// What decoding the recording showed, where it could be decoded; the answer does not
    /// tell all of it.
    pub audio: Option<AudioFacts>,
}

impl Deepgram {
    /// An engine that is reached like this.
    pub fn new(options: DeepgramOptions) -> Result<Self, SetupError> {
        Ok(Self {
            client: call::client(&options)?,
            clock: Arc::new(SystemClock),
            options,
        })
    }

    /// The same with another clock, which signed URLs expire by.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Sends a recording whose answer is to be posted to `callback_url`, on port
    /// 80, 443, 8080 or 8443, as soon as `before` is done.
    ///
    /// The provider tries ten times, 30 seconds apart, to get rid of its answer;
    /// after that it is lost, and the recording has to be sent again.
    pub async fn submit(
        &self,
        request: &TranscriptionRequest,
        callback_url: &str,
        before: BoxFuture<'_, Result<(), StepError>>,
    ) -> Result<Submitted, StepError> {
        let probe = local_probe(request).await?;
        before.await?;
        let answer = self.ask(request, probe, Some(callback_url)).await?;
        // The provider accepted the recording although the response was unusable: treat
        // it like a missing response.
        let receipt = call::read(answer, &self.options).await;
        let receipt = receipt.map_err(|_| DeepgramError::TooSlow.to_step_error())?;
        let Some(request_id) = answer::request_id(&receipt) else {
            let refusal = DeepgramError::from_body(&receipt);
            tracing::warn!(
                event = "callback.submit_unconfirmed",
                ?refusal,
                "the speech engine accepted a recording without a request id"
            );
            return Err(refusal.to_step_error());
        };
        Ok(Submitted {
            request_id,
            audio: probe.map(|probe| probe.facts),
        })
    }

    /// Reads the body of a callback: a recognition, or an error.
    ///
    /// The sample rate is 0, for [`Submitted::audio`] to replace, and the language is
    /// `None` where the request set it.
    pub fn receive(body: &[u8]) -> Result<Recognition, StepError> {
        answer::read(body)
    }

    /// The request id that a callback's body names.
    pub fn request_id(body: &[u8]) -> Option<String> {
        answer::request_id(body)
    }

    async fn ask(
        &self,
        request: &TranscriptionRequest,
        probe: Option<AudioProbe>,
        callback_url: Option<&str>,
    ) -> Result<Response, StepError> {
        let separate = probe.is_some_and(|probe| probe.separate);
        let mut query = ListenQuery::recorded(&self.options.model, request, separate);
        if let Some(url) = callback_url {
            query.add("callback", url);
        }
        let (client, options, clock) = (&self.client, &self.options, &*self.clock);
        call::ask(client, options, clock, &request.recording, &query).await
    }
}

/// What a look at the recording shows; nothing where only the local decoder cannot decode
/// it, which is no reason not to ask the provider.
async fn local_probe(request: &TranscriptionRequest) -> Result<Option<AudioProbe>, StepError> {
    match probe::probe(request).await {
        Err(error) if error.code == Code::UnsupportedAudio.as_str() => Ok(None),
        found => found.map(Some),
    }
}

#[async_trait]
impl Transcriber for Deepgram {
    fn name(&self) -> &'static str {
        "deepgram"
    }

    fn model(&self) -> Option<&str> {
        Some(&self.options.model)
    }

    fn cost_usd(&self, audio_ms: u64) -> Option<f64> {
        prices::speech_cost_usd("deepgram", &self.options.model, audio_ms)
    }

    fn calls_back(&self, request: &TranscriptionRequest, public_url: &str) -> bool {
        request.recording.size >= self.options.call_back_from && self.options.reaches(public_url)
    }

    async fn submit(
        &self,
        request: &TranscriptionRequest,
        callback_url: &str,
        before: BoxFuture<'_, Result<(), StepError>>,
    ) -> Result<(), StepError> {
        let submitted = Self::submit(self, request, callback_url, before).await;
        submitted.map(drop)
    }

    async fn check(&self) -> Vec<Finding> {
        check::check(self).await
    }

    fn receive(&self, answer: &[u8]) -> Result<Recognition, StepError> {
        Self::receive(answer)
    }

    /// How far the provider is, it does not tell.
    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        let probe = local_probe(request).await?;
        let answer = self.ask(request, probe, None).await?;
        let recognition = answer::read(&call::read(answer, &self.options).await?)?;
        let given = || language::single(request.language.as_deref()).map(str::to_owned);
        Ok(Recognition {
            audio: probe.map_or(recognition.audio, |probe| probe.facts),
            language: recognition.language.or_else(given),
            ..recognition
        })
    }
}
