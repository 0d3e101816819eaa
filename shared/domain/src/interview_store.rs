//! The transitions of [`crate::lease`] run over [`Records`], and the reads and
//! writes that steps share.

mod amend;
mod corrections;
mod transcripts;

use std::sync::Arc;

use crate::{
    Interview, InterviewKey, Timestamp,
    assessment::Assessment,
    conflict::ConflictPauses,
    interview::Status,
    lease::{LEASE, Lease, LeaseError, LeaseRenewal},
    ledger,
    ports::{Precondition, Query, Records, RecordsError, Write},
    search,
    webhook::{self, WebhookEvent},
};
pub use amend::{amend, amend_all};
pub use corrections::{
    NewRevision, RevisionWrite, corrected_transcript, recognized_words, revisions, write_revision,
};
use futures::{
    StreamExt as _, TryStreamExt as _,
    future::ready,
    stream::{self, BoxStream, SelectAll},
};
pub use transcripts::{TranscriptError, chunk_words, transcript, transcript_head};

/// What a transaction on an interview decided.
pub enum Decision<T> {
    /// Store the changed interview, and these writes with it.
    Write(T, Vec<Write>),
    /// Leave everything as it is.
    Leave(T),
}

/// Reads the interview, lets `decide` change it, and stores it in one
/// transaction with whatever else `decide` wants written; begins anew when
/// another writer of the interview was faster. A precondition of the other writes that does
/// not hold is [`RecordsError::Stale`]. `decide` sees `None` when there is no interview.
///
/// What is searched ([`search::index`]) follows titles, notes and analyses. The same
/// transaction begins and ends the documents of leases ([`crate::lease::LeaseRenewal`]), books
/// reservations in the user's ledger ([`ledger`]), and stores the events for clients that the
/// change makes due ([`webhook::due`]) below the interview. Steps and the status are changed
/// here alone: elsewhere nothing would be announced.
pub async fn transact<T>(
    records: &dyn Records,
    key: &InterviewKey,
    now: Timestamp,
    mut decide: impl FnMut(Option<&mut Interview>) -> Decision<T> + Send,
) -> Result<T, RecordsError> {
    let path = key.document();
    let mut pauses = ConflictPauses::new();
    let mut tried = None;
    loop {
        let found = records.read(&path).await?;
        let Some(document) = found else {
            let (Decision::Leave(answer) | Decision::Write(answer, _)) = decide(None);
            return Ok(answer);
        };
        let mut interview: Box<Interview> = document.decode()?;
        add_renewals(records, &mut interview).await?;
        let before = (interview.status, interview.derive_status());
        let old = interview.clone();
        let (answer, mut writes) = match decide(Some(&mut *interview)) {
            Decision::Leave(answer) => return Ok(answer),
            Decision::Write(answer, writes) => (answer, writes),
        };
        search::index::add_passages(&mut interview, &old.title, &mut writes)?;
        interview.touch(now);
        if let (Status::Unknown(_), same) = before
            && same == interview.status
        {
            // A newer release's word for it, which still holds.
            interview.status = before.0;
        }
        let precondition = Precondition::Version(document.version);
        let changes = ledger::settle(&old.reservations, &mut interview);
        ledger::book_changes(records, &key.user_id, &changes, &mut writes).await?;
        let versions = (document.version, ledger::versions(&writes));
        if tried.as_ref() == Some(&versions) {
            // Neither the interview nor a ledger has changed, but what another write was to
            // find.
            return Err(RecordsError::Stale { path });
        }
        tried = Some(versions);
        writes.push(Write::put(path.clone(), &interview, precondition)?);
        writes.extend(announcements(key, &old, &interview)?);
        writes.extend(lease_writes(key, &old.leases(), &interview.leases(), now)?);
        match records.commit(writes).await {
            Ok(()) => return Ok(answer),
            Err(RecordsError::Stale { .. }) if pauses.wait().await => {}
            Err(other) => return Err(other),
        }
    }
}

/// The interview, unless there is none or it is deleted.
pub async fn interview(
    records: &dyn Records,
    key: &InterviewKey,
) -> Result<Option<Interview>, RecordsError> {
    let Some(document) = records.read(&key.document()).await? else {
        return Ok(None);
    };
    let mut interview: Box<Interview> = document.decode()?;
    if interview.deleted_at.is_some() {
        return Ok(None);
    }
    add_renewals(records, &mut interview).await?;
    Ok(Some(*interview))
}

