//! One interview against the objects below it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{BucketRole, Finding};
use crate::{InterviewKey, interview::Status, paths::DocPath, ports::Document};

/// Objects of a stream that is running. A crash leaves them; the store removes them.
const TRANSIENT: &str = ".passing";

/// The names of stored objects.
#[derive(Debug, Default)]
pub(super) struct ObjectNames {
    /// In the bucket for recordings.
    pub(super) uploads: BTreeSet<String>,
    /// In the bucket for results.
    pub(super) artifacts: BTreeSet<String>,
}

impl ObjectNames {
    /// Takes out what lies below an interview.
    pub(super) fn take_below(&mut self, key: &InterviewKey) -> Self {
        let prefix = key.object_prefix();
        Self {
            uploads: take(&mut self.uploads, &prefix),
            artifacts: take(&mut self.artifacts, &prefix),
        }
    }

    /// The names that no interview has claimed.
    pub(super) fn without_interview(&self) -> impl Iterator<Item = Finding> {
        self.named()
            .filter(|(_, object)| !object.ends_with(TRANSIENT))
            .map(|(bucket, object)| Finding::ObjectWithoutInterview {
                bucket,
                object: object.clone(),
            })
    }

    fn named(&self) -> impl Iterator<Item = (BucketRole, &String)> {
        let uploads = self.uploads.iter();
        let artifacts = self.artifacts.iter();
        uploads
            .map(|name| (BucketRole::Uploads, name))
            .chain(artifacts.map(|name| (BucketRole::Artifacts, name)))
    }
}

/// Takes the names that begin with `prefix` out of `names`.
fn take(names: &mut BTreeSet<String>, prefix: &str) -> BTreeSet<String> {
    let mut below = names.split_off(prefix);
    let behind = below.iter().find(|name| !name.starts_with(prefix)).cloned();
    if let Some(behind) = behind {
        names.append(&mut below.split_off(&behind));
    }
    below
}

/// What the documents of an interview say about its objects. Fields are read as they are
/// stored, so that a document that this release cannot decode is audited too.
#[derive(Debug)]
pub(super) struct Facts {
    /// Objects that must be stored, each with the document that names it.
    required: Vec<(DocPath, BucketRole, String)>,
    /// All texts that could be an object's name.
    named: BTreeSet<String>,
    prefix: String,
    /// Whether nothing more happens by itself.
    is_settled: bool,
    is_deleted: bool,
}

impl Facts {
    pub(super) fn new(key: &InterviewKey, interview: &Value) -> Self {
        let status = interview["status"].as_str();
        let settled = [Status::Completed, Status::Partial, Status::Failed];
        let mut facts = Self {
            required: Vec::new(),
            named: BTreeSet::new(),
            prefix: key.object_prefix(),
            is_settled: settled.iter().any(|known| status == Some(known.as_str())),
            is_deleted: !interview["deleted_at"].is_null(),
        };
        let audio = &interview["audio"];
        if !audio["generation"].is_null() {
            facts.require(&key.document(), BucketRole::Uploads, &audio["object"]);
        }
        let playback = &audio["playback"]["object"];
        facts.require(&key.document(), BucketRole::Artifacts, playback);
        facts.add_names(interview);
        facts
    }

    /// Adds `data/report`.
    pub(super) fn add_report(&mut self, report: &Document) {
        for object in [&report.fields["object"], &report.fields["html"]["object"]] {
            self.require(&report.path, BucketRole::Artifacts, object);
        }
        self.add_names(&report.fields);
    }

    fn require(&mut self, document: &DocPath, bucket: BucketRole, object: &Value) {
        if let Some(object) = object.as_str() {
            self.required
                .push((document.clone(), bucket, object.to_owned()));
        }
    }

