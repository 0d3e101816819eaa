//! The ports of one process, configured by its settings.
//!
//! A setting is read when the port that needs it is requested: a function needs only
//! the settings of its ports.

use std::{collections::BTreeMap, sync::Arc};

use config::{Environment, InvalidSetting, SystemClock};
use domain::{
    pipeline::Pipeline,
    ports::{Bus, Clock, Identity, ObjectStore, Queue, Records, Signer, TokenSource},
};
use steps::StepRunner;

use crate::{
    firestore::{Firestore, FirestoreDatabase},
    identity::FirebaseIdentity,
    pubsub::PubSub,
    signer::HmacSigner,
    storage::GcsClient,
    tasks::{CloudTasksQueue, Queues},
    tokens::Tokens,
};

/// The ports, and the settings they are made by.
pub struct Cloud {
    environment: Environment,
    project: String,
    pipeline: Arc<Pipeline>,
    firestore: Firestore,
    gcs: GcsClient,
}

impl Cloud {
    /// Reads what all functions need, and refuses what belongs to the embedded
    /// service. Connects to nothing.
    pub fn read(environment: Environment) -> Result<Self, InvalidSetting> {
        environment.word("AUTH", &["firebase"])?;
        if environment.text("DATA_DIR").is_some() {
            return Err(InvalidSetting::new(
                "DATA_DIR",
                "unset: nothing is kept on this machine",
            ));
        }
        let project = environment.required("GCS_PROJECT_ID", "the id of a project")?;
        let project = project.to_owned();
        let database = FirestoreDatabase {
            project: project.clone(),
            id: environment
                .text("FIRESTORE_DATABASE")
                .unwrap_or("(default)")
                .to_owned(),
            emulator: emulator(&environment, "FIRESTORE_EMULATOR_HOST")?,
        };
        let storage = emulator(&environment, "STORAGE_EMULATOR_HOST")?;
        let pipeline = Arc::new(Pipeline::ours());
        Ok(Self {
            firestore: Firestore::new(database, Arc::clone(&pipeline)),
            gcs: GcsClient::new(storage.as_deref()),
            project,
            pipeline,
            environment,
        })
    }

    /// The settings.
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The project's id.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The manifest.
    pub const fn pipeline(&self) -> &Arc<Pipeline> {
        &self.pipeline
    }

    /// The time.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    /// The documents.
    pub fn records(&self) -> Arc<dyn Records> {
        Arc::new(self.firestore.clone())
    }

    /// The documents, with what only Firestore has.
    pub const fn firestore(&self) -> &Firestore {
        &self.firestore
    }

    /// What a step needs besides its own ports.
    pub fn steps(&self) -> StepRunner {
        StepRunner {
            records: self.records(),
            clock: self.clock(),
        }
    }

    /// Cloud Storage.
    pub const fn gcs(&self) -> &GcsClient {
        &self.gcs
    }

    /// `GCS_BUCKET_NAME`: the bucket for recordings.
    pub fn uploads(&self) -> Result<Arc<dyn ObjectStore>, InvalidSetting> {
        self.bucket("GCS_BUCKET_NAME")
    }

    /// `GCS_ARTIFACTS_BUCKET_NAME`: the bucket for products.
    pub fn artifacts(&self) -> Result<Arc<dyn ObjectStore>, InvalidSetting> {
        self.bucket("GCS_ARTIFACTS_BUCKET_NAME")
    }

    fn bucket(&self, name: &'static str) -> Result<Arc<dyn ObjectStore>, InvalidSetting> {
        let bucket = self.environment.required(name, "the name of a bucket")?;
        Ok(Arc::new(self.gcs.bucket(bucket)))
    }

    /// The topics.
    pub fn bus(&self) -> Result<Arc<dyn Bus>, InvalidSetting> {
        let host = emulator(&self.environment, "PUBSUB_EMULATOR_HOST")?;
        let bus = PubSub::new(self.project.clone(), host, &self.pipeline);
        Ok(Arc::new(bus))
    }

