//! A window from samples to tokens with times.
//!
//! The loop of <https://github.com/openai/whisper/blob/main/whisper/transcribe.py>: where
//! the decoder stops at a timestamp before the end, what follows is recognised again from
//! there.

use std::{ops::Range, sync::Arc};

use rten::ThreadPool;

use crate::{
    LANGUAGES, MAX_SAMPLES, RecognitionError, SAMPLE_RATE_HZ, WhisperModel, align,
    decode::{Choice, Decoding, WindowDecoder},
    network::{AUDIO_CONTEXT, Encoded},
};

/// Samples to a moment of the encoder: 20 ms.
const MOMENT: usize = SAMPLE_RATE_HZ / 50;

/// Milliseconds to a moment.
const MOMENT_MS: u64 = 20;

/// Moments of silence by which the model sees that the speech is over: 2 s.
const SILENT_MOMENTS: usize = 100;

/// Moments that the model is given at least: 10 s. With less it misses words.
const LEAST_MOMENTS: usize = 500;

/// A rest that is not recognised by itself: 400 ms.
const MIN_SAMPLES: usize = SAMPLE_RATE_HZ * 2 / 5;

/// How a window is recognised.
pub struct DecodeOptions<'a> {
    /// The language, one of [`LANGUAGES`]; detected without one.
    pub language: Option<&'a str>,
    /// The preceding text, or names and terms that are likely: context for spelling.
    pub prompt: &'a str,
    /// The threads that do the work.
    pub threads: &'a Arc<ThreadPool>,
    /// Called before every token; true ends the work with [`RecognitionError::Cancelled`].
    pub is_cancelled: &'a dyn Fn() -> bool,
}

/// The transcription of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcription {
    /// The language, given or detected.
    pub language: &'static str,
    /// Sentences or parts of sentences, in order.
    pub segments: Vec<DecodedSegment>,
}

/// What the model wrote between two of its timestamps.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedSegment {
    /// Its text.
    pub tokens: Vec<TextToken>,
    /// The probability that there was no speech, 0 to 1.
    pub no_speech: f32,
    /// Mean log probability of all tokens that were decoded together.
    pub log_probability: f32,
    /// The temperature at which they were decoded: above 0 the model was unsure.
    pub temperature: f32,
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq)]
pub struct TextToken {
    /// UTF-8, of which a token may hold half a character. A space in front begins a word.
    pub bytes: Vec<u8>,
    /// When it begins, in milliseconds from the start of the window.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
    /// How sure the model is, 0 to 1.
    pub probability: f32,
}

impl WhisperModel {
    /// Recognises at most [`MAX_SAMPLES`] samples of 16 kHz from -1 to 1.
    pub fn transcribe(
        &self,
        samples: &[f32],
        options: &DecodeOptions<'_>,
    ) -> Result<Transcription, RecognitionError> {
        let samples = &samples[..samples.len().min(MAX_SAMPLES)];
        let mut language = options.language.and_then(language_index);
        let mut segments = Vec::new();
        let context = self.vocabulary.encode(options.prompt);
        let mut start = 0;
        while start == 0 || start + MIN_SAMPLES < samples.len() {
            let rest = &samples[start..];
            let mel = self.mel.compute(rest, frames(rest.len()));
            let encoded = self.network.encode(mel, options.threads)?;
            let decoder = WindowDecoder {
                network: &self.network,
                vocabulary: &self.vocabulary,
                encoded: &encoded,
                pool: options.threads,
                is_cancelled: options.is_cancelled,
            };
            let spoken = match language {
                Some(spoken) => spoken,
                None if self.is_multilingual() => decoder.detect_language()?,
                None => 0,
            };
            language = Some(spoken);
            let decoding = decoder.decode(&self.instructions(spoken), &context)?;
            if decoding.is_silence() {
                break;
            }
            let (parts, reached) = self.split(&decoding.choices);
            let moments = rest.len().div_ceil(MOMENT).min(AUDIO_CONTEXT);
            let timed = self.align(&decoding, &parts, spoken, &encoded, moments, options)?;
            let start_ms = (start / MOMENT) as u64 * MOMENT_MS;
            segments.extend(timed.into_iter().map(|segment| segment.after(start_ms)));
            match reached {
                Some(moment) if moment > 0 => start += moment * MOMENT,
                _ => break,
            }
        }
        let language = LANGUAGES[language.unwrap_or(0)];
        Ok(Transcription { language, segments })
    }

