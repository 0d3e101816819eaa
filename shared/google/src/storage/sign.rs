//! Signed URLs, version 4: by a service account's key where
//! `GOOGLE_APPLICATION_CREDENTIALS` names one, else by IAM's `signBlob`.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use config::SystemClock;
use domain::{
    Timestamp,
    ports::{Clock, ObjectError, Resumable, SignedUpload, UploadGrant},
};
use google_cloud_auth::{credentials::Builder, signer::Signer};
use google_cloud_storage::{builder::storage::SignedUrlBuilder, http::Method};
use once_cell::sync::OnceCell;

/// Signs URLs.
pub(super) struct Signing {
    endpoint: String,
    signer: OnceCell<Signer>,
}

type Headers = BTreeMap<String, String>;

impl Signing {
    pub(super) const fn new(endpoint: String) -> Self {
        Self {
            endpoint,
            signer: OnceCell::new(),
        }
    }

    /// The client must send every header that is signed, just as it is.
    ///
    /// Cloud Storage documents `x-goog-content-length-range` for `PUT` alone. Of the `POST`
    /// that begins a resumable upload, which has no bytes itself, it does not say whether the
    /// header is applied to the object, to the request, or not at all. So that header has no
    /// lower bound there, and the size is compared when the recording arrives.
    pub(super) async fn upload(
        &self,
        bucket: &str,
        grant: &UploadGrant,
    ) -> Result<SignedUpload, ObjectError> {
        let headers: Headers = [
            ("content-type", grant.content_type.clone()),
            (
                "x-goog-content-length-range",
                format!("{},{}", grant.size.0, grant.size.1),
            ),
            ("x-goog-if-generation-match", "0".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let mut start = headers.clone();
        let up_to = format!("0,{}", grant.size.1);
        start.insert("x-goog-content-length-range".to_owned(), up_to);
        start.insert("x-goog-resumable".to_owned(), "start".to_owned());
        let (name, until) = (&grant.name, grant.expires_at);
        Ok(SignedUpload {
            url: self.url(Method::PUT, bucket, name, until, &headers).await?,
            headers,
            resumable: Resumable {
                url: self.url(Method::POST, bucket, name, until, &start).await?,
                headers: start,
            },
            expires_at: grant.expires_at,
        })
    }

    pub(super) async fn read(
        &self,
        bucket: &str,
        name: &str,
        until: Timestamp,
    ) -> Result<String, ObjectError> {
        self.url(Method::GET, bucket, name, until, &Headers::new())
            .await
    }

    async fn url(
        &self,
        method: Method,
        bucket: &str,
        name: &str,
        until: Timestamp,
        headers: &Headers,
    ) -> Result<String, ObjectError> {
        let unavailable = |error: anyhow::Error| ObjectError::Unavailable(error.into());
        let key = self.signer().map_err(unavailable)?;
        let builder = SignedUrlBuilder::for_object(format!("projects/_/buckets/{bucket}"), name)
            .with_endpoint(&self.endpoint)
            .with_method(method)
            .with_expiration(time_left(until));
        let builder = headers.iter().fold(builder, |builder, (name, value)| {
            builder.with_header(name, value)
        });
        let signed = builder.sign_with(key).await;
        signed.context("signing a URL").map_err(unavailable)
    }

    /// The signature of any text by the same key.
    pub(super) async fn text(&self, text: &str) -> anyhow::Result<Vec<u8>> {
        let signed = self.signer()?.sign(text).await.context("signing a text")?;
        Ok(signed.to_vec())
    }

    fn signer(&self) -> anyhow::Result<&Signer> {
        let signer = self
            .signer
            .get_or_try_init(|| Builder::default().build_signer());
        signer.context("finding Application Default Credentials to sign with")
    }
}

/// The service counts from now on, in whole seconds, up to seven days.
fn time_left(until: Timestamp) -> Duration {
    const LONGEST: Duration = Duration::from_hours(7 * 24);
    let left = until.since(SystemClock.now());
    left.clamp(Duration::from_secs(1), LONGEST)
}
