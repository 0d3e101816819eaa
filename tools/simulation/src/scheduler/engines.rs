//! Engines that call back.

use std::time::Duration;

use http::Method;

use super::{EngineRequest, Scheduler};
use crate::requests::{self, ApiCall};

/// How often an engine tries to hand its answer over.
const TRIES: u32 = 10;

/// How long it waits in between.
const PAUSE: Duration = Duration::from_secs(30);

impl Scheduler {
    /// Sends what is due, and once more what was not taken.
    pub(super) fn call_back(&mut self) {
        let now = self.world.now();
        let due = {
            let mut state = self.world.state();
            let (due, later) = std::mem::take(&mut state.callbacks)
                .into_iter()
                .partition::<Vec<_>, _>(|callback| callback.due <= now);
            state.callbacks = later;
            due
        };
        for callback in due {
            let (world, fleet) = (self.world.clone(), self.fleet.clone());
            let call = ApiCall {
                who: "engine".to_owned(),
                method: Method::POST,
                path: callback.path.clone(),
                headers: Vec::new(),
                body: callback.body.clone(),
            };
            let sending = async move { requests::send(&world, &fleet, call).await };
            self.engine_requests.push(EngineRequest {
                callback,
                handle: tokio::spawn(sending),
            });
        }
    }

    /// Looks which callbacks were taken.
    pub(super) async fn settle_callbacks(&mut self) {
        let requests = &mut self.engine_requests;
        while let Some(index) = requests.iter().position(|own| own.handle.is_finished()) {
            let EngineRequest {
                mut callback,
                handle,
            } = requests.swap_remove(index);
            let status = handle.await.ok().flatten().map(|(status, _)| status);
            callback.tries += 1;
            let is_settled = status.is_some_and(|status| status < 500 && status != 429);
            if !is_settled && callback.tries < TRIES {
                callback.due = self.world.now() + PAUSE;
                self.world.state().callbacks.push(callback);
            }
        }
    }
}
