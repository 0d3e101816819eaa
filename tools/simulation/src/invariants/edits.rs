//! Corrections, runs, assessments, rubrics and collections: what was acknowledged is there, once,
//! and what is shown follows from it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Interview,
    corrections::{LogSegment, Revision},
};
use http::Method;
use serde_json::{Value, json};

use super::{Look, collect_quotes, normal};
use crate::{
    clients::{Edited, Known, MARK, SeenTranscript},
    instances::Fleet,
    requests::{self, ApiCall},
    world::World,
};

/// What the API shows of an interview in a world at rest.
pub(super) struct Shown {
    /// The transcript in its newest revision, where there is one.
    transcript: Option<SeenTranscript>,
    /// The same as it was recognised.
    recognised: Option<SeenTranscript>,
    history: Value,
    analysis: Value,
    assessments: Value,
    /// The page of highlights, as clients see them.
    highlights: Value,
    /// Requests that failed.
    failures: Vec<String>,
}

impl Shown {
    /// Reads it.
    pub(super) async fn of(world: &World, fleet: &Fleet, known: &Known) -> Self {
        let mut failures = Vec::new();
        let mut get = async |end: &str| {
            let call = ApiCall {
                who: "the end".to_owned(),
                method: Method::GET,
                path: format!("/v1/interviews/{}{end}", known.id),
                headers: vec![("x-user-id", known.user.clone())],
                body: Vec::new(),
            };
            match requests::send(world, fleet, call).await {
                Some((200, body)) => body,
                Some((404 | 409, _)) => Value::Null,
                other => {
                    failures.push(format!("GET {end} gets {other:?}"));
                    Value::Null
                }
            }
        };
        Self {
            transcript: SeenTranscript::read(&get("/transcript").await),
            recognised: SeenTranscript::read(&get("/transcript?revision=0").await),
            history: get("/transcript/history?limit=100").await,
            analysis: get("/analysis").await,
            assessments: get("/assessment/history?limit=100").await,
            highlights: get("/highlights?limit=100").await,
            failures,
        }
    }

    /// The words of the transcript that is shown.
    pub(super) fn words(&self) -> Option<Vec<String>> {
        self.transcript.as_ref().map(SeenTranscript::texts)
    }

    /// Its highlights, as clients see them.
    pub(super) fn highlights(&self) -> &[Value] {
        let items = self.highlights["items"].as_array();
        items.map_or(&[], Vec::as_slice)
    }

    /// What cannot be read, though it is there.
    pub(super) fn failures(&self, look: &Look<'_>) -> Vec<String> {
        let failures = self.failures.iter();
        failures.map(|failure| look.say(failure)).collect()
    }

    /// Of an interview that is there.
    pub(super) fn check(&self, look: &Look<'_>, interview: &Interview) -> Vec<String> {
        let edited = look.known.edits.open().clone();
        let logs = match logs(look, interview) {
            Ok(logs) => logs,
            Err(violation) => return vec![look.say(&violation)],
        };
        let mut violations = self.failures(look);
        let found = [
            acknowledged(&edited, &logs),
            self.corrected(&edited, &logs),
            self.quotes(),
            self.assessed(&edited, interview),
        ];
        let found = found.into_iter().flatten();
        violations.extend(found.map(|violation| look.say(&violation)));
        violations
    }

