//! Emulates Eventarc's Firestore triggers.
//!
//! The listener sends a document's current contents, an event needs the previous ones
//! as well. So the documents that a function listens to are mirrored in the embedded
//! store: storing one there makes the event, with the old and the new contents, in the
//! same transaction. Changes made while the relay was down are found at its next start.
//! Changes in quick succession may be merged into one event, unlike those of the real
//! triggers.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use domain::{
    paths::DocPath,
    pipeline::Pipeline,
    ports::{Document, Precondition, Query, Records, Write},
};
use embedded::Store;
use relay::listen::{ChangeHandled, CollectionChange, Listener};
use tokio::sync::Mutex;

use crate::settings::RelaySettings;

/// The documents kept a second time.
struct Mirror {
    records: Arc<dyn Records>,
    pipeline: Arc<Pipeline>,
    /// The documents of each collection received since the last reset.
    seen: Mutex<HashMap<String, HashSet<DocPath>>>,
}

/// Listens to every collection that the manifest has a pattern for.
pub(crate) async fn start(settings: &RelaySettings, store: &Store) -> anyhow::Result<Listener> {
    let mirror = Arc::new(Mirror {
        records: store.records(),
        pipeline: Arc::clone(&settings.pipeline),
        seen: Mutex::default(),
    });
    let groups = groups(&settings.pipeline);
    let hear = move |change: CollectionChange| -> ChangeHandled {
        let mirror = Arc::clone(&mirror);
        Box::pin(async move { mirror.hear(change).await })
    };
    Ok(Listener::start(settings.cloud.firestore(), groups, Box::new(hear)).await?)
}

/// The names of the collections whose documents start functions.
fn groups(pipeline: &Pipeline) -> Vec<String> {
    let triggers = pipeline.functions.values().flat_map(|one| &one.events);
    let patterns = triggers.filter_map(|trigger| trigger.document.as_deref());
    let names = patterns.filter_map(|pattern| pattern.rsplit('/').nth(1));
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    names.into_iter().collect()
}

impl Mirror {
    async fn hear(&self, change: CollectionChange) -> anyhow::Result<()> {
        match change {
            CollectionChange::Written(document) => self.keep(document).await,
            CollectionChange::Gone(path) => self.forget(&path).await,
            CollectionChange::Reset(group) => {
                self.seen.lock().await.remove(&group);
                Ok(())
            }
            CollectionChange::Whole(group) => self.forget_the_rest(&group).await,
        }
    }

    fn is_heard(&self, path: &DocPath) -> bool {
        self.pipeline.listens_to_document(path.as_str())
    }

    async fn keep(&self, document: Document) -> anyhow::Result<()> {
        let path = document.path;
        if !self.is_heard(&path) {
            return Ok(());
        }
        let mut seen = self.seen.lock().await;
        seen.entry(group_of(&path))
            .or_default()
            .insert(path.clone());
        drop(seen);
        let known = self.records.read(&path).await?;
        // A repeated notification has no effect.
        if known.is_some_and(|known| known.fields == document.fields) {
            return Ok(());
        }
        let write = Write::Put {
            path,
            fields: document.fields,
            precondition: Precondition::None,
        };
        Ok(self.records.commit(vec![write]).await?)
    }

    async fn forget(&self, path: &DocPath) -> anyhow::Result<()> {
        let delete = Write::delete(path.clone());
        Ok(self.records.commit(vec![delete]).await?)
    }

    /// What a whole list does not hold was deleted while the relay was away.
    async fn forget_the_rest(&self, group: &str) -> anyhow::Result<()> {
        let told = self.seen.lock().await.get(group).cloned();
        let told = told.unwrap_or_default();
        let kept = self.records.list(&Query::group(group)).await?;
        for document in kept {
            if !told.contains(&document.path) {
                self.forget(&document.path).await?;
            }
        }
        Ok(())
    }
}

/// The name of the collection that a document lies in.
fn group_of(path: &DocPath) -> String {
    let (collection, _) = path.split();
    let name = collection.rsplit('/').next();
    name.unwrap_or(collection).to_owned()
}

#[cfg(test)]
mod tests {
    use config::SystemClock;
    use domain::{pipeline::Pipeline, ports::Version};
    use embedded::StoreOptions;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn documents_told_anew_are_compared_with_those_that_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(StoreOptions {
            data_dir: folder.path().to_owned(),
            public_url: "http://localhost".to_owned(),
            pipeline: Arc::new(Pipeline::ours()),
            clock: Arc::new(SystemClock),
        });
        let store = store.await.unwrap();
        let mirror = Mirror {
            records: store.records(),
            pipeline: Arc::new(Pipeline::ours()),
            seen: Mutex::default(),
        };
        let path = |id: &str| DocPath::parse(&format!("users/u/interviews/{id}")).unwrap();
        let written = |id: &str, title: &str| {
            CollectionChange::Written(Document {
                path: path(id),
                fields: json!({"title": title}),
                version: Version(1),
            })
        };
        let group = || "interviews".to_owned();
        for change in [
            CollectionChange::Reset(group()),
            written("a", "old"),
            written("b", "old"),
            CollectionChange::Whole(group()),
            // The connection was lost, and `a` was changed and `b` deleted meanwhile.
            CollectionChange::Reset(group()),
            written("a", "new"),
            CollectionChange::Whole(group()),
        ] {
            mirror.hear(change).await.unwrap();
        }
        let title = async |id| {
            let found = mirror.records.read(&path(id)).await.unwrap();
            found.map(|document| document.fields["title"].clone())
        };
        assert_eq!(title("a").await, Some(json!("new")));
        assert_eq!(title("b").await, None);
    }
}
