//! What the `main` of each function is: settings, a port to listen on, and work
//! until the platform says stop.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context as _;
use config::Environment;
use runtime::{
    http::Service,
    receive::Receiver,
    serve::{self, ConnectionLimits, serve, stop_signal},
    telemetry,
};
use steps::Function;

use crate::Cloud;

/// Serves the function that `build` makes, as `name` in the manifest, until the
/// platform says stop. Settings that are missing or wrong end it with code 2 and one
/// line. With `--settings` after the name it only says which variables it reads.
pub fn function<F: Function + 'static>(
    name: &'static str,
    build: fn(&Cloud) -> anyhow::Result<F>,
) -> ExitCode {
    run(name, |cloud| {
        Ok(receiver(Arc::new(build(cloud)?), name, cloud))
    })
}

/// The same for something that answers requests by itself.
pub fn service<S: Service + 'static>(
    name: &'static str,
    build: fn(&Cloud) -> anyhow::Result<S>,
) -> ExitCode {
    run(name, |cloud| Ok(Arc::new(build(cloud)?)))
}

fn run(
    name: &'static str,
    build: impl FnOnce(&Cloud) -> anyhow::Result<Arc<dyn Service>>,
) -> ExitCode {
    let prepared = Cloud::read(Environment::from_process())
        .map_err(anyhow::Error::from)
        .and_then(|cloud| Ok((build(&cloud)?, listening_address(&cloud)?, cloud)));
    let (service, address, cloud) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return fail(name, &error, 2),
    };
    if std::env::args().nth(2).as_deref() == Some("--settings") {
        return tell(cloud.environment());
    }
    telemetry::for_cloud(cloud.project(), name);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let served = runtime
        .context("starting")
        .and_then(|runtime| runtime.block_on(listen(&address, service)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(name, &error, 1),
    }
}

fn listening_address(cloud: &Cloud) -> anyhow::Result<String> {
    let environment = cloud.environment();
    let port: u16 = environment.parsed("PORT", 8000, "a port, 0 to 65535")?;
    let host = environment.text("HOST").unwrap_or("0.0.0.0");
    Ok(format!("{host}:{port}"))
}

fn receiver(function: Arc<dyn Function>, name: &str, cloud: &Cloud) -> Arc<dyn Service> {
    let queues = cloud.pipeline().queues.values();
    let own = queues.filter(|queue| queue.function == name);
    let paths = own.map(|queue| queue.path.clone()).collect();
    Arc::new(Receiver::new(function, paths))
}

async fn listen(address: &str, service: Arc<dyn Service>) -> anyhow::Result<()> {
    let listener = serve::listen(address).await;
    let listener = listener.with_context(|| format!("listening on {address}"))?;
    tracing::info!(event = "service.started", address = %listener.local_addr()?, "ready");
    serve(
        service,
        listener,
        ConnectionLimits::BEHIND_PROXY,
        stop_signal(),
    )
    .await?;
    tracing::info!(event = "service.stopped", "stopped");
    Ok(())
}

/// Says which variables are read where the others are as they are: what belongs to
/// another engine is not.
fn tell(environment: &Environment) -> ExitCode {
    let names: Vec<&str> = environment.asked().into_iter().collect();
    match writeln!(io::stdout(), "{}", names.join("\n")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn fail(name: &str, error: &anyhow::Error, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "{name}: {error:#}");
    ExitCode::from(code)
}
