//! Documents that cannot be decoded, perhaps because a newer release wrote them.

use domain::{
    InterviewKey,
    ports::{Document, RecordsError},
};
use serde::de::DeserializeOwned;

/// Those of the documents that can be decoded. Each of the others is logged and does not
/// hide them.
pub fn readable<T: DeserializeOwned>(documents: &[Document]) -> Vec<T> {
    documents.iter().filter_map(decode_or_report).collect()
}

/// The document as a `T`; one that cannot be decoded is logged and as good as none.
pub fn decode_or_report<T: DeserializeOwned>(document: &Document) -> Option<T> {
    let decoded = document.decode();
    decoded
        .inspect_err(|error| report_unreadable(document, error))
        .ok()
}

/// Logs that a document was passed over. What is in it is not repeated.
pub fn report_unreadable(document: &Document, error: &RecordsError) {
    let (collection, _) = document.path.split();
    let collection = collection.rsplit('/').next().unwrap_or_default();
    let key = InterviewKey::from_path(document.path.as_str());
    let interview = key.map(|key| key.interview_id.to_string());
    let reason = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(
        event = "document.unreadable",
        interview,
        collection,
        reason,
        "a stored document cannot be decoded and was skipped"
    );
}
