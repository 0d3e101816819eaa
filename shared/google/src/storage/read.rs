//! Reads, by the official client, which resumes interrupted ones. It waits for minutes
//! where the service is silent: such a read goes on here by another request.

use std::{io, ops::Range};

use bytes::Bytes;
use domain::ports::{ByteStream, ObjectError, ObjectMeta, ObjectStore};
use futures::{StreamExt, stream};
use google_cloud_storage::{Error, model_ext::ReadRange, read_object::ReadObjectResponse};
use tokio::time::timeout;

use super::GcsBucket;
use crate::retry::Attempts;

pub(super) async fn read(
    bucket: &GcsBucket,
    name: &str,
    generation: Option<i64>,
    range: Option<Range<u64>>,
) -> Result<(ObjectMeta, ByteStream), ObjectError> {
    if range.as_ref().is_some_and(Range::is_empty) {
        return read_nothing(bucket, name, generation).await;
    }
    let mut attempts = Attempts::default();
    let opened = open(bucket, name, generation, range.clone(), &mut attempts).await;
    match opened {
        Ok(response) => {
            let meta = meta(&response, name);
            let reading = Reading::new(bucket, &meta, range, response);
            Ok((meta, reading.into_stream()))
        }
        Err(ReadError::Service(error)) if error.http_status_code() == Some(416) => {
            let size = bucket.stat(name).await?.map_or(0, |meta| meta.size);
            let name = name.to_owned();
            Err(ObjectError::OutOfRange { name, size })
        }
        Err(ReadError::Service(error)) if error.http_status_code() == Some(404) => {
            Err(not_found(name))
        }
        Err(ReadError::Object(error)) => Err(error),
        Err(error) => Err(ObjectError::Unavailable(Box::new(error))),
    }
}

/// Why a read has no further bytes.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Service(#[from] Error),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error("Cloud Storage was silent for {seconds} s, several times")]
    Silent { seconds: u64 },
    #[error("Cloud Storage did not say the size of the object, or sent more")]
    Size,
    #[error("the bytes that were read do not have the checksum of the object")]
    Checksum,
}

/// Asks for the bytes, again where the service is silent.
async fn open(
    bucket: &GcsBucket,
    name: &str,
    generation: Option<i64>,
    range: Option<Range<u64>>,
    attempts: &mut Attempts,
) -> Result<ReadObjectResponse, ReadError> {
    let client = bucket.gcs.client().await?;
    let patience = bucket.gcs.endpoint.attempt_timeout;
    loop {
        let mut request = client.read_object(resource(&bucket.name), name);
        if let Some(generation) = generation {
            request = request.set_generation(generation);
        }
        if let Some(range) = &range {
            let part = ReadRange::segment(range.start, range.end - range.start);
            request = request.set_read_range(part);
        }
        match timeout(patience, Box::pin(request.send())).await {
            Ok(answer) => return Ok(answer?),
            Err(_) if attempts.wait().await => {}
            Err(_) => {
                let seconds = patience.as_secs();
                return Err(ReadError::Silent { seconds });
            }
        }
    }
}

/// The bytes of one generation that have not been read.
struct Reading {
    bucket: GcsBucket,
    name: String,
    generation: i64,
    rest: Range<u64>,
    response: ReadObjectResponse,
    /// Of an object that is read whole: the checksum so far, and its own.
    sums: Option<(u32, u32)>,
}

impl Reading {
    fn new(
        bucket: &GcsBucket,
        meta: &ObjectMeta,
        range: Option<Range<u64>>,
        response: ReadObjectResponse,
    ) -> Self {
        let checksums = response.object().checksums;
        let own = checksums.and_then(|checksums| checksums.crc32c);
        let is_whole = range.is_none();
        let rest = range.unwrap_or(0..meta.size);
        Self {
            bucket: bucket.clone(),
            name: meta.name.clone(),
            generation: meta.generation,
            rest: rest.start..rest.end.min(meta.size),
            response,
            sums: own.filter(|_| is_whole).map(|own| (0, own)),
        }
    }

    fn into_stream(self) -> ByteStream {
        stream::unfold(Some(self), |reading| async move {
            let mut reading = reading?;
            match reading.next().await {
                Ok(chunk) => Some((Ok(chunk?), Some(reading))),
                Err(error) => Some((Err(io::Error::other(error)), None)),
            }
        })
        .boxed()
    }

    /// The time that the reader takes between two chunks does not count.
    async fn next(&mut self) -> Result<Option<Bytes>, ReadError> {
        let mut attempts = Attempts::default();
        loop {
            let patience = self.bucket.gcs.endpoint.attempt_timeout;
            match timeout(patience, self.response.next()).await {
                Ok(Some(chunk)) => {
                    let chunk = chunk?;
                    self.rest.start += chunk.len() as u64;
                    if let Some((sum, _)) = &mut self.sums {
                        *sum = crc32c::crc32c_append(*sum, &chunk);
                    }
                    return Ok(Some(chunk));
                }
                Ok(None) => return self.end(),
                Err(_) if self.rest.start == self.rest.end => return self.end(),
                Err(_) => self.resume(&mut attempts).await?,
            }
        }
    }

    async fn resume(&mut self, attempts: &mut Attempts) -> Result<(), ReadError> {
        if self.rest.is_empty() {
            return Err(ReadError::Size);
        }
        let (bucket, rest) = (&self.bucket, Some(self.rest.clone()));
        let opened = open(bucket, &self.name, Some(self.generation), rest, attempts).await;
        self.response = opened?;
        tracing::info!(event = "storage.read_resumed", "a silent read goes on");
        Ok(())
    }

    /// The client compares the checksum only of what it has read in one go.
    fn end(&self) -> Result<Option<Bytes>, ReadError> {
        match self.sums {
            Some((sum, own)) if sum != own => Err(ReadError::Checksum),
            _ => Ok(None),
        }
    }
}

/// HTTP has no empty range.
async fn read_nothing(
    bucket: &GcsBucket,
    name: &str,
    generation: Option<i64>,
) -> Result<(ObjectMeta, ByteStream), ObjectError> {
    let found = bucket.stat(name).await?;
    let requested =
        found.filter(|meta| generation.is_none_or(|requested| requested == meta.generation));
    let meta = requested.ok_or_else(|| not_found(name))?;
    Ok((meta, stream::empty().boxed()))
}

fn meta(response: &ReadObjectResponse, name: &str) -> ObjectMeta {
    let object = response.object();
    ObjectMeta {
        name: name.to_owned(),
        generation: object.generation,
        size: u64::try_from(object.size).unwrap_or(0),
        content_type: object.content_type,
    }
}

fn resource(bucket: &str) -> String {
    format!("projects/_/buckets/{bucket}")
}

pub(super) fn not_found(name: &str) -> ObjectError {
    ObjectError::NotFound {
        name: name.to_owned(),
    }
}
