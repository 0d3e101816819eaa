//! What workers renew: clients see it at once, it conflicts with no change, and it goes with the lease.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Interview, interview_store,
    lease::{Acquire, Lease, LeaseError},
    paths::DocPath,
    ports::{
        Clock as _, Document, DocumentStream, Precondition, Query, Records, RecordsError, Write,
    },
    steps::StepName,
};
use http::Method;
use serde_json::json;

use crate::{
    corpus::{documents, paths_of},
    support::{TestHost, key, wav},
};

const STEP: StepName = StepName::Transcription;

/// An interview whose transcription a worker has begun, and nothing else is going on.
async fn begun() -> (TestHost, String, Lease) {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    invocations(&test).await;
    let lease = acquire(&test, &id).await;
    (test, id, lease)
}

async fn acquire(test: &TestHost, id: &str) -> Lease {
    let (records, now) = (test.host.store.records(), test.clock.now());
    let acquire = |interview: &mut Interview| interview.acquire(STEP, "1", None, now);
    let acquired = interview_store::transition(&*records, &key(id), now, acquire).await;
    match acquired {
        Ok(Some(Acquire::Start(lease))) => lease,
        other => panic!("{other:?}"),
    }
}

async fn renew(
    test: &TestHost,
    id: &str,
    lease: &Lease,
    progress: Option<u8>,
) -> Result<(), LeaseError> {
    let (records, now) = (test.host.store.records(), test.clock.now());
    interview_store::renew(&*records, &key(id), lease, progress, now).await
}

/// How often each function is to be invoked; none of them is.
async fn invocations(test: &TestHost) -> BTreeMap<String, usize> {
    let (deliveries, mut found) = (test.host.store.deliveries(), BTreeMap::new());
    for lane in deliveries.lanes() {
        for delivery in deliveries.take(&lane, 10_000).await.unwrap() {
            deliveries.done(&delivery).await.unwrap();
            *found.entry(delivery.function).or_insert(0) += 1;
        }
    }
    found
}

/// The paths of all documents of leases.
fn leases(test: &TestHost) -> Vec<String> {
    let paths = documents(test).into_keys();
    paths.filter(|path| path.contains("/data/lease-")).collect()
}

/// Half an hour, with a renewal every five seconds.
#[tokio::test]
async fn renewals_start_no_function() {
    let (test, id, lease) = begun().await;
    assert_eq!(invocations(&test).await, BTreeMap::new(), "the step began");
    for round in 0..360_u16 {
        test.clock.advance(Duration::from_secs(5));
        let percent = u8::try_from(round * 100 / 360).unwrap();
        renew(&test, &id, &lease, Some(percent)).await.unwrap();
    }
    assert_eq!(invocations(&test).await, BTreeMap::new());
    let (records, now) = (test.host.store.records(), test.clock.now());
    let finish = |interview: &mut Interview| {
        interview.finish(&lease, now)?;
        Ok(Vec::new())
    };
    let finished = interview_store::commit(&*records, &key(&id), now, finish).await;
    finished.unwrap();
    let announced = BTreeMap::from([("announce".to_owned(), 1)]);
    assert_eq!(invocations(&test).await, announced, "the step ended");
    assert_eq!(leases(&test), [""; 0]);
    // Its announcement, stored again, starts nothing.
    let announcements = Query::collection(key(&id).announcements());
    let announced = records.list(&announcements).await.unwrap().remove(0);
    let again = Write::put(announced.path, &announced.fields, Precondition::None);
    records.commit(vec![again.unwrap()]).await.unwrap();
    assert_eq!(invocations(&test).await, BTreeMap::new());
}

#[tokio::test]
async fn progress_is_shown_wherever_the_interview_is() {
    let (test, id, lease) = begun().await;
    let path = format!("/v1/interviews/{id}");
    let events = test.client.get(format!("{}{path}/events", test.url));
    let mut events = events.send().await.unwrap();
    let mut heard = String::new();
    for percent in [40, 60] {
        renew(&test, &id, &lease, Some(percent)).await.unwrap();
        let shown = test.interview(&id).await;
        let listed = test.get("/v1/interviews").await;
        let change = Some(json!({"title": "another"}));
        let (status, changed) = test.ask(Method::PATCH, &path, change).await;
        assert_eq!(status, 200);
        for interview in [&shown, &listed["items"][0], &changed] {
            assert_eq!(interview["steps"]["transcription"]["progress"], percent);
        }
        let expected = format!("\"progress\":{percent},");
        while !heard.contains(&expected) {
            let chunk = events.chunk().await.unwrap().unwrap();
            heard += std::str::from_utf8(&chunk).unwrap();
        }
    }
    test.clock.advance(Duration::from_mins(1));
    acquire(&test, &id).await;
    let shown = test.interview(&id).await;
    assert_eq!(
        shown["steps"]["transcription"].get("progress"),
        None,
        "of another attempt"
    );
}

