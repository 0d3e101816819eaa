//! A worker's lease: kept while the work goes on, lost when another worker or a deletion
//! takes it, and renewed without starting a function.

#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

mod fences;

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId, deletion, interview_store,
    lease::{Acquire, LEASE, Lease, LeaseError, LeaseRenewal},
    paths::DocPath,
    pipeline::{DocumentChange, Pipeline, TriggerKey},
    ports::{
        Clock, Document, DocumentStream, Precondition, Query, Records, RecordsError, Scope,
        Version, Write,
    },
    steps::{StepName, StepState},
};
use serde_json::{Value, json};
use steps::{Outcome, StepOutput, StepRun, StepRunner};
use tokio::time::{Instant, sleep};

const STEP: StepName = StepName::Analysis;

/// Documents in memory, and the path and the change of every write.
#[derive(Default)]
struct Memory {
    documents: Mutex<BTreeMap<DocPath, (Value, i64)>>,
    written: Mutex<Vec<(DocPath, DocumentChange)>>,
}

#[async_trait]
impl Records for Memory {
    async fn read(&self, path: &DocPath) -> Result<Option<Document>, RecordsError> {
        let found = self.documents.lock().unwrap().get(path).cloned();
        Ok(found.map(|(fields, version)| Document {
            path: path.clone(),
            fields,
            version: Version(version),
        }))
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), RecordsError> {
        let (mut documents, mut written) =
            (self.documents.lock().unwrap(), self.written.lock().unwrap());
        for write in &writes {
            let (Write::Put { precondition, .. } | Write::Delete { precondition, .. }) = write;
            let version = documents.get(write.path()).map(|(_, version)| *version);
            let holds = match precondition {
                Precondition::None => true,
                Precondition::Absent => version.is_none(),
                Precondition::Exists => version.is_some(),
                Precondition::Version(expected) => version == Some(expected.0),
            };
            if !holds {
                let path = write.path().clone();
                return Err(RecordsError::Stale { path });
            }
        }
        for write in writes {
            let change = match &write {
                Write::Delete { .. } => DocumentChange::Deleted,
                Write::Put { path, .. } if documents.contains_key(path) => DocumentChange::Updated,
                Write::Put { .. } => DocumentChange::Created,
            };
            written.push((write.path().clone(), change));
            let version = i64::try_from(written.len()).unwrap();
            match write {
                Write::Put { path, fields, .. } => documents.insert(path, (fields, version)),
                Write::Delete { path, .. } => documents.remove(&path),
            };
        }
        Ok(())
    }

    async fn list(&self, query: &Query) -> Result<Vec<Document>, RecordsError> {
        let documents = self.documents.lock().unwrap();
        let is_inside = |path: &DocPath| match &query.scope {
            Scope::Collection(collection) => path.split().0 == *collection,
            // Of the themes of all collections, which a deletion goes through.
            Scope::Group(name) => path.split().0.ends_with(&format!("/{name}")),
        };
        let inside = documents.iter().filter(|(path, _)| is_inside(path));
        Ok(inside
            .map(|(path, (fields, version))| Document {
                path: path.clone(),
                fields: fields.clone(),
                version: Version(*version),
            })
            .collect())
    }

    fn watch(&self, _: &DocPath) -> DocumentStream {
        panic!("no step watches a document");
    }
}

/// The time of the paused runtime.
struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0) + self.0.elapsed()
    }
}

struct Worker {
    steps: StepRunner,
    records: Arc<Memory>,
    key: InterviewKey,
}

impl Worker {
    /// With an interview, in a runtime whose time is paused.
    async fn new() -> Self {
        let records = Arc::new(Memory::default());
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        };
        let interview = Interview::new(&key, "t".into(), Timestamp::from_millis(0));
        let write = Write::put(key.document(), &interview, Precondition::Absent);
        records.commit(vec![write.unwrap()]).await.unwrap();
        records.written.lock().unwrap().clear();
        let steps = StepRunner {
            records: Arc::clone(&records) as _,
            clock: Arc::new(PausedClock(Instant::now())),
        };
        Self {
            steps,
            records,
            key,
        }
    }

    fn now(&self) -> Timestamp {
        self.steps.clock.now()
    }

    fn step_run(&self) -> StepRun {
        StepRun {
            key: self.key.clone(),
            step: STEP,
            input: "1".to_owned(),
            engine: None,
        }
    }

    /// Works until its lease is lost.
    async fn work_for_ever(&self) -> Outcome {
        let outcome = self.steps.run(self.step_run(), |_, _| pending());
        outcome.await.unwrap()
    }

    async fn delete(&self) {
        let (records, now) = (&*self.records, self.now());
        assert!(deletion::mark(records, &self.key, now).await.unwrap());
        deletion::purge(records, &[], &self.key, now).await.unwrap();
    }

    /// Stores a chunk under a lease.
    async fn store_chunk(&self, lease: &Lease) -> Result<(), LeaseError> {
        let chunk = self.key.chunk(lease.token, 0);
        let write = Write::put(chunk, &json!({}), Precondition::None).unwrap();
        let (records, now) = (&*self.records, self.now());
        interview_store::commit_fenced(records, &self.key, lease, now, vec![write]).await
    }

    async fn stored(&self) -> Interview {
        let found = self.records.read(&self.key.document()).await.unwrap();
        found.unwrap().decode().unwrap()
    }

    async fn renewal(&self, token: u64) -> Option<LeaseRenewal> {
        let found = self.records.read(&self.key.lease(token)).await.unwrap();
        found.map(|document| document.decode().unwrap())
    }

    /// How many functions the writes start, and how many writes there were.
    fn invocations(&self) -> (usize, usize) {
        let (pipeline, written) = (Pipeline::ours(), self.records.written.lock().unwrap());
        let started = written.iter().map(|(path, change)| {
            let (path, change) = (path.as_str(), *change);
            let trigger_key = TriggerKey::Document { path, change };
            pipeline.listeners(trigger_key).len()
        });
        (started.sum(), written.len())
    }
}

