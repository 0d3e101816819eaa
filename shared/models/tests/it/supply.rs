//! The model of a service.

use std::{fs, sync::Arc, time::Duration};

use models::{FetchTimeouts, Supply, SupplyState};

use crate::support::{Answer, Host, file, library, model};

#[tokio::test]
async fn a_supply_fetches_in_the_background_and_becomes_ready() {
    let folder = tempfile::tempdir().unwrap();
    let (host, model) = (Host::start(file(), &[Answer::File]), model(&file(), &[]));
    let library = library(folder.path(), &host.url);
    let supply = Arc::new(Supply::new(model, library.clone()));
    assert!(matches!(supply.state(), SupplyState::Fetching { .. }));
    assert!(supply.locate().unwrap_err().contains("is being fetched"));
    let mut changes = supply.changes();
    supply.start(Arc::new(()));
    supply.start(Arc::new(()));
    while !matches!(supply.state(), SupplyState::Ready(_)) {
        changes.changed().await.unwrap();
    }
    assert_eq!(fs::read(supply.locate().unwrap()).unwrap(), file());
    assert_eq!(host.requests().len(), 1);
    let again = Supply::new(model, library);
    assert!(
        matches!(again.state(), SupplyState::Ready(_)),
        "known from the start"
    );
}

#[tokio::test]
async fn a_missing_model_is_taken_from_the_cache_as_soon_as_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(&file(), &[]);
    let mut library = library(folder.path(), "http://127.0.0.1:9");
    library.settings.fetch = false;
    let supply = Arc::new(Supply::new(model, library));
    let mut changes = supply.changes();
    supply.start(Arc::new(()));
    while !matches!(supply.state(), SupplyState::Missing { .. }) {
        changes.changed().await.unwrap();
    }
    assert!(supply.locate().unwrap_err().contains("MODEL_FETCH=off"));
    fs::write(folder.path().join(model.file), file()).unwrap();
    while !matches!(supply.state(), SupplyState::Ready(_)) {
        changes.changed().await.unwrap();
    }
}

#[tokio::test]
async fn sources_are_tried_again_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(file(), &[Answer::Status(503), Answer::File]);
    let model = model(&file(), &[]);
    let mut library = library(folder.path(), &host.url);
    library.timeouts.retry = Duration::from_millis(100);
    let supply = Supply::new(model, library);
    supply.keep_trying(&()).await;
    assert_eq!(host.requests().len(), 2);
    assert!(matches!(supply.state(), SupplyState::Ready(_)));
}

#[test]
fn sources_are_tried_every_hour() {
    assert_eq!(FetchTimeouts::default().retry, Duration::from_hours(1));
}
