//! What must hold when a world has come to rest: `docs/simulation.md` lists the numbers.

mod audit;
mod costs;
mod edits;
mod highlighted;
mod permitted;
mod restored;
mod searched;
mod themes;
mod webhooks;

use std::collections::BTreeSet;

use domain::{
    Interview,
    interview::Status,
    paths::INTERVIEWS,
    steps::{Code, StepError, StepName, StepState},
};
use edits::Shown;
use permitted::Opened;
use serde_json::Value;
pub(crate) use themes::is_processing;

use crate::{
    clients::Known,
    hostile::STRANGER,
    instances::Fleet,
    ports::{NEWER_FIELD, NEWER_KIND},
    world::{Habits, State, World, short},
};

/// Everything that is wrong.
pub(crate) async fn check(world: &World, fleet: &Fleet, known: &[Known]) -> Vec<String> {
    let audit = audit::of(world).await;
    let (mut shown, mut opened) = (Vec::new(), Vec::new());
    for one in known {
        shown.push(Shown::of(world, fleet, one).await);
        opened.push(Opened::of(world, fleet, one).await);
    }
    let state = world.state();
    let mut violations = trace_of_stranger(&state);
    if state.restored.is_some() {
        violations.extend(restored::check(&state, world.habits, known, &shown));
        violations.extend(audit.check(&state));
        return violations;
    }
    violations.extend(costs::check(world, &state, known));
    violations.extend(themes::open(&state));
    violations.extend(permitted::half_tokens(&state));
    for ((one, shown), opened) in known.iter().zip(&shown).zip(&opened) {
        let look = Look {
            state: &state,
            habits: world.habits,
            known: one,
        };
        violations.extend(edits::rubrics(&look));
        violations.extend(edits::collections(&look));
        let is_gone = one.is_deleted || look.document("").is_none();
        violations.extend(opened.check(&look, is_gone));
        if one.is_deleted {
            violations.extend(themes::of_deleted(&look));
            violations.extend(look.deleted());
        } else if one.deletion_sent && look.document("").is_none() {
            // It was deleted, and the answer was lost.
            violations.extend(look.deleted());
        } else {
            violations.extend(look.alive(shown));
        }
    }
    violations.extend(unknown_objects(&state, known));
    violations.extend(webhooks::ids(&state));
    violations.extend(audit.check(&state));
    violations
}

/// One interview in the world at rest.
struct Look<'a> {
    state: &'a State,
    habits: Habits,
    known: &'a Known,
}

