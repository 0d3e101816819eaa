//! Firestore.

use std::cmp::Ordering;

use async_trait::async_trait;
use domain::{
    documents,
    event::{Event, WrittenDocument},
    paths::{DocPath, INTERVIEWS},
    ports::{
        Direction, Document, DocumentStream, Precondition, Query, Records, RecordsError, Scope,
        Version, Write,
    },
    search::TEXT,
};
use futures::{StreamExt as _, channel::mpsc::UnboundedReceiver, stream};
use serde_json::{Value, json};

use super::Failed;
use crate::{
    gate::{Call, Port},
    world::{Stored, World, short},
};

/// A field of a newer release, which must survive.
pub(crate) const NEWER_FIELD: &str = "field_of_a_newer_release";

/// A kind of conversation that a newer release knows, which must survive as well.
pub(crate) const NEWER_KIND: &str = "town_hall";

/// All documents.
#[derive(Clone)]
pub(crate) struct SimulatedRecords(pub(crate) World);

fn failed() -> RecordsError {
    RecordsError::Unavailable(Failed.into())
}

fn find(world: &World, path: &DocPath) -> Option<Document> {
    let state = world.state();
    let stored = state.documents.get(path.as_str())?;
    Some(Document {
        path: path.clone(),
        fields: stored.fields.clone(),
        version: Version(stored.version),
    })
}

