//! Segments and words as speech engines write them: times in seconds, names as numbers or
//! texts, words with a space before them.

use domain::transcript::Word;
use serde::Deserialize;

use crate::{Format, Segment, Speakers, TranscriptFile, timing::MAX_TIME_MS};

/// What whisper.cpp writes for silence.
const SILENCE: &str = "[BLANK_AUDIO]";

/// A number, which some programs write as a text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Number {
    Number(f64),
    Text(String),
}

impl Number {
    fn value(&self) -> Option<f64> {
        let value = match self {
            Self::Number(value) => Some(*value),
            Self::Text(text) => text.trim().parse().ok(),
        };
        value.filter(|value| value.is_finite())
    }

    /// Seconds as milliseconds; nothing where they make no sense.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "checked, and the limit is far below 2^53"
    )]
    pub(super) fn ms(&self) -> Option<u64> {
        let ms = (self.value()? * 1_000.0).round();
        (ms <= MAX_TIME_MS as f64).then_some(ms.max(0.0) as u64)
    }
}

/// Who speaks: a number, or a label such as `SPEAKER_00`, `A` or `0`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Label {
    Number(u32),
    Text(String),
}

/// A word.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct SpokenWord {
    word: Option<String>,
    text: Option<String>,
    /// Deepgram: with punctuation.
    punctuated_word: Option<String>,
    start: Option<Number>,
    end: Option<Number>,
    speaker: Option<Label>,
    confidence: Option<Number>,
    /// whisper and faster-whisper. The `score` of `WhisperX` is of the alignment.
    probability: Option<Number>,
}

/// A segment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct SpokenSegment {
    text: Option<String>,
    start: Option<Number>,
    end: Option<Number>,
    speaker: Option<Label>,
    words: Option<Vec<SpokenWord>>,
}

impl SpokenSegment {
    /// Whether nothing in it is known.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_none() && self.words.is_none()
    }
}

/// A segment of whisper.cpp: offsets in milliseconds.
#[derive(Debug, Deserialize)]
pub(super) struct CppSegment {
    #[serde(default)]
    text: String,
    offsets: Offsets,
    speaker: Option<Label>,
}

#[derive(Debug, Deserialize)]
struct Offsets {
    from: f64,
    to: f64,
}

impl From<CppSegment> for SpokenSegment {
    fn from(segment: CppSegment) -> Self {
        Self {
            text: Some(segment.text),
            start: Some(Number::Number(segment.offsets.from / 1_000.0)),
            end: Some(Number::Number(segment.offsets.to / 1_000.0)),
            speaker: segment.speaker,
            words: None,
        }
    }
}

/// What Deepgram recognised on a channel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Alternative {
    words: Vec<SpokenWord>,
    /// Of a recording in several languages, the most spoken one first.
    languages: Vec<String>,
}

impl Alternative {
    /// The language that is spoken most, where several were recognised.
    pub(super) fn language(&self) -> Option<String> {
        self.languages.first().cloned()
    }
}

/// The words of all channels by their start. Where there are several channels, each has
/// speakers of its own.
pub(super) fn of_channels(
    channels: Vec<Alternative>,
    language: Option<String>,
    duration_ms: Option<u64>,
) -> TranscriptFile {
    let are_several = channels.len() > 1;
    let mut builder = SegmentsBuilder::default();
    for (channel, alternative) in channels.into_iter().enumerate() {
        builder.prefix = are_several.then(|| format!("Channel {}", channel + 1));
        builder.add_words(alternative.words, None, None);
    }
    let mut file = builder.finish(Format::Deepgram, language, duration_ms);
    if are_several {
        let words = file.segments.into_iter().flat_map(|segment| segment.words);
        let words = domain::turns::order(words.collect());
        let runs = words.chunk_by(|left, right| left.speaker == right.speaker);
        file.segments = runs.map(|run| Segment::of_words(run.to_vec())).collect();
    }
    file
}

/// Puts segments together.
#[derive(Default)]
pub(super) struct SegmentsBuilder {
    speakers: Speakers,
    segments: Vec<Segment>,
    speaker: Option<u32>,
    /// What the speakers' names begin with.
    prefix: Option<String>,
}

