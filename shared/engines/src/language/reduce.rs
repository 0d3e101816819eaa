//! Combines the results of the parts into one summary and one rating each.
//!
//! A last question weighs the ratings; it sees the results of the parts and not the
//! transcript, because a mean or median would let three parts without an example
//! outvote the one with it. Its answer is bounded by the parts: a rating outside
//! theirs, or a missing one, becomes their lower median, and where no part rates, there
//! is no rating. When there are too many parts for one question, groups of neighbours
//! are combined first. The parts' own ratings are kept: their quotes have not been
//! verified yet.

use domain::{
    Private,
    analysis::{Draft, DraftCompetency, PartRating},
};
use serde_json::json;

use super::{
    merge::{in_turns, same_name, unite},
    parts::tokens,
};

/// Quotes of one part that are shown with its rating.
const QUOTES_SHOWN: usize = 3;

/// What one part, or a group of them, found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartResult {
    pub(crate) summary: Option<Private>,
    pub(crate) competencies: Vec<DraftCompetency>,
}

impl PartResult {
    /// As the last question shows it.
    fn to_json(&self, part: usize) -> serde_json::Value {
        let competencies = self.competencies.iter().map(|own| {
            let quotes = own.evidence.iter().take(QUOTES_SHOWN);
            let quotes: Vec<&str> = quotes.map(|citation| citation.quote.reveal()).collect();
            json!({
                "name": own.name,
                "rating": own.rating,
                "rationale": own.rationale.reveal(),
                "quotes": quotes,
            })
        });
        json!({
            "part": part,
            "summary": self.summary.as_ref().map(Private::reveal),
            "competencies": competencies.collect::<Vec<_>>(),
        })
    }
}

/// The findings as lines of JSON.
pub(crate) fn to_json_lines(findings: &[PartResult]) -> String {
    let lines = findings.iter().enumerate();
    let lines: Vec<String> = lines
        .map(|(at, finding)| finding.to_json(at + 1).to_string())
        .collect();
    lines.join("\n")
}

/// Neighbours that fit into one question, at least two together.
pub(crate) fn groups(findings: Vec<PartResult>, at_most_tokens: u32) -> Vec<Vec<PartResult>> {
    let mut groups: Vec<Vec<PartResult>> = Vec::new();
    let mut filled = 0;
    for finding in findings {
        let size = tokens(&finding.to_json(0).to_string());
        match groups.last_mut() {
            Some(group) if group.len() < 2 || filled + size <= at_most_tokens => {
                group.push(finding);
                filled += size;
            }
            _ => {
                groups.push(vec![finding]);
                filled = size;
            }
        }
    }
    groups
}

/// One finding of several, with the last question's answer.
pub(crate) fn combined(findings: Vec<PartResult>, answer: Draft) -> PartResult {
    let summaries = findings
        .iter()
        .filter_map(|finding| finding.summary.as_ref());
    let summaries: Vec<&str> = summaries.map(Private::reveal).collect();
    let all = (!summaries.is_empty()).then(|| summaries.join(" ").into());
    let assessed = findings
        .into_iter()
        .flat_map(|finding| finding.competencies);
    let mut by_name: Vec<Vec<DraftCompetency>> = Vec::new();
    for own in assessed {
        match by_name
            .iter_mut()
            .find(|same| same_name(&same[0].name, &own.name))
        {
            Some(same) => same.push(own),
            None => by_name.push(vec![own]),
        }
    }
    PartResult {
        summary: answer.summary.or(all),
        competencies: by_name
            .into_iter()
            .map(|parts| one(parts, &answer.competencies))
            .collect(),
    }
}

/// Combines the assessments of at least one part.
fn one(mut parts: Vec<DraftCompetency>, answers: &[DraftCompetency]) -> DraftCompetency {
    let mut ratings: Vec<u8> = parts.iter().filter_map(|own| own.rating).collect();
    ratings.sort_unstable();
    let answer = answers
        .iter()
        .find(|own| same_name(&own.name, &parts[0].name));
    let median = ratings.get(ratings.len().saturating_sub(1) / 2).copied();
    let within = |rating: &u8| ratings.first() <= Some(rating) && Some(rating) <= ratings.last();
    let weighed = answer.filter(|own| own.rating.is_some_and(|rating| within(&rating)));
    let rationale = match (weighed, answer) {
        (Some(own), _) => own.rationale.clone(),
        (None, Some(own)) if median.is_none() => own.rationale.clone(),
        // The words of a part that gave the rating which stands.
        _ => {
            let stands = parts.iter().position(|own| own.rating == median);
            parts[stands.unwrap_or(0)].rationale.clone()
        }
    };
    let rated = parts.iter().flat_map(by_part).collect();
    let quotes = parts
        .iter_mut()
        .map(|own| std::mem::take(&mut own.evidence));
    let mut evidence = Vec::new();
    unite(&mut evidence, in_turns(quotes.collect()));
    DraftCompetency {
        name: parts.swap_remove(0).name,
        rating: weighed.map_or(median, |own| own.rating),
        rationale,
        evidence,
        parts: rated,
    }
}

