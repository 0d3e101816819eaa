//! What a worker writes when its lease is over, or nearly.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{
    Interview, interview_store,
    lease::{Acquire, LEASE, Lease, LeaseError},
    ports::Records as _,
    steps::{Code, StepError},
};
use steps::{Outcome, StepOutput, Uncancelled};
use tokio::time::sleep;

use crate::{STEP, Worker};

/// The worker has sent the commit; nothing takes it back when the worker is stopped.
#[tokio::test(start_paused = true)]
async fn a_commit_that_arrives_after_the_deletion_changes_nothing() {
    let worker = Worker::new().await;
    let running = worker.steps.run(worker.step_run(), async |_, lease| {
        worker.store_chunk(&lease).await.unwrap();
        worker.delete().await;
        let refused = worker.store_chunk(&lease).await;
        assert!(matches!(refused, Err(LeaseError::Deleted)), "{refused:?}");
        Err(StepError::transient(Code::WorkerLost, "it is deleted"))
    });
    assert_eq!(running.await.unwrap(), Outcome::Gone);
    let left = worker.records.documents.lock().unwrap();
    assert_eq!(left.keys().collect::<Vec<_>>(), [&worker.key.tombstone()]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_under_a_lease_that_was_taken_over_changes_nothing() {
    let worker = Worker::new().await;
    let running = worker.steps.run(worker.step_run(), async |_, lease| {
        let later = worker.now() + LEASE * 2;
        let acquire = |interview: &mut Interview| interview.acquire(STEP, "1", None, later);
        let records = &*worker.records;
        let taken = interview_store::transition(records, &worker.key, later, acquire).await;
        assert!(matches!(taken, Ok(Some(Acquire::Start(_)))), "{taken:?}");
        let refused = worker.store_chunk(&lease).await;
        assert!(matches!(refused, Err(LeaseError::Lost)), "{refused:?}");
        Ok(StepOutput::default())
    });
    assert_eq!(running.await.unwrap(), Outcome::Superseded);
    let chunk = worker.records.read(&worker.key.chunk(1, 0)).await;
    assert_eq!(chunk.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_write_of_a_stopped_worker_is_awaited() {
    let (worker, written) = (Worker::new().await, Arc::new(AtomicBool::new(false)));
    let running = worker.steps.run(worker.step_run(), async |_, _| {
        let written = Arc::clone(&written);
        let write = async move {
            sleep(Duration::from_secs(20)).await;
            written.store(true, Ordering::SeqCst);
        };
        Uncancelled::current().run(write).await;
        Ok(StepOutput::default())
    });
    let deleting = async {
        sleep(Duration::from_secs(1)).await;
        worker.delete().await;
    };
    let (outcome, ()) = tokio::join!(running, deleting);
    assert_eq!(outcome.unwrap(), Outcome::Gone);
    assert!(written.load(Ordering::SeqCst));
}

/// An engine's answer has come when the lease was about to expire.
#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_before_work_is_resumed() {
    let worker = Worker::new().await;
    let (records, now) = (&*worker.records, worker.now());
    let acquire = |interview: &mut Interview| interview.acquire(STEP, "1", None, now);
    let acquired = interview_store::transition(records, &worker.key, now, acquire).await;
    let Ok(Some(Acquire::Start(lease))) = acquired else {
        panic!("{acquired:?}");
    };
    sleep(LEASE * 9 / 10).await;
    let resumed = worker
        .steps
        .resume(&worker.key, lease, async |_, lease: Lease| {
            let renewal = worker.renewal(lease.token).await.unwrap();
            assert_eq!(renewal.lease_until, worker.now() + LEASE);
            Ok(StepOutput::default())
        });
    assert_eq!(resumed.await.unwrap(), Outcome::Finished);
}
