//! Speech recognised as it comes: cut at silences, and each piece handed over as
//! soon as it and all before it are done.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    ports::{LiveOptions, LiveTranscriber, SampleStream, Segment, SegmentStream},
    steps::StepError,
};

use super::{MODEL, PocketSphinx, broke, check_language, cores, recognize::Utterance, words_of};
use crate::segment;

#[async_trait]
impl LiveTranscriber for PocketSphinx {
    fn name(&self) -> &'static str {
        "pocketsphinx"
    }

    fn model(&self) -> &str {
        MODEL
    }

    /// It knows one language and no key terms.
    async fn listen(
        &self,
        samples: SampleStream,
        options: LiveOptions,
    ) -> Result<SegmentStream, StepError> {
        check_language(options.language.as_deref())?;
        let engine = self.clone();
        let recognize = move |piece| engine.clone().recognize(Utterance::new(0, piece));
        Ok(segment::recognized(samples, cores(), recognize))
    }
}

impl PocketSphinx {
    /// Recognises an utterance; `None` if it has no words.
    async fn recognize(self, utterance: Utterance) -> Result<Option<Segment>, StepError> {
        let permit = Arc::clone(&self.cores).acquire_owned().await;
        let heard = self.command.recognize(&utterance.samples).await?;
        drop(permit.map_err(|_| broke())?);
        Ok(segment::from_words(
            words_of(heard, &utterance).collect(),
            true,
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::{StreamExt, channel::mpsc, stream};

    use super::*;

    /// An engine that says one word for a piece, the sooner the shorter the piece.
    fn engine() -> PocketSphinx {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pocketsphinx");
        PocketSphinx::find(folder).unwrap()
    }

    fn loud(ms: usize) -> Vec<i16> {
        [3_000, -3_000].repeat(ms * 8)
    }

    fn quiet(ms: usize) -> Vec<i16> {
        vec![0; ms * 16]
    }

    #[tokio::test]
    async fn segments_come_before_the_recording_ends_and_in_order() {
        let (samples, stream) = mpsc::unbounded();
        let listening = engine()
            .listen(stream.boxed(), LiveOptions::default())
            .await;
        let mut segments = listening.unwrap();
        let say = |block| samples.unbounded_send(Ok(block)).unwrap();
        // The first takes longest.
        for block in [loud(2_000), quiet(2_000), loud(300), quiet(2_000)] {
            say(block);
        }
        let mut starts = Vec::new();
        for _ in 0..2 {
            let next = tokio::time::timeout(Duration::from_secs(30), segments.next());
            starts.push(next.await.unwrap().unwrap().unwrap().start_ms);
        }
        say(loud(300));
        samples.close_channel();
        let last = segments.next().await.unwrap().unwrap();
        starts.push(last.start_ms);
        assert_eq!((last.text.reveal(), last.is_final), ("word", true));
        assert!(segments.next().await.is_none());
        for (start, expected) in starts.iter().zip([100, 3_900, 6_200]) {
            assert!(start.abs_diff(expected) < 60, "{starts:?}");
        }
    }

    #[tokio::test]
    async fn a_recording_that_breaks_off_ends_with_one_error() {
        let broken = Err(std::io::ErrorKind::ConnectionReset.into());
        let samples = stream::iter([Ok(loud(300)), broken, Ok(loud(300))]);
        let segments = engine()
            .listen(samples.boxed(), LiveOptions::default())
            .await;
        let heard: Vec<_> = segments.unwrap().collect().await;
        let [Err(error)] = &heard[..] else {
            panic!("one error");
        };
        assert_eq!(error.code, "recording_interrupted");
    }

    #[tokio::test]
    async fn another_language_is_refused_before_anything_is_heard() {
        let options = LiveOptions {
            language: Some("de".into()),
            ..LiveOptions::default()
        };
        let refused = engine().listen(stream::empty().boxed(), options).await;
        assert_eq!(refused.err().unwrap().code, "language_not_supported");
    }
}