/// What the parts gave that an assessment is made of, or it itself where it is of one.
fn by_part(own: &DraftCompetency) -> Vec<PartRating> {
    let itself = own.rating.map(|rating| PartRating {
        rating,
        rationale: own.rationale.clone(),
        evidence: own.evidence.clone(),
    });
    if own.parts.is_empty() {
        itself.into_iter().collect()
    } else {
        own.parts.clone()
    }
}

#[cfg(test)]
mod tests {
    use domain::analysis::Citation;

    use super::*;

    fn assessed(rating: Option<u8>, rationale: &str, turn: u32) -> DraftCompetency {
        DraftCompetency {
            name: "ownership".into(),
            rating,
            rationale: rationale.into(),
            evidence: vec![Citation {
                turn,
                quote: format!("quote {turn}").into(),
            }],
            parts: Vec::new(),
        }
    }

    fn finding(competency: DraftCompetency) -> PartResult {
        PartResult {
            summary: Some(format!("Part about {}.", competency.evidence[0].turn).into()),
            competencies: vec![competency],
        }
    }

    /// What becomes of the parts' ratings with these of the last question.
    fn combined_rating(ratings: &[Option<u8>], answer: &[Option<u8>]) -> DraftCompetency {
        let parts = ratings.iter().zip(0..);
        let parts =
            parts.map(|(rating, turn)| finding(assessed(*rating, &format!("part {turn}"), turn)));
        let answer = Draft {
            competencies: answer
                .iter()
                .map(|rating| assessed(*rating, "weighed", 99))
                .collect(),
            ..Draft::default()
        };
        combined(parts.collect(), answer).competencies.remove(0)
    }

    #[test]
    fn final_rating_lies_within_the_ratings_of_the_parts() {
        let rated = combined_rating(&[Some(2), None, Some(5)], &[Some(4)]);
        assert_eq!(
            (rated.rating, rated.rationale.reveal()),
            (Some(4), "weighed")
        );
        let turns: Vec<u32> = rated.evidence.iter().map(|own| own.turn).collect();
        assert_eq!(
            turns,
            [0, 1, 2],
            "the parts' quotes, and none of the last question's"
        );
    }

    #[test]
    fn unsupported_rating_becomes_the_lower_median() {
        for (ratings, answer, expected, why) in [
            (&[Some(2), Some(3)][..], &[Some(5)][..], Some(2), "part 0"),
            (&[Some(2), Some(4), Some(5)], &[], Some(4), "part 1"),
            (&[Some(3), None], &[None], Some(3), "part 0"),
            (&[None, None], &[Some(5)], None, "weighed"),
            (&[None], &[], None, "part 0"),
        ] {
            let rated = combined_rating(ratings, answer);
            assert_eq!(
                (rated.rating, rated.rationale.reveal()),
                (expected, why),
                "{ratings:?}"
            );
        }
    }

    #[test]
    fn the_parts_ratings_stay_with_their_quotes_however_often_they_are_concluded() {
        let of_first = combined_rating(&[Some(5), None, Some(1)], &[Some(5)]);
        let second = finding(assessed(Some(3), "part 3", 3));
        let both = vec![finding(of_first), second];
        let rated = combined(both, Draft::default()).competencies.remove(0);
        let parts = rated.parts.iter();
        let parts: Vec<(u8, u32)> = parts
            .map(|own| (own.rating, own.evidence[0].turn))
            .collect();
        assert_eq!(parts, [(5, 0), (1, 2), (3, 3)]);
    }

    #[test]
    fn missing_overall_summary_falls_back_to_part_summaries() {
        let parts = vec![
            finding(assessed(None, "r", 1)),
            finding(assessed(None, "r", 2)),
        ];
        let summary = combined(parts, Draft::default()).summary.unwrap();
        assert_eq!(summary.reveal(), "Part about 1. Part about 2.");
    }

    #[test]
    fn many_parts_are_concluded_in_groups_that_grow_fewer() {
        let all: Vec<PartResult> = (0..50)
            .map(|turn| finding(assessed(Some(3), "r", turn)))
            .collect();
        let one = groups(all.clone(), 100_000);
        assert_eq!((one.len(), one[0].len()), (1, 50));
        let small = groups(all.clone(), 1);
        assert_eq!((small.len(), small[0].len()), (25, 2));
        assert_eq!(groups(all[..3].to_vec(), 1).len(), 2);
        assert_eq!(small.concat(), all);
    }
}
