//! `data/report`: where the report lies.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    analysis::DerivedFrom,
    versions::{Extended, UnknownFields, strip_unknown},
};

/// The stored report's description; the document itself is an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReport {
    /// The inputs it was made from.
    pub derived_from: Extended<DerivedFrom>,
    /// The object's name in the bucket for products.
    pub object: String,
    /// The object's size.
    pub size_bytes: u64,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(StoredReport, derived_from);

/// The media type of a report.
pub const CONTENT_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
