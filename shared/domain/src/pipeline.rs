//! The manifest: which function listens to what.
//!
//! `terraform/pipeline.json` is the one list. Terraform reads it with `jsondecode`, the
//! local host with [`Pipeline::parse`]; there is no second list to drift.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The `CloudEvents` type of a stored object.
pub const OBJECT_FINALIZED: &str = "google.cloud.storage.object.v1.finalized";
/// The `CloudEvents` type of a document created, updated or deleted.
pub const DOCUMENT_WRITTEN: &str = "google.cloud.firestore.document.v1.written";
/// The `CloudEvents` type of a document created.
pub const DOCUMENT_CREATED: &str = "google.cloud.firestore.document.v1.created";
/// The `CloudEvents` type of a document changed.
pub const DOCUMENT_UPDATED: &str = "google.cloud.firestore.document.v1.updated";
/// The `CloudEvents` type of a document deleted.
pub const DOCUMENT_DELETED: &str = "google.cloud.firestore.document.v1.deleted";
/// The `CloudEvents` type of a message on a topic.
pub const MESSAGE_PUBLISHED: &str = "google.cloud.pubsub.topic.v1.messagePublished";

/// The whole manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Topics by name.
    pub topics: Vec<String>,
    /// Queues by name.
    pub queues: BTreeMap<String, QueueSpec>,
    /// Clocks by name.
    pub schedules: BTreeMap<String, Schedule>,
    /// Functions by name, which is the name of their folder.
    pub functions: BTreeMap<String, FunctionSpec>,
}

/// A queue of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueSpec {
    /// The function that works it off.
    pub function: String,
    /// The path that a task is posted to.
    pub path: String,
    /// How many tasks are worked on at once: the provider's limit.
    pub max_concurrent_dispatches: u32,
    /// How tasks are tried again.
    pub retry: Retry,
    /// How long one try may take, in seconds; at most 1,800.
    pub dispatch_deadline_s: u32,
}

/// A clock that publishes to a topic.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// When, as in crontab.
    pub cron: String,
    /// Where to.
    pub topic: String,
}

/// One function and what starts it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionSpec {
    /// The events it listens to; none for one that only serves HTTP.
    #[serde(default)]
    pub events: Vec<EventFilter>,
    /// Whether it is public.
    #[serde(default)]
    pub public: bool,
    /// How long one request may take, in seconds.
    pub timeout_s: u32,
    /// Memory of an instance, as Cloud Run writes it.
    pub memory: String,
    /// Processors of an instance.
    pub cpu: u32,
    /// Requests in one instance at once.
    pub concurrency: u32,
    /// How its events are delivered again.
    #[serde(default)]
    pub retry: Retry,
    /// What it may do with the objects of each bucket, by the bucket's role.
    #[serde(default)]
    pub buckets: BTreeMap<String, BTreeSet<Right>>,
    /// The queues that it puts tasks into.
    #[serde(default)]
    pub enqueues: BTreeSet<String>,
    /// The variables that it is given in the cloud.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Secrets among them.
    #[serde(default)]
    pub secrets: Vec<String>,
}

/// A right on the objects of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Read and list them.
    Read,
    /// Create them.
    Write,
    /// Delete and replace them.
    Delete,
}

/// How something that failed is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Tries before it becomes a dead letter.
    pub max_attempts: u32,
    /// The first wait, in seconds; it doubles from there.
    pub min_backoff_s: u32,
    /// The longest wait, in seconds.
    pub max_backoff_s: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_attempts: 20,
            min_backoff_s: 10,
            max_backoff_s: 600,
        }
    }
}

/// One kind of event that a function listens to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventFilter {
    /// The `CloudEvents` type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// For objects: the bucket's role, `uploads` or `artifacts`.
    pub bucket: Option<String>,
    /// For documents: a path pattern, `{name}` standing for one segment.
    pub document: Option<String>,
    /// For messages: the topic.
    pub topic: Option<String>,
}

/// What just happened, in the terms of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerKey<'a> {
    /// An object was stored in the bucket of this role.
    Object {
        /// `uploads` or `artifacts`.
        bucket: &'a str,
    },
    /// The document at this path was created, changed or deleted.
    Document {
        /// Its path.
        path: &'a str,
        /// Which of the three.
        change: DocumentChange,
    },
    /// A message was published to this topic.
    Message {
        /// The topic's name.
        topic: &'a str,
    },
}

/// What happened to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentChange {
    /// It was not there before.
    Created,
    /// It holds something else.
    Updated,
    /// It is not there any more.
    Deleted,
}

