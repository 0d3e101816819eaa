//! The links of shares: how they are signed, and where they begin.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    InterviewKey,
    share::{Share, ShareLink},
};
use http::{header, request::Parts};
use subtle::ConstantTimeEq;

use crate::{Api, error::ApiError};

/// Where clients reach the service, without a slash at the end: `PUBLIC_URL`, or the host
/// that the request names, which only its sender is told.
pub(crate) struct PublicUrl(pub(crate) String);

impl FromRequestParts<Arc<Api>> for PublicUrl {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        if let Some(url) = &api.public_url {
            return Ok(Self(url.trim_end_matches('/').to_owned()));
        }
        let in_header = parts.headers.get(header::HOST);
        let in_header = in_header.and_then(|host| host.to_str().ok());
        let host = parts.uri.authority().map(http::uri::Authority::as_str);
        let host = host.or(in_header).unwrap_or_default();
        Ok(Self(format!("https://{host}")))
    }
}

impl Api {
    /// The link of a share.
    pub(super) fn share_url(
        &self,
        key: &InterviewKey,
        share: &Share,
        public_url: &PublicUrl,
    ) -> String {
        let text = ShareLink::of(key, share).text();
        let signature = self.signer.sign(ShareLink::PURPOSE, &text);
        let token = URL_SAFE_NO_PAD.encode(format!("{text}.{signature}"));
        format!("{}/s/{token}", public_url.0)
    }

    /// What a link says, if this service has signed it and it has not expired.
    pub(super) fn share_link(&self, token: &str) -> Option<ShareLink> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (text, signature) = text.rsplit_once('.')?;
        let expected = self.signer.sign(ShareLink::PURPOSE, text);
        if !bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
            return None;
        }
        let link = ShareLink::parse(text)?;
        (self.clock.now() < link.expires_at).then_some(link)
    }
}
