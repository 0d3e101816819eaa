//! Whole collections as they change, by the client's listener: for the emulated
//! cloud, where no Eventarc does.
//!
//! Each connection lists the documents anew. A resume token would spare that, but what the
//! emulator sends after one leaves out changes from around the time of an error.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    paths::DocPath,
    ports::{Document, RecordsError},
};
use firestore::{
    FirestoreDb, FirestoreListenEvent, FirestoreListener, FirestoreListenerTarget,
    FirestoreListenerTargetParams, FirestoreListenerTargetResumeType, FirestoreListenerToken,
    FirestoreQueryCollection, FirestoreQueryParams, FirestoreResumeStateStorage,
    FirestoreTargetType, gcloud_sdk::google::firestore::v1::target_change::TargetChangeType,
};

use super::{Firestore, document, watch::failed};

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum CollectionChange {
    /// A document holds this now; at the beginning, each one that there is.
    Written(Document),
    /// A document is not there any more.
    Gone(DocPath),
    /// The documents of the collections of that name follow from the beginning.
    Reset(String),
    /// All documents of the collections of that name have been sent.
    Whole(String),
}

/// Completes when a change has been handled; after an error all documents are listed
/// anew.
pub type ChangeHandled = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// The delay after such an error; the client waits as long after its own.
const PAUSE: Duration = Duration::from_secs(5);

/// A callback that receives the changes, one after the other.
pub type ChangeHandler = Box<dyn Fn(CollectionChange) -> ChangeHandled + Send + Sync>;

/// Listens until it is stopped.
pub struct Listener(FirestoreListener<FirestoreDb, NoResumeTokens>);

impl Listener {
    /// Stops once the current change has been handled.
    pub async fn stop(mut self) {
        // It stops either way.
        let _ = self.0.shutdown().await;
    }
}

/// Keeps no place to resume from.
struct NoResumeTokens;

type Kept<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[async_trait]
impl FirestoreResumeStateStorage for NoResumeTokens {
    async fn read_resume_state(
        &self,
        _: &FirestoreListenerTarget,
    ) -> Kept<Option<FirestoreListenerTargetResumeType>> {
        Ok(None)
    }

    async fn update_resume_token(
        &self,
        _: &FirestoreListenerTarget,
        _: FirestoreListenerToken,
    ) -> Kept<()> {
        Ok(())
    }

    async fn forget_resume_state(&self, _: &FirestoreListenerTarget) -> Kept<()> {
        Ok(())
    }
}

impl Firestore {
    /// Listens to all collections of these names, for all users. Connects
    /// again as often as it takes.
    pub async fn listen(
        &self,
        groups: Vec<String>,
        hear: ChangeHandler,
    ) -> Result<Listener, RecordsError> {
        let db = self.db().await?;
        let listener = db.create_listener(NoResumeTokens).await;
        let mut listener = listener.map_err(failed)?;
        for (group, target) in groups.iter().zip(1_u32..) {
            let all = FirestoreQueryParams::new(FirestoreQueryCollection::Single(group.clone()))
                .with_all_descendants(true);
            let target = FirestoreListenerTargetParams::new(
                target.into(),
                FirestoreTargetType::Query(all),
                std::collections::HashMap::new(),
            );
            listener.add_target(target).map_err(failed)?;
        }
        let (documents, groups, hear) =
            (self.database.documents(), Arc::new(groups), Arc::new(hear));
        let tell = move |event| {
            let changes = changes(&documents, &groups, event);
            let hear = Arc::clone(&hear);
            async move {
                for change in changes {
                    if let Err(error) = hear(change).await {
                        tokio::time::sleep(PAUSE).await;
                        return Err(error.into());
                    }
                }
                Ok(())
            }
        };
        listener.start(tell).await.map_err(failed)?;
        Ok(Listener(listener))
    }
}

fn changes(
    documents: &str,
    groups: &[String],
    event: FirestoreListenEvent,
) -> Vec<CollectionChange> {
    let gone = |name: &str| {
        let path = name.strip_prefix(documents)?.strip_prefix('/')?;
        Some(CollectionChange::Gone(DocPath::parse(path)?))
    };
    match event {
        FirestoreListenEvent::DocumentChange(change) => {
            let found = change.document.as_ref();
            let found = found.and_then(|found| document(documents, found));
            found.map(CollectionChange::Written).into_iter().collect()
        }
        FirestoreListenEvent::DocumentDelete(change) => {
            gone(&change.document).into_iter().collect()
        }
        FirestoreListenEvent::DocumentRemove(change) => {
            gone(&change.document).into_iter().collect()
        }
        FirestoreListenEvent::TargetChange(change) => {
            let make = match change.target_change_type() {
                TargetChangeType::Add | TargetChangeType::Reset => CollectionChange::Reset,
                TargetChangeType::Current => CollectionChange::Whole,
                _ => return Vec::new(),
            };
            let named = |id: &i32| groups.get(usize::try_from(id - 1).ok()?);
            let named = change.target_ids.iter().filter_map(named);
            named.cloned().map(make).collect()
        }
        FirestoreListenEvent::Filter(_) => Vec::new(),
    }
}
