//! Limits a draft to what can be stored and read.
//!
//! An analysis is one document of at most 250,000 bytes
//! (`domain::documents::MAX_TRIGGERING_BYTES`). A warning counts what is left out.

use domain::{
    Private,
    analysis::{Citation, Draft, DraftClaim},
};

use super::warning;

/// Items of a kind that are shown, at most.
const MAX_POINTS: usize = 24;
const MAX_TOPICS: usize = 80;
const MAX_QUESTIONS: usize = 150;
const MAX_STRENGTHS_AND_CONCERNS: usize = 12;
const MAX_FOLLOW_UPS: usize = 20;
const MAX_ASSESSMENTS: usize = 20;

/// Quotes of a claim or question, and of an assessment, at most.
const MAX_QUOTES: usize = 4;
const MAX_QUOTES_OF_ASSESSMENT: usize = 12;

/// The longest text and the longest quote, in bytes. A quote that is cut is
/// still one.
const MAX_TEXT: usize = 2_000;
const MAX_QUOTE: usize = 1_000;

/// The longest name of a criterion, in bytes: 100 characters.
const MAX_NAME: usize = 400;

/// All of it, in bytes, as [`size`] estimates them.
const MAX_BYTES: usize = 160_000;

/// What a quote takes besides its words: its status, times and their names.
const QUOTE_BYTES: usize = 120;

/// Cuts what is too long, leaves out what is too much, and says so.
pub(crate) fn truncate_draft(mut draft: Draft) -> Draft {
    shorten(&mut draft);
    let mut left_out = Vec::new();
    let mut limit = |what: &'static str, more: usize| {
        if more > 0 {
            left_out.push(format!("{more} {what}"));
        }
    };
    limit("key points", truncate(&mut draft.key_points, MAX_POINTS));
    limit("topics", truncate(&mut draft.topics, MAX_TOPICS));
    limit("questions", truncate(&mut draft.questions, MAX_QUESTIONS));
    limit(
        "strengths",
        truncate(&mut draft.strengths, MAX_STRENGTHS_AND_CONCERNS),
    );
    limit(
        "concerns",
        truncate(&mut draft.concerns, MAX_STRENGTHS_AND_CONCERNS),
    );
    limit(
        "follow-ups",
        truncate(&mut draft.follow_ups, MAX_FOLLOW_UPS),
    );
    limit(
        "assessments",
        truncate(&mut draft.competencies, MAX_ASSESSMENTS),
    );
    limit("quotes", limit_quotes(&mut draft));
    limit("more items", fit(&mut draft));
    if !left_out.is_empty() {
        let left_out = left_out.join(", ");
        let message = format!("not shown, because there is too much: {left_out}");
        draft.warnings.push(warning("items_left_out", message));
    }
    draft
}

fn truncate<T>(items: &mut Vec<T>, at_most: usize) -> usize {
    let more = items.len().saturating_sub(at_most);
    items.truncate(at_most);
    more
}

fn claims(draft: &mut Draft) -> impl Iterator<Item = &mut DraftClaim> {
    let pros_and_cons = draft.strengths.iter_mut().chain(&mut draft.concerns);
    draft.key_points.iter_mut().chain(pros_and_cons)
}

fn limit_quotes(draft: &mut Draft) -> usize {
    let mut more = 0;
    for claim in claims(draft) {
        more += truncate(&mut claim.evidence, MAX_QUOTES);
    }
    for question in &mut draft.questions {
        more += truncate(&mut question.evidence, MAX_QUOTES);
    }
    for own in &mut draft.competencies {
        more += truncate(&mut own.evidence, MAX_QUOTES_OF_ASSESSMENT);
    }
    more
}

fn shorten(draft: &mut Draft) {
    for text in draft.summary.iter_mut().chain(&mut draft.follow_ups) {
        cut(text, MAX_TEXT);
    }
    for claim in claims(draft) {
        cut(&mut claim.text, MAX_TEXT);
        shorten_quotes(&mut claim.evidence);
    }
    for topic in &mut draft.topics {
        cut(&mut topic.title, MAX_TEXT);
    }
    for question in &mut draft.questions {
        cut(&mut question.question, MAX_TEXT);
        if let Some(answer) = &mut question.answer {
            cut(answer, MAX_TEXT);
        }
        shorten_quotes(&mut question.evidence);
    }
    for own in &mut draft.competencies {
        let end = own.name.floor_char_boundary(MAX_NAME);
        own.name.truncate(end);
        cut(&mut own.rationale, MAX_TEXT);
        shorten_quotes(&mut own.evidence);
        for part in &mut own.parts {
            cut(&mut part.rationale, MAX_TEXT);
            shorten_quotes(&mut part.evidence);
        }
    }
}

fn shorten_quotes(evidence: &mut [Citation]) {
    for citation in evidence {
        if let Some(short) = shortened(citation.quote.reveal(), MAX_QUOTE) {
            citation.quote = short.into();
        }
    }
}

/// Ends a text with dots before so many bytes.
fn cut(text: &mut Private, at_most: usize) {
    if let Some(short) = shortened(text.reveal(), at_most) {
        *text = format!("{short} …").into();
    }
}

