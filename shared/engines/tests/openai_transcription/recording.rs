//! Recordings in a bucket.

use std::{io::Cursor, ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Timestamp,
    ports::{
        ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, Recording, SignedUpload,
        TranscriptionRequest, UploadGrant,
    },
};
use futures::{StreamExt, stream};

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

/// A request for a recording of channels at 16 kHz.
pub(crate) fn request(channels: &[Vec<i16>]) -> TranscriptionRequest {
    request_of(InMemoryBucket(wav(channels)))
}

fn request_of(shelf: InMemoryBucket) -> TranscriptionRequest {
    let meta = shelf.meta();
    TranscriptionRequest {
        recording: Recording {
            objects: Arc::new(shelf),
            object: meta.name,
            generation: meta.generation,
            size: meta.size,
            content_type: meta.content_type,
        },
        language: Some("en".into()),
        max_duration_ms: 3_600_000,
        key_terms: Vec::new(),
        speakers_expected: None,
        label: None,
        checkpoint: None,
    }
}

/// A request for ten seconds of speech.
pub(crate) fn ten_seconds() -> TranscriptionRequest {
    request(&[loud(10_000)])
}

/// A tone of 200 Hz, which is speech by its loudness.
pub(crate) fn loud(ms: usize) -> Vec<i16> {
    let sample = |n: usize| {
        if (n / 40).is_multiple_of(2) {
            3_000
        } else {
            -3_000
        }
    };
    (0..ms * 16).map(sample).collect()
}

pub(crate) fn quiet(ms: usize) -> Vec<i16> {
    vec![0; ms * 16]
}

fn wav(channels: &[Vec<i16>]) -> Bytes {
    let spec = hound::WavSpec {
        channels: u16::try_from(channels.len()).expect("few"),
        sample_rate: 16_000,
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
