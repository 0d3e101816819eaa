//! Drafts written out, honest and not, and what is stored of them.

use analyze::verify::verify;
use domain::{
    Timestamp,
    analysis::{
        Analysis, Citation, CompetencyStatus, Criterion, Draft, DraftClaim, DraftCompetency, Rubric,
    },
    transcript::Transcript,
    versions::UnknownFields,
};

use super::{interview, request};

pub(crate) const REAL: &str = "I called every customer myself";
pub(crate) const INVENTED: &str = "I am the best they ever had";

pub(crate) fn cite(quote: &str) -> Vec<Citation> {
    vec![Citation {
        turn: 1,
        quote: quote.into(),
    }]
}

pub(crate) fn claim(text: &str, quote: &str) -> DraftClaim {
    DraftClaim {
        text: text.into(),
        evidence: cite(quote),
    }
}

pub(crate) fn competency(name: &str, rating: Option<u8>, quote: &str) -> DraftCompetency {
    DraftCompetency {
        name: name.into(),
        rating,
        rationale: "calls customers".into(),
        evidence: cite(quote),
        parts: Vec::new(),
    }
}

pub(crate) fn rubric(names: &[&str]) -> Rubric {
    let criterion = |name: &&str| Criterion {
        name: (*name).to_owned(),
        ..Criterion::default()
    };
    Rubric {
        competencies: names.iter().map(criterion).collect(),
        unknown: UnknownFields::default(),
    }
}

pub(crate) fn verified(draft: Draft, transcript: &Transcript) -> Analysis {
    let rubric = rubric(&["ownership", "planning"]);
    verify(
        draft,
        "test",
        &request(transcript, &rubric),
        Timestamp::from_millis(0),
    )
}

pub(crate) fn rated(drafts: Vec<DraftCompetency>) -> Analysis {
    let draft = Draft {
        competencies: drafts,
        ..Draft::default()
    };
    verified(draft, &interview())
}

pub(crate) fn codes(analysis: &Analysis) -> Vec<&str> {
    let codes = analysis.warnings.iter().map(|warning| &warning.code[..]);
    codes.collect()
}

pub(crate) fn verdicts(analysis: &Analysis) -> Vec<(&str, CompetencyStatus, Option<u8>)> {
    let competencies = analysis.competencies.iter();
    competencies
        .map(|own| (&own.name[..], own.status, own.rating))
        .collect()
}

pub(crate) const UNMENTIONED: (&str, CompetencyStatus, Option<u8>) =
    ("planning", CompetencyStatus::NotAssessed, None);
