//! Collections as they are sent and received.

use domain::{
    Private, Timestamp,
    collections::Collection,
    interview::Kind,
    versions::{StripUnknown as _, closed},
    webhook::MAX_URL_BYTES,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    patch::Patch,
    validation::{LINE, MAX_KEY_TERM, MAX_KEY_TERMS, MAX_NAME, MAX_RETENTION_DAYS, WEB_URL, whole},
};

/// A new collection.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCollection {
    /// The title.
    #[schemars(length(min = 1, max = MAX_NAME), regex(pattern = LINE))]
    pub(super) title: Private,
    /// The kind of conversation of new interviews that name none.
    #[serde(default, deserialize_with = "closed")]
    pub(super) kind: Option<Kind>,
    /// The rubric of yours, by its id, that new interviews are assessed by: they get a copy of
    /// its newest version.
    #[serde(default)]
    pub(super) rubric_id: Option<String>,
    /// Names and terms that are likely to be said, as they are spelt.
    #[serde(default)]
    #[schemars(length(max = MAX_KEY_TERMS), inner(length(min = 1, max = MAX_KEY_TERM), regex(pattern = LINE)))]
    pub(super) key_terms: Vec<Private>,
    /// For how many days from its creation a new interview is kept, if that is shorter than for
    /// all others.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = 1, max = MAX_RETENTION_DAYS))]
    pub(super) retention_days: Option<u32>,
    /// Where the events of new interviews go: `https` or `http`, on the public internet.
    #[serde(default)]
    #[schemars(url, length(max = MAX_URL_BYTES), regex(pattern = WEB_URL))]
    pub(super) webhook_url: Option<String>,
}

/// What changes; what is left out stays. Interviews that are in the collection keep what they
/// have.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeCollection {
    /// The title.
    #[serde(default)]
    #[schemars(length(min = 1, max = MAX_NAME), regex(pattern = LINE))]
    pub(super) title: Option<Private>,
    /// The kind of conversation of new interviews that name none. `null`: none.
    #[serde(default, deserialize_with = "closed")]
    pub(super) kind: Patch<Kind>,
    /// The rubric of yours, by its id, that new interviews are assessed by. `null`: that of
    /// their kind.
    #[serde(default)]
    pub(super) rubric_id: Patch<String>,
    /// Names and terms that are likely to be said, as they are spelt; all of them.
    #[serde(default)]
    #[schemars(length(max = MAX_KEY_TERMS), inner(length(min = 1, max = MAX_KEY_TERM), regex(pattern = LINE)))]
    pub(super) key_terms: Option<Vec<Private>>,
    /// For how many days from its creation a new interview is kept, if that is shorter than for
    /// all others. `null`: like all others.
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = 1, max = MAX_RETENTION_DAYS))]
    pub(super) retention_days: Patch<u32>,
    /// Where the events of new interviews go: `https` or `http`, on the public internet. `null`
    /// if no webhooks are sent.
    #[serde(default)]
    #[schemars(url, length(max = MAX_URL_BYTES), regex(pattern = WEB_URL))]
    pub(super) webhook_url: Patch<String>,
}

/// A collection, and what new interviews in it are given where their request leaves it out.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Collection")]
pub(crate) struct CollectionBody {
    /// Its id.
    pub(super) id: String,
    /// The title.
    pub(super) title: Private,
    /// The kind of conversation.
    pub(super) kind: Option<Kind>,
    /// The id of the stored rubric that new interviews are assessed by.
    pub(super) rubric_id: Option<String>,
    /// Names and terms that are likely to be said.
    pub(super) key_terms: Vec<Private>,
    /// For how many days from its creation a new interview is kept.
    #[schemars(range(min = 1))]
    pub(super) retention_days: Option<u32>,
    /// Where the events of new interviews go.
    pub(super) webhook_url: Option<String>,
    /// When it was created.
    pub(super) created_at: Timestamp,
    /// When it last changed.
    pub(super) updated_at: Timestamp,
}

impl From<Collection> for CollectionBody {
    fn from(stored: Collection) -> Self {
        let stored = stored.known_only();
        Self {
            id: stored.id,
            title: stored.title,
            kind: stored.kind,
            rubric_id: stored.rubric_id,
            key_terms: stored.key_terms,
            retention_days: stored.retention_days,
            webhook_url: stored.webhook_url,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}
