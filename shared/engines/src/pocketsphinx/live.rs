//! Speech recognised as it comes: cut at silences, and each piece handed over as
//! soon as it and all before it are done.

use std::{future::ready, sync::Arc};

use async_trait::async_trait;
use domain::{
    ports::{LiveOptions, LiveTranscriber, SampleStream, Segment, SegmentStream},
    steps::StepError,
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use media::speech::Segmenter;

use super::{MODEL, PocketSphinx, broke, check_language, cores, hear::Utterance, words_of};
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
        Ok(utterances(samples)
            .map_ok(move |utterance| engine.clone().hear(utterance))
            .try_buffered(cores())
            .try_filter_map(|segment| ready(Ok(segment)))
            .scan(false, until_an_error)
            .boxed())
    }
}

impl PocketSphinx {
    /// What is said in an utterance, if anything is.
    async fn hear(self, utterance: Utterance) -> Result<Option<Segment>, StepError> {
        let permit = Arc::clone(&self.cores).acquire_owned().await;
        let heard = self.command.hear(&utterance.samples).await?;
        drop(permit.map_err(|_| broke())?);
        Ok(segment::of_words(
            words_of(heard, &utterance).collect(),
            true,
        ))
    }
}

/// Cuts samples at silences as they come.
fn utterances(samples: SampleStream) -> impl Stream<Item = Result<Utterance, StepError>> {
    let cutting = Some((samples, Segmenter::default()));
    let pieces = stream::try_unfold(cutting, async |cutting| {
        let Some((mut samples, mut segmenter)) = cutting else {
            return Ok(None);
        };
        let mut found = Vec::new();
        let mut emit = |piece| found.push(Ok(Utterance::new(0, piece)));
        let block = samples.try_next().await;
        let block = block.map_err(|error| segment::interrupted(&error))?;
        let rest = if let Some(block) = block {
            segmenter.push(&block, emit);
            Some((samples, segmenter))
        } else {
            segmenter.finish(&mut emit);
            None
        };
        Ok(Some((stream::iter(found), rest)))
    });
    pieces.try_flatten()
}

/// Lets the first error through and nothing after it.
fn until_an_error<T>(
    failed: &mut bool,
    item: Result<T, StepError>,
) -> std::future::Ready<Option<Result<T, StepError>>> {
    let over = std::mem::replace(failed, item.is_err());
    ready((!over).then_some(item))
}
