//! Bytes in and out.

use std::{
    io,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use domain::ports::{ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite};
use futures::{StreamExt, stream};
use google_cloud_storage::{
    Error,
    model_ext::ReadRange,
    read_object::ReadObjectResponse,
    streaming_source::{SizeHint, StreamingSource},
};
use tokio::sync::Mutex as AsyncMutex;

use super::Bucket;

/// Objects up to this size are sent at once, larger ones resumably, in bytes; it
/// is also what a resumable write holds in memory.
const BUFFER: usize = 2 * 1024 * 1024;

/// A stream as the client wants it, which remembers how it broke.
struct Source {
    body: AsyncMutex<ByteStream>,
    broke: Arc<Mutex<Option<io::Error>>>,
}

impl StreamingSource for Source {
    type Error = io::Error;

    async fn next(&mut self) -> Option<Result<Bytes, io::Error>> {
        match self.body.get_mut().next().await? {
            Ok(bytes) => Some(Ok(bytes)),
            Err(error) => {
                let kind = error.kind();
                *self.broke.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Some(Err(kind.into()))
            }
        }
    }

    async fn size_hint(&self) -> Result<SizeHint, io::Error> {
        Ok(SizeHint::new())
    }
}

pub(super) async fn write(
    bucket: &Bucket,
    name: &str,
    content_type: &str,
    body: ByteStream,
    overwrite: Overwrite,
) -> Result<ObjectMeta, ObjectError> {
    let broke = Arc::new(Mutex::new(None));
    let source = Source {
        body: AsyncMutex::new(body),
        broke: Arc::clone(&broke),
    };
    let client = bucket.gcs.client().await?;
    let mut request = client
        .write_object(resource(&bucket.name), name, source)
        .set_content_type(content_type)
        .with_resumable_upload_threshold(BUFFER)
        .with_resumable_upload_buffer_size(BUFFER);
    if overwrite == Overwrite::Refused {
        request = request.set_if_generation_match(0);
    } else {
        // Written twice is written once: the bytes are the same.
        request = request.with_idempotency(true);
    }
    let written = Box::pin(request.send_buffered()).await;
    let stored = written.map_err(|error| {
        let broke = broke.lock().unwrap_or_else(PoisonError::into_inner).take();
        broke.map_or_else(|| failed(error, name), ObjectError::Interrupted)
    })?;
    Ok(ObjectMeta {
        name: stored.name,
        generation: stored.generation,
        size: u64::try_from(stored.size).unwrap_or(0),
        content_type: stored.content_type,
    })
}

pub(super) async fn read(
    bucket: &Bucket,
    name: &str,
    generation: Option<i64>,
    range: Option<Range<u64>>,
) -> Result<(ObjectMeta, ByteStream), ObjectError> {
    if range.as_ref().is_some_and(Range::is_empty) {
        return read_nothing(bucket, name, generation).await;
    }
    let client = bucket.gcs.client().await?;
    let mut request = client.read_object(resource(&bucket.name), name);
    if let Some(generation) = generation {
        request = request.set_generation(generation);
    }
    if let Some(range) = range {
        let part = ReadRange::segment(range.start, range.end - range.start);
        request = request.set_read_range(part);
    }
    match request.send().await {
        Ok(response) => Ok((meta(&response, name), stream(response))),
        Err(error) if error.http_status_code() == Some(416) => {
            let size = bucket.stat(name).await?.map_or(0, |meta| meta.size);
            let name = name.to_owned();
            Err(ObjectError::OutOfRange { name, size })
        }
        Err(error) => Err(failed(error, name)),
    }
}

/// A range of nothing cannot be asked for over HTTP.
async fn read_nothing(
    bucket: &Bucket,
    name: &str,
    generation: Option<i64>,
) -> Result<(ObjectMeta, ByteStream), ObjectError> {
    let found = bucket.stat(name).await?;
    let wanted = found.filter(|meta| generation.is_none_or(|wanted| wanted == meta.generation));
    let meta = wanted.ok_or_else(|| not_found(name))?;
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

fn stream(response: ReadObjectResponse) -> ByteStream {
    stream::unfold(response, |mut response| async move {
        let chunk = response.next().await?;
        Some((chunk.map_err(io::Error::other), response))
    })
    .boxed()
}

fn resource(bucket: &str) -> String {
    format!("projects/_/buckets/{bucket}")
}

pub(super) fn not_found(name: &str) -> ObjectError {
    ObjectError::NotFound {
        name: name.to_owned(),
    }
}

fn failed(error: Error, name: &str) -> ObjectError {
    match error.http_status_code() {
        Some(404) => not_found(name),
        Some(412) => ObjectError::Exists {
            name: name.to_owned(),
        },
        _ => ObjectError::Unavailable(Box::new(error)),
    }
}