/// Brings the leases and the progress of running steps up to date: their holders renew them
/// in documents of their own. One that cannot be decoded is as good as none.
pub async fn add_renewals(
    records: &dyn Records,
    interview: &mut Interview,
) -> Result<(), RecordsError> {
    let key = interview.key();
    for token in interview.leases() {
        let found = records.read(&key.lease(token)).await?;
        if let Some(renewal) = found.and_then(|document| document.decode().ok()) {
            interview.note_renewal(&renewal);
        }
    }
    Ok(())
}

/// The interview now, and whenever it or the progress of a step has changed, for as long as
/// it is there.
pub fn watch(
    records: Arc<dyn Records>,
    key: &InterviewKey,
) -> BoxStream<'static, Result<Interview, RecordsError>> {
    let changes = SelectAll::from_iter([records.watch(&key.document())]);
    let state = (records, key.document(), changes, None::<Interview>);
    stream::try_unfold(state, |(records, path, mut changes, mut last)| async move {
        while let Some(Some(document)) = changes.try_next().await? {
            let is_shown = match &mut last {
                Some(last) if document.path != path => document
                    .decode()
                    .is_ok_and(|renewal| last.note_renewal(&renewal)),
                _ => {
                    let mut interview: Interview = document.decode()?;
                    add_renewals(&*records, &mut interview).await?;
                    let watched = last.as_ref().map(Interview::leases).unwrap_or_default();
                    let begun = interview.leases().into_iter();
                    for token in begun.filter(|token| !watched.contains(token)) {
                        let renewals = records.watch(&interview.key().lease(token));
                        // Ends with the lease; an error ends the whole stream.
                        let held = |found: &_| ready(!matches!(found, Ok(None)));
                        changes.push(renewals.take_while(held).boxed());
                    }
                    last = Some(interview);
                    true
                }
            };
            if is_shown {
                return Ok(last
                    .clone()
                    .map(|interview| (interview, (records, path, changes, last))));
            }
        }
        Ok(None)
    })
    .boxed()
}

/// The newest version of a person's assessment, if there is one.
pub async fn assessment(
    records: &dyn Records,
    interview: &Interview,
) -> Result<Option<Assessment>, RecordsError> {
    let Some(newest) = &interview.assessment else {
        return Ok(None);
    };
    let path = interview.key().assessment(newest.version);
    let found = records.read(&path).await?;
    found.map(|document| document.decode()).transpose()
}

/// Lets `change` change the steps without a lease, and stores the interview if it did.
/// Nothing when the interview is deleted, or never was.
pub async fn transition<T>(
    records: &dyn Records,
    key: &InterviewKey,
    now: Timestamp,
    mut change: impl FnMut(&mut Interview) -> T + Send,
) -> Result<Option<T>, RecordsError> {
    transact(records, key, now, |interview| {
        let Some(interview) = interview.filter(|found| found.deleted_at.is_none()) else {
            return Decision::Leave(None);
        };
        let before = interview.steps.clone();
        let answer = Some(change(interview));
        if before == interview.steps {
            Decision::Leave(answer)
        } else {
            Decision::Write(answer, Vec::new())
        }
    })
    .await
}

/// Lets the holder of a lease change the interview, and stores it together with the writes
/// that `change` answers. `change` refuses a lease that is lost.
pub async fn commit(
    records: &dyn Records,
    key: &InterviewKey,
    now: Timestamp,
    mut change: impl FnMut(&mut Interview) -> Result<Vec<Write>, LeaseError> + Send,
) -> Result<(), LeaseError> {
    transact(records, key, now, |interview| {
        let Some(interview) = interview else {
            return Decision::Leave(Err(LeaseError::Deleted));
        };
        match change(interview) {
            Ok(writes) => Decision::Write(Ok(()), writes),
            Err(refused) => Decision::Leave(Err(refused)),
        }
    })
    .await?
}

