//! Decides which criteria are rated, and on what evidence.
//!
//! Every criterion of the rubric comes back exactly once, rated or with a reason; an
//! engine's assessments of other criteria are dropped.

use domain::{
    Private,
    analysis::{Competency, CompetencyStatus, Criterion, DraftCompetency, PartRating, Rubric},
    versions::UnknownFields,
};

use crate::{content::breaks_content_rule, objections, verify::Verifier};

/// What ratings may be.
const RATINGS: std::ops::RangeInclusive<u8> = 1..=5;

impl Verifier<'_> {
    /// Each of the rubric's competencies exactly once.
    pub(crate) fn competencies(
        &mut self,
        drafts: &[DraftCompetency],
        rubric: &Rubric,
    ) -> Vec<Competency> {
        for warning in objections::warnings(&self.usable, &self.transcript.head.quality) {
            self.warn(&warning.code, warning.message);
        }
        self.warn_of_unknown(drafts, rubric);
        let refusal = objections::refusal(&self.usable, self.kind);
        let criteria = rubric.competencies.iter();
        criteria
            .map(|criterion| match refusal {
                None => self.criterion(criterion, drafts),
                Some(why) => not_assessed(&criterion.name, why),
            })
            .collect()
    }

    fn warn_of_unknown(&mut self, drafts: &[DraftCompetency], rubric: &Rubric) {
        let known = |draft: &DraftCompetency| {
            let mut criteria = rubric.competencies.iter();
            criteria.any(|criterion| same_name(&criterion.name, &draft.name))
        };
        if !drafts.iter().all(known) {
            self.warn(
                "unknown_competency",
                "an assessment outside the rubric was removed",
            );
        }
    }

    fn criterion(&mut self, criterion: &Criterion, drafts: &[DraftCompetency]) -> Competency {
        if breaks_content_rule(&criterion.name) {
            self.warn(
                "content_rule",
                "a competency about feelings, looks or protected traits is not assessed",
            );
            return not_assessed(&criterion.name, "this is never assessed");
        }
        let mut own = drafts
            .iter()
            .filter(|draft| same_name(&criterion.name, &draft.name));
        let Some(draft) = own.next() else {
            return not_assessed(&criterion.name, "the engine gave no assessment");
        };
        if own.next().is_some() {
            self.warn(
                "repeated_competency",
                "a second assessment of the same competency was removed",
            );
        }
        if !self.permits(draft.rationale.reveal()) {
            return not_assessed(
                &criterion.name,
                "what the engine gave as reason was removed",
            );
        }
        self.competency(&criterion.name, draft)
    }

    fn competency(&mut self, name: &str, draft: &DraftCompetency) -> Competency {
        let evidence = self.evidence(&draft.evidence);
        let rating = draft.rating.filter(|rating| RATINGS.contains(rating));
        if draft.rating.is_some() && rating.is_none() {
            self.warn("invalid_rating", "a rating outside 1 to 5 was removed");
        }
        let rests = evidence.iter().any(|own| self.supports(own));
        let (status, rating, rationale) = match rating.map(|rating| self.earned(rating, draft)) {
            Some(Some((rating, why))) if rests => (CompetencyStatus::Assessed, Some(rating), why),
            None if rests => (CompetencyStatus::NotAssessed, None, &draft.rationale),
            _ => (
                CompetencyStatus::InsufficientEvidence,
                None,
                &draft.rationale,
            ),
        };
        Competency {
            name: name.to_owned(),
            status,
            rating,
            rationale: rationale.clone(),
            evidence,
            unknown: UnknownFields::default(),
        }
    }

    /// The rating with its rationale, if it lies within the ratings of the parts with
    /// verified quotes; otherwise their lower median. Quotes of one part prove nothing
    /// about another.
    fn earned<'d>(&mut self, rating: u8, draft: &'d DraftCompetency) -> Option<(u8, &'d Private)> {
        if draft.parts.is_empty() {
            return Some((rating, &draft.rationale));
        }
        let mut earned: Vec<&PartRating> = draft
            .parts
            .iter()
            .filter(|part| RATINGS.contains(&part.rating) && self.rests(&part.evidence))
            .collect();
        earned.sort_by_key(|part| part.rating);
        let (lowest, highest) = (earned.first()?.rating, earned.last()?.rating);
        if (lowest..=highest).contains(&rating) {
            return Some((rating, &draft.rationale));
        }
        self.warn(
            "unsupported_rating",
            "a rating gave way to those of the parts whose quotes exist",
        );
        let median = earned[(earned.len() - 1) / 2];
        self.permits(median.rationale.reveal())
            .then_some((median.rating, &median.rationale))
    }
}

/// Engines change the case of names, and their spaces.
fn same_name(left: &str, right: &str) -> bool {
    let plain = |name: &str| {
        let words = name.split_whitespace().map(str::to_lowercase);
        words.collect::<Vec<_>>()
    };
    plain(left) == plain(right)
}

fn not_assessed(name: &str, why: &str) -> Competency {
    Competency {
        name: name.to_owned(),
        status: CompetencyStatus::NotAssessed,
        rating: None,
        rationale: Private::from(why),
        evidence: Vec::new(),
        unknown: UnknownFields::default(),
    }
}
