//! A bucket with one recording, and requests to transcribe it.

use std::{
    ops::Range,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Timestamp,
    interview::ChannelUse,
    ports::{
        ByteStream, Checkpoint, ObjectError, ObjectMeta, ObjectStore, Overwrite, Progress,
        Recording, SignedUpload, TranscriptionRequest, UploadGrant,
    },
    steps::StepError,
};
use futures::{StreamExt, stream};

/// How many bytes come at once.
const PIECE: usize = 1_000;

/// A bucket with one recording, which cannot be changed.
pub struct InMemoryBucket {
    /// The recording.
    pub audio: Bytes,
    /// Begins the URLs that are signed.
    pub origin: &'static str,
    /// Whether reading all of it breaks off, as it does once it is sent.
    pub breaks: bool,
}

impl InMemoryBucket {
    /// With this recording, behind URLs that lead nowhere.
    pub const fn new(audio: Bytes) -> Self {
        Self {
            audio,
            origin: "http://127.0.0.1:1",
            breaks: false,
        }
    }

    fn meta(&self) -> ObjectMeta {
        ObjectMeta {
            name: "uploads/one".into(),
            generation: 7,
            size: self.audio.len() as u64,
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
        generation: Option<i64>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, ByteStream), ObjectError> {
        assert_eq!(generation, Some(7), "the recording that was asked for");
        let whole = range.is_none();
        let range = range.unwrap_or(0..self.audio.len() as u64);
        let index = |at: u64| usize::try_from(at).unwrap().min(self.audio.len());
        let bytes = self.audio.slice(index(range.start)..index(range.end));
        let starts = (0..bytes.len()).step_by(PIECE);
        let piece = |at: usize| Ok(bytes.slice(at..bytes.len().min(at + PIECE)));
        let mut pieces: Vec<_> = starts.map(piece).collect();
        if whole && self.breaks {
            pieces.truncate(2);
            pieces.push(Err(std::io::Error::other("the disk is gone")));
        }
        Ok((self.meta(), stream::iter(pieces).boxed()))
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

    async fn sign_read(&self, name: &str, _: Timestamp) -> Result<String, ObjectError> {
        Ok(format!("{}/{name}?signature=s&x=1", self.origin))
    }
}

/// A request to transcribe the recording of this bucket.
pub fn request_of(bucket: InMemoryBucket) -> TranscriptionRequest {
    let meta = bucket.meta();
    TranscriptionRequest {
        recording: Recording {
            objects: Arc::new(bucket),
            object: meta.name,
            generation: meta.generation,
            size: meta.size,
            content_type: meta.content_type,
        },
        language: None,
        max_duration_ms: 3_600_000,
        key_terms: Vec::new(),
        speakers_expected: None,
        channels: ChannelUse::Auto,
        label: None,
        checkpoint: None,
    }
}

/// A request to transcribe this recording.
pub fn request(audio: Bytes) -> TranscriptionRequest {
    request_of(InMemoryBucket::new(audio))
}

/// Progress that no test reads.
pub struct NoProgress;

impl Progress for NoProgress {
    fn report(&self, _: u8) {}
}

/// A checkpoint that is gone with the test.
#[derive(Default)]
pub struct InMemoryCheckpoint(Mutex<Vec<Vec<u8>>>);

#[async_trait]
impl Checkpoint for InMemoryCheckpoint {
    async fn load(&self) -> Result<Vec<Vec<u8>>, StepError> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn append(&self, part: Vec<u8>) -> Result<(), StepError> {
        self.0.lock().unwrap().push(part);
        Ok(())
    }
}
