//! All functions, each with its ports on Google Cloud.

use std::{process::ExitCode, sync::Arc};

use analyze::{Analyze, Direct};
use announce::Announce;
use api::{Api, ApiService, AvailableEngines, Console, Limits};
use domain::ports::{Analyst, EngineSet, NoEngineChecks, Transcriber};
use engines::EngineHost;
use google::{Cloud, function, service};
use notify::{
    Notify,
    address::Policy,
    client::WebhookClient,
    lanes::{LaneLimits, Places},
    probe::Probe,
    sign::Secrets,
};
use report::Report;
use sweep::Sweep;
use transcribe::{Transcribe, turn_taking::TurnTaking};
use waveform::Waveform;

/// Serves the function of this name until the platform says stop; `None` where there is
/// none.
pub(crate) fn run(name: &str) -> Option<ExitCode> {
    Some(match name {
        "analyze" => function("analyze", analyze),
        "announce" => function("announce", |cloud| Ok(Announce { bus: cloud.bus()? })),
        "api" => service("api", api),
        "notify" => function("notify", notify),
        "report" => function("report", report),
        "sweep" => function("sweep", sweep),
        "transcribe" => function("transcribe", transcribe),
        "waveform" => function("waveform", waveform),
        _ => return None,
    })
}

fn analysts(cloud: &Cloud) -> anyhow::Result<EngineSet<dyn Analyst>> {
    let (environment, tokens) = (cloud.environment(), Some(cloud.tokens()));
    let active = engines::analyst_with(environment, tokens.clone())?;
    Ok(EngineSet {
        others: engines::other_analysts(environment, active.name(), tokens.as_ref())?,
        active,
    })
}

fn transcribers(cloud: &Cloud) -> anyhow::Result<EngineSet<dyn Transcriber>> {
    let active = engines::transcriber(cloud.environment())?;
    let others =
        engines::other_transcribers(cloud.environment(), active.name(), EngineHost::Cloud)?;
    Ok(EngineSet { active, others })
}

fn analyze(cloud: &Cloud) -> anyhow::Result<Analyze> {
    Ok(Analyze {
        steps: cloud.steps(),
        analysts: analysts(cloud)?,
        queue: cloud.queue()?,
        limits: cloud.environment().spending_limits()?,
    })
}

fn api(cloud: &Cloud) -> anyhow::Result<ApiService> {
    engines::use_ffmpeg(cloud.environment())?;
    let analysts = analysts(cloud)?;
    Ok(ApiService::new(Api {
        identity: cloud.identity()?,
        records: cloud.records(),
        uploads: cloud.uploads()?,
        artifacts: cloud.artifacts()?,
        queue: cloud.queue()?,
        live: engines::speech(cloud.environment())?.live,
        available: AvailableEngines {
            speech: transcribers(cloud)?.available(),
            language: analysts.available(),
        },
        direct: Direct::by(analysts.active, cloud.clock()),
        engine_checks: Arc::new(NoEngineChecks),
        signer: cloud.signer()?,
        clock: cloud.clock(),
        limits: Limits::read(cloud.environment(), cloud.allow_private_webhooks()?)?,
        public_url: cloud.environment().public_url()?,
        console: Console::read(cloud.environment())?,
        check_webhook_url: notify::target::check,
        webhook_probe: Arc::new(Probe {
            records: cloud.records(),
            clock: cloud.clock(),
            secrets: Secrets::required(cloud.environment())?,
            client: Arc::new(webhook_client(cloud)?),
            limits: LaneLimits::default(),
        }),
        shared_page: report::shared_page,
        write_collection_report: report::collection_report,
    }))
}

fn notify(cloud: &Cloud) -> anyhow::Result<Notify> {
    Ok(Notify {
        records: cloud.records(),
        queue: cloud.queue()?,
        clock: cloud.clock(),
        secrets: Secrets::required(cloud.environment())?,
        client: Arc::new(webhook_client(cloud)?),
        places: Places::default(),
        limits: LaneLimits::default(),
    })
}

fn webhook_client(cloud: &Cloud) -> anyhow::Result<WebhookClient> {
    let policy = Policy::from_allow_private(cloud.allow_private_webhooks()?);
    Ok(WebhookClient::new(policy)?)
}

fn report(cloud: &Cloud) -> anyhow::Result<Report> {
    Ok(Report {
        steps: cloud.steps(),
        artifacts: cloud.artifacts()?,
        public_url: cloud.environment().public_url()?,
    })
}

fn sweep(cloud: &Cloud) -> anyhow::Result<Sweep> {
    Ok(Sweep {
        records: cloud.records(),
        uploads: cloud.uploads()?,
        artifacts: cloud.artifacts()?,
        queue: cloud.queue()?,
        clock: cloud.clock(),
        retention: cloud.environment().retention()?,
    })
}

fn transcribe(cloud: &Cloud) -> anyhow::Result<Transcribe> {
    engines::use_ffmpeg(cloud.environment())?;
    let found = transcribers(cloud)?;
    let with_diarization =
        |transcriber| engines::with_diarization(cloud.environment(), transcriber);
    let others: anyhow::Result<Vec<_>> = found.others.into_iter().map(with_diarization).collect();
    Ok(Transcribe {
        steps: cloud.steps(),
        uploads: cloud.uploads()?,
        artifacts: cloud.artifacts()?,
        public_url: cloud.environment().public_url()?,
        queue: cloud.queue()?,
        transcribers: EngineSet {
            active: with_diarization(found.active)?,
            others: others?,
        },
        max_duration: cloud.environment().max_duration()?,
        turns: TurnTaking::default(),
        limits: cloud.environment().spending_limits()?,
    })
}

fn waveform(cloud: &Cloud) -> anyhow::Result<Waveform> {
    engines::use_ffmpeg(cloud.environment())?;
    Ok(Waveform {
        steps: cloud.steps(),
        uploads: cloud.uploads()?,
        artifacts: cloud.artifacts()?,
        max_duration_ms: cloud.environment().max_duration_ms()?,
    })
}
