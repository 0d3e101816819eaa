//! The audit finds what does not belong together, and nothing else.

use domain::audit::{self, AuditReport, Finding};

use crate::{
    ports::{Bucket, SimulatedRecords},
    world::{State, World, short},
};

/// What the audit of a world at rest says.
pub(super) struct Audited(Result<AuditReport, String>);

/// Audits a world that has come to rest.
pub(super) async fn of(world: &World) -> Audited {
    let bucket = |role| Bucket {
        world: world.clone(),
        role,
    };
    let (uploads, artifacts) = (bucket("uploads"), bucket("artifacts"));
    let report = audit::run(&SimulatedRecords(world.clone()), &uploads, &artifacts).await;
    Audited(report.map_err(|error| format!("the audit fails: {error}")))
}

impl Audited {
    /// What it found although nothing explains it.
    pub(super) fn check(&self, state: &State) -> Vec<String> {
        let report = match &self.0 {
            Ok(report) => report,
            Err(failure) => return vec![failure.clone()],
        };
        let is_explained = |finding: &&Finding| match finding {
            // Written after its worker had gone on.
            Finding::ObjectUnreferenced { object, .. } => state.late_objects.contains(object),
            _ => false,
        };
        // After a restore documents and objects are of different times.
        let is_restored = state.restored.is_some();
        let odd = report.findings.iter();
        let odd = odd.filter(|finding| !is_restored && !is_explained(finding));
        odd.map(describe).collect()
    }
}

fn describe(finding: &Finding) -> String {
    let (kind, place) = match finding {
        Finding::ObjectMissing { object, .. } => ("missing", object.as_str()),
        Finding::ObjectUnreferenced { object, .. } => ("unreferenced", object.as_str()),
        Finding::ObjectWithoutInterview { object, .. } => ("without an interview", object.as_str()),
        Finding::DocumentWithoutInterview { document } => {
            ("without an interview", document.as_str())
        }
    };
    format!("1: the audit finds {} {kind}", short(place))
}
