//! An engine for a provider that gives canned answers.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use domain::{
    ports::{Transcriber, TranscriptionRequest},
    steps::StepError,
    transcript::Recognition,
};
use engines::{
    Deepgram,
    deepgram::{ApiKey, DeepgramOptions},
};
pub(crate) use testing::{Canned, InMemoryBucket, RecordedRequest, request_of};
use testing::{NoProgress, Provider};

pub(crate) const KEY: &str = "hunter2hunter2";

/// A provider and a client for it.
pub(crate) struct Fixture {
    pub(crate) provider: Arc<Provider>,
    pub(crate) options: DeepgramOptions,
}

impl Fixture {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Canned>) -> Self {
        let (provider, url) = Provider::start(answers).await;
        let options = options(&url);
        Self { provider, options }
    }

    pub(crate) fn engine(&self) -> Deepgram {
        Deepgram::new(self.options.clone()).expect("a client")
    }

    pub(crate) async fn transcribe(
        &self,
        request: &TranscriptionRequest,
    ) -> Result<Recognition, StepError> {
        self.engine().transcribe(request, &NoProgress).await
    }

    /// How many requests there were.
    pub(crate) fn count(&self) -> usize {
        self.provider.seen().len()
    }

    /// The only request.
    pub(crate) fn only_request(&self) -> RecordedRequest {
        let mut seen = self.provider.seen();
        assert_eq!(seen.len(), 1, "asked once");
        seen.remove(0)
    }
}

pub(crate) fn options(url: &str) -> DeepgramOptions {
    let url = reqwest::Url::parse(url).expect("a URL");
    DeepgramOptions::new(url, ApiKey::new(KEY).expect("a key"))
}

/// A request for a second of one channel.
pub(crate) fn request() -> TranscriptionRequest {
    testing::request(wav(&[&tone(8_000)]))
}

pub(crate) fn tone(frames: i16) -> Vec<i16> {
    (0..frames).map(|frame| frame % 100 * 80).collect()
}

/// A WAV file of channels at 8 kHz.
pub(crate) fn wav(channels: &[&[i16]]) -> Bytes {
    testing::wav(8_000, channels)
}

pub(crate) fn data_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/deepgram")
}

pub(crate) fn recorded(name: &str) -> Vec<u8> {
    std::fs::read(data_folder().join(name)).expect("a recorded file")
}
