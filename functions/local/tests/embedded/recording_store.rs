//! Records whose every use is written down.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::{
    paths::DocPath,
    ports::{Document, DocumentStream, Query, Records, RecordsError, Write},
};

/// Records that write down what they are asked.
pub(crate) struct Watched {
    inner: Arc<dyn Records>,
    pub(crate) uses: Mutex<Vec<String>>,
    queries: Mutex<Vec<Query>>,
}

impl Watched {
    pub(crate) fn over(inner: Arc<dyn Records>) -> Self {
        Self {
            inner,
            uses: Mutex::default(),
            queries: Mutex::default(),
        }
    }

    /// What has been listed.
    pub(crate) fn queries(&self) -> Vec<Query> {
        self.queries.lock().unwrap().clone()
    }

    fn note(&self, what: &str, path: impl std::fmt::Debug) {
        let mut uses = self.uses.lock().unwrap();
        uses.push(format!("{what} {path:?}"));
    }
}

#[async_trait]
impl Records for Watched {
    async fn read(&self, path: &DocPath) -> Result<Option<Document>, RecordsError> {
        self.note("read", path);
        self.inner.read(path).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), RecordsError> {
        self.note("commit", &writes);
        self.inner.commit(writes).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Document>, RecordsError> {
        self.note("list", query);
        self.queries.lock().unwrap().push(query.clone());
        self.inner.list(query).await
    }

    fn watch(&self, path: &DocPath) -> DocumentStream {
        self.note("watch", path);
        self.inner.watch(path)
    }
}
