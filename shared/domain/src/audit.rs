//! Compares documents with objects: what belongs together and does not.
//!
//! The audit only reads. It lists the objects of both buckets, then the interviews page by
//! page, then what lies below interviews, and looks at every suspect a second time before
//! it is a finding: an interview may be created or deleted while the audit runs. Objects of
//! an interview that is still being processed are never suspects, because a step stores its
//! object before the document that names it.
//!
//! Memory grows with the number of objects and interviews, by about 200 bytes for each.

mod interview;

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::Value;

use crate::{
    InterviewKey,
    paths::{DocPath, INTERVIEWS},
    ports::{Document, ObjectStore, Query, Records, RecordsError, StorageError},
};
use interview::{Facts, ObjectNames};

/// The collections that lie below an interview, by name.
pub const COLLECTIONS: [&str; 9] = [
    "data",
    "chunks",
    "notes",
    "highlights",
    "shares",
    "passages",
    "announcements",
    "deliveries",
    "callbacks",
];

/// How many documents one request lists.
const PAGE: usize = 300;

/// How many documents are read at the same time.
const CONCURRENT_READS: usize = 16;

/// One of the two buckets, by its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BucketRole {
    /// The bucket for recordings.
    Uploads,
    /// The bucket for reports and other results.
    Artifacts,
}

/// Something that does not belong together. Paths and names hold ids, and no one's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// A document names an object that is not stored.
    ObjectMissing {
        /// The document.
        document: DocPath,
        /// Where the object should be.
        bucket: BucketRole,
        /// The object's name.
        object: String,
    },
    /// An object lies below an interview, and no document names it.
    ObjectUnreferenced {
        /// Where it is.
        bucket: BucketRole,
        /// The object's name.
        object: String,
    },
    /// An object belongs to no interview that exists.
    ObjectWithoutInterview {
        /// Where it is.
        bucket: BucketRole,
        /// The object's name.
        object: String,
    },
    /// A document lies below an interview that does not exist.
    DocumentWithoutInterview {
        /// The document.
        document: DocPath,
    },
}

impl Finding {
    /// The interview that it is about, unless the name is of no interview.
    pub fn interview(&self) -> Option<InterviewKey> {
        InterviewKey::from_path(match self {
            Self::ObjectMissing { document, .. } | Self::DocumentWithoutInterview { document } => {
                document.as_str()
            }
            Self::ObjectUnreferenced { object, .. }
            | Self::ObjectWithoutInterview { object, .. } => object,
        })
    }
}

/// What an audit looked at, and what it found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// How many interviews there are.
    pub interviews: u64,
    /// How many documents lie below interviews.
    pub documents: u64,
    /// How many objects both buckets hold.
    pub objects: u64,
    /// What does not belong together, in order.
    pub findings: Vec<Finding>,
}

impl AuditReport {
    /// Whether everything belongs together.
    pub const fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Audits everything that is stored.
pub async fn run(
    records: &dyn Records,
    uploads: &dyn ObjectStore,
    artifacts: &dyn ObjectStore,
) -> Result<AuditReport, StorageError> {
    let audit = Audit {
        records,
        uploads,
        artifacts,
    };
    let mut report = AuditReport::default();
    let mut suspects = audit.suspects(&mut report).await?;
    suspects.sort();
    for suspect in suspects {
        if audit.is_confirmed(&suspect).await? {
            report.findings.push(suspect);
        }
    }
    Ok(report)
}

struct Audit<'a> {
    records: &'a dyn Records,
    uploads: &'a dyn ObjectStore,
    artifacts: &'a dyn ObjectStore,
}

