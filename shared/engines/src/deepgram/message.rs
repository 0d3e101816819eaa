//! Messages of a live connection.

use domain::ports::Segment;
use serde::Deserialize;

use super::{
    error::DeepgramError,
    scalar::Scalar,
    words::{WireWord, in_order},
};
use crate::segment;

/// Requests the results so far.
pub(crate) const FINALIZE: &str = r#"{"type":"Finalize"}"#;

/// Says that nothing more comes.
pub(crate) const CLOSE: &str = r#"{"type":"CloseStream"}"#;

/// Says that something may still come.
pub(crate) const KEEP_ALIVE: &str = r#"{"type":"KeepAlive"}"#;

/// What the provider said.
#[derive(Debug, PartialEq)]
pub(crate) enum LiveMessage {
    /// Recognised segments, by speaker.
    Heard(Vec<Segment>),
    /// The summary at the end.
    Summary,
    /// The provider ends the transcription.
    Refused(DeepgramError),
    /// Something that nothing follows from.
    Other,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Scalar<'a>,
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow, default)]
    start: Scalar<'a>,
    #[serde(borrow, default)]
    duration: Scalar<'a>,
    #[serde(borrow, default)]
    is_final: Scalar<'a>,
    #[serde(borrow)]
    channel: Channel<'a>,
}

#[derive(Deserialize)]
struct Channel<'a> {
    #[serde(borrow)]
    alternatives: Vec<Alternative<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Alternative<'a> {
    transcript: Scalar<'a>,
    confidence: Scalar<'a>,
    words: Option<Vec<WireWord<'a>>>,
}

impl LiveMessage {
    /// Reads a text frame; `None` where it makes no sense.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let Kind { kind } = serde_json::from_str(text).ok()?;
        let heard = || serde_json::from_str(text).map(|results: Results<'_>| results.segments());
        Some(match kind.name().as_deref() {
            Some("Error") => Self::Refused(DeepgramError::from_body(text.as_bytes())),
            Some("Metadata") => Self::Summary,
            Some("Results") => Self::Heard(heard().ok()?),
            // A sample in the documentation is shown without its type.
            None => match (heard(), DeepgramError::from_body(text.as_bytes())) {
                (Ok(segments), _) => Self::Heard(segments),
                (Err(_), DeepgramError::UnexpectedResponse) => Self::Other,
                (Err(_), refusal) => Self::Refused(refusal),
            },
            Some(_) => Self::Other,
        })
    }
}

impl Results<'_> {
    fn segments(&self) -> Vec<Segment> {
        let Some(best) = self.channel.alternatives.first() else {
            return Vec::new();
        };
        let words = best.words.as_deref().unwrap_or_default();
        let words = in_order(words, best.confidence.probability());
        if words.is_empty() {
            return self.without_words(best).into_iter().collect();
        }
        words
            .chunk_by(|a, b| a.speaker == b.speaker)
            .filter_map(|words| segment::from_words(words.to_vec(), self.is_final.is_true()))
            .collect()
    }

    fn without_words(&self, best: &Alternative<'_>) -> Option<Segment> {
        let start_ms = self.start.millis().unwrap_or(0);
        Some(Segment {
            speaker: 0,
            start_ms,
            end_ms: start_ms + self.duration.millis().unwrap_or(0),
            text: best.transcript.text()?.into(),
            words: Vec::new(),
            is_final: self.is_final.is_true(),
        })
    }
}
