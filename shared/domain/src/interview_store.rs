//! The transitions of [`crate::lease`] run over [`Records`], and the reads and
//! writes that steps share.

use serde_json::{Map, Value};

use crate::{
    Interview, InterviewKey, Timestamp,
    chunks::{self, Chunk, DamagedChunk},
    interview::Status,
    lease::{Acquire, Lease, LeaseError},
    paths::DocPath,
    ports::{Precondition, Query, Records, RecordsError, Write},
    steps::{StepError, StepName, Waiting},
    transcript::{Transcript, TranscriptHead},
};

/// How often a transaction is begun anew before the store is called unavailable.
const MAX_CONFLICTS: usize = 50;

/// What a transaction on an interview decided.
pub enum Decision<T> {
    /// Store the changed interview, and these writes with it.
    Write(T, Vec<Write>),
    /// Leave everything as it is.
    Leave(T),
}

/// Reads the interview, lets `decide` change it, and stores it in one
/// transaction with whatever else `decide` wants written; begins anew when
/// another writer was faster. `decide` sees `None` when there is no interview.
pub async fn transact<T>(
    records: &dyn Records,
    key: &InterviewKey,
    now: Timestamp,
    mut decide: impl FnMut(Option<&mut Interview>) -> Decision<T> + Send,
) -> Result<T, RecordsError> {
    let path = key.document();
    for _ in 0..MAX_CONFLICTS {
        let found = records.read(&path).await?;
        let Some(document) = found else {
            let (Decision::Leave(answer) | Decision::Write(answer, _)) = decide(None);
            return Ok(answer);
        };
        let mut interview: Interview = document.decode()?;
        let before = (interview.status, interview.derive_status());
        let (answer, mut writes) = match decide(Some(&mut interview)) {
            Decision::Leave(answer) => return Ok(answer),
            Decision::Write(answer, writes) => (answer, writes),
        };
        interview.touch(now);
        if let (Status::Unknown(_), same) = before
            && same == interview.status
        {
            // A newer release's word for it, which still holds.
            interview.status = before.0;
        }
        let precondition = Precondition::Version(document.version);
        writes.push(Write::put(path.clone(), &interview, precondition)?);
        match records.commit(writes).await {
            Ok(()) => return Ok(answer),
            Err(RecordsError::Stale { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Err(RecordsError::Stale { path })
}

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
    for _ in 0..MAX_CONFLICTS {
        let Some(document) = records.read(path).await? else {
            return Ok(None);
        };
        let Value::Object(mut fields) = document.fields else {
            return Ok(None);
        };
        let Some(answer) = change(&mut fields) else {
            return Ok(None);
        };
        let write = Write::Put {
            path: path.clone(),
            fields: Value::Object(fields),
            precondition: Precondition::Version(document.version),
        };
        match records.commit(vec![write]).await {
            Ok(()) => return Ok(Some(answer)),
            Err(RecordsError::Stale { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Err(RecordsError::Stale { path: path.clone() })
}

/// The interview, unless there is none or it is deleted.
pub async fn interview(
    records: &dyn Records,
    key: &InterviewKey,
) -> Result<Option<Interview>, RecordsError> {
    let Some(document) = records.read(&key.document()).await? else {
        return Ok(None);
    };
    let interview: Interview = document.decode()?;
    Ok(interview.deleted_at.is_none().then_some(interview))
}

/// Claims a step for an input.
pub async fn begin(
    records: &dyn Records,
    key: &InterviewKey,
    step: StepName,
    input: &str,
    engine: Option<&str>,
    now: Timestamp,
) -> Result<Acquire, RecordsError> {
    transact(records, key, now, |interview| {
        let Some(interview) = interview else {
            return Decision::Leave(Acquire::Gone);
        };
        let before = interview.steps.step(step).clone();
        let claim = interview.begin(step, input, engine, now);
        if before == *interview.steps.step(step) {
            Decision::Leave(claim)
        } else {
            Decision::Write(claim, Vec::new())
        }
    })
    .await
}

/// Notes why a step cannot begin yet; answers whether it still has to be done.
pub async fn hold_back(
    records: &dyn Records,
    key: &InterviewKey,
    step: StepName,
    input: &str,
    waiting: Waiting,
) -> Result<bool, RecordsError> {
    transact(records, key, waiting.noted_at, |interview| {
        let Some(interview) = interview else {
            return Decision::Leave(false);
        };
        let before = interview.steps.step(step).clone();
        let remains = interview.hold_back(step, input, waiting.clone());
        if before == *interview.steps.step(step) {
            Decision::Leave(remains)
        } else {
            Decision::Write(remains, Vec::new())
        }
    })
    .await
}

/// Hands in a result: `writes` and the settled step in one transaction.
/// `amend` may change the interview beside it.
pub async fn finish(
    records: &dyn Records,
    key: &InterviewKey,
    lease: &Lease,
    writes: &[Write],
    amend: impl Fn(&mut Interview) + Send + Sync,
    now: Timestamp,
) -> Result<Result<(), LeaseError>, RecordsError> {
    hold(records, key, now, |interview| {
        interview.finish(lease, now)?;
        amend(interview);
        Ok(writes.to_vec())
    })
    .await
}

/// Keeps a claim alive.
pub async fn renew(
    records: &dyn Records,
    key: &InterviewKey,
    lease: &Lease,
    progress: Option<u8>,
    now: Timestamp,
) -> Result<Result<(), LeaseError>, RecordsError> {
    hold(records, key, now, |interview| {
        interview.renew(lease, progress, now)?;
        Ok(Vec::new())
    })
    .await
}

/// Keeps a claim until `until` without renewals, and stores `writes`
/// with that.
pub async fn park(
    records: &dyn Records,
    key: &InterviewKey,
    lease: &Lease,
    until: Timestamp,
    writes: &[Write],
    now: Timestamp,
) -> Result<Result<(), LeaseError>, RecordsError> {
    hold(records, key, now, |interview| {
        interview.park(lease, until)?;
        Ok(writes.to_vec())
    })
    .await
}

/// Reports a failure: the step is given back when it may pass, given up when not.
pub async fn report_failure(
    records: &dyn Records,
    key: &InterviewKey,
    lease: &Lease,
    error: &StepError,
    now: Timestamp,
) -> Result<Result<(), LeaseError>, RecordsError> {
    hold(records, key, now, |interview| {
        if error.retryable {
            interview.release(lease, error.clone(), now)?;
        } else {
            interview.fail(lease, error.clone(), now)?;
        }
        Ok(Vec::new())
    })
    .await
}

/// A transaction that a lost claim is refused.
async fn hold(
    records: &dyn Records,
    key: &InterviewKey,
    now: Timestamp,
    mut change: impl FnMut(&mut Interview) -> Result<Vec<Write>, LeaseError> + Send,
) -> Result<Result<(), LeaseError>, RecordsError> {
    transact(records, key, now, |interview| {
        let Some(interview) = interview else {
            return Decision::Leave(Err(LeaseError::Gone));
        };
        match change(interview) {
            Ok(writes) => Decision::Write(Ok(()), writes),
            Err(refused) => Decision::Leave(Err(refused)),
        }
    })
    .await
}

/// Why a transcript could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    /// The store said no.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// What it gave is not whole.
    #[error(transparent)]
    Damaged(#[from] DamagedChunk),
}

/// The head of the transcript, if there is one.
pub async fn transcript_head(
    records: &dyn Records,
    key: &InterviewKey,
) -> Result<Option<TranscriptHead>, RecordsError> {
    match records.read(&key.data("transcript")).await? {
        Some(document) => document.decode().map(Some),
        None => Ok(None),
    }
}

/// The whole transcript, if there is one.
pub async fn transcript(
    records: &dyn Records,
    key: &InterviewKey,
) -> Result<Option<Transcript>, TranscriptError> {
    let Some(head) = transcript_head(records, key).await? else {
        return Ok(None);
    };
    let mut parts: Vec<Chunk> = Vec::new();
    for number in 0..head.chunks {
        let found = records.read(&key.chunk(head.revision, number)).await?;
        let document = found.ok_or(DamagedChunk { number })?;
        parts.push(document.decode()?);
    }
    let words = chunks::unpack(&parts)?;
    Ok(Some(Transcript::new(head, words)))
}

/// Deletes all documents of a collection and of the collections `below` each.
pub async fn delete_collection(
    records: &dyn Records,
    collection: &str,
) -> Result<(), RecordsError> {
    loop {
        let query = Query {
            limit: 100,
            ..Query::collection(collection)
        };
        let found = records.list(&query).await?;
        if found.is_empty() {
            return Ok(());
        }
        let deletes = found.into_iter().map(|document| Write::Delete {
            path: document.path,
            precondition: Precondition::None,
        });
        records.commit(deletes.collect()).await?;
    }
}
