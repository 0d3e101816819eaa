//! The port.

use std::{borrow::Cow, collections::BTreeSet};

use async_trait::async_trait;
use domain::{
    documents,
    paths::DocPath,
    pipeline::{DocumentChange, TriggerKey},
    ports::{Document, DocumentStream, Precondition, Query, Records, RecordsError, Write},
    search::{Phrases, TEXT, distinct},
};
use firestore::gcloud_sdk::{
    google::firestore::v1::{
        self, CommitRequest, GetDocumentRequest, RunQueryRequest, precondition::ConditionType,
        run_query_request::QueryType, write::Operation,
    },
    prost_types,
    tonic::{Code, Status},
};

use serde_json::Value;

use super::{Call, Client, Firestore, fields, is_passage, query, unavailable, watch};

#[async_trait]
impl Records for Firestore {
    async fn read(&self, path: &DocPath) -> Result<Option<Document>, RecordsError> {
        let request = GetDocumentRequest {
            name: self.name(path),
            ..GetDocumentRequest::default()
        };
        let make = move |mut client: Client| -> Call<'static, _> {
            let request = request.clone();
            Box::pin(async move { client.get_document(request).await })
        };
        match self.call(&make).await? {
            Ok(found) => Ok(self.document(found.get_ref())),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(unavailable(status)),
        }
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), RecordsError> {
        if writes.is_empty() {
            return Ok(());
        }
        for write in &writes {
            if let Write::Put { path, fields, .. } = write {
                documents::check(path, fields, &self.pipeline)?;
            }
        }
        let request = CommitRequest {
            database: format!(
                "projects/{}/databases/{}",
                self.database.project, self.database.id
            ),
            writes: writes.iter().map(|write| self.wire(write)).collect(),
            ..CommitRequest::default()
        };
        let make = move |mut client: Client| -> Call<'static, _> {
            let request = request.clone();
            Box::pin(async move { client.commit(request).await })
        };
        let committed = self.call(&make).await?;
        committed.map_err(|status| refused(status, &writes))?;
        if tracing::enabled!(tracing::Level::DEBUG) {
            let started = writes.iter().flat_map(|write| self.started(write));
            let starts = started.collect::<Vec<_>>().join(",");
            tracing::debug!(event = "firestore.committed", writes = writes.len(), starts);
        }
        Ok(())
    }

    async fn list(&self, query: &Query) -> Result<Vec<Document>, RecordsError> {
        if query.phrases.as_ref().is_some_and(Phrases::is_empty) {
            return Ok(Vec::new());
        }
        let documents = self.documents();
        let (parent, structured) = query::structured(query, &documents);
        let parent = if parent.is_empty() {
            documents
        } else {
            format!("{documents}/{parent}")
        };
        let request = RunQueryRequest {
            parent,
            query_type: Some(QueryType::StructuredQuery(structured)),
            ..RunQueryRequest::default()
        };
        let make = move |mut client: Client| -> Call<'static, _> {
            let request = request.clone();
            Box::pin(async move {
                let mut stream = client.run_query(request).await?.into_inner();
                let mut found = Vec::new();
                while let Some(answer) = stream.message().await? {
                    found.extend(answer.document);
                }
                Ok(found)
            })
        };
        let found: Vec<v1::Document> = self.call(&make).await?.map_err(unavailable)?;
        Ok(found.iter().filter_map(|one| self.document(one)).collect())
    }

    fn watch(&self, path: &DocPath) -> DocumentStream {
        watch::stream(self, path)
    }
}

impl Firestore {
    /// The functions that a write starts. One without a precondition counts as both a creation
    /// and a change of the document.
    fn started(&self, write: &Write) -> BTreeSet<&str> {
        let changes: &[_] = match write {
            Write::Delete { .. } => &[DocumentChange::Deleted],
            Write::Put { precondition, .. } => match precondition {
                Precondition::Absent => &[DocumentChange::Created],
                Precondition::Exists | Precondition::Version(_) => &[DocumentChange::Updated],
                Precondition::None => &[DocumentChange::Created, DocumentChange::Updated],
            },
        };
        let path = write.path().as_str();
        let keys = changes.iter();
        let keys = keys.map(|change| TriggerKey::Document {
            path,
            change: *change,
        });
        keys.flat_map(|key| self.pipeline.listeners(key)).collect()
    }

    fn wire(&self, write: &Write) -> v1::Write {
        let (operation, precondition) = match write {
            Write::Put {
                path,
                fields: content,
                precondition,
            } => {
                let document = v1::Document {
                    name: self.name(path),
                    fields: fields(&with_tokens(path, content)),
                    ..v1::Document::default()
                };
                (Operation::Update(document), precondition)
            }
            Write::Delete { path, precondition } => {
                (Operation::Delete(self.name(path)), precondition)
            }
        };
        v1::Write {
            operation: Some(operation),
            current_document: condition(*precondition).map(|condition| v1::Precondition {
                condition_type: Some(condition),
            }),
            ..v1::Write::default()
        }
    }
}

/// A passage with the tokens by which it is found; any other document as it is.
fn with_tokens<'a>(path: &DocPath, content: &'a Value) -> Cow<'a, Value> {
    let text = content.get(TEXT).and_then(Value::as_str);
    let Some(text) = text.filter(|_| is_passage(path)) else {
        return Cow::Borrowed(content);
    };
    let mut content = content.clone();
    if let Value::Object(fields) = &mut content {
        let tokens = distinct(text).into_iter().map(Value::from).collect();
        fields.insert(query::TOKENS.to_owned(), Value::Array(tokens));
    }
    Cow::Owned(content)
}

fn condition(precondition: Precondition) -> Option<ConditionType> {
    match precondition {
        Precondition::None => None,
        Precondition::Absent => Some(ConditionType::Exists(false)),
        Precondition::Exists => Some(ConditionType::Exists(true)),
        Precondition::Version(version) => {
            let micros = version.0;
            let nanos = micros.rem_euclid(1_000_000) * 1_000;
            Some(ConditionType::UpdateTime(prost_types::Timestamp {
                seconds: micros.div_euclid(1_000_000),
                nanos: i32::try_from(nanos).unwrap_or(0),
            }))
        }
    }
}

/// Why a commit was rejected. Firestore does not say which precondition failed, so the
/// first one is named.
fn refused(status: Status, writes: &[Write]) -> RecordsError {
    let conditional = |write: &&Write| {
        let (Write::Put { precondition, .. } | Write::Delete { precondition, .. }) = write;
        *precondition != Precondition::None
    };
    match (status.code(), writes.iter().find(conditional)) {
        (Code::FailedPrecondition | Code::AlreadyExists | Code::NotFound, Some(write)) => {
            RecordsError::Stale {
                path: write.path().clone(),
            }
        }
        _ => unavailable(status),
    }
}
