//! The emulated cloud: what Eventarc, Cloud Tasks, Cloud Scheduler and Cloud
//! Storage do, between Google's emulators of Firestore and Pub/Sub and functions
//! that run as they do on Cloud Run, each in its own process.
//!
//! In reading order: [`settings`]; [`mirror`] watches documents and
//! [`remote`] posts events and tasks to functions; [`topics`] makes Pub/Sub push;
//! [`service`] is the APIs of Cloud Storage and Cloud Tasks, at an address of its own for each
//! function, which has the rights of that function.

mod mirror;
mod remote;
mod service;
mod settings;
mod topics;

use std::{
    io::{self, Write as _},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context as _;
use config::{Environment, SystemClock};
use domain::ports::Clock;
use embedded::{Store, StoreOptions};
use emulation::{Dispatcher, dispatch::GRACE, schedule};
use futures::future::try_join_all;
use relay::rights::Rights;
use runtime::{
    serve::{ConnectionLimits, listen, serve, stop_signal},
    telemetry,
};
use settings::RelaySettings;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    // Its emulator resets a listener with each change.
    telemetry::for_people("info,firestore=error");
    let ended = match RelaySettings::read(Environment::from_process()) {
        Ok(settings) => relay(settings).await,
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "relay: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Relays until the stop signal.
async fn relay(settings: RelaySettings) -> anyhow::Result<()> {
    let url = format!("http://{}", settings.address);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(StoreOptions {
        data_dir: settings.data_dir.clone(),
        public_url: url.clone(),
        pipeline: Arc::clone(&settings.pipeline),
        clock: Arc::clone(&clock),
    })
    .await?;
    topics::create(&settings).await?;
    let mirror = mirror::start(&settings, &store).await?;
    let stop = CancellationToken::new();
    let functions = remote::functions(&settings)?;
    let dispatcher = Dispatcher::new(store.deliveries(), functions);
    let dispatching = dispatcher.run(Arc::clone(&clock), stop.clone(), GRACE);
    let dispatching = tokio::spawn(dispatching);
    let (pipeline, bus, stopping) = (
        Arc::clone(&settings.pipeline),
        settings.cloud.bus()?,
        stop.clone(),
    );
    let ticking = tokio::spawn(async move { schedule::run(&pipeline, bus, stopping).await });
    // Last of all: a client that reaches it finds topics and listeners in place.
    serve_all(&store, &settings, &clock).await?;
    stop.cancel();
    ticking.await??;
    dispatching.await?;
    mirror.stop().await;
    Ok(())
}

/// Serves Cloud Storage and Cloud Tasks at all addresses until the stop signal.
async fn serve_all(
    store: &Store,
    settings: &RelaySettings,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<()> {
    let functions = settings.addresses.iter().map(|(name, address)| {
        let pipeline = Arc::clone(&settings.pipeline);
        (address, Rights::Function(pipeline, name.clone()))
    });
    let anonymous = (&settings.address, Rights::Anonymous);
    let mut listening = Vec::new();
    // The address without rights last: a client that reaches it finds the others in place.
    for (address, rights) in functions.chain([anonymous]) {
        let url = format!("http://{address}");
        let listener = listen(address).await;
        let listener = listener.with_context(|| format!("listening on {url}"))?;
        let front = service::Front::new(store, settings, (url, rights), Arc::clone(clock));
        listening.push((listener, Arc::new(front)));
    }
    tracing::info!(event = "relay.started", "relaying at {}", settings.address);
    let serving = listening
        .into_iter()
        .map(|(listener, front)| serve(front, listener, ConnectionLimits::direct(), stop_signal()));
    try_join_all(serving).await?;
    Ok(())
}
