//! The criteria of an assessment, and their anchors.
//!
//! The defaults are structured in the way of behaviourally anchored rating scales
//! (Smith and Kendall, Journal of Applied Psychology 1963, doi 10.1037/h0047060): each
//! criterion describes behaviour at 1, 3 and 5, in terms of what a speaker reports,
//! never of how they sound or appear.

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchors: Option<Anchors>,
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

impl Rubric {
    /// The competencies assessed in an interview of that kind unless the client
    /// names others.
    pub fn default_for(kind: Kind) -> Self {
        let templates: &[Template] = match kind {
            Kind::JobInterview => &JOB_INTERVIEW,
            Kind::UserResearch => &USER_RESEARCH,
            Kind::Journalism => &JOURNALISM,
            Kind::Other | Kind::Unknown(_) => &[],
        };
        Self {
            competencies: templates.iter().map(Template::criterion).collect(),
            unknown: UnknownFields::default(),
        }
    }
}

struct Template {
    name: &'static str,
    description: &'static str,
    low: &'static str,
    mid: &'static str,
    high: &'static str,
}

impl Template {
    fn criterion(&self) -> Criterion {
        Criterion {
            name: self.name.to_owned(),
            description: self.description.to_owned(),
            anchors: Some(Anchors {
                low: self.low.to_owned(),
                mid: self.mid.to_owned(),
                high: self.high.to_owned(),
                unknown: UnknownFields::default(),
            }),
            unknown: UnknownFields::default(),
        }
    }
}

/// What the candidate has done, as they tell it.
const JOB_INTERVIEW: [Template; 5] = [
    Template {
        name: "problem solving",
        description: "describes a concrete problem, the steps taken and the result",
        low: "stays general, or names a problem without saying what they did about it",
        mid: "names a problem and the steps taken, but not why these or what came of them",
        high: "names the problem, the alternatives weighed, the steps taken and a result that was checked",
    },
    Template {
        name: "collaboration",
        description: "describes own part in work with others and how conflict was handled",
        low: "speaks of a group only, or of others as the obstacle",
        mid: "names own part and that of others, but no disagreement or no way out of it",
        high: "names own part, a disagreement, what they did to settle it and how it ended",
    },
    Template {
        name: "ownership",
        description: "takes responsibility for outcomes, bad ones included",
        low: "puts outcomes down to others or to circumstances",
        mid: "names own share in an outcome, but not what they did afterwards",
        high: "names a bad outcome as their own, what they did at once and what they changed for good",
    },
    Template {
        name: "learning",
        description: "says what they did differently after an experience",
        low: "names no mistake, or repeats the same way after one",
        mid: "names a lesson, but no occasion on which it was used",
        high: "names a lesson, an occasion on which it was used and what was better for it",
    },
    Template {
        name: "communication",
        description: "answers what was asked, in order and with examples; judged by content alone",
        low: "leaves the question unanswered, even when asked again",
        mid: "answers the question, with an example only after a follow-up",
        high: "answers the question that was asked, in an order that can be followed, with an example of their own",
    },
];

/// What the conversation shows about a need; the participant is not assessed as a person.
const USER_RESEARCH: [Template; 4] = [
    Template {
        name: "needs named",
        description: "says what they try to get done and why",
        low: "agrees to what is offered, without a goal of their own",
        mid: "names a goal in general terms",
        high: "tells of a situation with a goal, what set it off and what depended on it",
    },
    Template {
        name: "pain points",
        description: "tells of concrete episodes where something went wrong",
        low: "complains or praises in general",
        mid: "names a difficulty, but no episode",
        high: "tells of an episode: when it was, what went wrong, what it cost",
    },
    Template {
        name: "workarounds",
        description: "tells how they manage today",
        low: "does not say how they manage",
        mid: "names a tool or a habit",
        high: "walks through the steps they take today, with their effort and where they fail",
    },
    Template {
        name: "frequency and stakes",
        description: "says how often it happens and what depends on it",
        low: "says neither",
        mid: "says one of them, roughly",
        high: "says both, with a number, a date or somebody who was affected",
    },
];

/// What a story can rest on; the source is not assessed as a person.
const JOURNALISM: [Template; 4] = [
    Template {
        name: "first-hand knowledge",
        description: "tells what they saw or did themselves",
        low: "passes on what is said, without saying by whom",
        mid: "mixes what they saw with what they heard, and tells them apart when asked",
        high: "says of each fact whether they saw it, did it or heard it, and from whom",
    },
    Template {
        name: "specificity",
        description: "gives names, dates, numbers that can be checked",
        low: "gives none",
        mid: "gives some, roughly",
        high: "gives names, dates or numbers for what matters most",
    },
    Template {
        name: "corroboration",
        description: "names documents or other people who can confirm it",
        low: "names none, or declines to",
        mid: "says that there are some, without saying which",
        high: "names a document or a person, and how to get at it or them",
    },
    Template {
        name: "own stake",
        description: "says what part they have in the matter",
        low: "leaves it open, even when asked",
        mid: "names it when asked",
        high: "names it unasked, what speaks against them included",
    },
];

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
