//! The port `Records` on Firestore.
//!
//! A transaction is one `Commit` whose writes hold preconditions: it needs no locks,
//! and may be sent again when the network failed. A commit that was applied although
//! its response was lost is then [`RecordsError::Stale`], which makes the caller read
//! again.

mod query;
mod records;
mod value;
mod watch;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use domain::{
    paths::DocPath,
    pipeline::Pipeline,
    ports::{Document, RecordsError, Version},
    search::PASSAGES,
};
use firestore::{
    FirestoreDb, FirestoreDbOptions,
    gcloud_sdk::{
        GoogleAuthMiddleware,
        google::firestore::v1::{self, firestore_client::FirestoreClient},
        tonic::{Code, Status},
    },
};
use serde_json::Value;
use tokio::sync::OnceCell;

pub(crate) use value::{fields, to_json};

use crate::{emulator, retry};

/// How long one request may take; Firestore answers in a fraction of it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

type Client = FirestoreClient<GoogleAuthMiddleware>;
type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send + 'a>>;

/// Where the database is.
#[derive(Debug, Clone)]
pub struct FirestoreDatabase {
    /// The project.
    pub project: String,
    /// The database, `(default)` for most.
    pub id: String,
    /// Host and port of an emulator instead of the real one.
    pub emulator: Option<String>,
}

impl FirestoreDatabase {
    /// What the names of all its documents begin with.
    pub fn documents(&self) -> String {
        format!("projects/{}/databases/{}/documents", self.project, self.id)
    }
}

/// Documents in Firestore; connects when it is first used.
#[derive(Clone)]
pub struct Firestore {
    database: FirestoreDatabase,
    pipeline: Arc<Pipeline>,
    db: Arc<OnceCell<FirestoreDb>>,
    watcher: Arc<OnceCell<watch::Watcher>>,
}

impl Firestore {
    /// A database, and the manifest that names its listeners.
    pub fn new(database: FirestoreDatabase, pipeline: Arc<Pipeline>) -> Self {
        Self {
            database,
            pipeline,
            db: Arc::default(),
            watcher: Arc::default(),
        }
    }

    /// The client, connected.
    pub async fn db(&self) -> Result<&FirestoreDb, RecordsError> {
        self.db.get_or_try_init(|| connect(&self.database)).await
    }

    /// Makes a call, again and again while that may help.
    async fn call<T: Send>(
        &self,
        make: &(dyn Fn(Client) -> Call<'static, T> + Send + Sync),
    ) -> Result<Result<T, Status>, RecordsError> {
        let db = self.db().await?;
        let mut attempts = retry::Attempts::default();
        loop {
            let client = db.client().get();
            let answer = tokio::time::timeout(REQUEST_TIMEOUT, make(client)).await;
            let answer = answer.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer")));
            match answer {
                Err(status) if may_pass(status.code()) => {
                    if !attempts.wait().await {
                        return Err(unavailable(status));
                    }
                    tracing::debug!(event = "firestore.retrying", code = ?status.code(), "retrying a request to Firestore");
                }
                settled => return Ok(settled),
            }
        }
    }

    fn name(&self, path: &DocPath) -> String {
        format!("{}/{path}", self.documents())
    }

    /// What the names of all its documents begin with.
    pub fn documents(&self) -> String {
        self.database.documents()
    }

    /// A document as the domain knows it.
    pub fn document(&self, found: &v1::Document) -> Option<Document> {
        document(&self.documents(), found)
    }
}

/// A document below `documents` as the domain knows it.
pub(crate) fn document(documents: &str, found: &v1::Document) -> Option<Document> {
    let path = found.name.strip_prefix(documents)?.strip_prefix('/')?;
    let time = found.update_time.as_ref()?;
    let path = DocPath::parse(path)?;
    let mut fields = to_json(&found.fields);
    if is_passage(&path)
        && let Value::Object(fields) = &mut fields
    {
        fields.remove(query::TOKENS);
    }
    Some(Document {
        path,
        fields,
        // Firestore's times of change have microseconds, and only grow.
        version: Version(time.seconds * 1_000_000 + i64::from(time.nanos / 1_000)),
    })
}

/// Whether a document is found by its words.
pub(crate) fn is_passage(path: &DocPath) -> bool {
    let (parent, _) = path.split();
    parent.rsplit('/').next() == Some(PASSAGES)
}

async fn connect(database: &FirestoreDatabase) -> Result<FirestoreDb, RecordsError> {
    let mut options = FirestoreDbOptions::new(database.project.clone());
    options.database_id.clone_from(&database.id);
    options.request_timeout = Some(REQUEST_TIMEOUT);
    options.firebase_api_url = database
        .emulator
        .as_ref()
        .map(|host| format!("http://{host}"));
    let credentials = if database.emulator.is_some() {
        emulator::owner()
    } else {
        crate::credentials::default().map_err(|error| RecordsError::Unavailable(error.into()))?
    };
    let db = FirestoreDb::with_options_auth(options, credentials).await;
    db.map_err(|error| RecordsError::Unavailable(Box::new(error)))
}

/// The codes after which Firestore wants a retry, and `UNKNOWN`, which is what a broken
/// connection looks like:
/// <https://firebase.google.com/docs/firestore/understand-error-codes>.
const fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::Aborted
            | Code::DeadlineExceeded
            | Code::Internal
            | Code::ResourceExhausted
            | Code::Unavailable
            | Code::Unknown
            | Code::Cancelled
    )
}

fn unavailable(status: Status) -> RecordsError {
    RecordsError::Unavailable(Box::new(status))
}
