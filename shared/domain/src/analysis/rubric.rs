//! The criteria of an assessment, and their anchors.
//!
//! The defaults are structured in the way of behaviourally anchored rating scales
//! (Smith and Kendall, Journal of Applied Psychology 1963, doi 10.1037/h0047060): each
//! criterion describes behaviour at 1, 3 and 5, in terms of what a speaker reports,
//! never of how they sound or appear.

use std::{collections::HashMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::{
    interview::Kind,
    versions::{UnknownFields, strip_unknown},
};

/// The most competencies of a rubric.
pub const MAX_COMPETENCIES: usize = 20;

/// The longest name of a competency, in characters.
pub const MAX_COMPETENCY_NAME: usize = 100;

/// The longest description of a competency, in characters.
pub const MAX_COMPETENCY_DESCRIPTION: usize = 2_000;

/// The longest anchor of a competency, in characters.
pub const MAX_ANCHOR: usize = 500;

/// The largest weight of a competency.
pub const MAX_WEIGHT: f64 = 100.0;

/// What to assess in an interview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(extend("additionalProperties" = false)))]
pub struct Rubric {
    /// The competencies, each by itself.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = MAX_COMPETENCIES)))]
    pub competencies: Vec<Criterion>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Rubric, competencies);

/// One competency to assess.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(extend("additionalProperties" = false)))]
pub struct Criterion {
    /// Its name, as it appears in the analysis.
    #[cfg_attr(feature = "openapi", schemars(length(min = 1, max = MAX_COMPETENCY_NAME), regex(pattern = crate::text::NOT_BLANK)))]
    pub name: String,
    /// What good and bad look like.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(length(max = MAX_COMPETENCY_DESCRIPTION)))]
    pub description: String,
    /// What is seen at the ends and in the middle of the scale.
    pub anchors: Option<Anchors>,
    /// How much it counts beside the others; all count the same where it is left out. It is for
    /// the reader: no rating is computed from it.
    #[cfg_attr(feature = "openapi", schemars(range(min = 0, max = MAX_WEIGHT)))]
    pub weight: Option<f64>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Criterion, anchors);

/// The behaviour at a rating.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(extend("additionalProperties" = false)))]
pub struct Anchors {
    /// What a rating of 1 looks like.
    #[cfg_attr(feature = "openapi", schemars(length(max = MAX_ANCHOR)))]
    pub low: String,
    /// What a rating of 3 looks like.
    #[cfg_attr(feature = "openapi", schemars(length(max = MAX_ANCHOR)))]
    pub mid: String,
    /// What a rating of 5 looks like.
    #[cfg_attr(feature = "openapi", schemars(length(max = MAX_ANCHOR)))]
    pub high: String,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}
strip_unknown!(Anchors);

/// The rubrics by kind of conversation. That of a job interview assesses what the candidate has
/// done, as they tell it; the others what a conversation shows of a need or gives a story to
/// rest on, and no person.
static DEFAULTS: LazyLock<HashMap<String, Rubric>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("rubrics.json")).expect("the rubrics are tested")
});

impl Rubric {
    /// The competencies assessed in an interview of that kind unless the client
    /// names others.
    pub fn default_for(kind: Kind) -> Self {
        DEFAULTS[kind.as_str()].clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn every_default_has_anchors_and_a_name_of_its_own() {
        for kind in [Kind::JobInterview, Kind::UserResearch, Kind::Journalism] {
            let rubric = Rubric::default_for(kind);
            assert!((4..=5).contains(&rubric.competencies.len()));
            let mut names: Vec<&str> = rubric
                .competencies
                .iter()
                .map(|own| &own.name[..])
                .collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), rubric.competencies.len());
            for criterion in &rubric.competencies {
                let anchors = criterion.anchors.as_ref().expect("anchors");
                assert!(![&anchors.low, &anchors.mid, &anchors.high].contains(&&String::new()));
            }
        }
        assert!(Rubric::default_for(Kind::Other).competencies.is_empty());
    }

    #[test]
    fn a_rubric_without_anchors_is_read_and_written_as_before() {
        let plain = json!({"competencies": [{"name": "tact", "description": "says it kindly"}]});
        let rubric: Rubric = from_value(plain.clone()).unwrap();
        assert_eq!(rubric.competencies[0].anchors, None);
        assert_eq!(to_value(&rubric).unwrap(), plain);
    }

    #[test]
    fn anchors_are_complete_and_keep_fields_of_a_newer_release() {
        let read = |anchors| {
            from_value::<Rubric>(json!({"competencies": [{"name": "tact", "anchors": anchors}]}))
        };
        assert!(read(json!({"low": "a", "mid": "b", "high": "c"})).is_ok());
        assert!(read(json!({"low": "a", "mid": "b"})).is_err());
        let newer = json!({"low": "a", "mid": "b", "high": "c", "top": "d"});
        let rubric = read(newer.clone()).unwrap();
        assert_eq!(to_value(&rubric.competencies[0].anchors).unwrap(), newer);
    }
}
