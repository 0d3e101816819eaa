//! Documents of a user: read, changed, made once, and removed.

use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    conflict::ConflictPauses,
    interview_store::{self, Decision},
    paths::DocPath,
    ports::{Precondition, Records, RecordsError, Version, Write},
};
use runtime::http::Problem;
use serde::de::DeserializeOwned;

use crate::{Api, error::no_interview};

impl Api {
    /// What a document has, if it is there.
    pub(crate) async fn stored<T: DeserializeOwned>(
        &self,
        path: &DocPath,
    ) -> Result<Option<T>, RecordsError> {
        let found = self.stored_version(path).await?;
        Ok(found.map(|(content, _)| content))
    }

    /// The same with the version of the document.
    pub(crate) async fn stored_version<T: DeserializeOwned>(
        &self,
        path: &DocPath,
    ) -> Result<Option<(T, Version)>, RecordsError> {
        let found = self.records.read(path).await?;
        let found = found.map(|document| Ok((document.decode()?, document.version)));
        found.transpose()
    }

    /// What is stored after `new` was written as a document that was not there: another one where
    /// a request with the same idempotency key was faster.
    pub(crate) async fn made_once<T: DeserializeOwned>(
        &self,
        path: &DocPath,
        new: T,
        written: Result<(), RecordsError>,
    ) -> Result<T, RecordsError> {
        match written {
            Err(stale @ RecordsError::Stale { .. }) => self.stored(path).await?.ok_or(stale),
            written => written.map(|()| new),
        }
    }

    /// The interview of a user with this id, if there is one.
    pub(crate) async fn interview(
        &self,
        user: &UserId,
        interview_id: InterviewId,
    ) -> Result<Option<Interview>, RecordsError> {
        let user_id = user.clone();
        let key = InterviewKey {
            user_id,
            interview_id,
        };
        interview_store::interview(&*self.records, &key).await
    }

    /// Deletes a document, also while others change it; whether it was there.
    ///
    /// # Errors
    ///
    /// [`RecordsError::Stale`] where other writers are faster for too long: the document is there.
    pub(crate) async fn remove(&self, path: &DocPath) -> Result<bool, RecordsError> {
        let mut pauses = ConflictPauses::new();
        loop {
            if self.records.read(path).await?.is_none() {
                return Ok(false);
            }
            let delete = Write::Delete {
                path: path.clone(),
                precondition: Precondition::Exists,
            };
            match self.records.commit(vec![delete]).await {
                Ok(()) => return Ok(true),
                // Another request has deleted it, or another writer was faster.
                Err(RecordsError::Stale { .. }) if pauses.wait().await => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Changes an interview in one transaction, unless it is deleted or `decide` refuses it. The
/// inner error is that of the store: stale where other writers were faster.
pub(crate) async fn change_interview<T>(
    records: &dyn Records,
    key: &InterviewKey,
    now: Timestamp,
    mut decide: impl FnMut(&mut Interview) -> Result<Decision<T>, Problem> + Send,
) -> Result<Result<T, RecordsError>, Problem> {
    let decide = |interview: Option<&mut Interview>| {
        let interview = interview.filter(|found| found.deleted_at.is_none());
        match interview.ok_or_else(no_interview).and_then(&mut decide) {
            Ok(Decision::Write(decided, writes)) => Decision::Write(Ok(decided), writes),
            Ok(Decision::Leave(decided)) => Decision::Leave(Ok(decided)),
            Err(problem) => Decision::Leave(Err(problem)),
        }
    };
    match interview_store::transact(records, key, now, decide).await {
        Ok(decided) => decided.map(Ok),
        Err(error) => Ok(Err(error)),
    }
}