/// Records in which a lease is renewed before each commit.
struct Renewing {
    inner: Arc<dyn Records>,
    test: TestHost,
    id: String,
    lease: Lease,
    commits: AtomicUsize,
}

#[async_trait]
impl Records for Renewing {
    async fn read(&self, path: &DocPath) -> Result<Option<Document>, RecordsError> {
        self.inner.read(path).await
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), RecordsError> {
        let commits = self.commits.fetch_add(1, Ordering::SeqCst);
        let percent = u8::try_from(commits).unwrap();
        let renewed = renew(&self.test, &self.id, &self.lease, Some(percent)).await;
        renewed.unwrap();
        self.inner.commit(writes).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Document>, RecordsError> {
        self.inner.list(query).await
    }

    fn watch(&self, path: &DocPath) -> DocumentStream {
        self.inner.watch(path)
    }
}

#[tokio::test]
async fn a_change_by_a_client_never_conflicts_with_renewals() {
    let (test, id, lease) = begun().await;
    let (inner, mut api) = (test.host.store.records(), test.host.api());
    let (client, path) = (test.client.clone(), format!("/v1/interviews/{id}"));
    let records = Arc::new(Renewing {
        inner,
        id,
        lease,
        commits: AtomicUsize::new(0),
        test,
    });
    api.records = Arc::clone(&records) as _;
    let url = format!("{}{path}", records.test.serve(api).await);
    for count in 1..=20 {
        let change = json!({"title": format!("title {count}")});
        let changed = client.patch(&url).json(&change).send().await.unwrap();
        assert_eq!(changed.status(), 200);
        let commits = records.commits.load(Ordering::SeqCst);
        assert_eq!(commits, count, "a change is committed once");
    }
    let now = records.test.clock.now();
    let finish = |interview: &mut Interview| {
        interview.finish(&records.lease, now)?;
        Ok(Vec::new())
    };
    let key = key(&records.id);
    let finished = interview_store::commit(&*records.inner, &key, now, finish).await;
    finished.unwrap();
    let shown = records.test.interview(&records.id).await;
    assert_eq!(shown["title"], "title 20");
    assert_eq!(shown["steps"]["transcription"]["state"], "done");
}

#[tokio::test]
async fn a_renewal_after_the_deletion_creates_nothing() {
    let (test, id, lease) = begun().await;
    renew(&test, &id, &lease, Some(40)).await.unwrap();
    let path = format!("/v1/interviews/{id}");
    assert_eq!(test.ask(Method::DELETE, &path, None).await.0, 204);
    let left = documents(&test);
    let refused = renew(&test, &id, &lease, Some(50)).await;
    assert!(matches!(refused, Err(LeaseError::Deleted)), "{refused:?}");
    assert_eq!(documents(&test), left);
    assert_eq!(paths_of(&test, &id), [""; 0]);
}

#[tokio::test]
async fn a_renewal_after_another_worker_took_over_changes_nothing() {
    let (test, id, lost) = begun().await;
    test.clock.advance(Duration::from_mins(1));
    let heir = acquire(&test, &id).await;
    renew(&test, &id, &heir, Some(7)).await.unwrap();
    let before = documents(&test);
    let refused = renew(&test, &id, &lost, Some(90)).await;
    assert!(matches!(refused, Err(LeaseError::Lost)), "{refused:?}");
    assert_eq!(documents(&test), before);
    assert_eq!(leases(&test).len(), 1);
}

/// The interview document tells nothing of the renewals: the sweep looks for them.
#[tokio::test]
async fn the_sweep_gives_up_a_step_whose_lease_is_not_renewed_any_more() {
    let (test, id, lease) = begun().await;
    test.sweep().await;
    for _ in 0..45 {
        test.sweep_for(Duration::from_mins(4)).await;
        renew(&test, &id, &lease, None).await.unwrap();
    }
    let shown = test.interview(&id).await;
    assert_eq!(shown["steps"]["transcription"]["state"], "running");
    test.sweep_for(Duration::from_hours(2)).await;
    assert_eq!(test.step_error(&id, "transcription").await, "worker_lost");
    assert_eq!(leases(&test), [""; 0]);
    let refused = renew(&test, &id, &lease, None).await;
    assert!(matches!(refused, Err(LeaseError::Lost)), "{refused:?}");
}
