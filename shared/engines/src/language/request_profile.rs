//! Ways to ask: with what newer models can do, or plainer where that is refused.

use std::{
    fmt::Debug,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{ProviderError, Reply};

/// Why a request was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProfileError<F> {
    pub(crate) error: ProviderError,
    /// What seems to have been refused of it.
    pub(crate) feature: Option<F>,
}

impl<F> From<ProviderError> for ProfileError<F> {
    fn from(error: ProviderError) -> Self {
        Self {
            error,
            feature: None,
        }
    }
}

/// A way to ask a provider.
pub(crate) trait RequestProfile: Copy + Debug + Default + PartialEq + Send {
    /// What a request can be refused for.
    type Feature: Send;

    /// The profile without the rejected feature; `None` if it has not got it.
    fn without(self, feature: Self::Feature) -> Option<Self>;
}

/// The way that has helped so far.
#[derive(Debug, Default)]
pub(crate) struct StickyProfile<M>(Mutex<M>);

impl<M: RequestProfile> StickyProfile<M> {
    fn lock(&self) -> MutexGuard<'_, M> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Attempts ever plainer ways until one is not refused.
    pub(crate) async fn ask<F>(&self, model: &str, attempt: impl Fn(M) -> F) -> Reply
    where
        F: Future<Output = Result<Reply, ProfileError<M::Feature>>>,
    {
        let known = *self.lock();
        let mut request_profile = known;
        loop {
            let refusal = match attempt(request_profile).await {
                Ok(reply) => {
                    // Only what helped is worth remembering.
                    if request_profile != known {
                        tracing::info!(
                            event = "request_profile.downgraded",
                            model,
                            ?request_profile,
                            "further requests use a downgraded profile"
                        );
                        *self.lock() = request_profile;
                    }
                    return reply;
                }
                Err(refusal) => refusal,
            };
            match refusal
                .feature
                .and_then(|feature| request_profile.without(feature))
            {
                Some(plainer) => request_profile = plainer,
                None => return refusal.error.into(),
            }
        }
    }
}