    /// 13: what is shown is what was recognised with the corrections that hold.
    fn corrected(&self, edited: &Edited, logs: &Logs) -> Vec<String> {
        let (Some(newest), Some(first)) = (&self.transcript, &self.recognised) else {
            return Vec::new();
        };
        let mut violations = Vec::new();
        if !first.is_as_recognised() {
            violations.push("13: revision 0 is not what was recognised".to_owned());
        }
        let none = Vec::new();
        let log = logs.get(&newest.run_id).unwrap_or(&none);
        let holding = holding(log);
        if newest.revision != log.len() as u64 {
            let (shown, stored) = (newest.revision, log.len());
            violations.push(format!("13: revision {shown} of {stored} is shown"));
        }
        if holding.is_empty() && !newest.is_as_recognised() {
            violations.push("13: everything is undone, and something is left".to_owned());
        }
        let shown: BTreeSet<String> = newest.texts().into_iter().collect();
        for own in edited
            .acknowledged
            .iter()
            .filter(|own| own.run_id == newest.run_id)
        {
            let Some(text) = &own.text else { continue };
            let holds = holding.contains(&own.revision);
            if holds != shown.contains(text) {
                let is = if holds {
                    "is not shown"
                } else {
                    "is undone, and shown"
                };
                violations.push(format!("13: “{text}” of revision {} {is}", own.revision));
            }
        }
        let history = self.history["items"].as_array();
        let listed = history.map_or(0, Vec::len);
        if listed != log.len() {
            violations.push(format!(
                "13: {listed} of {} revisions are listed",
                log.len()
            ));
        }
        // No transcription takes the place of a transcript that holds corrections.
        let replaced = logs
            .iter()
            .find(|(run_id, log)| **run_id != newest.run_id && !self::holding(log).is_empty());
        if let (Some((run_id, _)), 0) = (replaced, edited.selections) {
            violations.push(format!("14: the corrected run {run_id} was replaced"));
        }
        violations
    }

    /// 4: every quote that counts as found is in the newest words.
    fn quotes(&self) -> Vec<String> {
        let Some(newest) = &self.transcript else {
            return Vec::new();
        };
        let said = normal(&newest.texts().join(" "));
        let mut found = Vec::new();
        collect_quotes(&self.analysis, &mut found);
        let missing = found.iter().filter(|quote| !said.contains(&normal(quote)));
        missing
            .map(|quote| format!("4: the words do not have “{quote}”"))
            .collect()
    }

    /// 15: an assessment that was acknowledged is there.
    fn assessed(&self, edited: &Edited, interview: &Interview) -> Vec<String> {
        let none = Vec::new();
        let listed = self.assessments["items"].as_array().unwrap_or(&none);
        let versions: Vec<u64> = listed
            .iter()
            .filter_map(|own| own["version"].as_u64())
            .collect();
        let newest = interview.assessment.as_ref().map_or(0, |own| own.version);
        let mut violations = Vec::new();
        if !versions.iter().copied().eq((1..=newest).rev()) {
            violations.push(format!("15: versions {versions:?} of {newest} assessments"));
        }
        for (version, decision) in &edited.assessments {
            let mut listed = listed.iter();
            if !listed.any(|own| own["version"] == *version && own["decision"] == **decision) {
                violations.push(format!("15: assessment {version} is lost: {decision}"));
            }
        }
        violations
    }
}

/// The revisions of each run, in the order in which they are stored.
type Logs = BTreeMap<String, Vec<Revision>>;

/// 13: each log is whole: no revision is lost, and none is there twice.
fn logs(look: &Look<'_>, interview: &Interview) -> Result<Logs, String> {
    let mut logs = Logs::new();
    for (token, state) in &interview.corrections {
        let mut log = Vec::new();
        for number in 0..state.segments {
            let end = interview.key().corrections(*token, number);
            let end = end.as_str().strip_prefix(&look.path()).unwrap_or("");
            let found = look
                .document(end)
                .ok_or_else(|| format!("13: {end} is lost"))?;
            let segment: LogSegment = serde_json::from_value(found.clone())
                .map_err(|error| format!("13: {end} cannot be read: {error}"))?;
            log.extend(segment.revisions);
        }
        let numbers: Vec<u64> = log.iter().map(|own| own.revision).collect();
        if !numbers.iter().copied().eq(1..=state.revision) {
            return Err(format!("13: revisions {numbers:?} of {}", state.revision));
        }
        logs.insert(interview.run_id(*token).to_string(), log);
    }
    Ok(logs)
}

