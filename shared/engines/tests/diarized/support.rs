//! The bundled interview, an engine that knows what is said in it, and a bucket.

use std::{
    fs::File,
    io::Cursor,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Timestamp,
    ports::{
        ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, Progress, Recording,
        SignedUpload, Transcriber, TranscriptionRequest, UploadGrant,
    },
    steps::{Code, StepError},
    transcript::{AudioFacts, Recognition, Speaker, Word},
};
use futures::{StreamExt, stream};
use serde_json::Value;

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
    let spec = hound::WavSpec {
        channels: u16::try_from(channels.len()).expect("valid test data"),
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("valid test data");
    for frame in 0..channels[0].len() {
        for channel in channels {
            writer
                .write_sample(channel[frame])
                .expect("valid test data");
        }
    }
    writer.finalize().expect("valid test data");
    bytes.into_inner().into()
}

pub(crate) fn request(audio: Bytes) -> TranscriptionRequest {
    let shelf = InMemoryBucket(audio);
    let meta = shelf.meta();
    TranscriptionRequest {
        recording: Recording {
            objects: Arc::new(shelf),
            object: meta.name,
            generation: meta.generation,
            size: meta.size,
            content_type: meta.content_type,
        },
        language: None,
        max_duration_ms: 3_600_000,
        key_terms: Vec::new(),
        speakers_expected: None,
        label: None,
        checkpoint: None,
    }
}

/// A bucket with one recording.
struct InMemoryBucket(Bytes);

impl InMemoryBucket {
    fn meta(&self) -> ObjectMeta {
        ObjectMeta {
            name: "uploads/one".into(),
            generation: 7,
            size: self.0.len() as u64,
            content_type: "audio/wav".into(),
        }
    }
}

fn refuse<T>() -> Result<T, ObjectError> {
    Err(ObjectError::Unavailable("not here".into()))
}

#[async_trait]
impl ObjectStore for InMemoryBucket {
    async fn write(
        &self,
        _: &str,
        _: &str,
        _: ByteStream,
        _: Overwrite,
    ) -> Result<ObjectMeta, ObjectError> {
        refuse()
    }

    async fn stat(&self, _: &str) -> Result<Option<ObjectMeta>, ObjectError> {
        Ok(Some(self.meta()))
    }

    async fn read(
        &self,
        _: &str,
        _: Option<i64>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, ByteStream), ObjectError> {
        let range = range.unwrap_or(0..self.0.len() as u64);
        let index = |at: u64| {
            usize::try_from(at)
                .expect("valid test data")
                .min(self.0.len())
        };
        let bytes = self.0.slice(index(range.start)..index(range.end));
        Ok((self.meta(), stream::iter([Ok(bytes)]).boxed()))
    }

    async fn delete(&self, _: &str) -> Result<(), ObjectError> {
        refuse()
    }

    async fn delete_generation(&self, _: &str, _: i64) -> Result<(), ObjectError> {
        refuse()
    }

    async fn list(&self, _: &str) -> Result<Vec<String>, ObjectError> {
        refuse()
    }

    async fn sign_upload(&self, _: &UploadGrant) -> Result<SignedUpload, ObjectError> {
        refuse()
    }

    async fn sign_read(&self, _: &str, _: Timestamp) -> Result<String, ObjectError> {
        refuse()
    }
}
