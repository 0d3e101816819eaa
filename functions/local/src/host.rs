//! The functions wired to one data directory.

use std::{fs, io, path::Path, sync::Arc, time::Duration};

use ::models::Supply;
use analyze::{Analyze, Direct};
use announce::Announce;
use anyhow::Context;
use api::{Api, AvailableEngines, Console, Limits, LocalIdentity, ProxyIdentity, RateLimits};
use config::Environment;
use domain::{
    pipeline::Pipeline,
    ports::{
        Analyst, Clock, DirectAnalysis, EngineSet, Identity, LiveTranscriber, Transcriber,
        WebhookProbe,
    },
    webhook,
};
use embedded::{Store, StoreOptions};
use emulation::Dispatcher;
use engines::{EngineHost, Fallback};
use notify::{
    Notify,
    address::Policy,
    client::WebhookClient,
    lanes::{LaneLimits, Places},
    probe::Probe,
    sign::Secrets,
    target,
};
use report::Report;
use steps::{Function, StepRunner};
use sweep::Sweep;
use transcribe::{Transcribe, turn_taking::TurnTaking};
use waveform::Waveform;

use crate::{Settings, doctor::LastChecks, service::EmbeddedService};

/// The engines that settings name.
#[derive(Clone)]
pub struct HostEngines {
    /// Speech to words: the active engine, and others that a run can choose.
    pub transcribers: EngineSet<dyn Transcriber>,
    /// The same while it is spoken.
    pub live: Arc<dyn LiveTranscriber>,
    /// Words to claims, likewise.
    pub analysts: EngineSet<dyn Analyst>,
}

impl HostEngines {
    /// Finds the engines that the settings name on this machine.
    pub fn find(environment: &Environment) -> anyhow::Result<Self> {
        Ok(Self::find_with(environment, Fallback::AsSet)?.0)
    }

    /// The same with the supply of the speech model, where the engine needs one.
    pub fn find_with(
        environment: &Environment,
        fallback: Fallback,
    ) -> anyhow::Result<(Self, Option<Arc<Supply>>)> {
        let analyst = engines::analyst(environment)?;
        let speech = engines::speech_with(environment, fallback)?;
        let with_diarization = |transcriber| engines::with_diarization(environment, transcriber);
        let name = speech.transcriber.name();
        let others = engines::other_transcribers(environment, name, EngineHost::ThisMachine)?;
        let others: anyhow::Result<Vec<_>> = others.into_iter().map(with_diarization).collect();
        let engines = Self {
            transcribers: EngineSet {
                active: with_diarization(speech.transcriber)?,
                others: others?,
            },
            live: speech.live,
            analysts: EngineSet {
                others: engines::other_analysts(environment, analyst.name(), None)?,
                active: analyst,
            },
        };
        Ok((engines, speech.supply))
    }
}

/// All functions over one data directory.
pub struct Host {
    /// The data directory.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    settings: Settings,
    public_url: String,
    live: Arc<dyn LiveTranscriber>,
    direct: Arc<dyn DirectAnalysis>,
    available: AvailableEngines,
    webhook_probe: Arc<dyn WebhookProbe>,
    functions: Vec<Arc<dyn Function>>,
}

impl Host {
    /// Opens the data directory and wires everything to it. `public_url` is
    /// where clients reach it.
    pub async fn open(
        settings: Settings,
        public_url: String,
        engines: HostEngines,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let pipeline = Arc::new(Pipeline::ours());
        let store = Store::open(StoreOptions {
            data_dir: settings.data_dir.clone(),
            public_url: public_url.clone(),
            pipeline,
            clock: Arc::clone(&clock),
        })
        .await?;
        let secrets = match &settings.webhook_secrets {
            Some(secrets) => secrets.clone(),
            None => own_secret(&settings.data_dir)?,
        };
        let direct = Direct::by(Arc::clone(&engines.analysts.active), Arc::clone(&clock));
        let available = AvailableEngines {
            speech: engines.transcribers.available(),
            language: engines.analysts.available(),
        };
        let live = Arc::clone(&engines.live);
        let policy = Policy::from_allow_private(settings.allow_private_webhooks);
        let client = WebhookClient::new(policy).context("setting up the client for webhooks")?;
        let sending = Sending {
            secrets,
            client: Arc::new(client),
        };
        let webhook_probe = Arc::new(Probe {
            records: store.records(),
            clock: Arc::clone(&clock),
            secrets: sending.secrets.clone(),
            client: Arc::clone(&sending.client) as _,
            limits: LaneLimits::default(),
        });
        let functions = functions(&store, &settings, &public_url, &clock, engines, sending);
        Ok(Self {
            store,
            clock,
            settings,
            public_url,
            live,
            direct,
            available,
            webhook_probe,
            functions,
        })
    }