    /// The queues: `CLOUD_TASKS_LOCATION`, `FUNCTION_URLS` and
    /// `TASKS_SERVICE_ACCOUNT`.
    pub fn queue(&self) -> Result<Arc<dyn Queue>, InvalidSetting> {
        let environment = &self.environment;
        let host = emulator(environment, "CLOUD_TASKS_EMULATOR_HOST")?;
        let account = environment.text("TASKS_SERVICE_ACCOUNT");
        if host.is_none() && account.is_none() {
            return Err(InvalidSetting::new(
                "TASKS_SERVICE_ACCOUNT",
                "the service account that tasks call functions as",
            ));
        }
        let location = environment.required("CLOUD_TASKS_LOCATION", "such as `europe-west1`")?;
        let queues = Queues {
            project: self.project.clone(),
            location: location.to_owned(),
            functions: function_urls(environment, &self.pipeline)?,
            service_account: account.map(str::to_owned),
            emulator: host.map(|host| format!("http://{host}")),
        };
        Ok(Arc::new(CloudTasksQueue::new(
            queues,
            Arc::clone(&self.pipeline),
        )))
    }

    /// Users by Firebase ID tokens; by an emulator's where
    /// `FIREBASE_AUTH_EMULATOR_HOST` names one.
    pub fn identity(&self) -> Result<Arc<dyn Identity>, InvalidSetting> {
        const EMULATOR: &str = "FIREBASE_AUTH_EMULATOR_HOST";
        let emulated = self.environment.text(EMULATOR).is_some();
        let (project, clock) = (self.project.clone(), self.clock());
        if emulated {
            self.only_emulated(EMULATOR, "unset: its tokens are unsigned")?;
            return Ok(Arc::new(FirebaseIdentity::for_emulator(project, clock)));
        }
        Ok(Arc::new(FirebaseIdentity::new(project, clock)))
    }

    /// Access tokens of the process's own credentials.
    pub fn tokens(&self) -> Arc<dyn TokenSource> {
        Arc::new(Tokens)
    }

    /// `SIGNING_SECRET`: signatures under links to recordings.
    pub fn signer(&self) -> Result<Arc<dyn Signer>, InvalidSetting> {
        let expected = "a secret of at least 32 characters";
        let secret = self.environment.required("SIGNING_SECRET", expected)?;
        let signer = HmacSigner::new(secret);
        let signer = signer.ok_or_else(|| InvalidSetting::new("SIGNING_SECRET", expected))?;
        Ok(Arc::new(signer))
    }

    /// `WEBHOOK_ALLOW_PRIVATE`, which only an emulated cloud may set.
    pub fn allow_private_webhooks(&self) -> Result<bool, InvalidSetting> {
        let allow = self.environment.allow_private_webhooks()?;
        if allow {
            let expected = "unset: webhooks go to public addresses only";
            self.only_emulated("WEBHOOK_ALLOW_PRIVATE", expected)?;
        }
        Ok(allow)
    }

    /// Refuses a setting where the data are real.
    fn only_emulated(&self, name: &'static str, expected: &str) -> Result<(), InvalidSetting> {
        let emulated = self.environment.text("FIRESTORE_EMULATOR_HOST").is_some();
        emulated
            .then_some(())
            .ok_or_else(|| InvalidSetting::new(name, expected))
    }
}

/// `host:port` of an emulator.
pub fn emulator(
    environment: &Environment,
    name: &'static str,
) -> Result<Option<String>, InvalidSetting> {
    environment.optional(name, "`host:port`, without a scheme", |text| {
        let (host, port) = text.rsplit_once(':')?;
        let plain = !host.is_empty() && !host.contains(['/', ' ']);
        (plain && port.parse::<u16>().is_ok()).then(|| text.to_owned())
    })
}

