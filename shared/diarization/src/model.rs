//! What both models have in common.

use std::{
    sync::{Arc, LazyLock},
    thread::available_parallelism,
};

use rten::{Model, ModelOptions, RunOptions, ThreadPool};

use crate::DiarizationError;

/// One pool for all recordings of the process, and no more than half the cores:
/// speech recognition runs beside it and needs the others.
static THREADS: LazyLock<Arc<ThreadPool>> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, usize::from);
    Arc::new(ThreadPool::with_num_threads((cores / 2).clamp(1, 4)))
});

/// Loads a model; its weights are converted to 32 bits here, once.
pub(crate) fn load(bytes: &'static [u8]) -> Result<Model, DiarizationError> {
    let mut options = ModelOptions::with_all_ops();
    options.enable_optimization(true);
    let model = options.load_static_slice(bytes);
    model.map_err(|error| DiarizationError::Model(Box::new(error)))
}

pub(crate) fn run_options() -> RunOptions {
    RunOptions::default().with_thread_pool(Some(Arc::clone(&THREADS)))
}

pub(crate) fn unexpected<E: std::error::Error + Send + Sync + 'static>(
    error: E,
) -> DiarizationError {
    DiarizationError::Model(Box::new(error))
}
