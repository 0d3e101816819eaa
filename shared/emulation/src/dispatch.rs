//! What Eventarc, Pub/Sub and Cloud Tasks do in the cloud: events and tasks are
//! handed to functions, again and again until they are settled.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::ports::Clock;
use embedded::{
    ManualClock,
    deliveries::{Channel, Content, Deliveries, QueuedDelivery, Requeue},
};
use steps::{DeliveredTask, Failure, Function, Trigger};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long to wait when the store itself fails.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// How long in-flight deliveries may continue after the stop signal.
pub const GRACE: Duration = Duration::from_secs(5);

/// Hands deliveries to functions.
pub struct Dispatcher {
    deliveries: Deliveries,
    functions: HashMap<&'static str, Arc<dyn Function>>,
    lanes: Vec<Channel>,
    in_flight: HashMap<String, usize>,
    running: JoinSet<String>,
}

impl Dispatcher {
    /// For these functions.
    pub fn new(deliveries: Deliveries, functions: Vec<Arc<dyn Function>>) -> Self {
        Self {
            lanes: deliveries.lanes(),
            functions: functions
                .into_iter()
                .map(|function| (function.name(), function))
                .collect(),
            deliveries,
            in_flight: HashMap::new(),
            running: JoinSet::new(),
        }
    }

    /// Works until it is stopped, then waits for in-flight deliveries for at most
    /// `grace`; the rest continues at the next start.
    pub async fn run(mut self, clock: Arc<dyn Clock>, stop: CancellationToken, grace: Duration) {
        while !stop.is_cancelled() {
            let pause = match self.start_due().await {
                Ok(()) => self.until_next_due(&*clock).await,
                Err(error) => {
                    tracing::error!(
                        event = "dispatch.failed",
                        error = &*error as &dyn std::error::Error,
                        "deliveries could not be read from the store"
                    );
                    STORE_PAUSE
                }
            };
            tokio::select! {
                Some(lane) = self.running.join_next() => self.finished(lane),
                () = self.deliveries.changed() => {}
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
        let finishing = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, finishing).await.is_err() {
            tracing::info!(
                event = "dispatch.interrupted",
                "stopped with deliveries in flight; they continue at the next start"
            );
        }
    }

    /// Works until nothing is left, moving the clock to whatever is due next.
    pub async fn drain(&mut self, clock: &ManualClock) -> anyhow::Result<()> {
        loop {
            self.start_due().await?;
            if let Some(lane) = self.running.join_next().await {
                self.finished(lane);
                continue;
            }
            match self.deliveries.next_due().await? {
                Some(due) => clock.advance_to(due),
                None => return Ok(()),
            }
        }
    }

    async fn start_due(&mut self) -> anyhow::Result<()> {
        for lane in &self.lanes {
            let busy = self.in_flight.get(&lane.name).copied().unwrap_or(0);
            let room = lane.limit.saturating_sub(busy);
            if room == 0 {
                continue;
            }
            for delivery in self.deliveries.take(lane, room).await? {
                *self.in_flight.entry(lane.name.clone()).or_default() += 1;
                let function = self.functions.get(delivery.function.as_str()).cloned();
                self.running
                    .spawn(deliver(self.deliveries.clone(), function, delivery));
            }
        }
        Ok(())
    }

    fn finished(&mut self, lane: Result<String, tokio::task::JoinError>) {
        match lane {
            Ok(lane) => {
                if let Some(count) = self.in_flight.get_mut(&lane) {
                    *count -= 1;
                }
            }
            Err(error) => {
                tracing::error!(event = "delivery.panicked", %error, "a delivery was aborted");
            }
        }
    }

    async fn until_next_due(&self, clock: &dyn Clock) -> Duration {
        const LONG: Duration = Duration::from_mins(1);
        let due = self.deliveries.next_due().await.ok().flatten();
        // A lane that is full is looked at when something of it has finished.
        match due.map(|due| due.since(clock.now())) {
            None => LONG,
            // Its lane is full, or its user has as much of it as one may have.
            Some(Duration::ZERO) => Duration::from_millis(200),
            Some(wait) => wait.clamp(Duration::from_millis(20), LONG),
        }
    }
}

/// Hands over one delivery and settles it; answers its lane.
async fn deliver(
    deliveries: Deliveries,
    function: Option<Arc<dyn Function>>,
    delivery: QueuedDelivery,
) -> String {
    let outcome = match function {
        None => Err(Failure::permanent(anyhow::anyhow!(
            "no function `{}` here",
            delivery.function
        ))),
        Some(function) => guarded(function, &delivery).await,
    };
    // Until the next start, only this loop can settle it. The error may pass: a full disk, for
    // example, may have room again.
    while let Err(error) = settle(&deliveries, &delivery, &outcome).await {
        tracing::error!(
            event = "delivery.settle_failed",
            "the outcome of a delivery was not stored; retrying: {error}"
        );
        tokio::time::sleep(STORE_PAUSE).await;
    }
    delivery.lane
}

/// A function that panics has failed in a way that may pass.
async fn guarded(function: Arc<dyn Function>, delivery: &QueuedDelivery) -> Result<(), Failure> {
    let trigger = trigger(delivery);
    let handling = tokio::spawn(async move { function.handle(trigger).await });
    match handling.await {
        Ok(outcome) => outcome,
        // The panic message is left out: it may hold a speaker's words.
        Err(_) => Err(Failure::from(anyhow::anyhow!("the function panicked"))),
    }
}

/// What a delivery gives to its function.
pub fn trigger(delivery: &QueuedDelivery) -> Trigger {
    match &delivery.content {
        Content::Event(event) => Trigger::Event(event.clone()),
        Content::Task {
            queue,
            name,
            body,
            trace,
            ..
        } => Trigger::Task(DeliveredTask {
            queue: queue.clone(),
            name: name.clone(),
            body: body.clone(),
            attempt: delivery.attempt,
            trace: *trace,
        }),
    }
}

async fn settle(
    deliveries: &Deliveries,
    delivery: &QueuedDelivery,
    outcome: &Result<(), Failure>,
) -> anyhow::Result<()> {
    let function = &delivery.function;
    match outcome {
        Ok(()) => deliveries.done(delivery).await?,
        Err(Failure::Permanent(error)) => {
            deliveries
                .dead_letter(delivery, &format!("{error:#}"))
                .await?;
        }
        Err(Failure::Transient { error, after }) => {
            tracing::warn!(event = "delivery.retrying", %function, attempt = delivery.attempt, "delivery will be retried: {error:#}");
            let reason = format!("{error:#}");
            let after = *after;
            deliveries
                .requeue(delivery, Requeue::Failed { after }, &reason)
                .await?;
        }
        Err(Failure::Later(wait)) => {
            deliveries
                .requeue(delivery, Requeue::Later(*wait), "")
                .await?;
        }
    }
    Ok(())
}
