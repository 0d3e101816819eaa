//! What the engines have in common where speech is recognised as it comes.

use std::{future::ready, io, mem};

use domain::{
    ports::{SampleStream, Segment, SegmentStream},
    steps::{Code, StepError},
    text,
    transcript::Word,
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use media::speech::{Segmenter, SpeechSegment};

/// A stretch of one speaker's words; none without any.
pub(crate) fn from_words(words: Vec<Word>, is_final: bool) -> Option<Segment> {
    let first = words.first()?;
    let texts = words.iter().map(|word| word.text.reveal());
    Some(Segment {
        speaker: first.speaker,
        start_ms: first.start_ms,
        end_ms: words.iter().map(|word| word.end_ms).max().unwrap_or(0),
        text: text::joined(texts).into(),
        is_final,
        words,
    })
}

/// Why the samples stopped: a recording that could not be decoded says so itself.
pub(crate) fn interrupted(error: &io::Error) -> StepError {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<StepError>()) {
        return error.clone();
    }
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<media::Error>()) {
        return error.to_step_error();
    }
    StepError::transient(Code::RecordingInterrupted, "the recording broke off")
}

/// Samples cut at silences as they come.
pub(crate) fn utterances(
    samples: SampleStream,
) -> impl Stream<Item = Result<SpeechSegment, StepError>> {
    let cutting = Some((samples, Segmenter::live()));
    let pieces = stream::try_unfold(cutting, async |cutting| {
        let Some((mut samples, mut segmenter)) = cutting else {
            return Ok(None);
        };
        let mut found = Vec::new();
        let mut emit = |piece| found.push(Ok(piece));
        let block = samples.try_next().await;
        let block = block.map_err(|error| interrupted(&error))?;
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

/// The utterances of samples as segments, of which `at_once` are recognised side by side, up to
/// the first error.
pub(crate) fn recognized<F>(
    samples: SampleStream,
    at_once: usize,
    recognize: impl FnMut(SpeechSegment) -> F + Send + 'static,
) -> SegmentStream
where
    F: Future<Output = Result<Option<Segment>, StepError>> + Send + 'static,
{
    utterances(samples)
        .map_ok(recognize)
        .try_buffered(at_once)
        .try_filter_map(|segment| ready(Ok(segment)))
        .scan(false, |failed, item| {
            let over = mem::replace(failed, item.is_err());
            ready((!over).then_some(item))
        })
        .boxed()
}
