//! A speech engine that does as it is told.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use domain::{
    interview::ChannelUse,
    ports::{
        LiveOptions, LiveTranscriber, Progress, SampleStream, Segment, SegmentStream, Transcriber,
        TranscriptionRequest,
    },
    steps::{Code, StepError},
    transcript::{AudioFacts, Recognition, Speaker, Word},
};
use futures::{StreamExt, TryStreamExt};

/// A speech engine that says the same of every recording, and counts.
#[derive(Default)]
pub struct ScriptedEngine {
    pub calls: AtomicUsize,
    pub failures: AtomicUsize,
    /// The number of speakers that the last request expects; 0 without one.
    pub speakers_expected: AtomicU32,
    /// What the channels carry by the last request.
    pub channels: Mutex<ChannelUse>,
    /// The language and the key terms of the last request.
    pub spoken: Mutex<(Option<String>, Vec<String>)>,
    /// Words that it says instead of its few, when there are any.
    pub long: AtomicUsize,
    /// The length of recordings that it reports, in milliseconds; 0 for its own.
    pub duration_ms: AtomicU64,
    /// Whether it hears nothing.
    pub silent: AtomicBool,
}

#[async_trait]
impl Transcriber for ScriptedEngine {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn model(&self) -> Option<&str> {
        Some("scripted")
    }

    fn keeps_checkpoints(&self) -> bool {
        true
    }

    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let expected = request.speakers_expected.unwrap_or(0);
        self.speakers_expected.store(expected, Ordering::SeqCst);
        *self.channels.lock().expect("a lock") = request.channels;
        *self.spoken.lock().expect("a lock") =
            (request.language.clone(), request.key_terms.clone());
        let failing = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        if failing.is_ok() {
            return Err(StepError::transient(
                Code::EngineUnavailable,
                "the engine is on a break",
            ));
        }
        let long = self.long.load(Ordering::SeqCst);
        if long > 0 {
            return Ok(monologue(long));
        }
        let mut recognition = dialogue();
        if self.silent.load(Ordering::SeqCst) {
            recognition.words.clear();
        }
        let duration_ms = self.duration_ms.load(Ordering::SeqCst);
        if duration_ms > 0 {
            recognition.audio.duration_ms = duration_ms;
        }
        Ok(recognition)
    }
}

/// A segment for each speaker, whatever it hears; it hears all of it.
#[async_trait]
impl LiveTranscriber for ScriptedEngine {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn model(&self) -> &'static str {
        "scripted"
    }

    async fn listen(
        &self,
        samples: SampleStream,
        _: LiveOptions,
    ) -> Result<SegmentStream, StepError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let words = dialogue().words;
        let segment = move |speaker: u32| {
            let own = words.iter().filter(|word| word.speaker == speaker);
            let own: Vec<Word> = own.cloned().collect();
            let texts: Vec<&str> = own.iter().map(|word| word.text.reveal()).collect();
            Segment {
                speaker,
                start_ms: own[0].start_ms,
                end_ms: own[own.len() - 1].end_ms,
                text: texts.join(" ").into(),
                words: own,
                is_final: true,
            }
        };
        let all = samples.try_for_each(|_| std::future::ready(Ok(())));
        let heard = futures::stream::once(async move {
            all.await.expect("decoded");
            futures::stream::iter((0..2).map(move |speaker| Ok(segment(speaker))))
        });
        Ok(heard.flatten().boxed())
    }
}

/// A question and an answer.
pub fn dialogue() -> Recognition {
    let said = "what did you do last summer well I built a small boat with my sister and we sailed to the island";
    let words = said.split(' ').zip(0..).map(|(text, index)| Word {
        text: text.into(),
        start_ms: index * 300,
        end_ms: index * 300 + 200,
        speaker: u32::from(index > 5),
        confidence: 0.9,
        overlap: false,
    });
    Recognition {
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        words: words.collect(),
        language: Some("en".into()),
        audio: AudioFacts {
            duration_ms: 3_000,
            channels: 1,
            sample_rate_hz: 8_000,
        },
        speech_ms: Some(3_000),
        model: "scripted".into(),
        diarization: None,
    }
}

/// Two people who talk for as long as it takes, 360 ms to a word.
fn monologue(count: usize) -> Recognition {
    let word = |index: usize| {
        let start_ms = index as u64 * 360;
        // A vocabulary of 3,000 words, turns of 25 words, a question now and then.
        let text = match index % 100 {
            0 => "what".to_owned(),
            1 => "did".to_owned(),
            2 => "you".to_owned(),
            _ => format!("word{}", (index * 7_919 + index / 500 * 31) % 3_000),
        };
        let speaker = u32::from(index / 25 % 2 == 1);
        Word {
            text: text.into(),
            start_ms,
            end_ms: start_ms + 300,
            speaker,
            confidence: 0.9,
            overlap: false,
        }
    };
    let duration_ms = count as u64 * 360;
    Recognition {
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        words: (0..count).map(word).collect(),
        language: Some("en".into()),
        audio: AudioFacts {
            duration_ms,
            channels: 1,
            sample_rate_hz: 8_000,
        },
        speech_ms: Some(duration_ms),
        model: "scripted".into(),
        diarization: None,
    }
}
