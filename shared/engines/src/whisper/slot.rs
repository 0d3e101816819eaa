//! The model in memory: loaded at first use, released when it has been idle.

use std::{path::PathBuf, sync::Arc, thread::available_parallelism};

use domain::steps::{Code, StepError};
use tokio::{
    sync::{Mutex, OnceCell, OwnedMutexGuard},
    task::spawn_blocking,
    time::{Duration, Instant, sleep_until},
};
use whisper::{ModelError, ThreadPool, WhisperModel};

use super::load::LoadMeter;

/// How long a model stays in memory after its last use.
const IDLE: Duration = Duration::from_mins(5);

/// Finds the model file, which may have to be fetched first.
pub type Locate = Arc<dyn Fn() -> Result<PathBuf, StepError> + Send + Sync>;

/// The slot of the one model. Its guard is held for one window: one window is
/// recognised at a time, for all recordings.
#[derive(Clone)]
pub(super) struct Slot {
    locate: Locate,
    state: Arc<Mutex<SlotState>>,
    is_multilingual: Arc<OnceCell<bool>>,
}

/// The loaded model and its threads.
#[derive(Default)]
pub(super) struct SlotState {
    model: Option<Arc<WhisperModel>>,
    pools: Vec<Arc<ThreadPool>>,
    load: LoadMeter,
    used_at: Option<Instant>,
}

/// A model whose turn it is.
pub(super) struct ModelGuard {
    pub(super) model: Arc<WhisperModel>,
    guard: OwnedMutexGuard<SlotState>,
}

impl Slot {
    pub(super) fn new(locate: Locate) -> Self {
        Self {
            locate,
            state: Arc::default(),
            is_multilingual: Arc::default(),
        }
    }

    /// Whether the model knows other languages than English, by its file.
    pub(super) async fn is_multilingual(&self) -> Result<bool, StepError> {
        let check = async || {
            let path = (self.locate)()?;
            let checked = spawn_blocking(move || WhisperModel::check(&path)).await;
            checked.map_err(|_| super::failed())?.map_err(unusable)
        };
        self.is_multilingual.get_or_try_init(check).await.copied()
    }

    /// Waits for a turn and loads the model where it is not in memory.
    pub(super) async fn turn(&self) -> Result<ModelGuard, StepError> {
        let mut guard = Arc::clone(&self.state).lock_owned().await;
        let model = if let Some(model) = &guard.model {
            Arc::clone(model)
        } else {
            let path = (self.locate)()?;
            // What others do while the model is loaded decides about the first window.
            guard.load.cores_busy_elsewhere();
            let loaded = spawn_blocking(move || WhisperModel::load(&path)).await;
            let loaded = loaded.map_err(|_| super::failed())?;
            let loaded = loaded.map_err(unusable)?;
            let model = Arc::new(loaded);
            guard.model = Some(Arc::clone(&model));
            tokio::spawn(release_when_idle(Arc::clone(&self.state)));
            model
        };
        guard.used_at = Some(Instant::now());
        Ok(ModelGuard { model, guard })
    }
}

impl ModelGuard {
    /// The threads for this window: one for each core that other programs leave free, and
    /// for half of the cores at least.
    pub(super) fn threads(&mut self) -> Arc<ThreadPool> {
        let cores = available_parallelism().map_or(1, usize::from);
        let busy = self.guard.load.cores_busy_elsewhere();
        let pools = &mut self.guard.pools;
        for threads in pools.len() + 1..=cores {
            pools.push(Arc::new(ThreadPool::with_num_threads(threads)));
        }
        let threads = cores.saturating_sub(busy);
        let threads = threads.clamp(cores.div_ceil(2), cores);
        Arc::clone(&pools[threads - 1])
    }
}

impl Drop for ModelGuard {
    fn drop(&mut self) {
        self.guard.used_at = Some(Instant::now());
    }
}

fn unusable(error: ModelError) -> StepError {
    let message = format!("the speech model cannot be used: {error}");
    StepError::permanent(Code::EngineMisconfigured, message)
}

async fn release_when_idle(state: Arc<Mutex<SlotState>>) {
    let mut deadline = Instant::now() + IDLE;
    loop {
        sleep_until(deadline).await;
        let mut state = state.lock().await;
        let unused_since = state.used_at.unwrap_or(deadline);
        if Instant::now() >= unused_since + IDLE {
            *state = SlotState::default();
            return;
        }
        deadline = unused_since + IDLE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_idle_model_is_released_and_a_used_one_is_not() {
        let state = Arc::new(Mutex::new(SlotState::default()));
        let pool = || Arc::new(ThreadPool::with_num_threads(1));
        state.lock().await.pools.push(pool());
        state.lock().await.used_at = Some(Instant::now());
        let release = tokio::spawn(release_when_idle(Arc::clone(&state)));
        tokio::time::advance(IDLE / 2).await;
        state.lock().await.used_at = Some(Instant::now());
        tokio::time::advance(IDLE / 2 + Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
        assert_eq!(state.lock().await.pools.len(), 1);
        tokio::time::advance(IDLE).await;
        release.await.expect("it ends");
        assert!(state.lock().await.pools.is_empty());
    }
}
