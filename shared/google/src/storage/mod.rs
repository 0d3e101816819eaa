//! The port `ObjectStore` on Google Cloud Storage.
//!
//! Reads go through the official client, which resumes interrupted ones; silent ones are
//! resumed here (`read`). Writes go over
//! the JSON API in a loop of our own (`write`), because the official client's can leave
//! a wrong object. What that client offers by gRPC alone — metadata, lists, deletion —
//! goes over the JSON API as well: it is the same service, and can be tested against
//! one server.

mod json_api;
mod read;
mod sign;
mod write;

use std::{ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Timestamp,
    ports::{
        ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, SignedUpload, UploadGrant,
    },
};
use google_cloud_auth::credentials::Credentials;
use google_cloud_storage::client::Storage;
use json_api::{JsonApi, Resource};
use sign::Signing;
use tokio::sync::OnceCell;

use crate::emulator;

/// How long the service may be silent before the request is made once more.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// How the service is reached, for all buckets.
#[derive(Clone)]
pub struct GcsClient {
    endpoint: Endpoint,
    client: Arc<OnceCell<Storage>>,
    json_api: Arc<JsonApi>,
    signing: Arc<Signing>,
}

/// The service's address, and our credentials.
#[derive(Debug, Clone)]
struct Endpoint {
    /// With its scheme, without a slash at the end.
    url: String,
    emulated: bool,
    attempt_timeout: Duration,
}

impl Endpoint {
    fn credentials(&self) -> anyhow::Result<Credentials> {
        if self.emulated {
            return Ok(emulator::anonymous());
        }
        crate::credentials::default()
    }
}

/// One bucket.
#[derive(Clone)]
pub struct GcsBucket {
    gcs: GcsClient,
    name: String,
}

impl GcsClient {
    /// The service itself, or an emulator of it at `host:port`. Connects when it
    /// is first used.
    pub fn new(emulator: Option<&str>) -> Self {
        let endpoint = Endpoint {
            url: emulator.map_or_else(
                || "https://storage.googleapis.com".to_owned(),
                |host| format!("http://{host}"),
            ),
            emulated: emulator.is_some(),
            attempt_timeout: ATTEMPT_TIMEOUT,
        };
        Self::at(endpoint)
    }

    fn at(endpoint: Endpoint) -> Self {
        Self {
            json_api: Arc::new(JsonApi::new(endpoint.clone())),
            signing: Arc::new(Signing::new(endpoint.url.clone())),
            endpoint,
            client: Arc::default(),
        }
    }

    /// A bucket by its name.
    pub fn bucket(&self, name: &str) -> GcsBucket {
        GcsBucket {
            gcs: self.clone(),
            name: name.to_owned(),
        }
    }

    /// The same with another time, instead of 30 seconds, for which the service may be
    /// silent before a request with bytes is made once more.
    #[must_use]
    pub fn with_attempt_timeout(self, attempt_timeout: Duration) -> Self {
        let endpoint = self.endpoint;
        Self::at(Endpoint {
            attempt_timeout,
            ..endpoint
        })
    }

    /// The signature of `text` by the key that URLs are signed with: what an
    /// emulator compares theirs with.
    pub async fn sign(&self, text: &str) -> anyhow::Result<Vec<u8>> {
        self.signing.text(text).await
    }

    async fn client(&self) -> Result<&Storage, ObjectError> {
        let connect = || async {
            let credentials = self.endpoint.credentials()?;
            let builder = Storage::builder().with_credentials(credentials);
            // It holds gRPC channels as well, by default one for each core.
            let builder = builder.with_grpc_subchannel_count(1);
            let client = builder.with_endpoint(&self.endpoint.url).build().await;
            client.map_err(anyhow::Error::from)
        };
        let client = self.client.get_or_try_init(connect).await;
        client.map_err(|error| ObjectError::Unavailable(error.into()))
    }
}

#[async_trait]
impl ObjectStore for GcsBucket {
    async fn write(
        &self,
        name: &str,
        content_type: &str,
        body: ByteStream,
        overwrite: Overwrite,
    ) -> Result<ObjectMeta, ObjectError> {
        write::write(self, name, content_type, body, overwrite).await
    }

    async fn stat(&self, name: &str) -> Result<Option<ObjectMeta>, ObjectError> {
        let found = self.gcs.json_api.find(&self.name, name, None).await?;
        found.map(Resource::into_meta).transpose()
    }

    async fn crc32c(&self, name: &str, generation: i64) -> Result<u32, ObjectError> {
        let json_api = &self.gcs.json_api;
        let found = json_api.find(&self.name, name, Some(generation)).await?;
        let found = found.ok_or_else(|| read::not_found(name))?;
        write::decode(&found.crc32c)
    }

    async fn read(
        &self,
        name: &str,
        generation: Option<i64>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, ByteStream), ObjectError> {
        read::read(self, name, generation, range).await
    }

    async fn delete(&self, name: &str) -> Result<(), ObjectError> {
        self.gcs.json_api.delete(&self.name, name, None).await
    }

    async fn delete_generation(&self, name: &str, generation: i64) -> Result<(), ObjectError> {
        let json_api = &self.gcs.json_api;
        json_api.delete(&self.name, name, Some(generation)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, ObjectError> {
        self.gcs.json_api.list(&self.name, prefix).await
    }

    async fn sign_upload(&self, grant: &UploadGrant) -> Result<SignedUpload, ObjectError> {
        self.gcs.signing.upload(&self.name, grant).await
    }

    async fn sign_read(&self, name: &str, expires_at: Timestamp) -> Result<String, ObjectError> {
        self.gcs.signing.read(&self.name, name, expires_at).await
    }
}
