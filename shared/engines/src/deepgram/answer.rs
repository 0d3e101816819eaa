//! A whole answer, made into a recognition.

use std::collections::BTreeMap;

use domain::{
    ShapeError,
    steps::StepError,
    transcript::{AudioFacts, Recognition, Speaker, Word},
};
use serde::Deserialize;

use super::{
    error::DeepgramError,
    scalar::Scalar,
    utterances,
    words::{Spoken, WireWord, in_order},
};

/// The response for a recording, directly or by callback. Other fields are ignored:
/// summaries, paragraphs, and what the provider adds later.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Answer<'a> {
    metadata: Option<Metadata<'a>>,
    results: Option<Results<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Metadata<'a> {
    duration: Scalar<'a>,
    channels: Scalar<'a>,
    model_info: Option<BTreeMap<String, Model<'a>>>,
}

/// `arch` is the model that was requested; `name` is an internal name of the provider.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Model<'a> {
    name: Scalar<'a>,
    arch: Scalar<'a>,
    version: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Results<'a> {
    channels: Option<Vec<Channel<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Channel<'a> {
    alternatives: Option<Vec<Alternative<'a>>>,
    detected_language: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Alternative<'a> {
    transcript: Scalar<'a>,
    confidence: Scalar<'a>,
    words: Option<Vec<WireWord<'a>>>,
    languages: Option<Vec<Scalar<'a>>>,
}

/// Reads a whole answer; one that is a refusal is that refusal.
///
/// The sample rate is 0, because the provider does not tell it.
pub(crate) fn read(body: &[u8]) -> Result<Recognition, StepError> {
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|error| {
        let error = ShapeError::from(error);
        tracing::warn!(event = "transcription.response_unreadable", %error, "the response of the speech engine cannot be decoded");
        DeepgramError::UnexpectedResponse.to_step_error()
    })?;
    let results = answer.results.unwrap_or_default();
    let mut spoken = results.words();
    if spoken.is_empty() {
        spoken = utterances::words(body);
    }
    if spoken.is_empty() && !results.are_silent() {
        let refusal = DeepgramError::from_body(body);
        tracing::warn!(
            event = "transcription.response_empty",
            ?refusal,
            "the response of the speech engine has no words"
        );
        return Err(refusal.to_step_error());
    }
    let (speakers, words) = cast(spoken);
    let metadata = answer.metadata;
    Ok(Recognition {
        language: results.language(),
        audio: facts(metadata.as_ref(), &results, &words),
        model: metadata
            .and_then(|metadata| metadata.model())
            .unwrap_or_default(),
        diarization: None,
        speech_ms: None,
        speakers,
        words,
    })
}

/// The request that an answer or the receipt of a request belongs to.
pub(crate) fn request_id(body: &[u8]) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default, bound(deserialize = "'de: 'a"))]
    struct Receipt<'a> {
        request_id: Scalar<'a>,
        metadata: Option<Box<Self>>,
    }
    let receipt: Receipt<'_> = serde_json::from_slice(body).ok()?;
    let inner = receipt.metadata;
    receipt
        .request_id
        .name()
        .or_else(|| inner?.request_id.name())
}

/// Numbers the speakers from 0, channel by channel, and lists them.
fn cast(spoken: Vec<Spoken>) -> (Vec<Speaker>, Vec<Word>) {
    let key = |(channel, word): &Spoken| (*channel, word.speaker);
    let mut known: Vec<(u32, u32)> = spoken.iter().map(key).collect();
    known.sort_unstable();
    known.dedup();
    let number = |spoken: &Spoken| known.binary_search(&key(spoken)).unwrap_or(0);
    let words = spoken.into_iter().map(|spoken| {
        let speaker = u32::try_from(number(&spoken)).unwrap_or(0);
        Word {
            speaker,
            ..spoken.1
        }
    });
    let words = words.collect();
    let speakers = (0..).zip(&known).map(|(id, _)| Speaker::unnamed(id));
    (speakers.collect(), words)
}

fn facts(metadata: Option<&Metadata<'_>>, results: &Results<'_>, words: &[Word]) -> AudioFacts {
    let last_end = words.iter().map(|word| word.end_ms).max().unwrap_or(0);
    let channels = metadata.and_then(|metadata| metadata.channels.index());
    let channels = channels.map_or(results.channels().len(), |channels| channels as usize);
    AudioFacts {
        duration_ms: metadata
            .and_then(|metadata| metadata.duration.millis())
            .unwrap_or(last_end),
        channels: u16::try_from(channels).unwrap_or(u16::MAX),
        sample_rate_hz: 0,
    }
}

impl Metadata<'_> {
    fn model(&self) -> Option<String> {
        let model = self.model_info.as_ref()?.values().next()?;
        let name = model.arch.name().or_else(|| model.name.name())?;
        Some(match model.version.name() {
            Some(version) => format!("{name} {version}"),
            None => name,
        })
    }
}

impl<'a> Results<'a> {
    fn channels(&self) -> &[Channel<'a>] {
        self.channels.as_deref().unwrap_or_default()
    }

    fn words(&self) -> Vec<Spoken> {
        let mut spoken = Vec::new();
        for (number, channel) in (0..).zip(self.channels()) {
            if let Some(best) = channel.best() {
                let words = in_order(best.words(), best.confidence.probability());
                spoken.extend(words.into_iter().map(|word| (number, word)));
            }
        }
        spoken
    }

    /// Whether it was listened to, and nothing was said.
    fn are_silent(&self) -> bool {
        let mut best = self.channels().iter().filter_map(Channel::best);
        !self.channels().is_empty() && best.all(|best| best.transcript.text().is_none())
    }

    /// The language of the channel in which most is said.
    fn language(&self) -> Option<String> {
        let count = |channel: &&Channel<'_>| channel.best().map_or(0, |best| best.words().len());
        let busiest = self.channels().iter().max_by_key(count)?;
        tag(busiest.detected_language).or_else(|| busiest.best()?.language())
    }
}

impl<'a> Channel<'a> {
    fn best(&self) -> Option<&Alternative<'a>> {
        self.alternatives.as_deref()?.first()
    }
}

impl<'a> Alternative<'a> {
    fn words(&self) -> &[WireWord<'a>] {
        self.words.as_deref().unwrap_or_default()
    }

    /// The language of most words, or the first that is listed.
    fn language(&self) -> Option<String> {
        let mut counts = BTreeMap::new();
        for word in self.words() {
            if let Some(language) = tag(word.language) {
                *counts.entry(language).or_insert(0_u32) += 1;
            }
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        let first = || tag(*self.languages.as_deref()?.first()?);
        most.map(|(language, _)| language).or_else(first)
    }
}

/// A BCP 47 tag.
fn tag(scalar: Scalar<'_>) -> Option<String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let text = scalar.text();
    text.filter(|text| text.len() <= 35 && text.bytes().all(known))
}
