//! Whole collections as they change: for the emulated cloud, where no Eventarc does.
//!
//! Each connection lists the documents anew. The client's own listener would resume after an
//! error where the last message left off, and what the emulator sends then leaves out
//! changes from around the time of the error.

use std::{future::Future, pin::Pin, time::Duration};

use anyhow::Context as _;
use domain::{
    paths::DocPath,
    ports::{Document, RecordsError},
};
use firestore::{
    FirestoreListenEvent,
    gcloud_sdk::google::firestore::v1::{
        ListenRequest, StructuredQuery, Target, listen_request,
        structured_query::CollectionSelector,
        target::{QueryTarget, TargetType, query_target::QueryType},
        target_change::TargetChangeType,
    },
};
use futures::{StreamExt as _, stream};
use google::firestore::Firestore;
use tokio::{sync::watch, task::JoinHandle, time::timeout};

/// How long a connection may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// The delay before the next connection.
const PAUSE: Duration = Duration::from_secs(5);

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

/// A callback that receives the changes, one after the other.
pub type ChangeHandler = Box<dyn Fn(CollectionChange) -> ChangeHandled + Send + Sync>;

/// Listens until it is stopped.
pub struct Listener {
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

impl Listener {
    /// Listens to all collections of these names, for all users. Connects
    /// again as often as it takes.
    pub async fn start(
        firestore: &Firestore,
        groups: Vec<String>,
        handle: ChangeHandler,
    ) -> Result<Self, RecordsError> {
        firestore.db().await?;
        let (stop, mut stopped) = watch::channel(false);
        let firestore = firestore.clone();
        let listening = tokio::spawn(async move {
            while !*stopped.borrow() {
                let ended = listen_once(&firestore, &groups, &handle, &mut stopped).await;
                if let Err(error) = ended {
                    tracing::warn!(event = "firestore.listen_failed", error = &*error);
                }
                let _ = timeout(PAUSE, stopped.wait_for(|stopped| *stopped)).await;
            }
        });
        Ok(Self { stop, listening })
    }

    /// Stops once the current change has been handled.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It stops either way.
        let _ = self.listening.await;
    }
}

/// Hands over all documents and their changes until the connection ends.
async fn listen_once(
    firestore: &Firestore,
    groups: &[String],
    handle: &ChangeHandler,
    stopped: &mut watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let requests = groups.iter().zip(1..);
    let requests = requests.map(|(group, id)| add_target(firestore.documents(), group, id));
    let requests: Vec<_> = requests.collect();
    let requests = stream::iter(requests).chain(stream::pending());
    let mut client = firestore.db().await?.client().get();
    let listening = timeout(RESPONSE_TIMEOUT, client.listen(requests)).await;
    let mut responses = listening.context("no response")??.into_inner();
    loop {
        let response = tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => None,
            response = responses.message() => response?,
        };
        let Some(response) = response else {
            return Ok(());
        };
        let event = response.response_type.into_iter();
        for change in event.flat_map(|event| changes(firestore, groups, event)) {
            handle(change).await?;
        }
    }
}

/// The request to listen to all collections of a name below `documents`.
fn add_target(documents: String, group: &str, target_id: i32) -> ListenRequest {
    let database = documents.trim_end_matches("/documents").to_owned();
    let query = StructuredQuery {
        from: vec![CollectionSelector {
            collection_id: group.to_owned(),
            all_descendants: true,
        }],
        ..StructuredQuery::default()
    };
    let target = QueryTarget {
        parent: documents,
        query_type: Some(QueryType::StructuredQuery(query)),
    };
    let target = Target {
        target_id,
        target_type: Some(TargetType::Query(target)),
        ..Target::default()
    };
    ListenRequest {
        database,
        target_change: Some(listen_request::TargetChange::AddTarget(target)),
        ..ListenRequest::default()
    }
}

fn changes(
    firestore: &Firestore,
    groups: &[String],
    event: FirestoreListenEvent,
) -> Vec<CollectionChange> {
    let gone = |name: &str| {
        let path = name
            .strip_prefix(&firestore.documents())?
            .strip_prefix('/')?;
        Some(CollectionChange::Gone(DocPath::parse(path)?))
    };
    match event {
        FirestoreListenEvent::DocumentChange(change) => {
            let found = change.document.as_ref();
            let found = found.and_then(|found| firestore.document(found));
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