impl Look<'_> {
    fn path(&self) -> String {
        format!("users/{}/{INTERVIEWS}/{}", self.known.user, self.known.id)
    }

    /// A document of the interview by the end of its path.
    fn document(&self, end: &str) -> Option<&Value> {
        let path = format!("{}{end}", self.path());
        self.state.documents.get(&path).map(|stored| &stored.fields)
    }

    /// The paths of a collection below the interview.
    fn documents(&self, collection: &str) -> impl Iterator<Item = &String> {
        let prefix = format!("{}/{collection}/", self.path());
        let paths = self.state.documents.keys();
        paths.filter(move |path| path.starts_with(&prefix))
    }

    fn objects(&self) -> impl Iterator<Item = &String> {
        let prefix = format!("{}/", self.path());
        let names = self.state.objects.keys().map(|(_, name)| name);
        names.filter(move |name| name.starts_with(&prefix))
    }

    fn say(&self, what: &str) -> String {
        format!("interview {}: {what}", short(&self.known.id))
    }

    /// 1: nothing of a deleted interview is left.
    fn deleted(&self) -> Vec<String> {
        let id = &self.known.id;
        let documents = self.state.documents.keys();
        let documents = documents.filter(|path| path.contains(id.as_str()));
        let left = documents
            .map(String::as_str)
            .chain(self.objects().map(String::as_str));
        let mut violations: Vec<String> = left
            .map(|left| self.say(&format!("deleted, and {} is left", short(left))))
            .collect();
        let waiting = self.state.deliveries.iter();
        violations.extend(
            waiting
                .filter(|delivery| delivery.names(id))
                .map(|delivery| self.say(&format!("deleted, and {} waits", delivery.what()))),
        );
        let is_announced = self.is_announced("interview.deleted");
        let had_webhook = self.known.webhook.is_some();
        if had_webhook && !is_announced {
            violations.push(self.say("6: its deletion was not announced"));
        }
        violations
    }

    fn alive(&self, shown: &Shown) -> Vec<String> {
        let Some(fields) = self.document("") else {
            return vec![self.say("9: it is gone without a request")];
        };
        let interview: Interview = match serde_json::from_value(fields.clone()) {
            Ok(interview) => interview,
            Err(error) => return vec![self.say(&format!("its document cannot be read: {error}"))],
        };
        let mut violations = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                violations.push(self.say(what));
            }
        };
        let status = interview.status;
        let is_settled =
            status.is_final() || (status == Status::AwaitingUpload && !self.known.is_uploaded);
        let steps = steps_of(&interview);
        expect(
            is_settled,
            &format!("3: it stays {}: {steps}", status.as_str()),
        );
        expect(
            status == interview.derive_status(),
            "7: its status is not that of its steps",
        );
        expect(
            !fields[NEWER_FIELD].is_null(),
            "10: a field of a newer release is lost",
        );
        let is_kept = !self.habits.has_other_releases
            || (fields["kind"] == NEWER_KIND && !fields["audio"][NEWER_FIELD].is_null());
        expect(is_kept, "10: a value of a newer release is lost");
        expect(
            never_begun(&interview).is_none(),
            "3: a step was never begun",
        );
        expect(interview.reservations.is_empty(), "minutes stay reserved");
        if let Some(title) = &self.known.title {
            expect(
                interview.title.reveal() == title,
                "an acknowledged title is lost",
            );
        }
        for note in &self.known.notes {
            expect(self.has_note(note), "an acknowledged note is lost");
        }
        if self.known.is_uploaded {
            violations.extend(self.uploaded(&interview));
        }
        violations.extend(shown.check(self, &interview));
        violations.extend(self.searched(&interview, shown));
        violations.extend(self.highlighted(&interview));
        violations
    }

    fn has_note(&self, text: &str) -> bool {
        let prefix = format!("{}/notes/", self.path());
        let notes = self.state.documents.range(prefix.clone()..);
        let mut notes = notes.take_while(|(path, _)| path.starts_with(&prefix));
        notes.any(|(_, note)| note.fields["text"] == text && !note.fields[NEWER_FIELD].is_null())
    }

    /// Of an interview whose upload was acknowledged.
    fn uploaded(&self, interview: &Interview) -> Vec<String> {
        let mut violations = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                violations.push(self.say(what));
            }
        };
        let is_done = interview.steps.transcription.state == StepState::Done;
        expect(
            !is_done || self.documents("callbacks").next().is_none(),
            "4: an answered request to an engine is left",
        );
        expect(
            !self.documents("data").any(|path| path.contains("/lease-")),
            "4: the document of an ended lease is left",
        );
        let object = interview.audio.as_ref().map(|audio| audio.object.clone());
        let key = object.map(|name| ("uploads", name));
        let bytes = key.and_then(|key| self.state.objects.get(&key));
        let step = &interview.steps.transcription;
        let failed = step.error.is_some();
        expect(
            bytes.is_some() || failed,
            "2: its recording is lost without a word",
        );
        let has_faults = self.state.faults > 0;
        let has_budget = self.habits.most_recordings.is_none();
        expect(
            has_faults || !has_budget || interview.status == Status::Completed,
            "3: without faults it is not completed",
        );
        let heard = self.state.heard.get(&self.known.id).copied().unwrap_or(0);
        let again = self.known.edits.open().transcriptions;
        expect(
            has_faults || heard == 1 + again || (heard <= again && !has_budget),
            &format!("5: without faults the engine was called {heard} times"),
        );
        expect(
            heard <= 1 + again + self.state.faults,
            "5: the engine was called too often",
        );
        if let Some(head) = self.document("/data/transcript") {
            violations.extend(self.chunks(head));
        }
        violations.extend(self.artifacts(interview));
        violations.extend(self.webhooks(interview));
        violations
    }

    /// 4: the chunks of the shown transcript and of those of other runs are there, all of them,
    /// and no others.
    fn chunks(&self, head: &Value) -> Option<String> {
        let kept = self.documents("data/transcript/runs");
        let kept = kept.filter_map(|path| self.state.documents.get(path));
        let heads = kept.map(|stored| &stored.fields["result"]).chain([head]);
        let expected = heads.flat_map(|head| {
            let revision = head["revision"].as_u64().unwrap_or(0);
            let numbers = 0..head["chunks"].as_u64().unwrap_or(0);
            numbers.map(move |number| format!("{revision:06}-{number:06}"))
        });
        let expected: BTreeSet<String> = expected.collect();
        let stored = self.documents("data/transcript/chunks");
        let stored = stored.filter_map(|path| path.rsplit('/').next());
        let stored: BTreeSet<String> = stored.map(str::to_owned).collect();
        (stored != expected).then(|| self.say(&format!("4: chunks {stored:?} of {expected:?}")))
    }

    /// 4: of the results only the stored ones are there.
    fn artifacts(&self, interview: &Interview) -> Vec<String> {
        let mut expected = BTreeSet::new();
        let report = self.document("/data/report");
        expected.extend(report.and_then(|report| report["object"].as_str()));
        expected.extend(report.and_then(|report| report["html"]["object"].as_str()));
        let audio = interview.audio.as_ref();
        expected.extend(audio.map(|audio| audio.object.as_str()));
        let playback = audio.and_then(|audio| audio.playback.as_ref());
        expected.extend(playback.map(|playback| playback.object.as_str()));
        let stored: BTreeSet<&str> = self.objects().map(String::as_str).collect();
        let extra = stored.difference(&expected);
        // The audit finds those, and the deletion removes them.
        let extra = extra.filter(|name| !self.state.late_objects.contains(**name));
        let extra = extra.map(|name| self.say(&format!("4: {} is left over", short(name))));
        let missing = expected.difference(&stored);
        let missing = missing.map(|name| self.say(&format!("2: {} is missing", short(name))));
        extra.chain(missing).collect()
    }

    /// 6: the receiver learns how the interview ended.
    fn webhooks(&self, interview: &Interview) -> Vec<String> {
        let is_dead = self
            .state
            .dead
            .iter()
            .any(|delivery| delivery.names(&self.known.id));
        if is_dead || interview.webhook_gone {
            return Vec::new();
        }
        let last = match interview.status {
            Status::Completed | Status::Partial => "interview.completed",
            Status::Failed => "interview.failed",
            _ => return Vec::new(),
        };
        let mut violations = Vec::new();
        if !self.is_announced(last) {
            violations.push(self.say(&format!("6: {last} was not announced")));
        }
        violations
    }

    /// Whether a receiver got an event of this interview.
    fn is_announced(&self, event: &str) -> bool {
        self.state.received.iter().any(|received| {
            let body = &received.body;
            body["type"] == event && body["data"]["interview_id"] == self.known.id.as_str()
        })
    }
}

