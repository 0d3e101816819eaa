//! Rubrics that a user keeps, each with all its versions.
//!
//! An interview has a copy of the version that it was assigned, and notes which one that is: a
//! later version, or the deletion of the rubric, changes no interview.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    analysis::{Criterion, Rubric},
    versions::{UnknownFields, strip_unknown},
};

/// The longest name of a rubric, in characters.
pub const MAX_RUBRIC_NAME: usize = 200;

/// The most rubrics of a user.
pub const MAX_RUBRICS: usize = 500;

/// The most versions of a rubric.
pub const MAX_VERSIONS: u64 = 1_000;

/// `users/{user}/rubrics/{id}`, the newest version of a rubric, and `versions/{version}` below
/// it, each of its versions as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "RubricVersion")
)]
pub struct StoredRubric {
    /// Its id.
    pub id: String,
    /// The version, from 1.
    pub version: u64,
    /// Its name.
    pub name: String,
    /// The competencies, each by itself.
    pub competencies: Vec<Criterion>,
    /// When the first version was stored.
    pub created_at: Timestamp,
    /// When this version was stored.
    pub updated_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(StoredRubric, competencies);

impl StoredRubric {
    /// What an interview is assessed by.
    pub fn to_rubric(&self) -> Rubric {
        Rubric {
            competencies: self.competencies.clone(),
            unknown: UnknownFields::default(),
        }
    }

    /// Which version it is.
    pub fn source(&self) -> RubricSource {
        RubricSource {
            id: self.id.clone(),
            version: self.version,
            unknown: UnknownFields::default(),
        }
    }
}

/// The version of a stored rubric that an interview has a copy of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RubricSource {
    /// The rubric's id.
    pub id: String,
    /// The version.
    pub version: u64,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(RubricSource);