/// Prints the figure that `scripts/code-figures` names.
#[tokio::test(start_paused = true)]
async fn a_step_of_half_an_hour_starts_a_function_at_its_end_only() {
    let worker = Worker::new().await;
    let outcome = worker
        .steps
        .run(worker.step_run(), |progress, _| async move {
            for percent in 0..100 {
                progress.report(percent);
                sleep(Duration::from_secs(18)).await;
            }
            Ok(StepOutput::default())
        });
    assert_eq!(outcome.await.unwrap(), Outcome::Finished);
    let (invocations, writes) = worker.invocations();
    eprintln!("function invocations for a 30-minute step: {invocations} ({writes} writes)");
    assert_eq!(invocations, 1, "for the event that is due when it ends");
    assert!(writes > 250, "{writes} writes: the lease was not renewed");
    assert_eq!(worker.renewal(1).await, None, "the lease has ended");
    assert_eq!(worker.stored().await.steps.analysis.state, StepState::Done);
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_and_shows_progress_while_the_work_goes_on() {
    let worker = Worker::new().await;
    let working = worker
        .steps
        .run(worker.step_run(), |progress, _| async move {
            progress.report(40);
            // An earlier part, which took longer.
            progress.report(30);
            pending().await
        });
    let watching = async {
        sleep(Duration::from_mins(5)).await;
        let renewal = worker.renewal(1).await.unwrap();
        assert!(renewal.lease_until > worker.now());
        assert_eq!(renewal.progress, Some(40));
        let stored = worker.stored().await.steps.analysis;
        assert_eq!(
            (stored.lease_until, stored.progress),
            (Some(Timestamp::from_millis(0) + LEASE), None)
        );
        let acquire = |interview: &mut Interview| interview.acquire(STEP, "1", None, worker.now());
        let (records, now) = (&*worker.records, worker.now());
        let second = interview_store::transition(records, &worker.key, now, acquire).await;
        let until = renewal.lease_until;
        assert_eq!(second.unwrap(), Some(Acquire::Busy { until }));
    };
    tokio::select! {
        _ = working => panic!("it was to work for ever"),
        () = watching => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_stops_when_the_interview_is_deleted_and_brings_nothing_back() {
    let worker = Worker::new().await;
    let deleting = async {
        sleep(Duration::from_mins(1)).await;
        worker.delete().await;
        worker.now()
    };
    let (outcome, deleted_at) = tokio::join!(worker.work_for_ever(), deleting);
    assert_eq!(outcome, Outcome::Gone);
    assert!(worker.now().since(deleted_at) < LEASE);
    let left = worker.records.documents.lock().unwrap();
    assert_eq!(left.keys().collect::<Vec<_>>(), [&worker.key.tombstone()]);
}

/// The mark is set, and the process that deletes dies before it clears anything away.
#[tokio::test(start_paused = true)]
async fn a_worker_stops_when_a_deletion_is_cut_short() {
    let worker = Worker::new().await;
    let deleting = async {
        sleep(Duration::from_mins(1)).await;
        let (records, now) = (&*worker.records, worker.now());
        assert!(deletion::mark(records, &worker.key, now).await.unwrap());
    };
    let (outcome, ()) = tokio::join!(worker.work_for_ever(), deleting);
    assert_eq!(outcome, Outcome::Gone);
}

#[tokio::test(start_paused = true)]
async fn a_worker_stops_when_another_takes_over_and_leaves_its_lease_alone() {
    let worker = Worker::new().await;
    let taking_over = async {
        sleep(Duration::from_mins(1)).await;
        // A newer input does not wait for the lease to expire.
        let (records, now) = (&*worker.records, worker.now());
        let acquire = |interview: &mut Interview| interview.acquire(STEP, "2", None, now);
        let acquired = interview_store::transition(records, &worker.key, now, acquire).await;
        assert!(matches!(acquired.unwrap(), Some(Acquire::Start(_))));
        worker.renewal(2).await
    };
    let (outcome, renewal) = tokio::join!(worker.work_for_ever(), taking_over);
    assert_eq!(outcome, Outcome::Superseded);
    assert!(renewal.is_some());
    assert_eq!(worker.renewal(2).await, renewal);
    assert_eq!(worker.renewal(1).await, None);
}

/// A lease of a release that kept it in the interview document alone.
#[tokio::test(start_paused = true)]
async fn a_lease_of_an_earlier_release_is_kept_and_gets_its_document() {
    let worker = Worker::new().await;
    let (records, now) = (&*worker.records, worker.now());
    let acquire = |interview: &mut Interview| interview.acquire(STEP, "1", None, now);
    let acquired = interview_store::transition(records, &worker.key, now, acquire).await;
    let Ok(Some(Acquire::Start(lease))) = acquired else {
        panic!("{acquired:?}");
    };
    let without = Write::Delete {
        path: worker.key.lease(lease.token),
        precondition: Precondition::Exists,
    };
    records.commit(vec![without]).await.unwrap();
    let until = now + LEASE;
    let second = interview_store::transition(records, &worker.key, now, acquire).await;
    assert_eq!(second.unwrap(), Some(Acquire::Busy { until }));
    let work = |_, _| async {
        sleep(Duration::from_mins(5)).await;
        Ok(StepOutput::default())
    };
    let outcome = worker.steps.resume(&worker.key, lease, work).await;
    assert_eq!(outcome.unwrap(), Outcome::Finished);
    let (invocations, _) = worker.invocations();
    assert_eq!(invocations, 1, "for the event that is due when it ends");
}
