//! Interviews whose time is over are deleted in two steps.
//!
//! A clock that jumps, or `RETENTION_DAYS` with a digit missing, makes everything too old
//! at once, and a deletion cannot be undone. So the sweep first marks what is too old,
//! and deletes it when it is still too old after 24 hours in which sweeps came regularly
//! ([`crate::heartbeat`]). A mark that does not hold any more is taken back. Beyond the
//! ceiling of a day nothing is deleted, and that is reported.
//!
//! An interview is judged by the times in its stored fields, so that one which this release
//! cannot decode is deleted in its time as well.

use std::time::Duration;

use domain::{
    InterviewKey, Timestamp, deletion, interview_store,
    paths::INTERVIEWS,
    ports::{Document, Query},
};
use serde_json::{Map, Value, json};
use steps::Failure;

use crate::{
    Sweep,
    expiry::{EXPIRING_AT, EXPIRING_REGULAR_MS, Judge, marked_at},
    heartbeat::{self, RetentionState, Round, SweepHeartbeat},
    outcome::SweepCounts,
    pages::Pages,
};

/// The regular time between the mark and the deletion.
const DELAY: Duration = Duration::from_hours(24);

/// How often the sweep looks for what is too old, in regular time: each time it reads all
/// that is marked.
const INTERVAL: Duration = Duration::from_hours(1);

impl Sweep {
    /// Marks, takes marks back, and deletes.
    pub(crate) async fn retain(&self, round: &Round, outcome: &mut SweepCounts) {
        if !self.is_due(round) {
            return;
        }
        let judge = Judge {
            now: self.clock.now(),
            retention: self.retention,
        };
        let marked = self.mark_expired(&judge, round, outcome).await;
        outcome.note(marked);
        let due = self.review_marks(&judge, round, outcome).await;
        if let Some(due) = outcome.note(due) {
            let deleted = self.delete_due(due, &judge, round, outcome).await;
            outcome.note(deleted);
        }
        let looked = self.note_look(round).await;
        outcome.note(looked);
    }

    /// Whether it is time to look again: an hour has passed, the setting is another one,
    /// or the clock has jumped.
    fn is_due(&self, round: &Round) -> bool {
        let state = &round.rounds.retention;
        let elapsed = |looked: u64| round.rounds.regular_ms.saturating_sub(looked);
        let recently = state
            .looked_at_ms
            .is_some_and(|looked| elapsed(looked) < millis(INTERVAL));
        !(round.is_regular() && recently && state.setting_ms == self.setting_ms())
    }

    fn setting_ms(&self) -> Option<u64> {
        self.retention.map(millis)
    }

    async fn note_look(&self, round: &Round) -> Result<(), Failure> {
        let (looked_at_ms, setting_ms) = (Some(round.rounds.regular_ms), self.setting_ms());
        let note = |rounds: Option<&SweepHeartbeat>| {
            let mut rounds = rounds.unwrap_or(&round.rounds).clone();
            rounds.retention.looked_at_ms = looked_at_ms;
            rounds.retention.setting_ms = setting_ms;
            (rounds, ())
        };
        Ok(heartbeat::update(&*self.records, note).await?)
    }

    /// The first step.
    async fn mark_expired(
        &self,
        judge: &Judge,
        round: &Round,
        outcome: &mut SweepCounts,
    ) -> Result<(), Failure> {
        let before = |field: &str, limit: Timestamp| Query {
            less_than: Some((field.to_owned(), json!(limit))),
            ..Query::group(INTERVIEWS)
        };
        let mut queries = vec![before("expires_at", judge.now)];
        if let Some(retention) = judge.retention {
            queries.push(before("created_at", judge.now - retention));
        }
        for query in queries {
            let mut pages = Pages::new(&*self.records, query);
            while let Some(page) = pages.next().await? {
                for document in page {
                    let marked = self.mark(&document, judge, round.rounds.regular_ms).await;
                    outcome.marked += u64::from(outcome.note(marked).unwrap_or(false));
                }
            }
        }
        Ok(())
    }

    /// Marks one, unless it is marked already; whether it was marked.
    async fn mark(
        &self,
        document: &Document,
        judge: &Judge,
        regular_ms: u64,
    ) -> Result<bool, Failure> {
        let needs_mark = |fields: &Map<String, Value>| {
            // A mark from a later regular time is of rounds that are lost.
            let marked = marked_at(fields).is_some_and(|at| at <= regular_ms);
            !marked && !deletion::is_marked(fields) && judge.is_expired(fields)
        };
        if !document.fields.as_object().is_some_and(needs_mark) {
            return Ok(false);
        }
        let mark = |fields: &mut Map<String, Value>| {
            if !needs_mark(fields) {
                return None;
            }
            fields.insert(EXPIRING_AT.to_owned(), json!(judge.now));
            fields.insert(EXPIRING_REGULAR_MS.to_owned(), json!(regular_ms));
            Some(())
        };
        let marked = interview_store::amend(&*self.records, &document.path, mark).await?;
        Ok(marked.is_some())
    }