impl Audit<'_> {
    /// Lists everything once; answers what looks wrong.
    async fn suspects(&self, report: &mut AuditReport) -> Result<Vec<Finding>, StorageError> {
        let mut stored = ObjectNames {
            uploads: self.uploads.list("").await?.into_iter().collect(),
            artifacts: self.artifacts.list("").await?.into_iter().collect(),
        };
        report.objects = (stored.uploads.len() + stored.artifacts.len()) as u64;
        let mut suspects = Vec::new();
        let mut known = HashSet::new();
        let mut query = pages(INTERVIEWS);
        loop {
            let page = self.records.list(&query).await?;
            let last = page.last().map(|document| document.path.clone());
            let is_last_page = page.len() < PAGE;
            for (key, facts) in self.facts_of_page(page).await? {
                suspects.extend(facts.compare(&stored.take_below(&key)));
                report.interviews += 1;
                known.insert(key);
            }
            query.after = last.map(|path| (Value::Null, path));
            if is_last_page {
                break;
            }
        }
        suspects.extend(stored.without_interview());
        for collection in COLLECTIONS {
            self.suspects_below(collection, &known, &mut suspects, report)
                .await?;
        }
        Ok(suspects)
    }

    /// Lists the documents of a collection that lies below interviews.
    async fn suspects_below(
        &self,
        collection: &str,
        known: &HashSet<InterviewKey>,
        suspects: &mut Vec<Finding>,
        report: &mut AuditReport,
    ) -> Result<(), StorageError> {
        let mut query = pages(collection);
        loop {
            let page = self.records.list_paths(&query).await?;
            query.after = page.last().map(|path| (Value::Null, path.clone()));
            let is_last_page = page.len() < PAGE;
            for document in page {
                let Some(key) = InterviewKey::from_path(document.as_str()) else {
                    continue;
                };
                report.documents += 1;
                if !known.contains(&key) {
                    suspects.push(Finding::DocumentWithoutInterview { document });
                }
            }
            if is_last_page {
                return Ok(());
            }
        }
    }

    async fn facts_of_page(
        &self,
        page: Vec<Document>,
    ) -> Result<Vec<(InterviewKey, Facts)>, RecordsError> {
        let keyed = page.into_iter().filter_map(|document| {
            let key = InterviewKey::from_path(document.path.as_str())?;
            (key.document() == document.path).then_some((key, document))
        });
        stream::iter(keyed)
            .map(|(key, document)| async move {
                let facts = self.facts(&key, &document).await?;
                Ok((key, facts))
            })
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await
    }

    async fn facts(&self, key: &InterviewKey, interview: &Document) -> Result<Facts, RecordsError> {
        let mut facts = Facts::new(key, &interview.fields);
        if let Some(report) = self.records.read(&key.data("report")).await? {
            facts.add_report(&report);
        }
        Ok(facts)
    }

    /// Looks at a suspect again, by fresh reads.
    async fn is_confirmed(&self, suspect: &Finding) -> Result<bool, StorageError> {
        let Some(key) = suspect.interview() else {
            // It lies below no interview, so nothing can have happened to it.
            return Ok(true);
        };
        let interview = self.records.read(&key.document()).await?;
        match (suspect, interview) {
            (Finding::DocumentWithoutInterview { document }, None) => {
                Ok(self.records.read(document).await?.is_some())
            }
            (Finding::ObjectWithoutInterview { bucket, object }, None) => {
                let bucket = match bucket {
                    BucketRole::Uploads => self.uploads,
                    BucketRole::Artifacts => self.artifacts,
                };
                Ok(bucket.stat(object).await?.is_some())
            }
            (
                Finding::ObjectMissing { .. } | Finding::ObjectUnreferenced { .. },
                Some(interview),
            ) => {
                let prefix = key.object_prefix();
                let stored = ObjectNames {
                    uploads: self.uploads.list(&prefix).await?.into_iter().collect(),
                    artifacts: self.artifacts.list(&prefix).await?.into_iter().collect(),
                };
                let facts = self.facts(&key, &interview).await?;
                Ok(facts.compare(&stored).contains(suspect))
            }
            _ => Ok(false),
        }
    }
}

fn pages(collection: &str) -> Query {
    Query {
        limit: PAGE,
        ..Query::group(collection)
    }
}
