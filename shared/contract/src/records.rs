//! Documents.

mod lists;

use std::sync::Arc;

use domain::{
    paths::DocPath,
    ports::{Document, Precondition, Query, Records, RecordsError, Write},
};
use futures::StreamExt;
use serde_json::{Value, json};

pub use lists::*;

/// The text of the promises, by which their list is checked.
#[doc(hidden)]
pub const SOURCE: &str = concat!(include_str!("records.rs"), include_str!("records/lists.rs"));

/// An empty store, and what keeps it alive.
pub trait RecordsFixture: Sync {
    /// The store.
    fn records(&self) -> Arc<dyn Records>;
}

fn path(text: &str) -> DocPath {
    DocPath::parse(text).unwrap()
}

fn put(at: &str, fields: Value, precondition: Precondition) -> Write {
    Write::Put {
        path: path(at),
        fields,
        precondition,
    }
}

fn delete(at: &str, precondition: Precondition) -> Write {
    Write::Delete {
        path: path(at),
        precondition,
    }
}

async fn read(records: &dyn Records, at: &str) -> Option<Document> {
    records.read(&path(at)).await.unwrap()
}

async fn fields(records: &dyn Records, at: &str) -> Option<Value> {
    Some(read(records, at).await?.fields)
}

async fn store(records: &dyn Records, documents: &[(&str, Value)]) {
    for (at, fields) in documents {
        let write = put(at, fields.clone(), Precondition::None);
        records.commit(vec![write]).await.unwrap();
    }
}

