//! How much is under way, counted until it ends.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use runtime::http::Problem;

/// The numbers of what is under way, by keys; clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Tally<K>(Arc<Mutex<HashMap<K, u32>>>);

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Clone + Eq + Hash> Tally<K> {
    /// Counts one more of a key until what it answers is dropped, unless `check` refuses it by the
    /// number of that key and the numbers of all.
    pub(crate) fn begin(
        &self,
        key: K,
        check: impl FnOnce(u32, &HashMap<K, u32>) -> Result<(), Problem>,
    ) -> Result<Counted<K>, Problem> {
        let mut numbers = self.numbers();
        let own = numbers.get(&key).copied().unwrap_or(0);
        check(own, &numbers)?;
        numbers.insert(key.clone(), own + 1);
        let tally = self.clone();
        Ok(Counted { tally, key })
    }

    fn numbers(&self) -> MutexGuard<'_, HashMap<K, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that is under way.
#[derive(Debug)]
pub(crate) struct Counted<K: Clone + Eq + Hash> {
    tally: Tally<K>,
    key: K,
}

impl<K: Clone + Eq + Hash> Drop for Counted<K> {
    fn drop(&mut self) {
        let mut numbers = self.tally.numbers();
        if let Some(own) = numbers.get_mut(&self.key) {
            *own -= 1;
            if *own == 0 {
                numbers.remove(&self.key);
            }
        }
    }
}
