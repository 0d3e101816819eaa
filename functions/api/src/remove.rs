//! Documents that a request deletes by themselves.

use domain::{
    conflict::ConflictPauses,
    paths::DocPath,
    ports::{Precondition, RecordsError, Write},
};

use crate::Api;

impl Api {
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
