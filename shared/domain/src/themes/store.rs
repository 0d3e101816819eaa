//! The step of a collection over [`Records`].

use serde_json::{Map, Value, json};

use super::{
    AcquireThemes, CollectionKey, DUE, Themes, ThemesLease, ThemesRun, result_path, run_path,
};
use crate::{
    Timestamp,
    conflict::ConflictPauses,
    deletion::is_marked,
    interview_store,
    ledger::{self, Amounts},
    paths::{self, DocPath},
    ports::{Document, Precondition, Query, Records, RecordsError, Write},
    steps::StepError,
};

/// What a change of the step decided.
enum Change<T> {
    /// Store the changed step, and these writes with it.
    Write(T, Vec<Write>),
    /// Leave everything as it is.
    Leave(T),
}

/// Where the step of a collection stands; nothing where there never was one.
pub async fn run(
    records: &dyn Records,
    collection: &DocPath,
) -> Result<Option<ThemesRun>, RecordsError> {
    let found = records.read(&run_path(collection)).await?;
    found.map(|document| document.decode()).transpose()
}

/// The result of the last step that succeeded.
pub async fn result(
    records: &dyn Records,
    collection: &DocPath,
) -> Result<Option<Themes>, RecordsError> {
    let found = records.read(&result_path(collection)).await?;
    found.map(|document| document.decode()).transpose()
}

/// Requests the themes of a collection, unless a run is open or was begun by the same key.
/// Answers the run; nothing where there is no such collection, or it is deleted: the collection
/// is written with the run, so that a deletion at the same time leaves no run behind.
pub async fn request(
    records: &dyn Records,
    key: &CollectionKey,
    request: Option<&str>,
    now: Timestamp,
) -> Result<Option<ThemesRun>, RecordsError> {
    let Some(path) = key.document() else {
        return Ok(None);
    };
    let mut pauses = ConflictPauses::new();
    loop {
        let Some(collection) = unmarked(records, &path).await? else {
            return Ok(None);
        };
        let found = records.read(&run_path(&path)).await?;
        let (before, precondition) = match &found {
            Some(document) => (
                Some(document.decode::<ThemesRun>()?),
                Precondition::Version(document.version),
            ),
            None => (None, Precondition::Absent),
        };
        if let Some(before) = before.as_ref().filter(|before| before.answers(request)) {
            return Ok(Some(before.clone()));
        }
        let run = ThemesRun::requested(before.as_ref(), request.map(str::to_owned), now);
        let (mut fields, version) = collection;
        fields.insert(DUE.to_owned(), json!(now));
        let writes = vec![
            Write::replace(path.clone(), Value::Object(fields), version),
            Write::put(run_path(&path), &run, precondition)?,
        ];
        match records.commit(writes).await {
            Ok(()) => return Ok(Some(run)),
            Err(RecordsError::Stale { .. }) if pauses.wait().await => {}
            Err(error) => return Err(error),
        }
    }
}

/// The fields of a collection that is not marked as deleted, and their version.
async fn unmarked(
    records: &dyn Records,
    path: &DocPath,
) -> Result<Option<(Map<String, Value>, crate::ports::Version)>, RecordsError> {
    let found = records.read(path).await?;
    Ok(found.and_then(|document| match document.fields {
        Value::Object(fields) if !is_marked(&fields) => Some((fields, document.version)),
        _ => None,
    }))
}

/// Lets `decide` change the step in one transaction with other writes; begins anew when another
/// writer was faster. Nothing where there is no step: it was deleted with its collection.
async fn change<T>(
    records: &dyn Records,
    collection: &DocPath,
    used: Option<(&CollectionKey, Amounts, Timestamp)>,
    mut decide: impl FnMut(&mut ThemesRun) -> Result<Change<T>, RecordsError> + Send,
) -> Result<Option<T>, RecordsError> {
    let path = run_path(collection);
    let mut pauses = ConflictPauses::new();
    loop {
        let Some(document) = records.read(&path).await? else {
            return Ok(None);
        };
        let mut run: ThemesRun = document.decode()?;
        let (answer, mut writes) = match decide(&mut run)? {
            Change::Leave(answer) => return Ok(Some(answer)),
            Change::Write(answer, writes) => (answer, writes),
        };
        let precondition = Precondition::Version(document.version);
        writes.push(Write::put(path.clone(), &run, precondition)?);
        if let Some((key, used, now)) = used {
            ledger::book_use(records, &key.user_id, used, now, &mut writes).await?;
        }
        match records.commit(writes).await {
            Ok(()) => return Ok(Some(answer)),
            Err(RecordsError::Stale { .. }) if pauses.wait().await => {}
            Err(error) => return Err(error),
        }
    }
}

