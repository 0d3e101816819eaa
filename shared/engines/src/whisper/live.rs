//! Live recognition: the stream is cut at silences, and each utterance is recognised
//! as a window of its own.

use async_trait::async_trait;
use domain::{
    ports::{LiveOptions, LiveTranscriber, SampleStream, Segment, SegmentStream},
    steps::StepError,
};
use futures::{StreamExt, stream};
use media::speech::{Segmenter, SpeechSegment};
use std::collections::VecDeque;

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
        let listening = Listening {
            samples: Some(samples),
            segmenter: Segmenter::live(),
            pieces: VecDeque::new(),
            recognizer,
        };
        let segments = stream::try_unfold(listening, async |mut listening| {
            let segment = listening.next().await?;
            Ok(segment.map(|segment| (segment, listening)))
        });
        Ok(segments.boxed())
    }
}

/// A live conversation.
struct Listening {
    /// Samples that have not arrived yet.
    samples: Option<SampleStream>,
    segmenter: Segmenter,
    /// Utterances that have not been recognised yet.
    pieces: VecDeque<SpeechSegment>,
    recognizer: Recognizer,
}

impl Listening {
    /// The next utterance with words.
    async fn next(&mut self) -> Result<Option<Segment>, StepError> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                let words = self.recognizer.recognize(Window::new(0, piece)).await?;
                if let Some(segment) = segment::from_words(words, true) {
                    return Ok(Some(segment));
                }
            } else if self.samples.is_some() {
                self.take_samples().await?;
            } else {
                return Ok(None);
            }
        }
    }

    /// Cuts the next samples at silences.
    async fn take_samples(&mut self) -> Result<(), StepError> {
        let Some(samples) = &mut self.samples else {
            return Ok(());
        };
        let emit = |piece| self.pieces.push_back(piece);
        match samples.next().await.transpose() {
            Ok(Some(block)) => self.segmenter.push(&block, emit),
            Ok(None) => {
                self.segmenter.finish(emit);
                self.samples = None;
            }
            Err(error) => return Err(segment::interrupted(&error)),
        }
        Ok(())
    }
}
