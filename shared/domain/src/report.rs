//! `data/report`: where the report lies, as a Word document and as a page.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    analysis::DerivedFrom,
    versions::{Extended, UnknownFields, strip_unknown},
};

/// The stored report's description; the documents themselves are objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReport {
    /// The inputs it was made from.
    pub derived_from: Extended<DerivedFrom>,
    /// The object's name in the bucket for products.
    pub object: String,
    /// The object's size.
    pub size_bytes: u64,
    /// The same report as a page; absent where an earlier release stored it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<Extended<StoredHtml>>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(StoredReport, derived_from, html);

/// A report as a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredHtml {
    /// The object's name in the bucket for products.
    pub object: String,
    /// The SHA-256 of the page's style sheet in Base64, see [`content_security_policy`]: the
    /// release that serves the page may have another one than that which wrote it.
    pub style_sha256: String,
}

/// The media type of a report as a Word document.
pub const CONTENT_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// The media type of a report as a page.
pub const HTML_CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// The content security policy of a page, which it has within and is served with: its own
/// style sheet and pictures within it, and nothing else at all.
pub fn content_security_policy(style_sha256: &str) -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{style_sha256}'; img-src data:; \
         base-uri 'none'; form-action 'none'"
    )
}