    fn add_names(&mut self, fields: &Value) {
        match fields {
            Value::String(text) if text.starts_with(&self.prefix) => {
                self.named.insert(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_names(item)),
            Value::Object(map) => map.values().for_each(|value| self.add_names(value)),
            _ => {}
        }
    }

    /// Compares with the objects below the interview.
    pub(super) fn compare(&self, stored: &ObjectNames) -> Vec<Finding> {
        if self.is_deleted {
            // The sweep is about to remove the rest.
            return Vec::new();
        }
        let is_stored = |bucket: &BucketRole, object: &String| match bucket {
            BucketRole::Uploads => stored.uploads.contains(object),
            BucketRole::Artifacts => stored.artifacts.contains(object),
        };
        let missing = self
            .required
            .iter()
            .filter(|(_, bucket, object)| !is_stored(bucket, object))
            .map(|(document, bucket, object)| Finding::ObjectMissing {
                document: document.clone(),
                bucket: *bucket,
                object: object.clone(),
            });
        let unreferenced = stored
            .named()
            .filter(|(_, object)| self.is_settled && !self.named.contains(*object))
            .map(|(bucket, object)| Finding::ObjectUnreferenced {
                bucket,
                object: object.clone(),
            });
        missing.chain(unreferenced).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{InterviewId, UserId, ports::Version};

    fn key(interview: &str) -> InterviewKey {
        InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse(interview).unwrap(),
        }
    }

    fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
        names.map(str::to_owned).into()
    }

    fn interview(status: &str) -> Value {
        json!({
            "status": status,
            "audio": {"object": "users/u/interviews/a/audio/x", "generation": 1},
            "later": [{"playback": "users/u/interviews/a/playback/y"}],
        })
    }

    #[test]
    fn prefix_takes_neighbours_of_neither_side() {
        let mut all = ObjectNames {
            uploads: names([
                "users/u/interviews/a",
                "users/u/interviews/a/1",
                "users/u/interviews/a/2",
                "users/u/interviews/a0/1",
                "users/u/interviews/b/1",
            ]),
            artifacts: BTreeSet::new(),
        };
        let own = all.take_below(&key("a"));
        assert_eq!(
            own.uploads,
            names(["users/u/interviews/a/1", "users/u/interviews/a/2"])
        );
        assert_eq!(all.uploads.len(), 3);
        let left: Vec<Finding> = all.without_interview().collect();
        assert_eq!(left.len(), 3);
    }

    #[test]
    fn complete_interview_has_no_findings_and_fields_of_later_releases_are_references() {
        let mut facts = Facts::new(&key("a"), &interview("completed"));
        facts.add_report(&Document {
            path: key("a").data("report"),
            fields: json!({
                "object": "users/u/interviews/a/report-1.docx",
                "html": {"object": "users/u/interviews/a/report-1.html"},
            }),
            version: Version(1),
        });
        let stored = ObjectNames {
            uploads: names(["users/u/interviews/a/audio/x"]),
            artifacts: names([
                "users/u/interviews/a/playback/y",
                "users/u/interviews/a/report-1.docx",
                "users/u/interviews/a/report-1.html",
            ]),
        };
        assert_eq!(facts.compare(&stored), []);
        let missing = facts.compare(&ObjectNames::default());
        assert_eq!(missing.len(), 3, "recording and both reports: {missing:?}");
    }

    #[test]
    fn unreferenced_object_is_found_once_the_interview_is_settled() {
        let stored = ObjectNames {
            uploads: names(["users/u/interviews/a/audio/x"]),
            artifacts: names(["users/u/interviews/a/callbacks/s"]),
        };
        for (status, expected) in [("processing", 0), ("unheard_of", 0), ("failed", 1)] {
            let facts = Facts::new(&key("a"), &interview(status));
            assert_eq!(facts.compare(&stored).len(), expected, "{status}");
        }
    }

    #[test]
    fn deleted_and_awaiting_interviews_have_no_findings() {
        let mut deleted = interview("completed");
        deleted["deleted_at"] = json!("2026-01-01T00:00:00Z");
        let mut awaiting = interview("awaiting_upload");
        awaiting["audio"]["generation"] = Value::Null;
        for fields in [deleted, awaiting] {
            let facts = Facts::new(&key("a"), &fields);
            assert_eq!(facts.compare(&ObjectNames::default()), [], "{fields}");
        }
    }
}