/// Renews a lease and shows how much of the step is done, in percent. The interview document
/// is only read, which shows a deletion or takeover, unless an earlier release began the
/// lease: then it has no document yet.
pub async fn renew(
    records: &dyn Records,
    key: &InterviewKey,
    lease: &Lease,
    progress: Option<u8>,
    now: Timestamp,
) -> Result<(), LeaseError> {
    let write = |condition| renewal(key, lease.token, progress, now, condition);
    match records.commit(vec![write(Precondition::Exists)?]).await {
        // The lease has ended, unless the interview says otherwise.
        Err(RecordsError::Stale { .. }) => {
            commit(records, key, now, |interview| {
                interview.check(lease)?;
                Ok(vec![write(Precondition::None)?])
            })
            .await
        }
        Err(error) => Err(error.into()),
        Ok(()) => {
            let found = records.read(&key.document()).await?;
            let interview: Box<Interview> = found.ok_or(LeaseError::Deleted)?.decode()?;
            interview.check(lease)
        }
    }
}

/// Commits documents that belong to a step before its result does: the chunks of a
/// transcript, for example.
///
/// The lease is renewed in the same commit, and only where its document is there. A deletion
/// removes that document before anything else, and so does a takeover: a commit that arrives
/// after it changes nothing, also when its sender has been stopped meanwhile. `writes` have
/// no preconditions of their own.
pub async fn commit_fenced(
    records: &dyn Records,
    key: &InterviewKey,
    lease: &Lease,
    now: Timestamp,
    writes: Vec<Write>,
) -> Result<(), LeaseError> {
    let mut pauses = ConflictPauses::new();
    loop {
        let Some(document) = records.read(&key.lease(lease.token)).await? else {
            // The lease has ended, unless an earlier release began it.
            renew(records, key, lease, None, now).await?;
            continue;
        };
        let held: LeaseRenewal = document.decode()?;
        let renewed = LeaseRenewal {
            lease_until: held.lease_until.max(now + LEASE),
            ..held
        };
        let fence = Write::put(document.path, &renewed, Precondition::Exists)?;
        let fenced = writes.iter().cloned().chain([fence]).collect();
        match records.commit(fenced).await {
            Err(RecordsError::Stale { .. }) if pauses.wait().await => {}
            committed => return Ok(committed?),
        }
    }
}

fn renewal(
    key: &InterviewKey,
    token: u64,
    progress: Option<u8>,
    now: Timestamp,
    precondition: Precondition,
) -> Result<Write, RecordsError> {
    let content = LeaseRenewal {
        token,
        lease_until: now + LEASE,
        progress,
    };
    Write::put(key.lease(token), &content, precondition)
}

/// The events for clients that a change makes due, which `announce` publishes. One that was
/// stored before is stored again, which starts nothing.
fn announcements(
    key: &InterviewKey,
    old: &Interview,
    new: &Interview,
) -> Result<Vec<Write>, RecordsError> {
    let due = webhook::due(Some(old), Some(new)).into_iter();
    let events = due.map(|event_type| WebhookEvent::about(new, event_type));
    let writes =
        events.map(|event| Write::put(key.announcement(&event.id), &event, Precondition::None));
    writes.collect()
}

/// The documents of leases that a transaction begins or ends.
fn lease_writes(
    key: &InterviewKey,
    before: &[u64],
    after: &[u64],
    now: Timestamp,
) -> Result<Vec<Write>, RecordsError> {
    let begun = after.iter().filter(|token| !before.contains(token));
    let begun = begun.map(|token| renewal(key, *token, None, now, Precondition::None));
    let ended = before.iter().filter(|token| !after.contains(token));
    let ended = ended.map(|token| Ok(Write::delete(key.lease(*token))));
    begun.chain(ended).collect()
}

/// How many documents one commit deletes.
pub const DELETES_PER_COMMIT: usize = 100;

/// Deletes all documents of a collection and of the collections `below` each.
pub async fn delete_collection(
    records: &dyn Records,
    collection: &str,
) -> Result<(), RecordsError> {
    loop {
        let query = Query {
            limit: DELETES_PER_COMMIT,
            ..Query::collection(collection)
        };
        let found = records.list(&query).await?;
        if found.is_empty() {
            return Ok(());
        }
        let deletes = found.into_iter();
        let deletes = deletes.map(|document| Write::delete(document.path));
        records.commit(deletes.collect()).await?;
    }
}
