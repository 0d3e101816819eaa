//! The queries of the code, and the indexes that Terraform makes for them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::ports::{Direction, Message, Query, Scope};
use emulation::dispatch::trigger;
use hcl::Expression;
use steps::Function as _;
use sweep::Sweep;

use super::{attribute, keys, local, resources, terraform, texts};
use crate::{recording_store::Watched, support::TestHost};

/// The queries of the code, by running whatever asks any.
async fn queries() -> Vec<Query> {
    let test = TestHost::start().await;
    let watched = Arc::new(Watched::over(test.host.store.records()));
    let mut api = test.host.api();
    api.records = Arc::clone(&watched) as _;
    let url = test.serve(api).await;
    for query in [
        "interviews",
        "interviews?status=completed",
        "interviews?limit=1",
        "interviews?kind=other&tag=x",
        "interviews?collection_id=c",
        "interviews?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z",
        "interviews?to=2026-02-01T00:00:00Z&status=completed&kind=other&tag=x&collection_id=c",
        "search?q=a",
        "search?q=a&collection_id=c&tag=x",
    ] {
        let path = format!("{url}/v1/{query}");
        assert_eq!(test.client.get(path).send().await.unwrap().status(), 200);
    }
    let interviews = format!("{url}/v1/interviews");
    let created = test.client.post(&interviews).body(r#"{"title": "t"}"#);
    let created: serde_json::Value = created.send().await.unwrap().json().await.unwrap();
    let path = format!("{interviews}/{}", created["id"].as_str().unwrap());
    let deleted = test.client.delete(path).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    let sweep = Sweep {
        records: Arc::clone(&watched) as _,
        uploads: test.host.store.bucket("uploads"),
        artifacts: test.host.store.bucket("artifacts"),
        queue: test.host.store.queue(),
        clock: Arc::clone(&test.clock) as _,
        retention: Some(std::time::Duration::from_hours(24)),
    };
    // Two ticks as they are delivered, to this sweep: the second is a regular one.
    sweep_once(&test, &sweep).await;
    test.clock.advance(std::time::Duration::from_mins(1));
    sweep_once(&test, &sweep).await;
    watched.queries()
}

async fn sweep_once(test: &TestHost, sweep: &Sweep) {
    let tick = Message {
        data: b"{}".to_vec(),
        ..Message::default()
    };
    test.host.store.bus().publish("sweep", tick).await.unwrap();
    let deliveries = test.host.store.deliveries();
    for lane in deliveries.lanes() {
        for delivery in deliveries.take(&lane, 10).await.unwrap() {
            sweep.handle(trigger(&delivery)).await.unwrap();
            deliveries.done(&delivery).await.unwrap();
        }
    }
}

/// The fields that a query compares and orders by, in the order of the indexes that serve it:
/// of one list with several conditions Firestore merges those of each condition.
fn indexed(query: &Query) -> Vec<Vec<(String, &'static str)>> {
    let order = match query.direction {
        Direction::Ascending => "ASCENDING",
        Direction::Descending => "DESCENDING",
    };
    let ordered = query.order_field().map(|field| (field.to_owned(), order));
    let equal = query
        .equal
        .iter()
        .map(|(field, _)| (field.clone(), "ASCENDING"));
    let equal = equal.filter(|(field, _)| query.order_field() != Some(field));
    let contains = query.contains.iter();
    let contains = contains.map(|(field, _)| (field.clone(), "CONTAINS"));
    // The adapter asks for the field that it adds.
    let phrases = query.phrases.iter();
    let phrases = phrases.map(|_| ("tokens".to_owned(), "CONTAINS"));
    let conditions: Vec<_> = equal.chain(contains).chain(phrases).collect();
    let is_by_words = query.phrases.is_some();
    if conditions.len() < 2 || is_by_words {
        return vec![conditions.into_iter().chain(ordered).collect()];
    }
    let each = conditions.into_iter();
    each.map(|condition| [condition].into_iter().chain(ordered.clone()).collect())
        .collect()
}

#[tokio::test]
async fn every_query_has_its_index_and_no_index_is_without_a_query() {
    let (body, queries) = (terraform(), queries().await);
    let (mut single, mut composite) = (BTreeSet::new(), BTreeSet::new());
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for query in &queries {
        for fields in indexed(query) {
            let (collection, group) = match &query.scope {
                Scope::Group(name) => (name.clone(), true),
                Scope::Collection(path) => (path.rsplit('/').next().unwrap().to_owned(), false),
            };
            let names = fields.iter().map(|(field, _)| field.clone());
            asked.entry(collection.clone()).or_default().extend(names);
            match (&fields[..], group) {
                ([(field, _)], true) => {
                    single.insert(format!("{collection}.{field}"));
                }
                // Of one field in one collection Firestore has the index by itself.
                ([] | [_], _) => {}
                _ => {
                    let scope = if group {
                        "COLLECTION_GROUP"
                    } else {
                        "COLLECTION"
                    };
                    composite.insert((collection, scope.to_owned(), fields));
                }
            }
        }
    }
    assert!(queries.len() >= 8, "{queries:?}");
    let mut asked_of_all = keys(&local(&body, "asked_of_all"));
    asked_of_all.extend(keys(&local(&body, "listed_of_all")));
    assert_eq!(asked_of_all, single);
    let text = |expression: Option<&Expression>| match expression {
        Some(Expression::String(text)) => text.clone(),
        other => panic!("no text: {other:?}"),
    };
    let made = resources(&body, "google_firestore_index").map(|block| {
        let fields = block
            .body()
            .blocks()
            .filter(|own| own.identifier() == "fields");
        let fields = fields.map(|own| {
            let order = attribute(own, "order").or(attribute(own, "array_config"));
            let order = match text(order).as_str() {
                "ASCENDING" => "ASCENDING",
                "DESCENDING" => "DESCENDING",
                "CONTAINS" => "CONTAINS",
                other => panic!("an index of {other}"),
            };
            (text(attribute(own, "field_path")), order)
        });
        let scope = text(attribute(block, "query_scope"));
        (
            text(attribute(block, "collection")),
            scope,
            fields.collect(),
        )
    });
    assert_eq!(
        made.collect::<BTreeSet<(String, String, Vec<_>)>>(),
        composite
    );
    // No query asks for what is exempted.
    for collection in texts(&local(&body, "never_asked")) {
        let fields = asked.get(&collection).cloned().unwrap_or_default();
        assert!(fields.is_empty(), "{collection}: {fields:?}");
    }
    for collection in texts(&local(&body, "asked_together_alone")) {
        let names = asked.get(&collection).cloned().unwrap_or_default();
        assert!(names.len() > 1, "{collection}: {names:?}");
    }
    let never: BTreeSet<String> = texts(&local(&body, "never_asked_of_interviews"))
        .into_iter()
        .collect();
    let of_interviews = &asked["interviews"];
    assert!(
        never.is_disjoint(of_interviews),
        "{never:?} {of_interviews:?}"
    );
}
