//! A data directory, opened for this process alone.

use std::{
    collections::HashMap,
    fs::{File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{
    paths::DocPath,
    pipeline::Pipeline,
    ports::{Bus, Clock, Queue, Records, Signer},
};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use crate::{
    bucket::Bucket,
    data_dir::DataDir,
    database::Database,
    deliveries::Deliveries,
    disk::{Disk, RealDisk},
    error::{OpenError, StoreError},
    files::Files,
    lock::DataLock,
    open::{self, Acceptance},
    signature::SigningKey,
    uploads::Uploads,
};

/// How long dead letters are kept, as in the cloud: they hold the undelivered message.
const DEAD_LETTERS_KEPT_MS: i64 = 31 * 24 * 3_600 * 1_000;

/// How a store is opened.
pub struct StoreOptions {
    /// The data directory; created when it is not there.
    pub data_dir: PathBuf,
    /// Where clients reach this service, without a slash at the end.
    pub public_url: String,
    /// The manifest: which function listens to what.
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
    /// Notified when there may be something to deliver.
    pub(crate) work: Notify,
    /// Whether the write-ahead log may hold words of a deleted interview.
    holds_deleted_words: AtomicBool,
    /// Notified when a watched document has changed.
    pub(crate) watched: Mutex<HashMap<DocPath, watch::Sender<()>>>,
    /// Holds the directory for this process until it ends.
    _lock: Option<DataLock>,
}

impl Store {
    /// Opens a data directory, migrates its database to this release's version, sorts
    /// the files that an earlier process left, and releases the deliveries and leases that
    /// it had in hand.
    pub async fn open(options: StoreOptions) -> Result<Self, OpenError> {
        Self::open_with(options, Arc::new(RealDisk)).await
    }

    pub(crate) async fn open_with(
        options: StoreOptions,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, OpenError> {
        let data_dir = DataDir::new(&options.data_dir);
        data_dir.create()?;
        let opened = open::open(&data_dir, Acceptance::Matching)?;
        let database = Database::start(&data_dir.database(), opened.connection, opened.marker)?;
        let store = Self::over(options, database, disk, Some(opened.lock))?;
        store.release().await?;
        store.clear_expired().await?;
        Ok(store)
    }

    /// Opens a data directory for reading alone, also while a service works on it. Writes
    /// fail.
    pub fn open_to_read(options: StoreOptions) -> Result<Self, OpenError> {
        let data_dir = DataDir::new(&options.data_dir);
        open::check_readable(&data_dir)?;
        let database = Database::start_read_only(&data_dir.database())?;
        Self::over(options, database, Arc::new(RealDisk), None)
    }

    fn over(
        options: StoreOptions,
        database: Database,
        disk: Arc<dyn Disk>,
        lock: Option<DataLock>,
    ) -> Result<Self, OpenError> {
        let io = |error| OpenError::Files(options.data_dir.clone(), error);
        let data_dir = DataDir::new(&options.data_dir);
        let files = Files::open(data_dir.objects(), disk).map_err(io)?;
        let signing_key = SigningKey::load(&options.data_dir).map_err(io)?;
        Ok(Self {
            inner: Arc::new(Inner {
                database,
                files,
                pipeline: options.pipeline,
                clock: options.clock,
                signing_key,
                public_url: options.public_url,
                work: Notify::new(),
                // An earlier process may have stopped right after a deletion.
                holds_deleted_words: AtomicBool::new(lock.is_some()),
                watched: Mutex::default(),
                _lock: lock,
            }),
        })
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
        Arc::new(Bucket {
            store: self.clone(),
            name: role.to_owned(),
        })
    }

    /// Signatures with a key that stays in the data directory.
    pub fn signer(&self) -> Arc<dyn Signer> {
        Arc::new(self.clone())
    }

    /// What a host has to deliver.
    pub fn deliveries(&self) -> Deliveries {
        Deliveries {
            store: self.clone(),
        }
    }

    /// The receiving end of signed URLs.
    pub fn uploads(&self) -> Uploads {
        Uploads {
            store: self.clone(),
        }
    }

    /// Removes what has expired: uploads that were not completed, dead letters, and the
    /// files of deleted objects. In the cloud, lifecycle rules do this.
    pub async fn clear_expired(&self) -> Result<(), StoreError> {
        let long_dead = self.inner.clock.now().as_millis() - DEAD_LETTERS_KEPT_MS;
        let database = &self.inner.database;
        let buried = database.transaction(move |transaction| -> Result<(), StoreError> {
            transaction.execute("DELETE FROM dead_letters WHERE died_at <= ?1", [long_dead])?;
            Ok(())
        });
        buried.await?;
        self.uploads().clear_expired().await?;
        self.clear_removed().await?;
        if self.inner.holds_deleted_words.load(Ordering::Relaxed) {
            self.scrub().await;
        }
        Ok(())
    }

    /// Empties the write-ahead log after a deletion: pages with deleted words lie there
    /// until it is written over. The pages of the database file are overwritten by the
    /// deletion itself. While a long read goes on, this is left to the next time.
    pub(crate) async fn scrub(&self) {
        let holds_words = &self.inner.holds_deleted_words;
        holds_words.store(true, Ordering::Relaxed);
        match self.inner.database.try_checkpoint().await {
            Ok(true) => holds_words.store(false, Ordering::Relaxed),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(event = "store.scrub_failed", %error, "the log of the database was not emptied");
            }
        }
    }

    /// Moves everything into the database file, before the process stops.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        self.inner.database.checkpoint().await
    }

    pub(crate) fn announce_change(&self, path: &DocPath) {
        let mut watched = self.inner.watched.lock();
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
/// all other users; what `SQLite` puts beside it has the same permissions.
pub(crate) fn only_ours(path: &Path) -> std::io::Result<()> {
    let file = File::options().append(true).create(true).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}
