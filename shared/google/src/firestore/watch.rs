//! Documents as they change.
//!
//! One listener for the whole process, with a target for each document that is
//! watched, however many watch it.

use std::{collections::HashMap, sync::Arc};

use domain::{
    paths::DocPath,
    ports::{Document, DocumentStream, RecordsError},
};
use firestore::{
    FirestoreCollectionDocuments, FirestoreDb, FirestoreListenEvent, FirestoreListener,
    FirestoreListenerControlHandle, FirestoreListenerTargetParams, FirestoreMemListenStateStorage,
    FirestoreTargetType, errors::FirestoreError,
    gcloud_sdk::google::firestore::v1::target_change::TargetChangeType,
};
use futures::{StreamExt, stream};
use parking_lot::Mutex;
use tokio::sync::watch::{self, Receiver, Sender};

use super::Firestore;

/// The known state of a watched document: none yet, or its contents, if it exists.
type Known = Option<Option<Document>>;
type Listener = FirestoreListener<FirestoreDb, FirestoreMemListenStateStorage>;
type Control = FirestoreListenerControlHandle<FirestoreMemListenStateStorage>;

/// All watched documents, with one listener for them.
pub(super) struct Watcher {
    watched: Arc<Mutex<Watched>>,
    listener: Listener,
    /// What the names of all documents begin with.
    documents: String,
}

#[derive(Default)]
struct Watched {
    last_target: u32,
    targets: HashMap<u32, (DocPath, Sender<Known>)>,
}

/// One watcher.
struct Subscription {
    receiver: Receiver<Known>,
    target: u32,
    watched: Arc<Mutex<Watched>>,
    control: Control,
}

/// The document at `path` now and at each change, until the stream is dropped.
pub(super) fn stream(firestore: &Firestore, path: &DocPath) -> DocumentStream {
    let (firestore, path) = (firestore.clone(), path.clone());
    let subscribed = async move {
        let watcher = firestore
            .watcher
            .get_or_try_init(|| Watcher::start(&firestore))
            .await;
        match watcher.and_then(|watcher| watcher.subscribe(&path)) {
            Ok(subscription) => known(subscription),
            Err(error) => stream::once(std::future::ready(Err(error))).boxed(),
        }
    };
    stream::once(subscribed).flatten().boxed()
}

/// The known state, each time it changes.
fn known(mut subscription: Subscription) -> DocumentStream {
    subscription.receiver.mark_changed();
    stream::unfold(subscription, |mut subscription| async move {
        loop {
            subscription.receiver.changed().await.ok()?;
            let seen = subscription.receiver.borrow_and_update().clone();
            if let Some(document) = seen {
                return Some((Ok(document), subscription));
            }
        }
    })
    .boxed()
}

impl Watcher {
    async fn start(firestore: &Firestore) -> Result<Self, RecordsError> {
        let storage = FirestoreMemListenStateStorage::new();
        let db = firestore.db().await?;
        let mut listener = db.create_listener(storage).await.map_err(failed)?;
        let watched = Arc::new(Mutex::new(Watched::default()));
        let documents = firestore.documents();
        let (shared, prefix) = (Arc::clone(&watched), documents.clone());
        let hear = move |event| {
            shared.lock().hear(&prefix, event);
            std::future::ready(Ok(()))
        };
        listener.start(hear).await.map_err(failed)?;
        Ok(Self {
            watched,
            listener,
            documents,
        })
    }

    fn subscribe(&self, path: &DocPath) -> Result<Subscription, RecordsError> {
        let mut watched = self.watched.lock();
        let (target, receiver) = match watched.find(path) {
            Some(known) => known,
            None => watched.add(path),
        };
        if !self.listener.has_target(&target.into()) {
            self.listener
                .add_target(parameters(&self.documents, target, path))
                .map_err(failed)?;
        }
        Ok(Subscription {
            receiver,
            target,
            watched: Arc::clone(&self.watched),
            control: self.listener.control_handle(),
        })
    }
}

pub(super) fn failed(error: FirestoreError) -> RecordsError {
    RecordsError::Unavailable(Box::new(error))
}

fn parameters(documents: &str, target: u32, path: &DocPath) -> FirestoreListenerTargetParams {
    let (collection, id) = path.split();
    let (parent, name) = collection.rsplit_once('/').unwrap_or(("", collection));
    let mut documents_of = FirestoreCollectionDocuments::new(name.to_owned(), vec![id.to_owned()]);
    if !parent.is_empty() {
        documents_of.parent = Some(format!("{documents}/{parent}"));
    }
    FirestoreListenerTargetParams::new(
        target.into(),
        FirestoreTargetType::Documents(documents_of),
        HashMap::new(),
    )
}

impl Watched {
    fn find(&self, path: &DocPath) -> Option<(u32, Receiver<Known>)> {
        let mut targets = self.targets.iter();
        let (target, (_, sender)) = targets.find(|(_, (known, _))| known == path)?;
        Some((*target, sender.subscribe()))
    }

    fn add(&mut self, path: &DocPath) -> (u32, Receiver<Known>) {
        self.last_target += 1;
        let (sender, receiver) = watch::channel(None);
        self.targets
            .insert(self.last_target, (path.clone(), sender));
        (self.last_target, receiver)
    }

    fn hear(&self, documents: &str, event: FirestoreListenEvent) {
        match event {
            FirestoreListenEvent::DocumentChange(change) => {
                let document = change.document.as_ref();
                let name = document.map_or("", |document| &document.name);
                let found = document.and_then(|found| super::document(documents, found));
                self.tell_about(documents, name, found.as_ref());
            }
            FirestoreListenEvent::DocumentDelete(gone) => {
                self.tell_about(documents, &gone.document, None);
            }
            FirestoreListenEvent::DocumentRemove(gone) => {
                self.tell_about(documents, &gone.document, None);
            }
            FirestoreListenEvent::TargetChange(change)
                if change.target_change_type() == TargetChangeType::Current =>
            {
                self.settle(&change.target_ids);
            }
            _ => {}
        }
    }

    fn tell_about(&self, documents: &str, name: &str, found: Option<&Document>) {
        let path = name
            .strip_prefix(documents)
            .and_then(|path| path.strip_prefix('/'));
        for (watched, sender) in self.targets.values() {
            if Some(watched.as_str()) == path {
                sender.send_if_modified(|known| {
                    let new = Some(found.cloned());
                    let changed = *known != new;
                    *known = new;
                    changed
                });
            }
        }
    }

    /// A current target without a document means that the document is missing.
    fn settle(&self, targets: &[i32]) {
        for (target, (_, sender)) in &self.targets {
            let meant =
                targets.is_empty() || targets.iter().any(|id| u32::try_from(*id) == Ok(*target));
            if meant {
                sender.send_if_modified(|known| {
                    let unknown = known.is_none();
                    known.get_or_insert(None);
                    unknown
                });
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut watched = self.watched.lock();
        let last = watched
            .targets
            .get(&self.target)
            .is_some_and(|(_, sender)| sender.receiver_count() <= 1);
        if !last {
            return;
        }
        watched.targets.remove(&self.target);
        let (control, target) = (self.control.clone(), self.target);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { control.remove_target(&target.into()).await });
        }
    }
}
