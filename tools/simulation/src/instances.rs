//! Instances of all functions and of the API, which crash and start again.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use analyze::{Analyze, Direct};
use announce::Announce;
use api::{
    Api, ApiService, AvailableEngines, Console, Limits, LocalIdentity, Origins, RateLimitSettings,
    RateLimits,
};
use domain::{
    ledger::SpendingLimits,
    ports::{Clock, EngineSet, NoEngineChecks, Signer},
    webhook,
};
use notify::{
    Notify,
    lanes::{LaneLimits, Places},
    probe::Probe,
    sign::Secrets,
    target,
};
use report::Report;
use sha2::{Digest as _, Sha256};
use steps::{Function, StepRunner};
use sweep::Sweep;
use tokio::task::AbortHandle;
use transcribe::{Transcribe, turn_taking::TurnTaking};
use waveform::Waveform;

use crate::{
    ports::{
        Bucket, NoLive, PUBLIC_URL, Receivers, SimulatedAnalyst, SimulatedBus, SimulatedQueue,
        SimulatedRecords, SimulatedTranscriber, SkewedClock,
    },
    world::World,
};

/// The longest recording that is accepted.
const MAX_DURATION: Duration = Duration::from_hours(8);

/// The same in milliseconds.
const MAX_DURATION_MS: u64 = 8 * 3_600_000;

/// What a recording costs, in millionths of a US dollar.
pub(crate) const MICRO_USD: u64 = 1_000_000;

/// How far clocks differ at most, in milliseconds.
const MAX_SKEW_MS: u64 = 2_000;

/// One process with all functions.
pub(crate) struct Instance {
    pub(crate) functions: BTreeMap<&'static str, Arc<dyn Function>>,
    pub(crate) api: Arc<ApiService>,
}

/// A request to the API under way.
struct Request {
    actor: u64,
    instance: usize,
    handle: AbortHandle,
}

/// All instances, shared by the scheduler and the clients.
#[derive(Clone)]
pub(crate) struct Fleet {
    world: World,
    secret: Arc<str>,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    instances: Vec<Instance>,
    requests: Vec<Request>,
    next_actor: u64,
}

impl Fleet {
    /// Starts so many instances.
    pub(crate) fn start(world: &World, count: usize) -> anyhow::Result<Self> {
        let secret: Arc<str> = webhook::new_secret().into();
        let instances = (0..count).map(|_| Instance::start(world, &secret));
        let instances = instances.collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self {
            world: world.clone(),
            secret,
            inner: Arc::new(Mutex::new(Inner {
                instances,
                requests: Vec::new(),
                next_actor: 1,
            })),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another number of a delivery or request.
    pub(crate) fn next_actor(&self) -> u64 {
        let mut inner = self.inner();
        inner.next_actor += 1;
        inner.next_actor
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.inner().instances.len()
    }

    /// One of the instances.
    pub(crate) fn pick(&self) -> usize {
        let count = self.inner().instances.len();
        self.world.state().rng.usize(..count)
    }

    /// A function of an instance.
    pub(crate) fn function(&self, instance: usize, name: &str) -> Option<Arc<dyn Function>> {
        self.inner().instances[instance]
            .functions
            .get(name)
            .cloned()
    }

    /// The API of an instance.
    pub(crate) fn api(&self, instance: usize) -> Arc<ApiService> {
        Arc::clone(&self.inner().instances[instance].api)
    }

    /// Remembers a request under way.
    pub(crate) fn note_request(&self, actor: u64, instance: usize, handle: AbortHandle) {
        let mut inner = self.inner();
        inner
            .requests
            .retain(|request| !request.handle.is_finished());
        inner.requests.push(Request {
            actor,
            instance,
            handle,
        });
    }

    /// Aborts a request, if there is one of that number.
    pub(crate) fn abort_request(&self, actor: u64) {
        let inner = self.inner();
        let requests = inner.requests.iter();
        for request in requests.filter(|request| request.actor == actor) {
            request.handle.abort();
        }
    }

    /// Kills an instance with its requests and starts another in its place.
    pub(crate) fn restart(&self, instance: usize) -> anyhow::Result<()> {
        let fresh = Instance::start(&self.world, &self.secret)?;
        let mut inner = self.inner();
        let requests = inner.requests.iter();
        for request in requests.filter(|request| request.instance == instance) {
            request.handle.abort();
        }
        inner.instances[instance] = fresh;
        Ok(())
    }
}

/// Signs by a digest: nothing is forged here.
struct Digest;

impl Signer for Digest {
    fn sign(&self, purpose: &str, text: &str) -> String {
        hex::encode(Sha256::digest(format!("{purpose}/{text}")))
    }
}

/// The ports of one instance.
struct Ports {
    world: World,
    /// How far its clock is ahead.
    ahead: Duration,
}

impl Ports {
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SkewedClock {
            world: self.world.clone(),
            ahead: self.ahead,
        })
    }

