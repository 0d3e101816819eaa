//! Documents that cannot be decoded, perhaps because a newer release wrote them.

use domain::{
    InterviewKey,
    ports::{Document, RecordsError},
};
use serde::de::DeserializeOwned;

/// Those of the documents that can be decoded. Each of the others is logged and does not
/// hide them.
pub fn readable<T: DeserializeOwned>(documents: &[Document]) -> Vec<T> {
    let decoded = documents.iter().filter_map(|document| {
        let decoded = document.decode();
        decoded
            .inspect_err(|error| report_unreadable(document, error))
            .ok()
    });
    decoded.collect()
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
