//! The bundled interview, and an engine that knows what is said in it.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    ports::{Progress, Transcriber, TranscriptionRequest},
    steps::{Code, StepError},
    transcript::{AudioFacts, Recognition, Speaker, Word},
};
use serde_json::Value;
pub(crate) use testing::request;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../samples")
        .join(name)
}

/// The two channels of the bundled interview, one person each.
pub(crate) fn interview() -> [Vec<i16>; 2] {
    let file = File::open(sample("interview.flac")).expect("valid test data");
    let mut decoder = media::Decoder::open(Box::new(file)).expect("valid test data");
    let mut channels = [Vec::new(), Vec::new()];
    while let Some(block) = decoder.next_block().expect("valid test data") {
        for (index, channel) in channels.iter_mut().enumerate() {
            channel.extend(block.channel(index));
        }
    }
    channels
}

/// The words of the interview as one speaker's, spread over the times of their turns, and
/// who says each of them.
pub(crate) fn spoken() -> (Vec<Word>, Vec<u32>) {
    let text = std::fs::read_to_string(sample("interview.words.json")).expect("valid test data");
    let known: Value = serde_json::from_str(&text).expect("valid test data");
    let mut words = Vec::new();
    for turn in known["turns"].as_array().expect("valid test data") {
        let (start, end) = (
            turn["start_ms"].as_u64().expect("valid test data"),
            turn["end_ms"].as_u64().expect("valid test data"),
        );
        let text = turn["text"].as_str().expect("valid test data");
        let letters = text.len() as u64 + 1;
        let mut reached = 0;
        for word in text.split(' ') {
            let next = reached + word.len() as u64 + 1;
            let word = Word {
                text: word.into(),
                start_ms: start + (end - start) * reached / letters,
                end_ms: start + (end - start) * (next - 1) / letters,
                speaker: 0,
                confidence: 1.0,
                overlap: false,
            };
            words.push((
                word,
                u32::try_from(turn["channel"].as_u64().expect("valid test data"))
                    .expect("valid test data"),
            ));
            reached = next;
        }
    }
    words.sort_by_key(|(word, _)| (word.start_ms, word.end_ms));
    words.into_iter().unzip()
}

/// An engine that says the same of every recording, and counts.
pub(crate) struct Scripted {
    pub(crate) recognition: Recognition,
    pub(crate) calls: Arc<AtomicUsize>,
    fails: bool,
}

impl Scripted {
    pub(crate) fn new(words: Vec<Word>) -> Self {
        let recognition = Recognition {
            speakers: vec![Speaker::unnamed(0)],
            words,
            language: Some("en".into()),
            audio: AudioFacts {
                duration_ms: 123_005,
                channels: 1,
                sample_rate_hz: 16_000,
            },
            speech_ms: None,
            model: "script".into(),
            diarization: None,
        };
        Self {
            recognition,
            calls: Arc::default(),
            fails: false,
        }
    }

    pub(crate) fn failing() -> Self {
        Self {
            fails: true,
            ..Self::new(Vec::new())
        }
    }
}

#[async_trait]
impl Transcriber for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn transcribe(
        &self,
        _: &TranscriptionRequest,
        progress: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.fails {
            return Err(StepError::transient(Code::EngineUnavailable, "not now"));
        }
        progress.report(50);
        progress.report(100);
        Ok(self.recognition.clone())
    }
}

/// A recording at 16 kHz.
pub(crate) fn wav(channels: &[&[i16]]) -> Bytes {
    testing::wav(16_000, channels)
}
