//! The upload of one recording, which goes on where it was after a lost connection, and after
//! the command was interrupted.

use std::path::Path;

use domain::ids::random_name;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{
    connection::Connection,
    error::ClientError,
    pending::{Pending, PendingFile},
    retry::Waits,
    session::{self, Arrived, Source, Upload},
};

/// A recording, and the interview that is created for it.
pub(super) struct RecordingUpload<'a> {
    pub(super) connection: &'a Connection,
    pub(super) source: Source<'a>,
    /// The interview that is created.
    pub(super) body: Value,
    pub(super) file: PendingFile,
}

impl RecordingUpload<'_> {
    /// Uploads it; returns the id of the interview.
    pub(super) async fn run(&self) -> Result<String, ClientError> {
        let found = self.file.read();
        let is_resumed = found.is_some();
        let mut pending = found.unwrap_or_else(Pending::new);
        let mut uploaded = self.drive(&mut pending).await;
        let is_gone = |error: &ClientError| {
            let codes = ["interview_not_found", "idempotency_key_used"];
            error.code().is_some_and(|code| codes.contains(&code))
        };
        if is_resumed && uploaded.as_ref().is_err_and(is_gone) {
            // The interview of the earlier upload is deleted.
            pending = Pending::new();
            uploaded = self.drive(&mut pending).await;
        }
        let id = uploaded?;
        self.file.forget();
        Ok(id)
    }

    async fn drive(&self, pending: &mut Pending) -> Result<String, ClientError> {
        let (id, mut link) = match pending.interview_id.clone() {
            Some(id) => (id, None),
            None => self.create(pending).await?,
        };
        let mut waits = Waits::new();
        let (mut arrived, mut most) = (None, 0);
        loop {
            let storage = &self.connection.storage;
            let session = pending.session.clone();
            let tried = match (&session, arrived) {
                (Some(session), Some(from)) if from < self.source.size => {
                    session::send(storage, session, &self.source, from).await
                }
                (Some(session), _) => session::ask(storage, session, self.source.size).await,
                (None, _) => {
                    let Some(link) = link.take() else {
                        link = self.renew(&id).await?;
                        if link.is_none() {
                            return Ok(id);
                        }
                        continue;
                    };
                    let begun = session::begin(storage, &link).await;
                    begun.map(|session| {
                        pending.session = Some(session);
                        self.file.keep(pending);
                        Arrived::Bytes(0)
                    })
                }
            };
            let error = match tried {
                Ok(Arrived::All) => return Ok(id),
                Ok(Arrived::Bytes(bytes)) => {
                    self.source.bar.set_position(bytes);
                    let is_stuck = arrived.is_some_and(|before| bytes <= before);
                    arrived = Some(bytes);
                    if bytes > most {
                        (most, waits) = (bytes, Waits::new());
                    }
                    if !is_stuck {
                        continue;
                    }
                    ClientError::Stuck("nothing of a piece has arrived")
                }
                Ok(Arrived::NoSession) => {
                    (pending.session, most) = (None, 0);
                    self.file.keep(pending);
                    ClientError::Stuck("it was ended, and begins anew")
                }
                Err(error) => error,
            };
            // What has arrived is asked before anything is sent again.
            arrived = None;
            match waits.after(&error) {
                Some(wait) => self.connection.pause(&error, wait).await,
                None => return Err(error),
            }
        }
    }

    /// Creates the interview, once. The key is kept before it is sent: a response that is lost
    /// makes no second interview.
    async fn create(&self, pending: &mut Pending) -> Result<(String, Option<Upload>), ClientError> {
        self.file.keep(pending);
        let key = Some(&*pending.idempotency_key);
        let path = ["v1", "interviews"];
        let created = self.connection.post(&path, key, &self.body).await?;
        let id = id_of(&created)?;
        pending.interview_id = Some(id.clone());
        self.file.keep(pending);
        Ok((id, upload_of(&created["upload"])?))
    }

    /// Another way to upload; none where the recording has arrived already.
    async fn renew(&self, id: &str) -> Result<Option<Upload>, ClientError> {
        let path = ["v1", "interviews", id, "upload-url"];
        match self.connection.post(&path, None, &json!({})).await {
            Ok(upload) => upload_of(&upload),
            Err(error) if error.code() == Some("already_uploaded") => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Sends a transcript from elsewhere; returns the id of the interview.
pub(super) async fn transcript(
    connection: &Connection,
    path: &Path,
    bytes: Vec<u8>,
    body: &Value,
) -> Result<String, ClientError> {
    let key = random_name();
    let created = connection
        .post(&["v1", "interviews"], Some(&key), body)
        .await?;
    let id = id_of(&created)?;
    let url = connection.url(&["v1", "interviews", &id, "transcript"], &[]);
    let bytes = hyper::body::Bytes::from(bytes);
    let content_type = media_type(path);
    let make = || {
        let request = connection.request(reqwest::Method::POST, url.clone());
        let request = request.header(http::header::CONTENT_TYPE, &content_type);
        request.header("idempotency-key", &key).body(bytes.clone())
    };
    if let Err(error) = connection.send(make).await {
        // An interview without a transcript is of no use to anyone.
        let own = connection.url(&["v1", "interviews", &id], &[]);
        let delete = connection.request(reqwest::Method::DELETE, own);
        let _ = connection.try_once(delete).await;
        return Err(error);
    }
    Ok(id)
}

/// The media type of a file, by the ending of its name.
pub(super) fn media_type(path: &Path) -> String {
    let guessed = mime_guess::from_path(path).first_or_octet_stream();
    guessed.essence_str().to_owned()
}

fn id_of(created: &Value) -> Result<String, ClientError> {
    let id = created["id"].as_str().map(str::to_owned);
    id.ok_or_else(|| ClientError::Unreadable("a new interview has no `id`".into()))
}

fn upload_of(upload: &Value) -> Result<Option<Upload>, ClientError> {
    let read = Option::deserialize(upload);
    read.map_err(|error| ClientError::Unreadable(format!("`upload`: {error}")))
}