    /// The tokens that every transcript begins with; English models know no others.
    fn instructions(&self, language: usize) -> Vec<u32> {
        let vocabulary = &self.vocabulary;
        if !self.is_multilingual() {
            return vec![vocabulary.start_of_transcript];
        }
        let language = vocabulary.first_language + u32::try_from(language).unwrap_or(0);
        vec![
            vocabulary.start_of_transcript,
            language,
            vocabulary.transcribe,
        ]
    }

    /// The text between timestamps as ranges of choices, and the moment from which the
    /// rest is to be recognised again.
    fn split(&self, choices: &[Choice]) -> (Vec<Range<usize>>, Option<usize>) {
        let first = self.vocabulary.first_timestamp;
        let is_timestamp = |index: usize| choices[index].token >= first;
        let count = choices.len();
        // Two timestamps in a row: the end of a segment and the start of the next.
        let mut cuts: Vec<usize> = (1..count)
            .filter(|index| is_timestamp(*index) && is_timestamp(*index - 1))
            .collect();
        let ends_alone = count >= 2 && is_timestamp(count - 1) && !is_timestamp(count - 2);
        let mut reached = None;
        if cuts.is_empty() || ends_alone {
            cuts.push(count);
        } else if let Some(last) = cuts.last() {
            reached = Some((choices[*last - 1].token - first) as usize);
        }
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let parts = starts.zip(&cuts).map(|(start, end)| start..*end);
        (parts.collect(), reached)
    }

    /// Finds the time of each token of the text.
    fn align(
        &self,
        decoding: &Decoding,
        parts: &[Range<usize>],
        language: usize,
        encoded: &Encoded,
        moments: usize,
        options: &DecodeOptions<'_>,
    ) -> Result<Vec<DecodedSegment>, RecognitionError> {
        let is_text = |choice: &&Choice| self.vocabulary.is_text(choice.token);
        let text = |part: &Range<usize>| decoding.choices[part.clone()].iter().filter(is_text);
        let mut tokens = self.instructions(language);
        let first_row = tokens.len();
        tokens.push(self.vocabulary.no_timestamps);
        tokens.extend(
            parts
                .iter()
                .flat_map(|part| text(part).map(|choice| choice.token)),
        );
        tokens.push(self.vocabulary.end_of_text);
        if tokens.len() == first_row + 2 {
            return Ok(Vec::new());
        }
        let mut layers: Vec<usize> = self.alignment_heads.iter().map(|head| head.0).collect();
        layers.dedup();
        let attention = self
            .network
            .attention(&tokens, &layers, encoded, options.threads)?;
        let heads = self.alignment_heads.iter().filter_map(|(layer, head)| {
            let index = layers.iter().position(|found| found == layer)?;
            Some((&attention[index], *head))
        });
        let starts = align::row_starts(&heads.collect::<Vec<_>>(), first_row, moments);
        let mut times = starts.iter().map(|moment| *moment as u64 * MOMENT_MS);
        let mut start_ms = times.next().unwrap_or(0);
        let mut segments = Vec::new();
        for part in parts {
            let placed = text(part).map(|choice| {
                let end_ms = times.next().unwrap_or(start_ms).max(start_ms);
                let token = TextToken {
                    bytes: self.vocabulary.bytes(choice.token).to_vec(),
                    start_ms,
                    end_ms,
                    probability: choice.probability,
                };
                start_ms = end_ms;
                token
            });
            let tokens: Vec<TextToken> = placed.collect();
            if !tokens.is_empty() {
                segments.push(DecodedSegment {
                    tokens,
                    no_speech: decoding.no_speech,
                    log_probability: decoding.log_probability,
                    temperature: decoding.temperature,
                });
            }
        }
        Ok(segments)
    }
}

impl DecodedSegment {
    /// The same, later.
    fn after(mut self, offset_ms: u64) -> Self {
        for token in &mut self.tokens {
            token.start_ms += offset_ms;
            token.end_ms += offset_ms;
        }
        self
    }
}

/// Frames of the spectrogram for so many samples: those of the samples and of a
/// silence, two to a moment. The model was trained on 30 s throughout; for shorter
/// input the results on the recordings of `scripts/bench/speech` are as good and take a
/// quarter less time.
fn frames(samples: usize) -> usize {
    let moments = (samples.div_ceil(MOMENT) + SILENT_MOMENTS).max(LEAST_MOMENTS);
    2 * moments.min(AUDIO_CONTEXT)
}

fn language_index(code: &str) -> Option<usize> {
    LANGUAGES.iter().position(|known| *known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spectrograms_end_two_seconds_after_the_speech() {
        let seconds = |seconds: usize| frames(seconds * SAMPLE_RATE_HZ);
        assert_eq!(
            [0, 8, 9, 20, 28, 30].map(seconds),
            [1_000, 1_000, 1_100, 2_200, 3_000, 3_000]
        );
    }
}
