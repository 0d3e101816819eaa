//! Themes across the interviews of a collection, proposed from their stored analyses.
//!
//! `sources` reads the interviews and condenses their analyses, the language engine proposes
//! themes by the places of statements, and `verify` looks their quotes up in the newest
//! transcripts. The lease, the retries and the result are those of [`domain::themes`].

mod sources;
mod verify;

use std::time::Duration;

use domain::{
    InterviewKey,
    deletion::is_marked,
    lease::LEASE,
    ledger::Amounts,
    paths::DocPath,
    ports::{Analyst, Records, RecordsError},
    steps::{Code, StepError},
    themes::{
        AcquireThemes, CollectionKey, LEAST_INTERVIEWS, MAX_INTERVIEWS, Themes, ThemesLease,
        forget, store,
    },
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use steps::{Failure, storage_error};

use crate::Analyze;
use sources::Sources;

/// How many interviews are read at once.
const CONCURRENT_READS: usize = 16;

/// The pauses between the tries to commit a result, which may have been paid for. The lease is
/// renewed between them.
const COMMIT_PAUSES: [Duration; 6] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(4),
    Duration::from_secs(4),
];

impl Analyze {
    /// Proposes the themes of a collection, unless another worker does or has.
    pub(crate) async fn propose_themes(&self, key: &CollectionKey) -> Result<(), Failure> {
        let Some(collection) = key.document() else {
            return Ok(());
        };
        let (records, now) = (&*self.steps.records, self.steps.clock.now());
        let analyst = &*self.analysts.active;
        let acquired = store::acquire(records, &collection, analyst.name(), now).await?;
        let lease = match acquired {
            Some(AcquireThemes::Start(lease)) => lease,
            Some(AcquireThemes::Busy { until }) => return Err(Failure::Later(until.since(now))),
            Some(AcquireThemes::Done) | None => return Ok(()),
        };
        let made = {
            let work = Box::pin(self.make_themes(key, lease, analyst));
            tokio::select! {
                // A result that is there is not left for a renewal that is due as well.
                biased;
                made = work => made,
                // Another worker has taken over, or the collection is deleted.
                () = self.keep_lease(&collection, lease) => return Ok(()),
            }
        };
        match made {
            Ok(themes) => self.commit_themes(key, lease, &themes).await,
            Err(error) => self.report_themes(&collection, lease, error).await,
        }
    }