    fn records(&self) -> Arc<SimulatedRecords> {
        Arc::new(SimulatedRecords(self.world.clone()))
    }

    fn bucket(&self, role: &'static str) -> Arc<Bucket> {
        let world = self.world.clone();
        Arc::new(Bucket { world, role })
    }

    fn queue(&self) -> Arc<SimulatedQueue> {
        Arc::new(SimulatedQueue(self.world.clone()))
    }

    fn analyst(&self) -> Arc<SimulatedAnalyst> {
        Arc::new(SimulatedAnalyst(self.world.clone()))
    }

    fn limits(&self) -> SpendingLimits {
        let most = self.world.habits.most_recordings;
        SpendingLimits {
            micro_usd_per_month: most.map(|count| count * MICRO_USD),
            ..SpendingLimits::default()
        }
    }

    fn steps(&self) -> StepRunner {
        StepRunner {
            records: self.records(),
            clock: self.clock(),
        }
    }

    /// One of each function.
    fn functions(&self, secret: &str) -> anyhow::Result<[Arc<dyn Function>; 7]> {
        let limits = self.limits();
        Ok([
            Arc::new(Analyze {
                steps: self.steps(),
                analysts: EngineSet::of(self.analyst()),
                queue: self.queue(),
                limits,
            }),
            Arc::new(Announce {
                bus: Arc::new(SimulatedBus(self.world.clone())),
            }),
            Arc::new(Notify {
                records: self.records(),
                queue: self.queue(),
                clock: self.clock(),
                secrets: Secrets::parse(secret)?,
                client: Arc::new(Receivers(self.world.clone())),
                places: Places::default(),
                limits: LaneLimits::default(),
            }),
            Arc::new(Report {
                steps: self.steps(),
                artifacts: self.bucket("artifacts"),
                public_url: None,
            }),
            Arc::new(Sweep {
                records: self.records(),
                uploads: self.bucket("uploads"),
                artifacts: self.bucket("artifacts"),
                queue: self.queue(),
                clock: self.clock(),
                retention: None,
            }),
            Arc::new(Transcribe {
                steps: self.steps(),
                uploads: self.bucket("uploads"),
                artifacts: self.bucket("artifacts"),
                public_url: Some(PUBLIC_URL.to_owned()),
                queue: self.queue(),
                transcribers: EngineSet::of(Arc::new(SimulatedTranscriber(self.world.clone()))),
                max_duration: MAX_DURATION,
                turns: TurnTaking::default(),
                limits,
            }),
            Arc::new(Waveform {
                steps: self.steps(),
                uploads: self.bucket("uploads"),
                artifacts: self.bucket("artifacts"),
                max_duration_ms: MAX_DURATION_MS,
            }),
        ])
    }

    fn api(&self, secret: &str) -> anyhow::Result<Api> {
        Ok(Api {
            identity: Arc::new(LocalIdentity),
            records: self.records(),
            uploads: self.bucket("uploads"),
            artifacts: self.bucket("artifacts"),
            queue: self.queue(),
            live: Arc::new(NoLive),
            direct: Direct::by(self.analyst(), self.clock()),
            available: AvailableEngines::default(),
            engine_checks: Arc::new(NoEngineChecks),
            signer: Arc::new(Digest),
            clock: self.clock(),
            limits: Limits {
                max_upload_bytes: 1 << 20,
                max_duration_ms: MAX_DURATION_MS,
                allow_private_webhooks: false,
                origins: Origins::default(),
                rate_limits: RateLimits::new(RateLimitSettings {
                    user_requests: None,
                    address_requests: None,
                    user_streams: None,
                    trusted_proxies: 0,
                }),
                spending: self.limits(),
            },
            public_url: Some(PUBLIC_URL.to_owned()),
            console: Console::local("http://localhost".to_owned()),
            check_webhook_url: target::check,
            webhook_probe: Arc::new(Probe {
                records: self.records(),
                clock: self.clock(),
                secrets: Secrets::parse(secret)?,
                client: Arc::new(Receivers(self.world.clone())),
                limits: LaneLimits::default(),
            }),
            shared_page: report::shared_page,
            write_collection_report: report::collection_report,
        })
    }
}

impl Instance {
    fn start(world: &World, secret: &str) -> anyhow::Result<Self> {
        let ahead = Duration::from_millis(world.state().rng.u64(..MAX_SKEW_MS));
        let ports = Ports {
            world: world.clone(),
            ahead,
        };
        let functions = ports.functions(secret)?.into_iter();
        Ok(Self {
            functions: functions
                .map(|function| (function.name(), function))
                .collect(),
            api: Arc::new(ApiService::new(ports.api(secret)?)),
        })
    }
}