impl SegmentsBuilder {
    pub(super) fn add(&mut self, segment: SpokenSegment) {
        let (start_ms, end_ms) = (
            segment.start.as_ref().and_then(Number::ms),
            segment.end.as_ref().and_then(Number::ms),
        );
        let text = segment.text.unwrap_or_default();
        let text = text.trim();
        if text == SILENCE {
            return;
        }
        let has_times = |words: &Vec<SpokenWord>| words.iter().any(|word| word.start.is_some());
        if let Some(words) = segment.words.filter(has_times) {
            self.add_words(words, segment.speaker.as_ref(), start_ms);
            return;
        }
        let speaker = self.speaker(segment.speaker.as_ref());
        self.segments.push(Segment {
            speaker,
            start_ms,
            end_ms: end_ms.max(start_ms),
            text: text.into(),
            words: Vec::new(),
        });
    }

    /// Adds words. One without a time, such as a numeral of `WhisperX`, takes none.
    pub(super) fn add_words(
        &mut self,
        words: Vec<SpokenWord>,
        speaker: Option<&Label>,
        start_ms: Option<u64>,
    ) {
        let mut reached = start_ms.unwrap_or_default();
        let mut timed = Vec::with_capacity(words.len());
        for word in words {
            let speaker = self.speaker(word.speaker.as_ref().or(speaker));
            let start_ms = word.start.as_ref().and_then(Number::ms).unwrap_or(reached);
            let end_ms = word.end.as_ref().and_then(Number::ms).unwrap_or(start_ms);
            reached = end_ms.max(start_ms);
            let sure = word.confidence.or(word.probability);
            let text = word.punctuated_word.or(word.word).or(word.text);
            let text = text.unwrap_or_default();
            if text.trim().is_empty() {
                continue;
            }
            timed.push(Word {
                text: text.trim().into(),
                start_ms,
                end_ms: reached,
                speaker,
                confidence: sure.as_ref().map_or(1.0, confidence),
                overlap: false,
            });
        }
        let runs = timed.chunk_by(|left, right| left.speaker == right.speaker);
        let segments = runs.map(|run| Segment::of_words(run.to_vec()));
        self.segments.extend(segments);
    }

    fn speaker(&mut self, label: Option<&Label>) -> u32 {
        let id = match (label, &self.prefix, self.speaker) {
            (None, None, Some(last)) => last,
            (None, None, None) => self.speakers.number(0),
            (None, Some(prefix), _) => self.speakers.id(prefix),
            (Some(label), prefix, _) => {
                let name = name(label);
                match prefix {
                    Some(prefix) => self.speakers.id(&format!("{prefix}, {name}")),
                    None => self.speakers.id(&name),
                }
            }
        };
        self.speaker = Some(id);
        id
    }

    pub(super) fn finish(
        self,
        format: Format,
        language: Option<String>,
        duration_ms: Option<u64>,
    ) -> TranscriptFile {
        TranscriptFile {
            format,
            language: language.filter(|tag| is_tag(tag)),
            duration_ms,
            speakers: self.speakers.into_list(),
            segments: self.segments,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a share")]
fn confidence(sure: &Number) -> f32 {
    sure.value().unwrap_or(1.0).clamp(0.0, 1.0) as f32
}

/// A name to show: engines count speakers from 0.
fn name(label: &Label) -> String {
    let number = match label {
        Label::Number(number) => Some(*number),
        Label::Text(text) => {
            let digits = text.strip_prefix("SPEAKER_").unwrap_or(text);
            digits.parse().ok()
        }
    };
    match (number, label) {
        (Some(number), _) => format!("Speaker {}", u64::from(number) + 1),
        (None, Label::Text(text)) => text.clone(),
        (None, Label::Number(_)) => String::new(),
    }
}

/// Whether it is a tag, and not the name of a language, such as `english`.
fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let is_word = |part: &str, most: usize| {
        (2..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    is_word(primary, 3) && parts.all(|part| is_word(part, 8))
}
