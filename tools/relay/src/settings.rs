//! What is emulated, and where the functions are.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use config::{Environment, InvalidSetting};
use domain::pipeline::Pipeline;
use google::{Cloud, cloud};

/// What is emulated, and where the functions are. The buckets are named by their
/// roles, `uploads` and `artifacts`.
pub(crate) struct RelaySettings {
    /// `HOST` and `PORT`: where Cloud Storage and Cloud Tasks are emulated for callers
    /// without a service account.
    pub(crate) address: String,
    /// `RELAY_ADDRESSES`: where they are emulated for each function, `host:port`.
    pub(crate) addresses: BTreeMap<String, String>,
    /// `RELAY_DIR`: where objects, tasks and undelivered events are kept.
    pub(crate) data_dir: PathBuf,
    /// Google's clients, with the emulators' addresses as functions get them.
    pub(crate) cloud: Cloud,
    /// `FIRESTORE_EMULATOR_HOST`, without which there is nothing to relay.
    pub(crate) pubsub: String,
    /// `FUNCTION_URLS`: where each function is.
    pub(crate) functions: BTreeMap<String, String>,
    /// `RELAY_TWICE`: whether everything is delivered twice, as it may be.
    pub(crate) twice: bool,
    /// `PUBLIC_URL` and `CORS_ALLOWED_ORIGINS`: the origins of pages that may upload.
    pub(crate) origins: Vec<String>,
    /// The manifest, its waits cut to `RELAY_MAX_BACKOFF_S`.
    pub(crate) pipeline: Arc<Pipeline>,
}

impl RelaySettings {
    pub(crate) fn read(environment: Environment) -> Result<Self, InvalidSetting> {
        for name in ["FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"] {
            environment.required(name, "set: scripts/dev/emulators up")?;
        }
        let pubsub = cloud::emulator(&environment, "PUBSUB_EMULATOR_HOST")?;
        let mut pipeline = Pipeline::ours();
        hurry(&mut pipeline, &environment)?;
        let host = environment.text("HOST").unwrap_or("127.0.0.1");
        let port: u16 = environment.parsed("PORT", 8100, "a port, 1 to 65535")?;
        let data_dir = environment.required("RELAY_DIR", "a folder")?;
        Ok(Self {
            address: format!("{host}:{port}"),
            addresses: cloud::by_function(&environment, "RELAY_ADDRESSES", "host:port", &pipeline)?,
            data_dir: data_dir.into(),
            twice: environment.parsed("RELAY_TWICE", false, "`true` or `false`")?,
            pubsub: pubsub.unwrap_or_default(),
            origins: origins(&environment),
            functions: cloud::function_urls(&environment, &pipeline)?,
            pipeline: Arc::new(pipeline),
            cloud: Cloud::read(environment)?,
        })
    }
}

/// As Terraform gives them to the bucket of recordings.
fn origins(environment: &Environment) -> Vec<String> {
    let own = environment.text("PUBLIC_URL");
    let others = environment.text("CORS_ALLOWED_ORIGINS").unwrap_or("");
    let all = own.into_iter().chain(others.split(',').map(str::trim));
    let all = all.filter(|origin| !origin.is_empty());
    all.map(str::to_owned).collect()
}

/// Shorter than in production, for interactive use.
fn hurry(pipeline: &mut Pipeline, environment: &Environment) -> Result<(), InvalidSetting> {
    let expected = "a number of seconds, at least 1";
    let longest: u32 = environment.parsed("RELAY_MAX_BACKOFF_S", u32::MAX, expected)?;
    let functions = pipeline.functions.values_mut();
    let retries = functions.map(|function| &mut function.retry);
    let queues = pipeline.queues.values_mut().map(|queue| &mut queue.retry);
    for retry in retries.chain(queues) {
        retry.min_backoff_s = retry.min_backoff_s.min(longest.max(1));
        retry.max_backoff_s = retry.max_backoff_s.min(longest.max(1));
    }
    Ok(())
}