#[async_trait]
impl Records for SimulatedRecords {
    async fn read(&self, path: &DocPath) -> Result<Option<Document>, RecordsError> {
        let look = |world: &World| Ok(find(world, path));
        let call = call(format!("read {}", short(path.as_str())));
        self.0.read(call, look, failed).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), RecordsError> {
        let names = writes.iter().map(|write| short(write.path().as_str()));
        let call = call(format!("commit {}", names.collect::<Vec<_>>().join(", ")));
        let first = writes.first().map(|write| write.path().clone());
        let has_conditions = writes.iter().any(has_condition);
        let conflict = move || {
            let path = first.filter(|_| has_conditions)?;
            Some(RecordsError::Stale { path })
        };
        let commit = move |world: &World| commit(world, writes);
        self.0.change(call, commit, failed, conflict).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Document>, RecordsError> {
        let look = |world: &World| Ok(run(world, query));
        let call = call(format!("list {:?}", query.scope));
        self.0.read(call, look, failed).await
    }

    fn watch(&self, path: &DocPath) -> DocumentStream {
        let state = Some(Watch {
            world: self.0.clone(),
            path: path.clone(),
            changes: self.0.watch(path.as_str()),
            last: Given::Nothing,
        });
        stream::unfold(state, |watch| async move { watch?.next().await }).boxed()
    }
}

fn call(what: String) -> Call {
    Call::new(Port::Records, what)
}

/// What a watch has given last.
#[derive(PartialEq, Eq)]
enum Given {
    /// Nothing yet.
    Nothing,
    /// A version of the document; none of one that was not there.
    Version(Option<Version>),
}

/// A document that is watched.
struct Watch {
    world: World,
    path: DocPath,
    changes: UnboundedReceiver<()>,
    last: Given,
}

impl Watch {
    /// Its next state, and the watch unless that is an error.
    async fn next(mut self) -> Option<(Result<Option<Document>, RecordsError>, Option<Self>)> {
        loop {
            let found = find(&self.world, &self.path);
            let version = found.as_ref().map(|document| document.version);
            if self.last != Given::Version(version) {
                self.last = Given::Version(version);
                if self.world.breaks() {
                    return Some((Err(failed()), None));
                }
                return Some((Ok(found), Some(self)));
            }
            self.changes.next().await?;
        }
    }
}

fn has_condition(write: &Write) -> bool {
    let (Write::Put { precondition, .. } | Write::Delete { precondition, .. }) = write;
    *precondition != Precondition::None
}

/// Makes all the changes or none of them.
fn commit(world: &World, writes: Vec<Write>) -> Result<(), RecordsError> {
    for write in &writes {
        let (Write::Put {
            precondition, path, ..
        }
        | Write::Delete { precondition, path }) = write;
        let old = find(world, path);
        let holds = match precondition {
            Precondition::None => true,
            Precondition::Absent => old.is_none(),
            Precondition::Exists => old.is_some(),
            Precondition::Version(version) => old.is_some_and(|old| old.version == *version),
        };
        if !holds {
            return Err(RecordsError::Stale { path: path.clone() });
        }
        if let Write::Put { path, fields, .. } = write {
            documents::check(path, fields, &world.pipeline)?;
        }
    }
    for write in writes {
        apply(world, write);
    }
    Ok(())
}

fn apply(world: &World, write: Write) {
    let (path, new) = match write {
        Write::Put { path, fields, .. } => (path, Some(fields)),
        Write::Delete { path, .. } => (path, None),
    };
    let old = find(world, &path).map(|document| document.fields);
    if new.is_some() && old.is_none() && is_lease_of_older(world, &path) {
        return;
    }
    let new = new.map(|fields| with_newer_fields(world, &path, old.is_none(), fields));
    match &new {
        Some(fields) => {
            let version = world.next_version();
            let fields = fields.clone();
            let stored = Stored { fields, version };
            world
                .state()
                .documents
                .insert(path.as_str().to_owned(), stored);
        }
        None => drop(world.state().documents.remove(path.as_str())),
    }
    world.tell_watchers(Some(path.as_str()));
    if old.is_some() || new.is_some() {
        world.emit(&Event::DocumentWritten(WrittenDocument { path, old, new }));
    }
}

/// What a newer release would have stored: it creates interviews and notes too.
fn with_newer_fields(world: &World, path: &DocPath, is_new: bool, mut fields: Value) -> Value {
    let (parent, _) = path.split();
    let collection = parent.rsplit('/').next();
    if is_new && matches!(collection, Some(INTERVIEWS | "notes" | "deliveries")) {
        fields[NEWER_FIELD] = json!({"kept": true});
        if collection == Some(INTERVIEWS) && world.habits.has_other_releases {
            fields["kind"] = json!(NEWER_KIND);
            if fields["audio"].is_object() {
                fields["audio"][NEWER_FIELD] = json!(true);
            }
        }
    }
    fields
}

/// Whether an older release has begun a lease, which has no document of its own.
fn is_lease_of_older(world: &World, path: &DocPath) -> bool {
    let (_, name) = path.split();
    world.habits.has_other_releases
        && name.starts_with("lease-")
        && world.state().rng.u32(..10) == 0
        && world.happens()
}

/// Answers a query.
fn run(world: &World, query: &Query) -> Vec<Document> {
    let in_scope = |path: &DocPath| {
        let (parent, _) = path.split();
        match &query.scope {
            Scope::Collection(collection) => parent == collection,
            Scope::Group(name) => parent.rsplit('/').next() == Some(name.as_str()),
        }
    };
    let paths: Vec<DocPath> = {
        let state = world.state();
        let paths = state.documents.keys();
        paths.filter_map(|path| DocPath::parse(path)).collect()
    };
    let order = |document: &Document| {
        let field = query.order_field().unwrap_or("");
        field_of(&document.fields, field)
            .cloned()
            .unwrap_or(Value::Null)
    };
    let matches = |document: &Document| {
        let equal =
            |(field, value): &(String, Value)| field_of(&document.fields, field) == Some(value);
        let is_less = query.less_than.as_ref().is_none_or(|(field, value)| {
            let found = field_of(&document.fields, field);
            found.is_some_and(|found| compare(found, value) == Ordering::Less)
        });
        let is_enough = query.at_least.as_ref().is_none_or(|(field, value)| {
            let found = field_of(&document.fields, field);
            found.is_some_and(|found| compare(found, value) != Ordering::Less)
        });
        let contains = query.contains.as_ref().is_none_or(|(field, value)| {
            let items = field_of(&document.fields, field).and_then(Value::as_array);
            items.is_some_and(|items| items.contains(value))
        });
        let has_order = query
            .order_field()
            .is_none_or(|field| field_of(&document.fields, field).is_some());
        let has_phrases = query.phrases.as_ref().is_none_or(|phrases| {
            let text = document.fields.get(TEXT).and_then(Value::as_str);
            text.is_some_and(|text| phrases.are_in(text))
        });
        query.equal.iter().all(equal)
            && contains
            && is_enough
            && is_less
            && has_order
            && has_phrases
    };
    let found = paths.into_iter().filter(in_scope);
    let mut found: Vec<Document> = found
        .filter_map(|path| find(world, &path))
        .filter(matches)
        .collect();
    let by_order = |one: &Document, other: &Document| {
        let values = compare(&order(one), &order(other));
        values.then_with(|| one.path.cmp(&other.path))
    };
    found.sort_by(by_order);
    if query.direction == Direction::Descending {
        found.reverse();
    }
    let is_after = |document: &Document| {
        query.after.as_ref().is_none_or(|(value, path)| {
            let values = match query.order_field() {
                Some(_) => compare(&order(document), value),
                None => Ordering::Equal,
            };
            let order = values.then_with(|| document.path.cmp(path));
            match query.direction {
                Direction::Ascending => order == Ordering::Greater,
                Direction::Descending => order == Ordering::Less,
            }
        })
    };
    found
        .into_iter()
        .filter(is_after)
        .take(query.limit)
        .collect()
}

/// A field by its name, or by names joined by `.`.
fn field_of<'a>(fields: &'a Value, name: &str) -> Option<&'a Value> {
    name.split('.')
        .try_fold(fields, |value, name| value.get(name))
}

fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => {
            // The order of passages has more digits than a floating-point number.
            let whole = one.as_i64().zip(other.as_i64());
            let order = whole.map(|(one, other)| one.cmp(&other));
            let order = order.or_else(|| one.as_f64().partial_cmp(&other.as_f64()));
            order.unwrap_or(Ordering::Equal)
        }
        (one, other) => one.to_string().cmp(&other.to_string()),
    }
}