/// 13: a revision that was acknowledged is there, and nothing that was refused.
fn acknowledged(edited: &Edited, logs: &Logs) -> Vec<String> {
    let mut violations = Vec::new();
    let mut places = BTreeSet::new();
    for own in &edited.acknowledged {
        let place = (own.run_id.clone(), own.revision);
        if !places.insert(place.clone()) {
            violations.push(format!("13: two corrections are {place:?}"));
        }
        let log = logs.get(&own.run_id);
        let entry = log.and_then(|log| log.iter().find(|entry| entry.revision == own.revision));
        let is_it = entry.is_some_and(|entry| {
            let has_text = |text: &String| says(entry).contains(text.as_str());
            own.text.as_ref().is_none_or(has_text) && own.is_undo == entry.undoes.is_some()
        });
        if !is_it {
            violations.push(format!("13: the acknowledged revision {place:?} is lost"));
        }
    }
    let stored: usize = logs.values().map(Vec::len).sum();
    let sent = places.len() + edited.unknown;
    if stored > sent {
        violations.push(format!("13: {stored} revisions of {sent} that were sent"));
    }
    let all: Vec<String> = logs.values().flatten().map(says).collect();
    let mut refused = edited.refused.iter();
    if let Some(text) = refused.find(|text| all.iter().any(|own| own.contains(text.as_str()))) {
        violations.push(format!("13: “{text}” was refused, and is stored"));
    }
    let own = edited
        .acknowledged
        .iter()
        .filter_map(|own| own.text.as_ref());
    let doubled = own.filter(|text| all.iter().filter(|all| all.contains(*text)).count() > 1);
    violations.extend(doubled.map(|text| format!("13: “{text}” is stored twice")));
    debug_assert!(edited.refused.iter().all(|text| text.starts_with(MARK)));
    violations
}

/// The operations as text.
fn says(entry: &Revision) -> String {
    json!(entry.operations).to_string()
}

/// The numbers of the revisions that hold.
fn holding(log: &[Revision]) -> Vec<u64> {
    let mut holding = Vec::new();
    for entry in log {
        if entry.undoes.is_some() {
            holding.pop();
        } else {
            holding.push(entry.revision);
        }
    }
    holding
}

/// 15: of a rubric is there what was acknowledged, and nothing after its deletion.
pub(super) fn rubrics(look: &Look<'_>) -> Vec<String> {
    let rubrics = look.known.edits.open().rubrics.clone();
    let mut violations = Vec::new();
    for own in rubrics {
        let path = format!("users/{}/rubrics/{}", look.known.user, own.id);
        let stored = look.state.documents.get(&path).map(|stored| &stored.fields);
        let prefix = format!("{path}/");
        let below = look.state.documents.keys();
        let versions = below.filter(|path| path.starts_with(&prefix)).count() as u64;
        if own.is_deleted && own.is_certain && (stored.is_some() || versions > 0) {
            violations.push(format!(
                "15: of a deleted rubric {versions} versions are left"
            ));
        }
        if own.deletion_sent {
            continue;
        }
        let Some(stored) = stored else {
            violations.push("15: a rubric is lost".to_owned());
            continue;
        };
        if let Some((version, name)) = &own.newest
            && (stored["version"] != *version || stored["name"] != **name)
        {
            violations.push(format!("15: “{name}”, version {version}, is {stored}"));
        }
        if stored["version"] != versions {
            violations.push(format!("15: a rubric has {versions} versions: {stored}"));
        }
    }
    violations
}

/// 16: no interview is in a collection that is deleted.
pub(super) fn collections(look: &Look<'_>) -> Vec<String> {
    let collections = look.known.edits.open().collections.clone();
    let deleted = collections.into_iter().filter(|own| own.is_deleted);
    let has_members = |id: &str| {
        let interviews = look.state.documents.values();
        let mut of_it = interviews.filter(|stored| stored.fields["collection_id"] == *id);
        of_it.next().is_some()
    };
    let has_themes = |id: &str| {
        let prefix = format!("users/{}/collections/{id}/themes/", look.known.user);
        let mut documents = look.state.documents.keys();
        documents.any(|path| path.starts_with(&prefix))
    };
    deleted
        .flat_map(|own| {
            let members = "16: an interview is in a deleted collection";
            let themes = "16: a deleted collection has themes";
            let members = has_members(&own.id).then(|| members.to_owned());
            members
                .into_iter()
                .chain(has_themes(&own.id).then(|| themes.to_owned()))
        })
        .collect()
}
