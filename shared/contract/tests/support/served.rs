//! Objects of a server that is not started by the test: another emulator, or Cloud Storage
//! itself. Each test has a part of one bucket.

use std::{ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use config::{Environment, SystemClock};
use domain::{
    Timestamp,
    ids::random_name,
    ports::{
        ByteStream, Clock as _, ObjectError, ObjectMeta, ObjectStore, Overwrite, SignedUpload,
        UploadGrant,
    },
};
use google::storage::GcsClient;

/// The bucket of `GCS_BUCKET_NAME` at `STORAGE_EMULATOR_HOST`, or of Cloud Storage.
pub struct ServedObjects {
    bucket: Arc<dyn ObjectStore>,
    prefix: String,
    time_passes: bool,
}

impl ServedObjects {
    #[expect(clippy::unused_async, reason = "as the promises call it")]
    pub async fn new() -> Self {
        let environment = Environment::from_process();
        let bucket = environment.required("GCS_BUCKET_NAME", "the name of a bucket");
        let gcs = GcsClient::new(environment.text("STORAGE_EMULATOR_HOST"));
        let bucket = gcs.bucket(bucket.unwrap());
        let time_passes = environment.parsed("CONTRACT_TIME_PASSES", false, "`true` or `false`");
        Self {
            bucket: Arc::new(bucket),
            prefix: format!("{}/", random_name()),
            time_passes: time_passes.unwrap(),
        }
    }

    fn part(&self, name: &str) -> Arc<dyn ObjectStore> {
        Arc::new(PartOfBucket {
            bucket: Arc::clone(&self.bucket),
            prefix: format!("{}{name}/", self.prefix),
        })
    }
}

impl contract::objects::ObjectsFixture for ServedObjects {
    fn bucket(&self) -> Arc<dyn ObjectStore> {
        self.part("one")
    }

    fn other_bucket(&self) -> Arc<dyn ObjectStore> {
        self.part("other")
    }

    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn advance(&self, by: Duration) {
        assert!(self.time_passes, "the time of this server cannot be moved");
        std::thread::sleep(by);
    }
}

/// The objects whose names begin with a prefix, as if they were a bucket.
struct PartOfBucket {
    bucket: Arc<dyn ObjectStore>,
    prefix: String,
}

impl PartOfBucket {
    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn own(&self, name: &str) -> String {
        name.strip_prefix(&self.prefix).unwrap().to_owned()
    }

    fn meta(&self, meta: ObjectMeta) -> ObjectMeta {
        ObjectMeta {
            name: self.own(&meta.name),
            ..meta
        }
    }
}

#[async_trait]
impl ObjectStore for PartOfBucket {
    async fn write(
        &self,
        name: &str,
        content_type: &str,
        body: ByteStream,
        overwrite: Overwrite,
    ) -> Result<ObjectMeta, ObjectError> {
        let (name, bucket) = (self.name(name), &self.bucket);
        let written = bucket.write(&name, content_type, body, overwrite).await;
        written.map(|meta| self.meta(meta))
    }

    async fn stat(&self, name: &str) -> Result<Option<ObjectMeta>, ObjectError> {
        let found = self.bucket.stat(&self.name(name)).await?;
        Ok(found.map(|meta| self.meta(meta)))
    }

    async fn read(
        &self,
        name: &str,
        generation: Option<i64>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectMeta, ByteStream), ObjectError> {
        let read = self.bucket.read(&self.name(name), generation, range).await;
        read.map(|(meta, bytes)| (self.meta(meta), bytes))
    }

    async fn delete(&self, name: &str) -> Result<(), ObjectError> {
        self.bucket.delete(&self.name(name)).await
    }

    async fn delete_generation(&self, name: &str, generation: i64) -> Result<(), ObjectError> {
        let name = self.name(name);
        self.bucket.delete_generation(&name, generation).await
    }

    async fn crc32c(&self, name: &str, generation: i64) -> Result<u32, ObjectError> {
        self.bucket.crc32c(&self.name(name), generation).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, ObjectError> {
        let found = self.bucket.list(&self.name(prefix)).await?;
        Ok(found.iter().map(|name| self.own(name)).collect())
    }

    async fn sign_upload(&self, grant: &UploadGrant) -> Result<SignedUpload, ObjectError> {
        let grant = UploadGrant {
            name: self.name(&grant.name),
            ..grant.clone()
        };
        self.bucket.sign_upload(&grant).await
    }

    async fn sign_read(&self, name: &str, expires_at: Timestamp) -> Result<String, ObjectError> {
        self.bucket.sign_read(&self.name(name), expires_at).await
    }
}