/// The text up to a space before so many bytes, if there is one; `None` when it is
/// not too long.
pub(super) fn shortened(text: &str, at_most: usize) -> Option<&str> {
    if text.len() <= at_most {
        return None;
    }
    let short = &text[..text.floor_char_boundary(at_most)];
    Some(&short[..short.rfind(' ').unwrap_or(short.len())])
}

/// Removes the last item of the largest list until the rest fits.
fn fit(draft: &mut Draft) -> usize {
    let mut more = 0;
    while size(draft) > MAX_BYTES && take_one(draft) {
        more += 1;
    }
    more
}

fn take_one(draft: &mut Draft) -> bool {
    let sizes = sizes(draft);
    let mut lists = [0, 1, 2, 3, 4, 5];
    lists.sort_by_key(|list| usize::MAX - sizes[*list]);
    lists.into_iter().any(|list| take_from(draft, list))
}

/// By the order of [`sizes`]. Of assessments only quotes are taken.
fn take_from(draft: &mut Draft, list: usize) -> bool {
    match list {
        0 => draft.key_points.pop().is_some(),
        1 => draft.topics.pop().is_some(),
        2 => draft.questions.pop().is_some(),
        3 => draft.strengths.pop().is_some(),
        4 => draft.concerns.pop().is_some(),
        _ => {
            let own = draft.competencies.iter_mut();
            let most = own.max_by_key(|own| own.evidence.len());
            most.is_some_and(|own| own.evidence.pop().is_some())
        }
    }
}

/// How much of a document the draft will take, in bytes, roughly.
fn size(draft: &Draft) -> usize {
    let summary = draft.summary.iter().map(|text| text.reveal().len());
    let follow_ups = draft.follow_ups.iter().map(|text| text.reveal().len() + 1);
    summary.chain(follow_ups).chain(sizes(draft)).sum()
}

/// The same by list: points, topics, questions, strengths, concerns, assessments.
fn sizes(draft: &Draft) -> [usize; 6] {
    let claims = |claims: &[DraftClaim]| -> usize {
        let sizes = claims
            .iter()
            .map(|own| own.text.reveal().len() + quotes(&own.evidence));
        sizes.sum()
    };
    let topics = draft.topics.iter().map(|own| own.title.reveal().len() + 60);
    let questions = draft.questions.iter().map(|own| {
        let answer = own.answer.as_ref().map_or(0, |text| text.reveal().len());
        own.question.reveal().len() + answer + quotes(&own.evidence)
    });
    let assessments = draft
        .competencies
        .iter()
        .map(|own| own.name.len() + own.rationale.reveal().len() + quotes(&own.evidence));
    [
        claims(&draft.key_points),
        topics.sum(),
        questions.sum(),
        claims(&draft.strengths),
        claims(&draft.concerns),
        assessments.sum(),
    ]
}

fn quotes(evidence: &[Citation]) -> usize {
    let sizes = evidence
        .iter()
        .map(|own| own.quote.reveal().len() + QUOTE_BYTES);
    50 + sizes.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use domain::analysis::{DraftCompetency, DraftQuestion, DraftTopic};

    use super::*;

    fn evidence(count: usize) -> Vec<Citation> {
        let quote: Private = "word ".repeat(500).into();
        vec![Citation { turn: 1, quote }; count]
    }

    #[test]
    fn a_flood_fits_into_a_document_and_is_mentioned() {
        let text: Private = "ü".repeat(5_000).into();
        let claim = DraftClaim {
            text: text.clone(),
            evidence: evidence(30),
        };
        let flood = Draft {
            summary: Some(text.clone()),
            key_points: vec![claim.clone(); 500],
            topics: vec![
                DraftTopic {
                    title: text.clone(),
                    first_turn: 0,
                    last_turn: 1
                };
                500
            ],
            questions: vec![
                DraftQuestion {
                    question: text.clone(),
                    answer: Some(text.clone()),
                    evidence: evidence(30)
                };
                500
            ],
            competencies: vec![
                DraftCompetency {
                    name: "n".repeat(9_000),
                    rating: None,
                    rationale: text.clone(),
                    evidence: evidence(100),
                    parts: Vec::new(),
                };
                100
            ],
            strengths: vec![claim.clone(); 100],
            concerns: vec![claim; 100],
            follow_ups: vec![text; 100],
            ..Draft::default()
        };
        let truncate_draft = truncate_draft(flood);
        assert!(
            size(&truncate_draft) <= MAX_BYTES,
            "{}",
            size(&truncate_draft)
        );
        assert_eq!(truncate_draft.warnings[0].code, "items_left_out");
        assert!(
            truncate_draft.warnings[0]
                .message
                .contains("476 key points")
        );
        assert!(!truncate_draft.key_points.is_empty() && !truncate_draft.questions.is_empty());
    }

    #[test]
    fn draft_within_the_limits_is_unchanged() {
        let draft = Draft {
            summary: Some("Short.".into()),
            ..Draft::default()
        };
        assert_eq!(truncate_draft(draft.clone()), draft);
    }
}