/// Acquires a lease of the step; nothing where there is none.
pub async fn acquire(
    records: &dyn Records,
    collection: &DocPath,
    engine: &str,
    now: Timestamp,
) -> Result<Option<AcquireThemes>, RecordsError> {
    change(records, collection, None, |run| {
        let before = run.clone();
        let acquired = run.acquire(engine, now);
        Ok(if *run == before {
            Change::Leave(acquired)
        } else {
            Change::Write(acquired, Vec::new())
        })
    })
    .await
}

/// Renews a lease; whether it still holds.
pub async fn renew(
    records: &dyn Records,
    collection: &DocPath,
    lease: ThemesLease,
    now: Timestamp,
) -> Result<bool, RecordsError> {
    let renewed = change(records, collection, None, |run| {
        if !run.holds(lease) {
            return Ok(Change::Leave(false));
        }
        run.renew(now);
        Ok(Change::Write(true, Vec::new()))
    });
    Ok(renewed.await?.unwrap_or(false))
}

/// Books in the ledger what a try has used, once for its lease: also where the lease does not
/// hold any more, or the collection was deleted.
pub async fn book(
    records: &dyn Records,
    key: &CollectionKey,
    lease: ThemesLease,
    used: Amounts,
    now: Timestamp,
) -> Result<(), RecordsError> {
    if let Some(collection) = key.document() {
        let booked = change(records, &collection, Some((key, used, now)), |run| {
            if run.booked >= lease.token {
                return Ok(Change::Leave(()));
            }
            run.booked = lease.token;
            Ok(Change::Write((), Vec::new()))
        });
        if booked.await?.is_some() {
            return Ok(());
        }
    }
    let mut pauses = ConflictPauses::new();
    loop {
        let mut writes = Vec::new();
        ledger::book_use(records, &key.user_id, used, now, &mut writes).await?;
        match records.commit(writes).await {
            Err(RecordsError::Stale { .. }) if pauses.wait().await => {}
            committed => return committed,
        }
    }
}

/// Stores the result and settles the step as done; whether the lease still held. A commit whose
/// answer was lost is not made twice.
pub async fn finish(
    records: &dyn Records,
    collection: &DocPath,
    lease: ThemesLease,
    themes: &Themes,
    now: Timestamp,
) -> Result<bool, RecordsError> {
    let mut is_sent = false;
    let finished = change(records, collection, None, |run| {
        if !run.holds(lease) {
            let is_ours = is_sent && run.step.is_settled() && run.step.token == lease.token;
            return Ok(Change::Leave(is_ours));
        }
        run.settle(None, now);
        is_sent = true;
        let result = Write::put(result_path(collection), themes, Precondition::None)?;
        Ok(Change::Write(true, vec![result]))
    });
    Ok(finished.await?.unwrap_or(false))
}

/// Ends a lease after a failure; whether the step is tried again. `None` where the lease does not
/// hold any more.
pub async fn fail(
    records: &dyn Records,
    collection: &DocPath,
    lease: ThemesLease,
    error: &StepError,
    now: Timestamp,
) -> Result<Option<bool>, RecordsError> {
    let failed = change(records, collection, None, |run| {
        if !run.holds(lease) {
            return Ok(Change::Leave(None));
        }
        let is_tried_again = run.fail(lease, error.clone(), now);
        Ok(Change::Write(Some(is_tried_again), Vec::new()))
    });
    Ok(failed.await?.flatten())
}

/// Settles the step as failed where `is_overdue` still says so; whether it did.
pub async fn give_up(
    records: &dyn Records,
    collection: &DocPath,
    error: StepError,
    now: Timestamp,
    is_overdue: impl Fn(&ThemesRun) -> bool + Send + Sync,
) -> Result<bool, RecordsError> {
    let given_up = change(records, collection, None, |run| {
        if run.step.is_settled() || !is_overdue(run) {
            return Ok(Change::Leave(false));
        }
        run.settle(Some(error.clone()), now);
        Ok(Change::Write(true, Vec::new()))
    });
    Ok(given_up.await?.unwrap_or(false))
}

/// Deletes the step and its result. The collection is marked as deleted: nothing is written to
/// them any more.
pub async fn delete(records: &dyn Records, collection: &DocPath) -> Result<(), RecordsError> {
    let deletes = [run_path(collection), result_path(collection)];
    let deletes = deletes.into_iter().map(Write::delete);
    records.commit(deletes.collect()).await
}

/// The collections of all users with a step that may be open, for the sweep.
pub fn due() -> Query {
    Query {
        order_by: Some(DUE.to_owned()),
        ..Query::group(paths::COLLECTIONS)
    }
}

/// Takes the note of an open step off a collection, as it was found, once the step is settled.
pub async fn clear_due(records: &dyn Records, found: &Document) -> Result<(), RecordsError> {
    let noted = found.fields.get(DUE).cloned();
    let clear = |fields: &mut Map<String, Value>| {
        // A newer request has noted another time.
        if fields.get(DUE) != noted.as_ref() {
            return None;
        }
        fields.remove(DUE).map(|_| ())
    };
    interview_store::amend(records, &found.path, clear).await?;
    Ok(())
}