    /// What delivers events and tasks to the functions.
    pub fn dispatcher(&self) -> Dispatcher {
        Dispatcher::new(self.store.deliveries(), self.functions.clone())
    }

    /// The functions, by name.
    pub fn functions(&self) -> impl Iterator<Item = &Arc<dyn Function>> {
        self.functions.iter()
    }

    /// The API. Its users are named by clients, or by a trusted proxy.
    pub fn api(&self) -> Api {
        let identity: Arc<dyn Identity> = match &self.settings.proxy {
            None => Arc::new(LocalIdentity),
            Some(proxy) => Arc::new(ProxyIdentity(proxy.clone())),
        };
        Api {
            identity,
            records: self.store.records(),
            uploads: self.store.bucket("uploads"),
            artifacts: self.store.bucket("artifacts"),
            queue: self.store.queue(),
            live: Arc::clone(&self.live),
            direct: Arc::clone(&self.direct),
            available: self.available.clone(),
            engine_checks: Arc::new(LastChecks::new(
                &self.settings.data_dir,
                self.settings.engine_settings.clone(),
            )),
            signer: self.store.signer(),
            clock: Arc::clone(&self.clock),
            limits: Limits {
                max_upload_bytes: self.settings.max_upload_bytes,
                max_duration_ms: millis(self.settings.max_duration),
                allow_private_webhooks: self.settings.allow_private_webhooks,
                origins: self.settings.origins.clone(),
                rate_limits: RateLimits::new(self.settings.rate_limits),
                spending: self.settings.spending,
            },
            public_url: (!self.public_url.is_empty()).then(|| self.public_url.clone()),
            console: Console::local(self.public_url.clone()),
            check_webhook_url: target::check,
            webhook_probe: Arc::clone(&self.webhook_probe),
            shared_page: report::shared_page,
            write_collection_report: report::collection_report,
        }
    }

    /// What answers requests.
    pub fn service(&self) -> EmbeddedService {
        EmbeddedService::new(self.api(), &self.store, self.public_url.clone())
    }
}

/// What webhooks are sent with.
struct Sending {
    secrets: Secrets,
    client: Arc<WebhookClient>,
}

/// One of each, alphabetically.
fn functions(
    store: &Store,
    settings: &Settings,
    public_url: &str,
    clock: &Arc<dyn Clock>,
    engines: HostEngines,
    sending: Sending,
) -> Vec<Arc<dyn Function>> {
    let (records, clock) = (store.records(), Arc::clone(clock));
    let steps = StepRunner {
        records: Arc::clone(&records),
        clock: Arc::clone(&clock),
    };
    vec![
        Arc::new(Analyze {
            steps: steps.clone(),
            analysts: engines.analysts,
            queue: store.queue(),
            limits: settings.spending,
        }),
        Arc::new(Announce { bus: store.bus() }),
        Arc::new(Notify {
            records: Arc::clone(&records),
            queue: store.queue(),
            clock: Arc::clone(&clock),
            secrets: sending.secrets,
            client: sending.client,
            places: Places::default(),
            limits: LaneLimits::default(),
        }),
        Arc::new(Report {
            steps: steps.clone(),
            artifacts: store.bucket("artifacts"),
            public_url: (!public_url.is_empty()).then(|| public_url.to_owned()),
        }),
        Arc::new(Sweep {
            records,
            uploads: store.bucket("uploads"),
            artifacts: store.bucket("artifacts"),
            queue: store.queue(),
            clock,
            retention: settings.retention,
        }),
        Arc::new(Transcribe {
            steps: steps.clone(),
            uploads: store.bucket("uploads"),
            artifacts: store.bucket("artifacts"),
            public_url: settings.public_url.clone(),
            queue: store.queue(),
            transcribers: engines.transcribers,
            max_duration: settings.max_duration,
            turns: TurnTaking::default(),
            limits: settings.spending,
        }),
        Arc::new(Waveform {
            steps,
            uploads: store.bucket("uploads"),
            artifacts: store.bucket("artifacts"),
            max_duration_ms: millis(settings.max_duration),
        }),
    ]
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The secret for webhooks that is kept in the data directory, made at the first
/// start.
fn own_secret(data_dir: &Path) -> anyhow::Result<Secrets> {
    let path = data_dir.join("webhook-secret");
    let text = match fs::read_to_string(&path) {
        Ok(text) if !text.trim().is_empty() => text,
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).context("reading the webhook secret");
        }
        // None yet, or one that was never written to its end.
        _ => {
            let fresh = webhook::new_secret();
            embedded::write_private(&path, fresh.as_bytes())?;
            fresh
        }
    };
    Secrets::parse(text.trim()).with_context(|| format!("reading `{}`", path.display()))
}
