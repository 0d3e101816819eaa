//! Speech recognised as it comes: cut at silences, one request for each utterance.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    ports::{LiveOptions, LiveTranscriber, SampleStream, SegmentStream},
    steps::StepError,
};

use super::{AT_ONCE, OpenAiTranscriber, client::Conversation, pieces::Piece};
use crate::segment;

/// The speaker of live speech, which has one channel.
const SPEAKER: u32 = 0;

#[async_trait]
impl LiveTranscriber for OpenAiTranscriber {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn model(&self) -> &str {
        &self.0.options.model
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
        let (language, key_terms) = (options.language.as_deref(), &options.key_terms);
        let retry_budget = self.0.options.retry_budget;
        let conversation = Arc::new(Conversation::new(language, key_terms, retry_budget));
        let server = Arc::clone(&self.0);
        let transcribe = move |utterance| {
            let (server, conversation) = (Arc::clone(&server), Arc::clone(&conversation));
            async move {
                let piece = Piece::from_utterance(SPEAKER, &utterance);
                let words = server.transcribe(piece, &conversation).await?;
                Ok(segment::from_words(words, true))
            }
        };
        Ok(segment::recognized(samples, AT_ONCE, transcribe))
    }
}
