//! A data directory, opened for this process alone.

use std::{
    collections::HashMap,
    fs::{DirBuilder, File, Permissions, TryLockError},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    paths::DocPath,
    pipeline::Pipeline,
    ports::{Bus, Clock, Queue, Records, Signer},
};
use tokio::sync::{Notify, watch};

use crate::{
    bucket::Bucket,
    database::Database,
    deliveries::Deliveries,
    error::{Fault, OpenError},
    files::Files,
    signature::SigningKey,
    uploads::Uploads,
};

/// How long dead letters are kept, as in the cloud: they hold what was in hand.
const DEAD_LETTERS_KEPT_MS: i64 = 31 * 24 * 3_600 * 1_000;

/// How a store is opened.
pub struct Options {
    /// The data directory; created when it is not there.
    pub data_dir: PathBuf,
    /// Where clients reach this service, without a slash at the end.
    pub public_url: String,
    /// Who listens to what.
    pub pipeline: Arc<Pipeline>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// An open data directory: all ports come from here.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) files: Files,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) signing_key: SigningKey,
    pub(crate) public_url: String,
    /// Told when there may be something to deliver.
    pub(crate) work: Notify,
    /// Told when a document that somebody watches has changed.
    pub(crate) watched: Mutex<HashMap<DocPath, watch::Sender<()>>>,
    /// Holds the directory for this process until it ends.
    _lock: File,
}

impl Store {
    /// Opens a data directory, clears away what an earlier process left half
    /// done, and gives back what it had in hand.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let lock = lock(&options.data_dir)?;
        let io = |error| OpenError::Files(options.data_dir.clone(), error);
        let files = Files::open(&options.data_dir).map_err(io)?;
        let signing_key = SigningKey::load(&options.data_dir).map_err(io)?;
        let path = options.data_dir.join("interviewlens.db");
        only_ours(&path).map_err(io)?;
        let database = Database::open(&path)?;
        let store = Self {
            inner: Arc::new(Inner {
                database,
                files,
                pipeline: options.pipeline,
                clock: options.clock,
                signing_key,
                public_url: options.public_url,
                work: Notify::new(),
                watched: Mutex::default(),
                _lock: lock,
            }),
        };
        store.deliveries().give_back_all().await?;
        store.clear_expired().await?;
        store.clear_leftovers().await?;
        Ok(store)
    }

    /// The documents.
    pub fn records(&self) -> Arc<dyn Records> {
        Arc::new(self.clone())
    }

    /// The topics.
    pub fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(self.clone())
    }

    /// The queues.
    pub fn queue(&self) -> Arc<dyn Queue> {
        Arc::new(self.clone())
    }

    /// The bucket that plays `role`: `uploads` or `artifacts`. Its name is its role.
    pub fn bucket(&self, role: &str) -> Arc<Bucket> {
        Arc::new(Bucket::new(self.clone(), role))
    }

    /// Signatures with a key that stays in the data directory.
    pub fn signer(&self) -> Arc<dyn Signer> {
        Arc::new(self.clone())
    }

    /// What a host has to deliver.
    pub fn deliveries(&self) -> Deliveries {
        Deliveries::new(self.clone())
    }

    /// The receiving end of signed URLs.
    pub fn uploads(&self) -> Uploads {
        Uploads::new(self.clone())
    }

    /// Removes what is past its time: uploads that nobody has finished, and dead letters.
    /// In the cloud a bucket and a subscription do this by themselves.
    pub async fn clear_expired(&self) -> Result<(), Fault> {
        let now = self.inner.clock.now().as_millis();
        let database = &self.inner.database;
        let expired = database.transaction(move |transaction| -> Result<Vec<String>, Fault> {
            let long_dead = now - DEAD_LETTERS_KEPT_MS;
            transaction.execute("DELETE FROM dead_letters WHERE died_at <= ?1", [long_dead])?;
            let sql = "DELETE FROM sessions WHERE expires_at <= ?1 RETURNING id";
            let mut expired = transaction.prepare_cached(sql)?;
            let ids = expired.query_map([now], |row| row.get(0))?;
            Ok(ids.collect::<Result<_, _>>()?)
        });
        for id in expired.await? {
            self.inner.files.remove(&id).await?;
        }
        Ok(())
    }

    /// Removes what an earlier process was at when it died: files that no record knows
    /// of, and recordings in passing.
    async fn clear_leftovers(&self) -> Result<(), Fault> {
        let known = self
            .inner
            .database
            .transaction(move |transaction| -> Result<_, Fault> {
                transaction.execute("DELETE FROM objects WHERE name LIKE '%.passing'", [])?;
                let sql = "SELECT file FROM objects UNION ALL SELECT id FROM sessions";
                let mut statement = transaction.prepare(sql)?;
                let rows = statement.query_map([], |row| row.get(0))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await?;
        Ok(self.inner.files.retain(&known)?)
    }

    pub(crate) fn announce_change(&self, path: &DocPath) {
        let mut watched = self
            .inner
            .watched
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watched.get(path)
            && sender.send(()).is_err()
        {
            watched.remove(path);
        }
    }
}

impl Signer for Store {
    fn sign(&self, purpose: &str, text: &str) -> String {
        self.inner.signing_key.sign_text(purpose, text)
    }
}

/// Makes a file, which `SQLite` finds empty then, or takes one that is there away from
/// everybody else; what `SQLite` puts beside it has the same permissions.
fn only_ours(path: &Path) -> std::io::Result<()> {
    let file = File::options().append(true).create(true).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}

fn lock(data_dir: &Path) -> Result<File, OpenError> {
    let io = |error| OpenError::Files(data_dir.to_owned(), error);
    let mut nobody_else = DirBuilder::new();
    nobody_else.recursive(true).mode(0o700);
    nobody_else.create(data_dir).map_err(io)?;
    let file = File::create(data_dir.join("lock")).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(data_dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}