    /// Renews the lease until it is lost.
    async fn keep_lease(&self, collection: &DocPath, lease: ThemesLease) {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            let now = self.steps.clock.now();
            match store::renew(&*self.steps.records, collection, lease, now).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(event = "lease.renew_failed", %error, "the lease was not renewed");
                }
            }
        }
    }

    async fn make_themes(
        &self,
        key: &CollectionKey,
        lease: ThemesLease,
        analyst: &dyn Analyst,
    ) -> Result<Themes, StepError> {
        let records = &*self.steps.records;
        let sources = Sources::read(records, key).await;
        let sources = sources.map_err(|error| storage_error(&error))?;
        let Some(sources) = sources else {
            let message = format!(
                "the collection has more than the {MAX_INTERVIEWS} interviews that themes are \
                 derived from: make them of a smaller collection"
            );
            return Err(StepError::permanent(Code::PrerequisiteFailed, message));
        };
        if sources.interviews.len() < LEAST_INTERVIEWS {
            let message = "themes need the analyses of at least two interviews of the collection";
            return Err(StepError::permanent(Code::PrerequisiteFailed, message));
        }
        self.check_budget(&key.user_id).await?;
        let draft = analyst.themes(&sources.request()).await?;
        let used = Amounts::of_analysis(draft.usage, draft.cost_usd);
        // Before anything else can fail: it is paid for.
        let now = || self.steps.clock.now();
        until_answered(|| store::book(records, key, lease, used, now())).await?;
        until_answered(|| {
            let (sources, draft) = (sources.clone(), draft.clone());
            verify::verify(records, sources, draft, analyst.name(), now())
        })
        .await
    }

    /// Stores the result. What it has of interviews that were deleted meanwhile is removed: their
    /// deletion looked for results before this one was there.
    async fn commit_themes(
        &self,
        key: &CollectionKey,
        lease: ThemesLease,
        themes: &Themes,
    ) -> Result<(), Failure> {
        let (records, clock) = (&*self.steps.records, &self.steps.clock);
        let Some(collection) = key.document() else {
            return Ok(());
        };
        let mut pauses = COMMIT_PAUSES.into_iter();
        let is_stored = loop {
            let now = clock.now();
            let error = match store::finish(records, &collection, lease, themes, now).await {
                Ok(is_stored) => break is_stored,
                Err(error) => error,
            };
            let Some(pause) = pauses.next().filter(|_| error.may_pass()) else {
                return self
                    .report_themes(&collection, lease, storage_error(&error))
                    .await;
            };
            tracing::warn!(event = "step.commit_retrying", %error, "the themes were not stored; retrying");
            tokio::time::sleep(pause).await;
            if matches!(
                store::renew(records, &collection, lease, clock.now()).await,
                Ok(false)
            ) {
                // Settled by the commit whose answer was lost, or taken over: as after it.
                break true;
            }
        };
        if is_stored {
            forget_deleted(records, key, themes).await?;
        }
        Ok(())
    }

    /// Reports a failure; whether it is delivered again follows from it.
    async fn report_themes(
        &self,
        collection: &DocPath,
        lease: ThemesLease,
        error: StepError,
    ) -> Result<(), Failure> {
        let now = self.steps.clock.now();
        let reported = store::fail(&*self.steps.records, collection, lease, &error, now).await?;
        match reported {
            Some(true) => Err(Failure::Transient {
                after: error.retry_after,
                error: error.into(),
            }),
            Some(false) => {
                tracing::warn!(
                    event = "themes.failed",
                    code = error.code,
                    "no themes were made"
                );
                Ok(())
            }
            // Reported by the commit whose answer was lost, or taken over: delivered again, it
            // does no harm, and left it could be lost.
            None if error.retryable && !lease.is_last => Err(Failure::Transient {
                after: error.retry_after,
                error: error.into(),
            }),
            None => Ok(()),
        }
    }
}

/// Calls the store until it answers, as long as its errors may pass and there are pauses left.
async fn until_answered<T, F: Future<Output = Result<T, RecordsError>>>(
    mut call: impl FnMut() -> F,
) -> Result<T, StepError> {
    let mut pauses = COMMIT_PAUSES.into_iter();
    loop {
        let error = match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Some(pause) = pauses.next().filter(|_| error.may_pass()) else {
            return Err(storage_error(&error));
        };
        tracing::warn!(event = "step.store_retrying", %error, "the store cannot be used; retrying");
        tokio::time::sleep(pause).await;
    }
}

/// Removes what a result has of interviews that are deleted.
async fn forget_deleted(
    records: &dyn Records,
    key: &CollectionKey,
    themes: &Themes,
) -> Result<(), RecordsError> {
    let keys = themes.interviews.iter().map(|id| InterviewKey {
        user_id: key.user_id.clone(),
        interview_id: id.clone(),
    });
    let looks = keys.map(|key| async move {
        let found = records.read(&key.document()).await?;
        let fields = found
            .as_ref()
            .and_then(|document| document.fields.as_object());
        let is_there = fields.is_some_and(|fields| !is_marked(fields));
        Ok::<_, RecordsError>((!is_there).then_some(key))
    });
    let looks: Vec<_> = looks.collect();
    let deleted: Vec<Option<InterviewKey>> = stream::iter(looks)
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    for key in deleted.into_iter().flatten() {
        forget(records, &key).await?;
    }
    Ok(())
}
