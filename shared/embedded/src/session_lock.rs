//! One request at a time for each upload under way, and a way to end the one that runs.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use parking_lot::Mutex;
use tokio::sync::{MutexGuard, watch};

static SLOTS: LazyLock<Mutex<HashMap<String, Arc<Slot>>>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Slot {
    mutex: tokio::sync::Mutex<()>,
    ended: watch::Sender<bool>,
}

/// The lock of an upload, which is forgotten with its last holder.
pub(crate) struct SessionLock {
    id: String,
    slot: Arc<Slot>,
}

impl SessionLock {
    pub(crate) fn new(id: &str) -> Self {
        let mut slots = SLOTS.lock();
        Self {
            id: id.to_owned(),
            slot: Arc::clone(slots.entry(id.to_owned()).or_default()),
        }
    }

    pub(crate) async fn acquire(&self) -> MutexGuard<'_, ()> {
        self.slot.mutex.lock().await
    }

    /// Stops the running request: the upload's row is gone.
    pub(crate) fn end(&self) {
        self.slot.ended.send_replace(true);
    }

    /// Returns when the upload has been ended.
    pub(crate) async fn ended(&self) {
        // The sender lives in the slot, so the channel is open.
        let _ = self.slot.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

impl Drop for SessionLock {
    fn drop(&mut self) {
        let mut slots = SLOTS.lock();
        // One here and one in the map: nothing else waits for it.
        if Arc::strong_count(&self.slot) <= 2 {
            slots.remove(&self.id);
        }
    }
}