/// `FUNCTION_URLS`: where each function that works off a queue is, as
/// `name=url`, separated by commas.
pub fn function_urls(
    environment: &Environment,
    pipeline: &Pipeline,
) -> Result<BTreeMap<String, String>, InvalidSetting> {
    const NAME: &str = "FUNCTION_URLS";
    let invalid = |what: &str| {
        let expected = format!("`name=url` for each function, separated by commas; {what}");
        InvalidSetting::new(NAME, expected)
    };
    let mut urls = BTreeMap::new();
    for (name, url) in by_function(environment, NAME, "url", pipeline)? {
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(invalid(&format!("`{url}` is no URL")));
        }
        urls.insert(name, url.trim_end_matches('/').to_owned());
    }
    for queue in pipeline.queues.values() {
        if !urls.contains_key(&queue.function) {
            return Err(invalid(&format!("`{}` is missing", queue.function)));
        }
    }
    Ok(urls)
}

/// Reads `name=value` for functions, separated by commas; errors call the value `value`.
pub fn by_function(
    environment: &Environment,
    setting: &'static str,
    value: &str,
    pipeline: &Pipeline,
) -> Result<BTreeMap<String, String>, InvalidSetting> {
    let invalid = |what: String| {
        let expected = format!("`name={value}` for each function, separated by commas; {what}");
        InvalidSetting::new(setting, expected)
    };
    let text = environment.text(setting).unwrap_or("");
    let pairs = text.split(',').map(str::trim);
    let read = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| invalid(format!("`{pair}` has no `=`")))?;
        if !pipeline.functions.contains_key(name) {
            return Err(invalid(format!("`{name}` is no function")));
        }
        Ok((name.to_owned(), value.to_owned()))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: (&str, &str) = ("GCS_PROJECT_ID", "p");

    fn read(name: &str, value: &str) -> Result<Cloud, InvalidSetting> {
        Cloud::read(Environment::from_pairs([PROJECT, (name, value)]))
    }

    fn refusal<T>(outcome: Result<T, InvalidSetting>, name: &str) {
        let error = outcome.map(drop).unwrap_err().to_string();
        assert!(error.starts_with(name) && !error.contains('\n'), "{error}");
    }

    #[test]
    fn settings_of_the_embedded_service_are_rejected() {
        refusal(read("AUTH", "local"), "AUTH");
        refusal(read("DATA_DIR", "./data"), "DATA_DIR");
        let cloud = read("WEBHOOK_ALLOW_PRIVATE", "true").unwrap();
        refusal(cloud.allow_private_webhooks(), "WEBHOOK_ALLOW_PRIVATE");
        let cloud = read("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099").unwrap();
        refusal(cloud.identity(), "FIREBASE_AUTH_EMULATOR_HOST");
    }

    #[test]
    fn a_missing_setting_is_named_when_it_is_needed() {
        refusal(Cloud::read(Environment::default()), "GCS_PROJECT_ID");
        refusal(
            read("FIRESTORE_EMULATOR_HOST", "http://x"),
            "FIRESTORE_EMULATOR_HOST",
        );
        let cloud = read("SIGNING_SECRET", "short").unwrap();
        refusal(cloud.uploads(), "GCS_BUCKET_NAME");
        refusal(cloud.artifacts(), "GCS_ARTIFACTS_BUCKET_NAME");
        refusal(cloud.queue(), "TASKS_SERVICE_ACCOUNT");
        refusal(cloud.signer(), "SIGNING_SECRET");
        cloud.bus().unwrap();
    }

    #[test]
    fn the_urls_of_functions_are_whole_or_refused() {
        let urls = |text: &str| {
            let environment = Environment::from_pairs([("FUNCTION_URLS", text)]);
            function_urls(&environment, &Pipeline::ours())
        };
        let all = "analyze=https://a.example,report=https://r.example,waveform=https://w.example,\
                   transcribe=https://t.example/, notify=https://n.example";
        let good = urls(all).unwrap();
        assert_eq!(good["transcribe"], "https://t.example");
        for wrong in [
            "",
            "transcribe=https://t.example",
            &all.replace("https://t", "t"),
            &format!("{all},other=https://o.example"),
            "transcribe",
        ] {
            refusal(urls(wrong), "FUNCTION_URLS");
        }
    }
}
