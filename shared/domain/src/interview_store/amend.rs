//! Changes of documents that are not decoded.

use serde_json::{Map, Value};

use crate::{
    conflict::ConflictPauses,
    paths::DocPath,
    ports::{Document, Records, RecordsError, Write},
};

/// How many documents one commit changes: of interviews, which have at most a quarter of a
/// mebibyte each, they fit into Firestore's ten.
const CHANGES_PER_COMMIT: usize = 25;

/// Reads the fields of a document, lets `change` change them, and stores them; begins anew
/// when another writer was faster. Answers what `change` does, and nothing where it
/// leaves the document as it is or there is none.
///
/// Nothing is decoded: it works on a document that this release cannot read.
pub async fn amend<T>(
    records: &dyn Records,
    path: &DocPath,
    mut change: impl FnMut(&mut Map<String, Value>) -> Option<T> + Send,
) -> Result<Option<T>, RecordsError> {
    let mut pauses = ConflictPauses::new();
    loop {
        let Some(document) = records.read(path).await? else {
            return Ok(None);
        };
        let Value::Object(mut fields) = document.fields else {
            return Ok(None);
        };
        let Some(answer) = change(&mut fields) else {
            return Ok(None);
        };
        let write = Write::replace(path.clone(), Value::Object(fields), document.version);
        match records.commit(vec![write]).await {
            Ok(()) => return Ok(Some(answer)),
            Err(RecordsError::Stale { .. }) if pauses.wait().await => {}
            Err(other) => return Err(other),
        }
    }
}

/// Changes the fields of documents that were just read, many in one commit; one that has
/// changed since is read again. Answers how many were changed.
pub async fn amend_all(
    records: &dyn Records,
    documents: Vec<Document>,
    change: impl Fn(&mut Map<String, Value>) -> Option<()> + Send + Sync,
) -> Result<u64, RecordsError> {
    let mut changed = 0;
    let mut writes: Vec<Write> = Vec::new();
    for document in documents {
        let Value::Object(mut fields) = document.fields else {
            continue;
        };
        if change(&mut fields).is_some() {
            let fields = Value::Object(fields);
            writes.push(Write::replace(document.path, fields, document.version));
        }
    }
    for batch in writes.chunks(CHANGES_PER_COMMIT) {
        match records.commit(batch.to_vec()).await {
            Ok(()) => changed += batch.len() as u64,
            Err(RecordsError::Stale { .. }) => {
                for write in batch {
                    let amended = amend(records, write.path(), &change).await?;
                    changed += u64::from(amended.is_some());
                }
            }
            Err(other) => return Err(other),
        }
    }
    Ok(changed)
}
