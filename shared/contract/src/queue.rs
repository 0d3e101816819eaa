//! Tasks.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    ports::{Enqueued, Queue, QueueError, Task},
    trace::TraceContext,
};
use serde_json::json;

/// The text of the promises, by which their list is checked.
#[doc(hidden)]
pub const SOURCE: &str = include_str!("queue.rs");

/// The queue of our manifest that the promises use.
const QUEUE: &str = "webhooks";

/// Queues, their workers, and their clock.
#[async_trait]
pub trait QueueFixture: Sync {
    /// The queues.
    fn queue(&self) -> Arc<dyn Queue>;

    /// Takes the due tasks, without their delay.
    async fn due(&self) -> Vec<Task>;

    /// Lets time pass.
    fn advance(&self, by: Duration);
}

fn task(name: &str) -> Task {
    Task {
        name: name.into(),
        body: json!({"a": [1, "ü"]}),
        delay: Duration::ZERO,
        trace: None,
    }
}

/// Its name, its body and its trace.
pub async fn a_task_arrives_as_it_was_queued(bench: &impl QueueFixture) {
    let queued = Task {
        trace: Some(TraceContext::generate()),
        ..task("t-1_A")
    };
    let outcome = bench.queue().enqueue(QUEUE, queued.clone()).await;
    assert_eq!(outcome.unwrap(), Enqueued::Accepted);
    assert_eq!(bench.due().await, [queued]);
}

/// Not before, and then it comes.
pub async fn a_task_waits_for_its_delay(bench: &impl QueueFixture) {
    let later = Task {
        delay: Duration::from_hours(24),
        ..task("t")
    };
    bench.queue().enqueue(QUEUE, later).await.unwrap();
    bench.advance(Duration::from_secs(86_300));
    assert_eq!(bench.due().await, []);
    bench.advance(Duration::from_secs(101));
    assert_eq!(bench.due().await, [task("t")]);
}

/// A caller that does not know whether its task was queued queues it again, and it runs
/// once. Cloud Tasks remembers names for up to 24 hours.
pub async fn task_name_is_reserved_for_a_day(bench: &impl QueueFixture) {
    let queue = bench.queue();
    let enqueue = || queue.enqueue(QUEUE, task("t"));
    assert_eq!(enqueue().await.unwrap(), Enqueued::Accepted);
    assert_eq!(enqueue().await.unwrap(), Enqueued::Duplicate);
    assert_eq!(bench.due().await.len(), 1);
    assert_eq!(enqueue().await.unwrap(), Enqueued::Duplicate, "just done");
    let other = queue.enqueue("transcription", task("t")).await;
    assert_eq!(other.unwrap(), Enqueued::Accepted, "another queue");
    bench.advance(Duration::from_hours(23));
    assert_eq!(
        enqueue().await.unwrap(),
        Enqueued::Duplicate,
        "the same day"
    );
    bench.advance(Duration::from_hours(1));
    assert_eq!(enqueue().await.unwrap(), Enqueued::Accepted);
}

/// By name.
pub async fn an_unknown_queue_is_refused(bench: &impl QueueFixture) {
    let refusal = bench.queue().enqueue("play", task("t")).await;
    assert!(matches!(refusal, Err(QueueError::NoQueue(name)) if name == "play"));
}
