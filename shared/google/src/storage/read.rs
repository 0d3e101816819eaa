//! Reads, by the official client, which resumes interrupted ones.

use std::{future::Future, io, ops::Range, time::Duration};

use domain::ports::{ByteStream, ObjectError, ObjectMeta, ObjectStore};
use futures::{StreamExt, stream};
use google_cloud_storage::{Error, model_ext::ReadRange, read_object::ReadObjectResponse};
use tokio::time::timeout;

use super::GcsBucket;

/// How long the service may be silent before the read fails: the client itself waits for
/// minutes.
const SILENCE: Duration = Duration::from_secs(30);

pub(super) async fn read(
    bucket: &GcsBucket,
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
    let answer = in_time(Box::pin(request.send())).await;
    match answer.map_err(|error| ObjectError::Unavailable(error.into()))? {
        Ok(response) => Ok((meta(&response, name), stream(response))),
        Err(error) if error.http_status_code() == Some(416) => {
            let size = bucket.stat(name).await?.map_or(0, |meta| meta.size);
            let name = name.to_owned();
            Err(ObjectError::OutOfRange { name, size })
        }
        Err(error) => Err(failed(error, name)),
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

/// Ends with an error when the service is silent. The time that the reader takes does not
/// count.
fn stream(response: ReadObjectResponse) -> ByteStream {
    stream::unfold(Some(response), |response| async move {
        let mut response = response?;
        match in_time(response.next()).await {
            Ok(chunk) => Some((chunk?.map_err(io::Error::other), Some(response))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

async fn in_time<T>(answer: impl Future<Output = T>) -> io::Result<T> {
    let silent = |_| {
        let seconds = SILENCE.as_secs();
        let words = format!("Cloud Storage was silent for {seconds} s");
        io::Error::new(io::ErrorKind::TimedOut, words)
    };
    timeout(SILENCE, answer).await.map_err(silent)
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
        _ => ObjectError::Unavailable(Box::new(error)),
    }
}
