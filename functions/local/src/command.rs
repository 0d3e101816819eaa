//! The command line.

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use ::models::Supply;
use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use config::{Environment, SystemClock};
use domain::pipeline::Pipeline;
use embedded::Store;
use emulation::{dispatch::GRACE, schedule};
use engines::Fallback;
use runtime::{
    serve::{ConnectionLimits, listen, serve, stop_signal},
    telemetry,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Host, HostEngines, Settings,
    client::{self, ClientCommand},
    doctor,
    exit::{Exit, fail},
    health,
    maintenance::{self, Maintenance},
    models::{self, ModelsCommand},
    process::{self, ProcessArguments},
    settings::data_dir,
};

/// Turns recorded interviews into transcripts, analyses, waveforms and reports.
#[derive(Parser)]
#[command(name = "interviewlens", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Work(Work),
    #[command(flatten)]
    Client(Box<ClientCommand>),
    #[command(flatten)]
    Maintenance(Maintenance),
    /// List, fetch and verify the models of the speech engine `whisper`
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Check the engines by one small request to each, say which settings to change, and keep the
    /// result for `GET /v1/engines`
    Doctor,
    /// Say whether the service at `HOST` and `PORT` of this machine answers: exit code 0, else 1
    Health,
    /// Print the description of the API, `/openapi.json`
    Openapi,
    /// Print the completions of a shell
    ///
    /// For example:
    /// `interviewlens completions bash > ~/.local/share/bash-completion/completions/interviewlens`
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Commands that need settings and engines.
#[derive(Subcommand)]
enum Work {
    /// Host everything on one port over a data directory
    Serve,
    /// Run recordings, or transcripts from elsewhere, through the whole pipeline and leave the
    /// results in a folder
    #[command(after_help = process::EXIT_CODES)]
    Process(Box<ProcessArguments>),
}

/// Runs the command.
pub async fn run(arguments: Arguments, environment: Environment) -> ExitCode {
    match arguments.command {
        Command::Work(work) => do_work(work, environment).await,
        Command::Client(command) => client::run(*command, &environment).await,
        Command::Maintenance(command) => {
            ended(maintenance::run(command, &data_dir(&environment)).await)
        }
        Command::Models(command) => ended(models::run(command, &environment).await),
        Command::Doctor => {
            let data_dir = data_dir(&environment);
            ended(doctor::run(&environment, &data_dir, &SystemClock).await)
        }
        Command::Health => match health::version(&environment).await {
            Ok(version) => printed(writeln!(io::stdout(), "ok, version {version}")),
            Err(error) => ended(Err(error)),
        },
        Command::Openapi => printed(writeln!(io::stdout(), "{}", api::description())),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "interviewlens", &mut text);
            printed(io::stdout().write_all(&text))
        }
    }
}

/// How a command ends that returns its exit code.
fn ended(result: anyhow::Result<u8>) -> ExitCode {
    match result {
        Ok(code) => code.into(),
        Err(error) => fail(&format!("{error:#}"), Exit::Failed),
    }
}

/// How a command ends that only prints.
fn printed(result: io::Result<()>) -> ExitCode {
    result.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

async fn do_work(work: Work, environment: Environment) -> ExitCode {
    let settings = match Settings::read(&environment) {
        Ok(settings) => settings,
        Err(error) => return fail(&error.to_string(), Exit::Usage),
    };
    let fallback = match work {
        Work::Serve => Fallback::AsSet,
        Work::Process(_) => Fallback::IfInstalled,
    };
    if let Err(error) = engines::use_ffmpeg(&environment) {
        return fail(&error.to_string(), Exit::Usage);
    }
    let (engines, supply) = match HostEngines::find_with(&environment, fallback) {
        Ok(found) => found,
        Err(error) => return fail(&format!("{error:#}"), Exit::Usage),
    };
    match work {
        Work::Serve => ended(host(settings, engines, supply).await.map(|()| 0)),
        Work::Process(arguments) => process::run(*arguments, settings, engines, supply).await,
    }
}

/// Hosts everything until the stop signal.
async fn host(
    settings: Settings,
    engines: HostEngines,
    supply: Option<Arc<Supply>>,
) -> anyhow::Result<()> {
    telemetry::for_people("info");
    let address = format!("{}:{}", settings.host, settings.port);
    let listener = listen(&address).await;
    let listener = listener.with_context(|| format!("listening on {address}"))?;
    let local = listener.local_addr()?;
    if !local.ip().is_loopback() && settings.proxy.is_none() {
        tracing::warn!(
            event = "service.reachable_by_all",
            address = %local,
            "every device that reaches this address can read and change all interviews: there is \
             no sign-in here; set `HOST=127.0.0.1`, or put a proxy that signs users in before it"
        );
    }
    let port = local.port();
    let public_url = settings.public_url.clone();
    let public_url = public_url.unwrap_or_else(|| format!("http://{}:{port}", settings.host));
    let data_dir = settings.data_dir.clone();
    let proxies = settings.rate_limits.trusted_proxies;
    let names = (
        engines.transcribers.active.name(),
        engines.analysts.active.name(),
    );
    let host = Host::open(settings, public_url.clone(), engines, Arc::new(SystemClock)).await?;
    tracing::info!(event = "service.started", transcriber = names.0, analyzer = names.1, data_dir = %data_dir.display(), "ready at {public_url}");
    if let Some(supply) = supply {
        supply.start(Arc::new(::models::Log));
    }
    let limits = if proxies == 0 {
        ConnectionLimits::direct()
    } else {
        ConnectionLimits::BEHIND_PROXY
    };
    work(host, listener, limits).await
}

async fn work(host: Host, listener: TcpListener, limits: ConnectionLimits) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let dispatching = host
        .dispatcher()
        .run(Arc::clone(&host.clock), stop.clone(), GRACE);
    let dispatching = tokio::spawn(dispatching);
    let pipeline = Pipeline::ours();
    let (store, bus, stopping) = (host.store.clone(), host.store.bus(), stop.clone());
    let ticking = tokio::spawn(async move { schedule::run(&pipeline, bus, stopping).await });
    let clearing = tokio::spawn(clear(host.store.clone(), stop.clone()));
    let stopped = async {
        stop_signal().await;
        stop.cancel();
    };
    serve(Arc::new(host.service()), listener, limits, stopped).await?;
    stop.cancel();
    ticking.await??;
    clearing.await?;
    dispatching.await?;
    store.checkpoint().await?;
    tracing::info!(event = "service.stopped", "stopped");
    Ok(())
}

/// Removes expired rows and files, every hour.
async fn clear(store: Store, stop: CancellationToken) {
    let mut hours = tokio::time::interval(Duration::from_hours(1));
    while stop.run_until_cancelled(hours.tick()).await.is_some() {
        if let Err(error) = store.clear_expired().await {
            tracing::warn!(event = "store.cleanup_failed", %error, "expired rows and files were not removed");
        }
    }
}
