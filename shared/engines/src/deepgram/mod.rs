//! Speech recognition by Deepgram.
//!
//! In reading order: [`Options`] say how it is reached, `query` what is asked
//! for, `call` is one request, `answer` and `words` make its words ours, and
//! `refusal` says what is meant when there are none. [`Deepgram::submit`] and
//! [`Deepgram::receive`] are the same in two halves, for recordings that take
//! longer than a request may; `live` is for speech as it comes.
//!
//! The recording is decoded once before it is sent: what is too long or damaged
//! is refused before it costs anything, and only the samples tell whether there
//! is a person to each channel. The provider tells neither that nor the sample
//! rate.

mod answer;
mod call;
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
    ports::{Clock, Progress, Transcriber, TranscriptionRequest},
    steps::StepError,
    transcript::{AudioFacts, Recognition},
};
use futures::future::BoxFuture;
use reqwest::{Client, Response};

pub use call::SetupError;
use error::DeepgramError;
use query::Query;
pub use settings::{ApiKey, Options, SendAs};

use crate::probe::{self, AudioProbe};

/// Deepgram, by its HTTP API.
#[derive(Clone)]
pub struct Deepgram {
    options: Options,
    client: Client,
    clock: Arc<dyn Clock>,
}

/// A recording that the provider has taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The provider's name for the request, which its answer repeats.
    pub request_id: String,
    /// What decoding the recording showed; the answer does not tell all of it.
    pub audio: AudioFacts,
}

impl Deepgram {
    /// An engine that is reached like this.
    pub fn new(options: Options) -> Result<Self, SetupError> {
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
        let survey = probe::take(request).await?;
        before.await?;
        let answer = self.ask(request, &survey, Some(callback_url)).await?;
        // It has been taken, whatever becomes of the receipt: that of no answer in time.
        let receipt = call::read(answer, &self.options).await;
        let receipt = receipt.map_err(|_| DeepgramError::TooSlow.to_step_error())?;
        let Some(request_id) = answer::request_id(&receipt) else {
            let refusal = DeepgramError::of_answer(&receipt);
            tracing::warn!(
                ?refusal,
                "the speech engine took a recording without a receipt"
            );
            return Err(refusal.to_step_error());
        };
        Ok(Submitted {
            request_id,
            audio: survey.facts,
        })
    }

    /// Reads what was posted to a callback: a recognition, or why there is none.
    ///
    /// The sample rate is 0, for [`Submitted::audio`] to replace, and the
    /// language is `None` where it was given.
    pub fn receive(body: &[u8]) -> Result<Recognition, StepError> {
        answer::read(body)
    }

    /// The request that what was posted to a callback belongs to.
    pub fn request_id(body: &[u8]) -> Option<String> {
        answer::request_id(body)
    }

    async fn ask(
        &self,
        request: &TranscriptionRequest,
        survey: &AudioProbe,
        callback_url: Option<&str>,
    ) -> Result<Response, StepError> {
        let mut query = Query::recorded(&self.options.model, request, survey.separate);
        if let Some(url) = callback_url {
            query.add("callback", url);
        }
        let (client, options, clock) = (&self.client, &self.options, &*self.clock);
        call::ask(client, options, clock, &request.recording, &query).await
    }
}

#[async_trait]
impl Transcriber for Deepgram {
    fn name(&self) -> &'static str {
        "deepgram"
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

    fn receive(&self, answer: &[u8]) -> Result<Recognition, StepError> {
        Self::receive(answer)
    }

    /// How far the provider is, it does not tell.
    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        let survey = probe::take(request).await?;
        let answer = self.ask(request, &survey, None).await?;
        let recognition = answer::read(&call::read(answer, &self.options).await?)?;
        Ok(Recognition {
            audio: survey.facts,
            language: recognition.language.or_else(|| request.language.clone()),
            ..recognition
        })
    }
}
