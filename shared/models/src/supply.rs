//! One model for a service: obtained in the background, tried again every hour.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::{sync::watch, time::Instant};

use crate::{
    DownloadEvent, FetchTimeouts, ModelChoice, ModelLibrary, Observer, ObtainError, PublishedModel,
};

/// How it stands with a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SupplyState {
    /// It is there.
    Ready(PathBuf),
    /// It is being fetched, or is about to be.
    Fetching {
        /// From where, once that is known.
        source: Option<String>,
        /// Bytes that have come.
        done: u64,
        /// Bytes that there will be; 0 where that is not known yet.
        total: u64,
    },
    /// Every source has failed.
    Missing {
        /// Why, and what to do.
        reason: String,
        /// When the sources are tried again.
        retry_at: Instant,
    },
}

/// The model that `WHISPER_MODEL` names.
#[derive(Debug)]
pub struct Supply {
    wanted: ModelChoice,
    /// None for a file.
    library: Option<ModelLibrary>,
    state: Mutex<SupplyState>,
    /// Whether obtaining the model was begun.
    started: AtomicBool,
    changes: watch::Sender<()>,
}

impl Supply {
    /// A supply of a known model; it only checks for a file that was verified before.
    pub fn new(model: &'static PublishedModel, library: ModelLibrary) -> Self {
        let ready = library.settings.cache.find_verified(model);
        let state = ready.map_or_else(SupplyState::beginning, SupplyState::Ready);
        Self::with(ModelChoice::Known(model), Some(library), state)
    }

    /// A supply of a file, which is there.
    pub fn from_file(path: PathBuf) -> Self {
        Self::with(
            ModelChoice::File(path.clone()),
            None,
            SupplyState::Ready(path),
        )
    }

    fn with(wanted: ModelChoice, library: Option<ModelLibrary>, state: SupplyState) -> Self {
        Self {
            wanted,
            library,
            state: Mutex::new(state),
            started: AtomicBool::new(false),
            changes: watch::Sender::new(()),
        }
    }

    /// The model's name.
    pub fn model(&self) -> String {
        self.wanted.name()
    }

    /// How it stands with it.
    pub fn state(&self) -> SupplyState {
        self.state.lock().clone()
    }

    /// Watches the state.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// The model's file, or why it is not there.
    pub fn locate(&self) -> Result<PathBuf, String> {
        match self.state() {
            SupplyState::Ready(path) => Ok(path),
            SupplyState::Fetching { .. } => Err(format!(
                "the speech model `{}` is being fetched",
                self.model()
            )),
            SupplyState::Missing { reason, .. } => Err(reason),
        }
    }

    /// Obtains the model in the background, as [`Self::keep_trying`] does, unless that was
    /// begun before.
    pub fn start(self: &Arc<Self>, observer: Arc<dyn Observer>) {
        if self.started.swap(true, Ordering::Relaxed) {
            return;
        }
        let supply = Arc::clone(self);
        tokio::spawn(async move { supply.keep_trying(&*observer).await });
    }

    /// Goes through the sources once. Nothing happens in the background after it.
    pub async fn obtain(&self, observer: &dyn Observer) -> Result<PathBuf, ObtainError> {
        let (model, library) = match (&self.wanted, &self.library) {
            (ModelChoice::Known(model), Some(library)) => (model, library),
            (ModelChoice::File(path), _) => return Ok(path.clone()),
            (ModelChoice::Known(_), None) => unreachable!("a known model comes with a library"),
        };
        if let SupplyState::Ready(path) = self.state() {
            return Ok(path);
        }
        self.started.store(true, Ordering::Relaxed);
        self.set(SupplyState::beginning());
        let outcome = library
            .obtain(
                model,
                &Noting {
                    supply: self,
                    observer,
                },
            )
            .await;
        self.set(match &outcome {
            Ok(path) => SupplyState::Ready(path.clone()),
            Err(error) => SupplyState::Missing {
                reason: error.to_string(),
                retry_at: Instant::now() + self.timeouts().retry,
            },
        });
        outcome
    }

    /// Obtains the model, however long that takes: every hour from all sources, and
    /// every few seconds from the cache.
    pub async fn keep_trying(&self, observer: &dyn Observer) {
        let timeouts = self.timeouts();
        while let Err(error) = self.obtain(observer).await {
            tracing::warn!(
                event = "model.unavailable",
                retry_in_s = timeouts.retry.as_secs(),
                "{error}; recordings wait until the next attempt"
            );
            let retry_at = Instant::now() + timeouts.retry;
            while Instant::now() < retry_at {
                tokio::time::sleep(timeouts.look.min(timeouts.retry)).await;
                if self.take_from_cache().await {
                    return;
                }
            }
        }
    }

    fn timeouts(&self) -> FetchTimeouts {
        let library = self.library.as_ref();
        library.map_or_else(FetchTimeouts::default, |library| library.timeouts)
    }

    /// Whether a user or another process has put the file into the cache.
    async fn take_from_cache(&self) -> bool {
        let (ModelChoice::Known(model), Some(library)) = (&self.wanted, &self.library) else {
            return true;
        };
        // A file that is still being written has another size.
        let whole = std::fs::metadata(library.settings.cache.path(model));
        if !whole.is_ok_and(|facts| facts.len() == model.bytes) {
            return false;
        }
        match library.find(model).await {
            Ok(Some(path)) => {
                self.set(SupplyState::Ready(path));
                true
            }
            _ => false,
        }
    }

    fn set(&self, state: SupplyState) {
        *self.state.lock() = state;
        self.changes.send_replace(());
    }
}

impl SupplyState {
    const fn beginning() -> Self {
        Self::Fetching {
            source: None,
            done: 0,
            total: 0,
        }
    }
}

/// Notes how far it is, and passes reports on.
struct Noting<'a> {
    supply: &'a Supply,
    observer: &'a dyn Observer,
}

impl Observer for Noting<'_> {
    fn report(&self, event: DownloadEvent<'_>) {
        let state = self.supply.state();
        if let SupplyState::Fetching { source, .. } = state {
            let next = match event {
                DownloadEvent::Source {
                    name,
                    bytes,
                    resumed,
                } => Some((Some(name.to_owned()), resumed, bytes)),
                DownloadEvent::Bytes { done, total } => Some((source, done, total)),
                _ => None,
            };
            if let Some((source, done, total)) = next {
                self.supply.set(SupplyState::Fetching {
                    source,
                    done,
                    total,
                });
            }
        }
        self.observer.report(event);
    }
}
