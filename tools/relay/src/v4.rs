//! Google's V4 signatures under URLs, checked by making them again.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Timestamp,
    ids::hex,
    ports::{Clock, UploadGrant},
};
use embedded::uploads::{BadUrl, SignedOperation, UploadError};
use emulation::signatures::{Signatures, Target, check_header};
use google::storage::GcsClient;
use http::{HeaderMap, request::Parts};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Google's V4 signatures, checked by making them again.
pub struct V4 {
    /// Makes them with the key that functions sign with: the same for the same text, as
    /// RSA with PKCS #1 v1.5 padding is.
    pub gcs: GcsClient,
    /// The time by which they expire.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Signatures for V4 {
    async fn granted(
        &self,
        operation: SignedOperation,
        target: Target<'_>,
        request: &Parts,
    ) -> Result<UploadGrant, UploadError> {
        let signed = SignedRequest::read(request).ok_or(BadUrl::Signature)?;
        let expected = self.gcs.sign(&signed.string_to_sign(request)).await;
        let expected = expected.map_err(|_| BadUrl::Signature)?;
        let given = signed.parameter("X-Goog-Signature").unwrap_or_default();
        if !bool::from(hex(&expected).as_bytes().ct_eq(given.as_bytes())) {
            return Err(BadUrl::Signature.into());
        }
        let expires_at = signed.expires_at().ok_or(BadUrl::Signature)?;
        if expires_at <= self.clock.now() {
            return Err(BadUrl::Expired.into());
        }
        if operation == SignedOperation::Resumable {
            check_header(&request.headers, "x-goog-resumable", "start")?;
        }
        let header = |name: &str| {
            let value = request.headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let size = header("x-goog-content-length-range").and_then(|range| {
            let (least, most) = range.split_once(',')?;
            Some((least.parse().ok()?, most.parse().ok()?))
        });
        Ok(UploadGrant {
            name: target.name.to_owned(),
            content_type: header("content-type").unwrap_or_default(),
            size: size.unwrap_or((0, u64::MAX)),
            expires_at,
        })
    }
}

/// A request by a signed URL, taken apart as
/// <https://cloud.google.com/storage/docs/authentication/canonical-requests>
/// describes it.
struct SignedRequest {
    query: Vec<(String, String)>,
    /// The query as it was signed: sorted and encoded, without the signature.
    canonical_query: String,
}

impl SignedRequest {
    fn read(request: &Parts) -> Option<Self> {
        let query = request.uri.query()?;
        let signed = query
            .split('&')
            .filter(|pair| !pair.starts_with("X-Goog-Signature="));
        Some(Self {
            canonical_query: signed.collect::<Vec<_>>().join("&"),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        let (_, value) = pairs.find(|(key, _)| key == name)?;
        Some(value)
    }

    fn string_to_sign(&self, request: &Parts) -> String {
        let signed_headers = self.parameter("X-Goog-SignedHeaders").unwrap_or("");
        let lines = signed_headers.split(';');
        let lines = lines.map(|name| {
            let value = header_as_signed(&request.headers, name);
            [name, ":", &value, "\n"].concat()
        });
        let headers = lines.collect::<Vec<_>>().concat();
        let canonical = format!(
            "{}\n{}\n{}\n{headers}\n{signed_headers}\nUNSIGNED-PAYLOAD",
            request.method,
            request.uri.path(),
            self.canonical_query,
        );
        let credential = self.parameter("X-Goog-Credential").unwrap_or("");
        let (_, scope) = credential.split_once('/').unwrap_or_default();
        let date = self.parameter("X-Goog-Date").unwrap_or("");
        let digest = hex(&Sha256::digest(canonical));
        format!("GOOG4-RSA-SHA256\n{date}\n{scope}\n{digest}")
    }

    fn expires_at(&self) -> Option<Timestamp> {
        let date = self.parameter("X-Goog-Date")?;
        let seconds: u64 = self.parameter("X-Goog-Expires")?.parse().ok()?;
        let (day, time) = date.strip_suffix('Z')?.split_once('T')?;
        let part = |text: &str, range: std::ops::Range<usize>| Some(text.get(range)?.to_owned());
        let spelled = format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(day, 0..4)?,
            part(day, 4..6)?,
            part(day, 6..8)?,
            part(time, 0..2)?,
            part(time, 2..4)?,
            part(time, 4..6)?,
        );
        let begun: Timestamp = serde_json::from_value(spelled.into()).ok()?;
        Some(begun + Duration::from_secs(seconds))
    }
}

/// A host is signed without its port; blanks are taken together.
fn header_as_signed(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    let value = value.unwrap_or("");
    if name == "host" {
        return value.split(':').next().unwrap_or("").to_owned();
    }
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}
