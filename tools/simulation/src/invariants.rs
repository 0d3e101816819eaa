//! What must hold when a world has come to rest. The numbers are those of the report on
//! reliability that proposed them; `docs/simulation.md` lists them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Interview, interview::Status, paths::INTERVIEWS};
use serde_json::Value;

use crate::{
    clients::Known,
    ports::{DIALOGUE, NEWER_FIELD},
    world::{State, World, short},
};

/// Everything that is wrong.
pub(crate) fn check(world: &World, known: &[Known]) -> Vec<String> {
    let state = world.state();
    let mut violations = Vec::new();
    for one in known {
        let look = Look {
            state: &state,
            known: one,
        };
        if one.is_deleted {
            violations.extend(look.deleted());
        } else if one.deletion_sent && look.document("").is_none() {
            // It was deleted, and the answer was lost.
            violations.extend(look.deleted());
        } else {
            violations.extend(look.alive());
        }
    }
    violations.extend(unknown_objects(&state, known));
    violations.extend(ids_of_webhooks(&state));
    violations
}

/// Whether any interview is being processed.
pub(crate) fn is_processing(world: &World) -> bool {
    let state = world.state();
    let mut documents = state.documents.values();
    documents.any(|stored| stored.fields["status"] == "processing")
}

/// One interview in the world at rest.
struct Look<'a> {
    state: &'a State,
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

    fn alive(&self) -> Vec<String> {
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
        expect(is_settled, &format!("3: it stays {}", status.as_str()));
        expect(
            status == interview.derive_status(),
            "7: its status is not that of its steps",
        );
        expect(
            !fields[NEWER_FIELD].is_null(),
            "10: a field of a newer release is lost",
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
        violations
    }

    fn has_note(&self, text: &str) -> bool {
        let prefix = format!("{}/notes/", self.path());
        let notes = self.state.documents.range(prefix.clone()..);
        let mut notes = notes.take_while(|(path, _)| path.starts_with(&prefix));
        notes.any(|(_, note)| note.fields["text"] == text)
    }

    /// Of an interview whose upload was acknowledged.
    fn uploaded(&self, interview: &Interview) -> Vec<String> {
        let mut violations = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                violations.push(self.say(what));
            }
        };
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
        expect(
            has_faults || interview.status == Status::Completed,
            "3: without faults it is not completed",
        );
        let heard = self.state.heard.get(&self.known.id).copied().unwrap_or(0);
        expect(
            has_faults || heard == 1,
            &format!("5: without faults the engine was called {heard} times"),
        );
        expect(
            heard <= 1 + self.state.faults,
            "5: the engine was called too often",
        );
        if let Some(head) = self.document("/data/transcript") {
            violations.extend(self.chunks(head));
        }
        if let Some(analysis) = self.document("/data/analysis") {
            violations.extend(self.quotes(analysis));
        }
        violations.extend(self.artifacts(interview));
        violations.extend(self.webhooks(interview));
        violations
    }

    /// 4: only the chunks of the newest transcript are there, and all of them.
    fn chunks(&self, head: &Value) -> Option<String> {
        let prefix = format!("{}/data/transcript/chunks/", self.path());
        let all = self.state.documents.keys();
        let all: Vec<&String> = all.filter(|path| path.starts_with(&prefix)).collect();
        let revision = head["revision"].as_u64().unwrap_or(0);
        let own = format!("{prefix}{revision:06}-");
        let is_whole = all.len() as u64 == head["chunks"].as_u64().unwrap_or(0)
            && all.iter().all(|path| path.starts_with(&own));
        (!is_whole).then(|| self.say(&format!("4: chunks {all:?} of {head}")))
    }

    /// 4: every quote that counts as found is in the words.
    fn quotes(&self, analysis: &Value) -> Vec<String> {
        let said = DIALOGUE.map(|(_, text)| normal(text)).join(" ");
        let mut found = Vec::new();
        collect_quotes(analysis, &mut found);
        let missing = found.iter().filter(|quote| !said.contains(&normal(quote)));
        missing
            .map(|quote| self.say(&format!("4: the recording does not have “{quote}”")))
            .collect()
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

/// 6: an event has one id, however often it is sent.
fn ids_of_webhooks(state: &State) -> Vec<String> {
    let mut bodies: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut violations = Vec::new();
    for received in &state.received {
        let first = bodies.entry(&received.id).or_insert(&received.body);
        if first["type"] != received.body["type"] {
            let (one, other) = (&first["type"], &received.body["type"]);
            let id = &received.id;
            violations.push(format!("6: webhook {id} is {one} and {other}"));
        }
        if received.url.is_empty() {
            violations.push("6: a webhook went nowhere".to_owned());
        }
    }
    violations
}
