//! The promises, kept by the adapters for Google Cloud against Google's emulators.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use contract::records_promises;
use domain::{pipeline::Pipeline, ports::Records};
use google::firestore::{Database, Firestore};

/// Each test has a project of its own in the emulators.
fn project() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("contract-{}-{number}", std::process::id())
}

fn emulator(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: scripts/emulators up"))
}

struct Documents(Firestore);

impl Documents {
    async fn new() -> Self {
        let database = Database {
            project: project(),
            id: "(default)".into(),
            emulator: Some(emulator("FIRESTORE_EMULATOR_HOST")),
        };
        Self(Firestore::new(database, Arc::new(Pipeline::ours())))
    }
}

impl contract::records::Bench for Documents {
    fn records(&self) -> Arc<dyn Records> {
        Arc::new(self.0.clone())
    }
}

records_promises!([ignore = "needs Google's emulators"], Documents::new);
