//! How people assess an interview, beside what an engine suggests.

use serde::{Deserialize, Serialize};

use crate::{
    Private, Timestamp, UserId,
    versions::{UnknownFields, strip_unknown},
};

/// The most competencies that a person rates.
pub const MAX_RATED: usize = 50;

/// The longest comment and the longest decision, in characters.
pub const MAX_COMMENT: usize = 2_000;

/// The longest name of an author, in characters.
pub const MAX_AUTHOR: usize = 200;

/// The most versions of an assessment.
pub const MAX_VERSIONS: u64 = 1_000;

/// `assessments/{number}` below the interview: one version of a person's assessment. A version
/// is never changed; a later one takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Assessment {
    /// Its number, from 1.
    pub version: u64,
    /// The ratings, in the order in which they were given.
    pub competencies: Vec<PersonRating>,
    /// What was decided.
    pub decision: Option<Private>,
    /// Who assesses, in their own words.
    pub author: Option<Private>,
    /// The user who sent it.
    pub user: UserId,
    /// When the first version was sent.
    pub created_at: Timestamp,
    /// When this version was sent.
    pub updated_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Assessment, competencies);

impl Assessment {
    /// Whether another version says the same.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.competencies == other.competencies
            && self.decision == other.decision
            && self.author == other.author
    }

    /// The rating of the competency of that name, whatever its case.
    pub fn rating(&self, name: &str) -> Option<&PersonRating> {
        let name = name.to_lowercase();
        let mut competencies = self.competencies.iter();
        competencies.find(|own| own.name.to_lowercase() == name)
    }
}

/// A person's rating of one competency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PersonRating {
    /// The competency's name.
    pub name: String,
    /// 1 to 5; `null` where the person does not rate it.
    #[cfg_attr(feature = "openapi", schemars(range(min = 1, max = 5)))]
    pub rating: Option<u8>,
    /// Why.
    pub comment: Option<Private>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(PersonRating);

/// The newest version of the assessment. It lies in the interview document, whose transaction
/// orders the versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewestAssessment {
    /// Its number.
    pub version: u64,
    /// When the first version was sent.
    pub created_at: Timestamp,
    /// When the newest version was sent.
    pub updated_at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(NewestAssessment);