    /// Checks all marks: removes those that no longer apply, and returns those whose
    /// time has come.
    async fn review_marks(
        &self,
        judge: &Judge,
        round: &Round,
        outcome: &mut SweepCounts,
    ) -> Result<Vec<InterviewKey>, Failure> {
        let query = Query {
            order_by: Some(EXPIRING_AT.to_owned()),
            ..Query::group(INTERVIEWS)
        };
        let mut due = Vec::new();
        let mut pages = Pages::new(&*self.records, query);
        while let Some(page) = pages.next().await? {
            for document in page {
                let Some(fields) = document.fields.as_object() else {
                    continue;
                };
                if deletion::is_marked(fields) {
                    continue;
                }
                if !judge.is_expired(fields) {
                    let taken_back = self.take_back(&document, judge).await;
                    outcome.unmarked += u64::from(outcome.note(taken_back).unwrap_or(false));
                    continue;
                }
                outcome.expired += 1;
                let waited =
                    marked_at(fields).and_then(|at| round.rounds.regular_ms.checked_sub(at));
                let waited = waited.is_some_and(|waited| waited >= millis(DELAY));
                if round.is_regular() && waited {
                    due.extend(InterviewKey::from_path(document.path.as_str()));
                }
            }
        }
        Ok(due)
    }

    async fn take_back(&self, document: &Document, judge: &Judge) -> Result<bool, Failure> {
        let take_back = |fields: &mut Map<String, Value>| {
            if judge.is_expired(fields) {
                return None;
            }
            fields.remove(EXPIRING_REGULAR_MS);
            fields.remove(EXPIRING_AT)
        };
        let taken = interview_store::amend(&*self.records, &document.path, take_back).await?;
        Ok(taken.is_some())
    }

    /// The second step: deletes as many as the day's ceiling allows, earliest marks
    /// first.
    async fn delete_due(
        &self,
        due: Vec<InterviewKey>,
        judge: &Judge,
        round: &Round,
        outcome: &mut SweepCounts,
    ) -> Result<(), Failure> {
        if due.is_empty() {
            return Ok(());
        }
        let requested = due.len() as u64;
        // Taken before anything is deleted: two sweeps at once do not delete twice as many.
        let (granted, state) = self.take_room(requested, round).await?;
        outcome.held = requested - granted;
        for (key, _) in due.iter().zip(0..granted) {
            let deleted = self.delete_expired(key, judge).await;
            outcome.deleted += u64::from(outcome.note(deleted).unwrap_or(false));
        }
        if outcome.held > 0 {
            tracing::error!(
                event = "sweep.retention_ceiling_reached",
                ceiling = state.ceiling(),
                deleted_today = state.deleted,
                deleted_yesterday = state.deleted_before,
                held = outcome.held,
                "more interviews have expired than one day may delete: check \
                 `RETENTION_DAYS` and the clock; if both are right, the rest follows on the \
                 next days"
            );
        }
        Ok(())
    }

    /// Takes room for deletions out of the day's; answers how much there was, and the
    /// state after that.
    async fn take_room(
        &self,
        requested: u64,
        round: &Round,
    ) -> Result<(u64, RetentionState), Failure> {
        let take = |rounds: Option<&SweepHeartbeat>| {
            let mut rounds = rounds.unwrap_or(&round.rounds).clone();
            let mut state = rounds.retention.at(rounds.regular_ms);
            let granted = requested.min(state.ceiling().saturating_sub(state.deleted));
            state.deleted += granted;
            rounds.retention = state.clone();
            (rounds, (granted, state))
        };
        Ok(heartbeat::update(&*self.records, take).await?)
    }

    /// Deletes one, unless its owner has it kept for longer since it was looked at.
    async fn delete_expired(&self, key: &InterviewKey, judge: &Judge) -> Result<bool, Failure> {
        let expired =
            |fields: &Map<String, Value>| marked_at(fields).is_some() && judge.is_expired(fields);
        let marked = deletion::mark_if(&*self.records, key, judge.now, expired).await?;
        if marked {
            self.purge(key).await?;
        }
        Ok(marked)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
