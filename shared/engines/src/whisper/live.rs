//! Live recognition: the stream is cut at silences, and each utterance is recognised
//! as a window of its own.

use async_trait::async_trait;
use domain::{
    ports::{LiveOptions, LiveTranscriber, SampleStream, SegmentStream},
    steps::StepError,
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{Whisper, recognize::Recognizer, window::Window};
use crate::segment;

#[async_trait]
impl LiveTranscriber for Whisper {
    fn name(&self) -> &'static str {
        "whisper"
    }

    fn model(&self) -> &str {
        &self.name
    }

    async fn listen(
        &self,
        samples: SampleStream,
        options: LiveOptions,
    ) -> Result<SegmentStream, StepError> {
        let recognizer =
            Recognizer::new(self, options.language.as_deref(), &options.key_terms).await?;
        let listening = (segment::utterances(samples).boxed(), recognizer);
        let segments = stream::try_unfold(listening, async |(mut utterances, mut recognizer)| {
            while let Some(utterance) = utterances.try_next().await? {
                let words = recognizer.recognize(Window::new(0, utterance)).await?;
                if let Some(segment) = segment::from_words(words, true) {
                    return Ok(Some((segment, (utterances, recognizer))));
                }
            }
            Ok(None)
        });
        Ok(segments.boxed())
    }
}
