//! How a world comes to rest.

use std::time::Duration;

use domain::Timestamp;

use super::Scheduler;
use crate::invariants;

impl Scheduler {
    /// Ends the faults and waits until nothing is left to do; then lets the sweep come as
    /// long as anything may still be waited for.
    pub(super) async fn rest(&mut self) {
        self.world.tell("the faults end");
        self.world.state().is_quiet = true;
        self.drain().await;
        self.sweep_after(Duration::from_mins(2), 3).await;
        self.sweep_after(Duration::from_hours(2), 3).await;
        // Steps that no worker has begun are queued again after ten minutes of regular sweeps,
        // and those whose worker was lost fail after an hour.
        for _ in 0..2 {
            if invariants::is_processing(&self.world) {
                self.sweep_after(Duration::ZERO, 25).await;
            }
        }
        // After a restore nothing need know of a recording that had arrived: its steps fail
        // after a day.
        if self.world.state().restored.is_some() && invariants::is_processing(&self.world) {
            self.sweep_after(Duration::ZERO, 450).await;
        }
        self.sweep_after(Duration::from_hours(8 * 24), 3).await;
    }

    /// Lets sweeps come regularly after a pause.
    async fn sweep_after(&mut self, pause: Duration, sweeps: u32) {
        tokio::time::sleep(pause).await;
        for _ in 0..sweeps {
            if !self.may_go_on() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(200)).await;
            self.publish_sweep();
            self.drain().await;
        }
    }

    /// Works until nothing is under way.
    async fn drain(&mut self) {
        while self.may_go_on() {
            self.next_sweep = Timestamp::from_millis(i64::MAX);
            self.step().await;
            let is_idle = {
                let state = self.world.state();
                state.deliveries.is_empty()
                    && state.waiting.is_empty()
                    && state.late.is_empty()
                    && state.callbacks.is_empty()
            };
            if is_idle && self.in_flight.is_empty() && self.engine_requests.is_empty() {
                return;
            }
        }
    }
}
