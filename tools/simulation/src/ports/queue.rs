//! Cloud Tasks.

use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Enqueued, Queue, QueueError, Task};
use steps::{DeliveredTask, Trigger};

use super::Failed;
use crate::{
    gate::{Call, Port},
    world::{World, short},
};

/// How long the name of a task is remembered, at most.
const NAME_MEMORY: Duration = Duration::from_hours(24);

/// The queues.
pub(crate) struct SimulatedQueue(pub(crate) World);

#[async_trait]
impl Queue for SimulatedQueue {
    async fn enqueue(&self, queue: &str, task: Task) -> Result<Enqueued, QueueError> {
        let Some(spec) = self.0.pipeline.queues.get(queue).cloned() else {
            return Err(QueueError::NoQueue(queue.to_owned()));
        };
        let what = format!("enqueue {} in {queue}", short(&task.name));
        let call = Call::new(Port::Queue, what);
        let queue = queue.to_owned();
        let enqueue = move |world: &World| {
            let name = format!("{queue}/{}", task.name);
            let now = world.now();
            let known = world.state().task_names.get(&name).copied();
            if known.is_some_and(|until| until > now) {
                return Ok(Enqueued::Duplicate);
            }
            world
                .state()
                .task_names
                .insert(name, now + task.delay + NAME_MEMORY);
            let trigger = Trigger::Task(DeliveredTask {
                queue,
                name: task.name,
                body: task.body,
                attempt: 1,
                trace: task.trace,
            });
            let timeout = Duration::from_secs(spec.dispatch_deadline_s.into());
            world.deliver(&spec.function, trigger, task.delay, (spec.retry, timeout));
            Ok(Enqueued::Accepted)
        };
        let failed = || QueueError::Unavailable(Failed.into());
        self.0.change(call, enqueue, failed, || None).await
    }
}