/// Where the steps stand, in words.
fn steps_of(interview: &Interview) -> String {
    let steps = interview.steps.iter();
    let steps = steps.map(|(name, step)| {
        let (state, error) = (step.state.as_str(), step.error.as_ref());
        let (due, input) = (step.due_since, &step.input);
        let error = error.map_or("", |error| &error.code);
        format!("{name} {state} {error} {due:?} {input:?}")
    });
    steps.collect::<Vec<_>>().join(", ")
}

/// The step that no worker has begun in a day.
fn never_begun(interview: &Interview) -> Option<StepName> {
    let mut steps = interview.steps.iter();
    let is_never = |error: &StepError| error.code == Code::NeverStarted.as_str();
    let found = steps.find(|(_, step)| step.error.as_ref().is_some_and(is_never));
    found.map(|(name, _)| name)
}

/// A stranger has no interview and used none.
fn trace_of_stranger(state: &State) -> Vec<String> {
    let prefix = format!("users/{STRANGER}/");
    let paths = state.documents.keys();
    let left = paths.filter(|path| path.starts_with(&prefix));
    left.map(|path| format!("a stranger has left {}", short(path)))
        .collect()
}

/// Small letters and no punctuation.
fn normal(text: &str) -> String {
    let words = text.split_whitespace().map(|word| {
        let letters = word.chars().filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

fn collect_quotes(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let is_found = fields
                .get("status")
                .is_some_and(|status| status != "unverified");
            if let (true, Some(quote)) = (is_found, fields.get("quote").and_then(Value::as_str)) {
                found.push(quote.to_owned());
            }
            fields
                .values()
                .for_each(|value| collect_quotes(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_quotes(value, found)),
        _ => {}
    }
}

/// 1: no object belongs to no interview.
fn unknown_objects(state: &State, known: &[Known]) -> Vec<String> {
    let names = state.objects.keys().map(|(_, name)| name);
    let is_unknown = |name: &&String| !known.iter().any(|one| name.contains(&one.id));
    // The client of an interview whose creation had no answer knows no id.
    let has_document = |name: &&String| {
        let interview: Vec<&str> = name.splitn(5, '/').take(4).collect();
        state.documents.contains_key(&interview.join("/"))
    };
    let unknown = names.filter(is_unknown).filter(|name| !has_document(name));
    unknown
        .map(|name| format!("{} belongs to no interview", short(name)))
        .collect()
}
