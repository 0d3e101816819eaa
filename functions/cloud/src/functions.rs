//! All functions, each with its ports on Google Cloud.

use std::{process::ExitCode, sync::Arc};

use analyze::{Analyze, Direct};
use announce::Announce;
use api::{Api, ApiService, Console, Limits};
use domain::ports::Analyst;
use google::{Cloud, function, service};
use notify::{
    Notify,
    address::Policy,
    client::WebhookClient,
    lanes::{LaneLimits, Places},
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

fn analyst(cloud: &Cloud) -> anyhow::Result<Arc<dyn Analyst>> {
    engines::analyst_with(cloud.environment(), Some(cloud.tokens()))
}

fn analyze(cloud: &Cloud) -> anyhow::Result<Analyze> {
    Ok(Analyze {
        steps: cloud.steps(),
        analyst: analyst(cloud)?,
        queue: cloud.queue()?,
        limits: cloud.environment().spending_limits()?,
    })
}

fn api(cloud: &Cloud) -> anyhow::Result<ApiService> {
    engines::use_ffmpeg(cloud.environment())?;
    Ok(ApiService::new(Api {
        identity: cloud.identity()?,
        records: cloud.records(),
        uploads: cloud.uploads()?,
        artifacts: cloud.artifacts()?,
        queue: cloud.queue()?,
        live: engines::speech(cloud.environment())?.live,
        direct: Direct::by(analyst(cloud)?, cloud.clock()),
        signer: cloud.signer()?,
        clock: cloud.clock(),
        limits: Limits::read(cloud.environment(), cloud.allow_private_webhooks()?)?,
        console: Console::read(cloud.environment())?,
        check_webhook_url: notify::target::check,
    }))
}

fn notify(cloud: &Cloud) -> anyhow::Result<Notify> {
    Ok(Notify {
        records: cloud.records(),
        queue: cloud.queue()?,
        clock: cloud.clock(),
        secrets: Secrets::required(cloud.environment())?,
        client: Arc::new(WebhookClient::new(Policy::from_allow_private(
            cloud.allow_private_webhooks()?,
        ))?),
        places: Places::default(),
        limits: LaneLimits::default(),
    })
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
        clock: cloud.clock(),
        retention: cloud.environment().retention()?,
    })
}

fn transcribe(cloud: &Cloud) -> anyhow::Result<Transcribe> {
    engines::use_ffmpeg(cloud.environment())?;
    let transcriber = engines::transcriber(cloud.environment())?;
    Ok(Transcribe {
        steps: cloud.steps(),
        uploads: cloud.uploads()?,
        artifacts: cloud.artifacts()?,
        public_url: cloud.environment().public_url()?,
        queue: cloud.queue()?,
        transcriber: engines::with_diarization(cloud.environment(), transcriber)?,
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
