//! Ways to ask: with what newer models can do, or plainer where that is refused.

use std::{
    fmt::Debug,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Fault, Reply};

/// Why a request was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal<F> {
    pub(crate) fault: Fault,
    /// What seems to have been refused of it.
    pub(crate) feature: Option<F>,
}

impl<F> From<Fault> for Refusal<F> {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            feature: None,
        }
    }
}

/// A way to ask a provider.
pub(crate) trait Manner: Copy + Debug + Default + PartialEq + Send {
    /// What a request can be refused for.
    type Feature: Send;

    /// The same without what was refused, unless it was without it.
    fn without(self, feature: Self::Feature) -> Option<Self>;
}

/// The way that has helped so far.
#[derive(Debug, Default)]
pub(crate) struct Remembered<M>(Mutex<M>);

impl<M: Manner> Remembered<M> {
    fn lock(&self) -> MutexGuard<'_, M> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Attempts ever plainer ways until one is not refused.
    pub(crate) async fn ask<F>(&self, model: &str, attempt: impl Fn(M) -> F) -> Reply
    where
        F: Future<Output = Result<Reply, Refusal<M::Feature>>>,
    {
        let known = *self.lock();
        let mut manner = known;
        loop {
            let refusal = match attempt(manner).await {
                Ok(reply) => {
                    // Only what helped is worth remembering.
                    if manner != known {
                        tracing::info!(model, ?manner, "asked so from now on");
                        *self.lock() = manner;
                    }
                    return reply;
                }
                Err(refusal) => refusal,
            };
            match refusal.feature.and_then(|feature| manner.without(feature)) {
                Some(plainer) => manner = plainer,
                None => return refusal.fault.into(),
            }
        }
    }
}
