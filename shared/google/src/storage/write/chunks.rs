//! The resumable protocol
//! (<https://cloud.google.com/storage/docs/performing-resumable-uploads>).

use domain::ports::ObjectError;
use http::header;
use reqwest::RequestBuilder;
use serde_json::json;

use super::{
    Answer, CHUNK, Failure, Upload, decode_json, encode, source::BufferedUpload, unexpected, wait,
};
use crate::{retry::Attempts, storage::json_api::Resource};

/// How far an upload is.
enum Progress {
    /// The service has so many bytes from the start.
    Persisted(u64),
    /// It has all of them.
    Complete(Resource),
}

impl Upload<'_> {
    pub(super) async fn send_in_chunks(
        &self,
        source: &mut BufferedUpload,
    ) -> Result<Resource, ObjectError> {
        let session = self.begin_session().await?;
        let sent = self.send_chunks(&session, source).await;
        if sent.is_err() {
            // Left alone it expires within a week.
            if let Ok(client) = self.api.client() {
                let _ = client.delete(&session).send().await;
            }
        }
        sent
    }

    async fn begin_session(&self) -> Result<String, ObjectError> {
        let mut attempts = Attempts::default();
        let metadata = json!({"name": self.name, "contentType": self.content_type}).to_string();
        loop {
            match self.try_begin_session(&metadata).await {
                Ok(session) => return Ok(session),
                Err(Failure::Permanent(error)) => return Err(error),
                Err(Failure::Transient(error)) => wait(&mut attempts, error).await?,
            }
        }
    }

    async fn try_begin_session(&self, metadata: &str) -> Result<String, Failure> {
        let request = self.begin("resumable").await?;
        let request = request.header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        let Answer::Done(answer) = self.send(request.body(metadata.to_owned())).await? else {
            return Err(Failure::Permanent(unexpected("308")));
        };
        let location = answer.headers().get(header::LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        let location = location.ok_or_else(|| Failure::Permanent(unexpected("no location")))?;
        Ok(location.to_owned())
    }

    async fn send_chunks(
        &self,
        session: &str,
        source: &mut BufferedUpload,
    ) -> Result<Resource, ObjectError> {
        let (mut attempts, mut is_unsure) = (Attempts::default(), false);
        loop {
            let answer = if is_unsure {
                self.query(session, source).await
            } else {
                source.fill(CHUNK).await?;
                self.send_chunk(session, source).await
            };
            match answer {
                Ok(Progress::Complete(stored)) => return Ok(stored),
                Ok(Progress::Persisted(size)) => {
                    if source.advance_to(size)? {
                        attempts = Attempts::default();
                    } else if !is_unsure {
                        wait(&mut attempts, anyhow::anyhow!("no byte was persisted")).await?;
                    }
                    is_unsure = false;
                }
                Err(Failure::Permanent(error)) => return Err(error),
                Err(Failure::Transient(error)) => {
                    wait(&mut attempts, error).await?;
                    is_unsure = true;
                }
            }
        }
    }

    async fn send_chunk(
        &self,
        session: &str,
        source: &BufferedUpload,
    ) -> Result<Progress, Failure> {
        let (chunk, is_last) = source.chunk(CHUNK);
        if chunk.is_empty() {
            // All of it is there; the size alone is missing.
            return self.query(session, source).await;
        }
        let (first, total) = (source.offset(), source.total());
        let last = first + chunk.len() as u64 - 1;
        let total = if is_last { total } else { None };
        let range = format!("bytes {first}-{last}/{}", spell(total));
        let hash = is_last.then(|| format!("crc32c={}", encode(source.crc32c())));
        let request = self.api.client().map_err(Failure::transient)?.put(session);
        let request = request.header(header::CONTENT_RANGE, range).body(chunk);
        let request = hash
            .into_iter()
            .fold(request, |request, hash| request.header("x-goog-hash", hash));
        self.progress(request).await
    }

    /// Finds out how many bytes the service has persisted.
    async fn query(&self, session: &str, source: &BufferedUpload) -> Result<Progress, Failure> {
        let range = format!("bytes */{}", spell(source.total()));
        let request = self.api.client().map_err(Failure::transient)?.put(session);
        let request = request.header(header::CONTENT_RANGE, range);
        self.progress(request.header(header::CONTENT_LENGTH, 0))
            .await
    }

    async fn progress(&self, request: RequestBuilder) -> Result<Progress, Failure> {
        match self.send(request).await? {
            Answer::Done(answer) => {
                let stored = decode_json(answer).await?;
                Ok(Progress::Complete(stored))
            }
            Answer::Incomplete(answer) => {
                let Some(range) = answer.headers().get(header::RANGE) else {
                    return Ok(Progress::Persisted(0));
                };
                let last = range.to_str().ok().and_then(|range| {
                    let last = range.strip_prefix("bytes=0-")?;
                    last.parse::<u64>().ok()
                });
                let last = last.ok_or_else(|| Failure::Permanent(unexpected("its range")))?;
                Ok(Progress::Persisted(last + 1))
            }
        }
    }
}

fn spell(total: Option<u64>) -> String {
    total.map_or_else(|| "*".to_owned(), |total| total.to_string())
}