impl DocumentChange {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Created, Self::Updated, Self::Deleted];

    /// The `CloudEvents` type of this change alone.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Created => DOCUMENT_CREATED,
            Self::Updated => DOCUMENT_UPDATED,
            Self::Deleted => DOCUMENT_DELETED,
        }
    }
}

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPipeline {
    /// It is not JSON of the right shape.
    #[error("reading the pipeline manifest")]
    Json(#[from] serde_json::Error),
    /// It names something that is not in it.
    #[error("the pipeline manifest names {kind} `{name}`, which is not in it")]
    Dangling {
        /// A topic, a function or a queue.
        kind: &'static str,
        /// Its name.
        name: String,
    },
}

impl Pipeline {
    /// The manifest that this program was built with.
    pub fn ours() -> Self {
        let json = include_str!("../../../terraform/pipeline.json");
        Self::parse(json).expect("the manifest is tested")
    }

    /// Parses a manifest and checks that what it names is in it.
    pub fn parse(json: &str) -> Result<Self, InvalidPipeline> {
        let pipeline: Self = serde_json::from_str(json)?;
        let topics = pipeline
            .functions
            .values()
            .flat_map(|function| &function.events)
            .filter_map(|trigger| trigger.topic.as_ref())
            .chain(pipeline.schedules.values().map(|schedule| &schedule.topic));
        for name in topics {
            if !pipeline.topics.contains(name) {
                return Err(dangling("topic", name));
            }
        }
        for queue in pipeline.queues.values() {
            if !pipeline.functions.contains_key(&queue.function) {
                return Err(dangling("function", &queue.function));
            }
        }
        let enqueued = pipeline.functions.values();
        for name in enqueued.flat_map(|function| &function.enqueues) {
            if !pipeline.queues.contains_key(name) {
                return Err(dangling("queue", name));
            }
        }
        Ok(pipeline)
    }

    /// Whether a function has a right on the objects of a bucket.
    pub fn may(&self, function: &str, right: Right, bucket: &str) -> bool {
        let rights = self
            .functions
            .get(function)
            .and_then(|function| function.buckets.get(bucket));
        rights.is_some_and(|rights| rights.contains(&right))
    }

    /// Whether a function may put tasks into a queue.
    pub fn may_enqueue(&self, function: &str, queue: &str) -> bool {
        let function = self.functions.get(function);
        function.is_some_and(|function| function.enqueues.contains(queue))
    }

    /// The functions that listen to `trigger_key`.
    pub fn listeners(&self, trigger_key: TriggerKey<'_>) -> Vec<&str> {
        self.functions
            .iter()
            .filter(|(_, function)| function.events.iter().any(|on| on.matches(trigger_key)))
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// Whether a change of the document at `path` starts a function.
    pub fn listens_to_document(&self, path: &str) -> bool {
        let changes = DocumentChange::ALL.map(|change| TriggerKey::Document { path, change });
        let listeners = changes.map(|change| self.listeners(change));
        listeners.iter().any(|listeners| !listeners.is_empty())
    }
}

fn dangling(kind: &'static str, name: &str) -> InvalidPipeline {
    InvalidPipeline::Dangling {
        kind,
        name: name.to_owned(),
    }
}

impl EventFilter {
    /// Whether this is what happened.
    pub fn matches(&self, trigger_key: TriggerKey<'_>) -> bool {
        match trigger_key {
            TriggerKey::Object { bucket } => {
                self.event_type == OBJECT_FINALIZED && self.bucket.as_deref() == Some(bucket)
            }
            TriggerKey::Document { path, change } => {
                [DOCUMENT_WRITTEN, change.event_type()].contains(&self.event_type.as_str())
                    && self
                        .document
                        .as_deref()
                        .is_some_and(|pattern| path_matches(pattern, path))
            }
            TriggerKey::Message { topic } => {
                self.event_type == MESSAGE_PUBLISHED && self.topic.as_deref() == Some(topic)
            }
        }
    }
}

/// Matches path patterns like Eventarc: `{name}` and `*` match one segment.
fn path_matches(pattern: &str, path: &str) -> bool {
    let (mut expected, mut actual) = (pattern.split('/'), path.split('/'));
    loop {
        match (expected.next(), actual.next()) {
            (None, None) => return true,
            (Some(wanted), Some(segment)) => {
                let open = wanted == "*" || (wanted.starts_with('{') && wanted.ends_with('}'));
                if !open && wanted != segment {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests;
