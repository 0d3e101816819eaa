//! A bucket with one recording, and who listens to it.

use std::{
    io::Cursor,
    ops::Range,
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Timestamp,
    ports::{
        ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, Progress, Recording,
        SignedUpload, TranscriptionRequest, UploadGrant,
    },
    transcript::Word,
};
use engines::Whisper;
use futures::{StreamExt, stream};

use crate::model::Script;

/// An engine with a model that says what it is told.
pub(crate) fn engine(script: &Script) -> Whisper {
    let (folder, path) = script.stored("ggml-tiny-told.bin");
    let locate = move || {
        assert!(
            folder.path().exists(),
            "the folder lives as long as the engine"
        );
        Ok(path.clone())
    };
    Whisper::new("tiny-told", Arc::new(locate))
}

/// What was reported.
#[derive(Default)]
pub(crate) struct Reported(pub(crate) Mutex<Vec<u8>>);

impl Progress for Reported {
    fn report(&self, percent: u8) {
        self.0.lock().expect("not poisoned").push(percent);
    }
}

pub(crate) fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(|word| word.text.reveal()).collect()
}

/// The first seconds of the bundled recording, which has a person to each channel.
pub(crate) fn bundled(seconds: usize) -> TranscriptionRequest {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/interview.flac");
    let bytes = std::fs::read(path).expect("the bundled recording");
    let source = Box::new(Cursor::new(bytes));
    let mut decoder = media::Decoder::open(source).expect("a recording");
    let rate = decoder.facts().sample_rate_hz;
    let mut channels = [Vec::new(), Vec::new()];
    while channels[0].len() < seconds * rate as usize {
        let block = decoder.next_block().expect("sound").expect("long enough");
        for (index, channel) in channels.iter_mut().enumerate() {
            channel.extend(block.channel(index));
        }
    }
    let [left, right] = &channels;
    request(wav(rate, &[left, right]))
}

/// Sounds like a speaker with pauses: loud and quiet, in milliseconds.
pub(crate) fn sound(spans: &[(i16, usize)]) -> Vec<i16> {
    let span = |&(loudness, ms): &(i16, usize)| [loudness, -loudness].repeat(ms * 8);
    spans.iter().flat_map(span).collect()
}

pub(crate) fn wav(rate: u32, channels: &[&[i16]]) -> Bytes {
    let spec = hound::WavSpec {
        channels: u16::try_from(channels.len()).expect("few"),
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("a valid format");
    for frame in 0..channels[0].len() {
        for channel in channels {
            writer.write_sample(channel[frame]).expect("to memory");
        }
    }
    writer.finalize().expect("to memory");
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
        let index = |at: u64| usize::try_from(at).expect("small");
        let end = index(range.end).min(self.0.len());
        let bytes = self.0.slice(index(range.start).min(end)..end);
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