async fn ask(records: &dyn Records, query: Query) -> Vec<String> {
    let found = records.list(&query).await.unwrap();
    let paths = records.list_paths(&query).await.unwrap();
    let found: Vec<DocPath> = found.into_iter().map(|document| document.path).collect();
    assert_eq!(paths, found, "a list of paths is the same list");
    found.into_iter().map(|path| path.to_string()).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the promises read better so")]
fn stale(outcome: Result<(), RecordsError>) -> bool {
    matches!(outcome, Err(RecordsError::Stale { .. }))
}

/// Every JSON that fits into a document, nothing lost and nothing changed.
pub async fn a_written_document_reads_back(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let written = json!({
        "none": null, "yes": true, "real": 0.5, "whole real": 2.0, "small": -3, "large": i64::MAX,
        "list": [1, null, "ü", {"a": [true]}], "map": {"a": {}, "b.c": {"d": null}},
        "empty list": [], "text": "Zoë \u{1F600} \u{0}", "0": "`tick`",
    });
    store(records, &[("a/b", written.clone())]).await;
    assert_eq!(fields(records, "a/b").await, Some(written));
    assert_eq!(read(records, "a/c").await, None);
    assert_eq!(read(records, "a/b/c/d").await, None);
}

/// What the new content lacks is not kept from the old.
pub async fn a_document_is_replaced_whole(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    store(records, &[("a/b", json!({"one": 1, "two": {"three": 3}}))]).await;
    store(records, &[("a/b", json!({"two": {}}))]).await;
    assert_eq!(fields(records, "a/b").await, Some(json!({"two": {}})));
}

/// Absent, there, or just this version.
pub async fn a_precondition_that_does_not_hold_is_stale(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let new = put("a/b", json!({"n": 1}), Precondition::Absent);
    records.commit(vec![new]).await.unwrap();
    let first = read(records, "a/b").await.unwrap().version;
    let changed = put("a/b", json!({"n": 2}), Precondition::Version(first));
    records.commit(vec![changed]).await.unwrap();
    for write in [
        put("a/b", json!({"n": 3}), Precondition::Absent),
        put("a/b", json!({"n": 3}), Precondition::Version(first)),
        put("a/x", json!({}), Precondition::Exists),
        put("a/x", json!({}), Precondition::Version(first)),
    ] {
        assert!(
            stale(records.commit(vec![write.clone()]).await),
            "{write:?}"
        );
    }
    assert_eq!(fields(records, "a/b").await, Some(json!({"n": 2})));
    assert!(read(records, "a/b").await.unwrap().version > first);
}

/// Without a precondition, deleting a missing document succeeds.
pub async fn a_deletion_may_have_a_precondition(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    store(records, &[("a/b", json!({"n": 1}))]).await;
    let first = read(records, "a/b").await.unwrap().version;
    store(records, &[("a/b", json!({"n": 2}))]).await;
    for write in [
        delete("a/b", Precondition::Version(first)),
        delete("a/x", Precondition::Exists),
    ] {
        assert!(
            stale(records.commit(vec![write.clone()]).await),
            "{write:?}"
        );
    }
    let second = read(records, "a/b").await.unwrap().version;
    for write in [
        delete("a/b", Precondition::Version(second)),
        delete("a/b", Precondition::None),
    ] {
        records.commit(vec![write]).await.unwrap();
    }
    assert_eq!(read(records, "a/b").await, None);
}

/// One stale precondition rolls back the whole transaction.
pub async fn a_transaction_happens_whole_or_not_at_all(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let writes = vec![
        put("a/a", json!({}), Precondition::None),
        put("a/b", json!({}), Precondition::Exists),
    ];
    assert!(stale(records.commit(writes).await));
    assert_eq!(read(records, "a/a").await, None);
    records.commit(Vec::new()).await.unwrap();
}

/// Twenty writers increment one document, each retrying when its version is stale.
pub async fn concurrent_change_of_one_version_is_stale(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    store(records, &[("a/b", json!({"n": 0}))]).await;
    let count = |_: u32| async {
        loop {
            let found = read(records, "a/b").await.unwrap();
            let n = found.fields["n"].as_i64().unwrap() + 1;
            let write = put(
                "a/b",
                json!({ "n": n }),
                Precondition::Version(found.version),
            );
            match records.commit(vec![write]).await {
                Ok(()) => break,
                Err(RecordsError::Stale { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    };
    futures::future::join_all((0..20).map(count)).await;
    assert_eq!(fields(records, "a/b").await, Some(json!({"n": 20})));
}

/// Counted as Firestore counts it.
pub async fn a_document_over_one_mebibyte_is_refused(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    store(records, &[("a/b", json!({"text": "x".repeat(1_048_400)}))]).await;
    let numbers: Vec<u32> = (0..132_000).collect();
    for fields in [
        json!({"text": "x".repeat(1_048_577)}),
        json!({ "numbers": numbers }),
    ] {
        let refusal = records
            .commit(vec![put("a/c", fields, Precondition::None)])
            .await;
        assert!(
            matches!(refusal, Err(RecordsError::TooLarge { .. })),
            "{refusal:?}"
        );
    }
    assert_eq!(read(records, "a/c").await, None);
}

/// Where a function listens, an event must hold the old document and the new one.
pub async fn a_document_that_no_event_could_carry_is_refused(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let fields = json!({"text": "x".repeat(300_000)});
    let write = put("users/u/interviews/i", fields, Precondition::None);
    let refusal = records.commit(vec![write]).await;
    assert!(matches!(refusal, Err(RecordsError::TooLarge { .. })));
}

/// Lists in lists, reserved names, whole numbers of more than 63 bits.
pub async fn unstorable_value_is_rejected(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    for fields in [
        json!({"a": [[1]]}),
        json!({"__a__": 1}),
        json!({"a": u64::MAX}),
    ] {
        let refusal = records
            .commit(vec![put("a/b", fields, Precondition::None)])
            .await;
        assert!(
            matches!(refusal, Err(RecordsError::Unstorable { .. })),
            "{refusal:?}"
        );
    }
}

/// As many as the four megabytes of one gRPC message to the emulator hold, where
/// Firestore itself takes ten, and more in one list.
pub async fn many_documents_are_written_and_cleared_in_one_go(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let at = |number: usize| format!("a/b/chunks/{number:03}");
    let content = |number: usize| json!({"number": number, "text": "x".repeat(80_000)});
    for batch in [0..45, 45..90] {
        let writes = batch.map(|number| put(&at(number), content(number), Precondition::None));
        records.commit(writes.collect()).await.unwrap();
    }
    let found = records.list(&Query::collection("a/b/chunks")).await;
    let found = found.unwrap();
    assert_eq!(found.len(), 90);
    assert_eq!(found[89].fields, content(89));
    let deletes = (0..90).map(|number| delete(&at(number), Precondition::None));
    records.commit(deletes.collect()).await.unwrap();
    assert_eq!(ask(records, Query::collection("a/b/chunks")).await.len(), 0);
}

/// A tree is deleted from its leaves.
pub async fn deleting_a_document_keeps_its_subcollections(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    store(records, &[("a/b", json!({})), ("a/b/c/d", json!({}))]).await;
    records
        .commit(vec![delete("a/b", Precondition::None)])
        .await
        .unwrap();
    assert_eq!(read(records, "a/b").await, None);
    assert_eq!(ask(records, Query::collection("a/b/c")).await, ["a/b/c/d"]);
}

/// Now, and again at each change; a second watcher sees the same.
pub async fn every_watcher_of_a_document_sees_it_change_and_go(bench: &impl RecordsFixture) {
    let records = &*bench.records();
    let mut first = records.watch(&path("a/b/c/d"));
    assert_eq!(first.next().await.unwrap().unwrap(), None);
    store(records, &[("a/b/c/d", json!({"n": 1}))]).await;
    let seen = first.next().await.unwrap().unwrap().unwrap();
    assert_eq!(seen.fields, json!({"n": 1}));
    let mut second = records.watch(&path("a/b/c/d"));
    assert_eq!(second.next().await.unwrap().unwrap(), Some(seen));
    records
        .commit(vec![delete("a/b/c/d", Precondition::None)])
        .await
        .unwrap();
    for watcher in [&mut first, &mut second] {
        assert_eq!(watcher.next().await.unwrap().unwrap(), None);
    }
}
