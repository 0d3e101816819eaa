//! A store in which another writer is always faster.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    paths::DocPath,
    ports::{Document, DocumentStream, Query, Records, RecordsError, Write},
};

/// Records whose every commit finds that another writer was faster.
pub struct Contended(pub Arc<dyn Records>);

#[async_trait]
impl Records for Contended {
    async fn read(&self, path: &DocPath) -> Result<Option<Document>, RecordsError> {
        self.0.read(path).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), RecordsError> {
        let path = writes[0].path().clone();
        Err(RecordsError::Stale { path })
    }

    async fn list(&self, query: &Query) -> Result<Vec<Document>, RecordsError> {
        self.0.list(query).await
    }

    fn watch(&self, path: &DocPath) -> DocumentStream {
        self.0.watch(path)
    }
}
