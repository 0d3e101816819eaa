//! Once a day: what is stored and does not belong together ([`domain::audit`]).
//!
//! It is reported and left as it is: an operator decides.

use std::time::Duration;

use domain::audit::{self, AuditReport, Finding};
use steps::Failure;

use crate::{
    Sweep,
    heartbeat::{self, Round, SweepHeartbeat},
    outcome::SweepCounts,
};

const INTERVAL: Duration = Duration::from_hours(24);

impl Sweep {
    /// Audits what is stored, unless that was done less than a day ago.
    pub(crate) async fn audit(&self, round: &Round, outcome: &mut SweepCounts) {
        let now = self.clock.now();
        let recently = round.rounds.audited_at.is_some_and(|last| {
            // A clock that was ahead does not keep the audit away.
            last <= now && now.since(last) < INTERVAL
        });
        if recently {
            return;
        }
        // Noted before: one that takes longer than a sweep may is not begun each minute.
        let note = |rounds: Option<&SweepHeartbeat>| {
            let mut rounds = rounds.unwrap_or(&round.rounds).clone();
            rounds.audited_at = Some(now);
            (rounds, ())
        };
        let noted = heartbeat::update(&*self.records, note).await;
        outcome.note(noted.map_err(Failure::from));
        let report = audit::run(&*self.records, &*self.uploads, &*self.artifacts).await;
        if let Some(report) = outcome.note(report.map_err(Failure::from)) {
            log(&report);
        }
    }
}

fn log(report: &AuditReport) {
    let count = |requested: fn(&Finding) -> bool| {
        report
            .findings
            .iter()
            .filter(|finding| requested(finding))
            .count()
    };
    let (interviews, documents, objects) = (report.interviews, report.documents, report.objects);
    if report.is_clean() {
        tracing::info!(
            event = "audit.completed",
            interviews,
            documents,
            objects,
            "documents and objects agree"
        );
        return;
    }
    tracing::error!(
        event = "audit.findings",
        interviews,
        documents,
        objects,
        objects_missing = count(|own| matches!(own, Finding::ObjectMissing { .. })),
        objects_unreferenced = count(|own| matches!(own, Finding::ObjectUnreferenced { .. })),
        objects_without_interview =
            count(|own| matches!(own, Finding::ObjectWithoutInterview { .. })),
        documents_without_interview =
            count(|own| matches!(own, Finding::DocumentWithoutInterview { .. })),
        "documents and objects disagree; nothing was changed"
    );
}
