//! The drafts of a long transcript's parts made one.
//!
//! What the parts found is put together by code: topics in order, questions with
//! their answers, claims once each. What weighs the parts against each other, the
//! summary and the ratings, is left to [`super::reduce`].

use std::collections::HashSet;

use domain::{
    analysis::{Citation, Draft, DraftClaim, DraftCompetency, DraftQuestion, DraftTopic},
    text::normalize,
};

use super::reduce::PartResult;

/// Share of common words above which two texts say the same.
const SAME: f64 = 0.8;

/// The same for texts that rest on the same quote.
const ALIKE: f64 = 0.4;

/// All but summary and assessments made one; those are the findings.
pub(crate) fn merge(parts: Vec<Draft>) -> (Draft, Vec<PartResult>) {
    let (mut merged, mut findings) = (Draft::default(), Vec::new());
    let (mut points, mut strengths, mut concerns, mut follow_ups) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        append_topics(&mut merged.topics, part.topics);
        append_questions(&mut merged.questions, part.questions);
        points.push(part.key_points);
        strengths.push(part.strengths);
        concerns.push(part.concerns);
        follow_ups.push(part.follow_ups);
        findings.push(PartResult {
            summary: part.summary,
            competencies: once_each(part.competencies),
        });
    }
    merged.key_points = once(in_turns(points));
    merged.strengths = once(in_turns(strengths));
    merged.concerns = once(in_turns(concerns));
    for text in in_turns(follow_ups) {
        let known = |own: &domain::Private| likeness(own.reveal(), text.reveal()) >= SAME;
        if !merged.follow_ups.iter().any(known) {
            merged.follow_ups.push(text);
        }
    }
    (merged, findings)
}

/// The first of each list, then the second of each: every part's most important
/// come first.
pub(crate) fn in_turns<T>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(lists.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return all;
        }
    }
}

/// Joins a topic that continues from one part into the next.
fn append_topics(topics: &mut Vec<DraftTopic>, next: Vec<DraftTopic>) {
    let reached = topics.iter().map(|topic| topic.last_turn).max();
    for mut topic in next {
        if let Some(last) = topics.last_mut()
            && same_title(last, &topic)
        {
            last.last_turn = last.last_turn.max(topic.last_turn);
            continue;
        }
        // The part began with lines of the one before, which has their topics.
        if let Some(reached) = reached {
            topic.first_turn = topic.first_turn.max(reached.saturating_add(1));
        }
        if topic.first_turn <= topic.last_turn {
            topics.push(topic);
        }
    }
}

fn same_title(left: &DraftTopic, right: &DraftTopic) -> bool {
    words(left.title.reveal()) == words(right.title.reveal())
}

/// A question at the end of one part may be answered in the next.
fn append_questions(questions: &mut Vec<DraftQuestion>, next: Vec<DraftQuestion>) {
    let before = questions.len();
    for question in next {
        let same = |own: &&mut DraftQuestion| {
            let alike = likeness(own.question.reveal(), question.question.reveal());
            alike >= SAME && share(&own.evidence, &question.evidence)
        };
        match questions[..before].iter_mut().find(same) {
            Some(own) => {
                own.answer = own.answer.take().or(question.answer);
                unite(&mut own.evidence, question.evidence);
            }
            None => questions.push(question),
        }
    }
}

/// Merges repeated claims; their quotes are kept.
fn once(claims: Vec<DraftClaim>) -> Vec<DraftClaim> {
    let mut kept: Vec<DraftClaim> = Vec::new();
    for claim in claims {
        match kept.iter_mut().find(|own| same_claim(own, &claim)) {
            Some(own) => unite(&mut own.evidence, claim.evidence),
            None => kept.push(claim),
        }
    }
    kept
}

fn same_claim(left: &DraftClaim, right: &DraftClaim) -> bool {
    let alike = likeness(left.text.reveal(), right.text.reveal());
    alike >= SAME || (alike >= ALIKE && share(&left.evidence, &right.evidence))
}

/// The first assessment of each name, as where analyses are made.
fn once_each(assessments: Vec<DraftCompetency>) -> Vec<DraftCompetency> {
    let mut kept: Vec<DraftCompetency> = Vec::new();
    for own in assessments {
        if !kept.iter().any(|other| same_name(&other.name, &own.name)) {
            kept.push(own);
        }
    }
    kept
}

/// Whether two names are the same but for case and spaces.
pub(crate) fn same_name(left: &str, right: &str) -> bool {
    words(left) == words(right)
}

/// Adds the citations that are not there.
pub(crate) fn unite(evidence: &mut Vec<Citation>, more: Vec<Citation>) {
    for citation in more {
        if !evidence.iter().any(|own| same_quote(own, &citation)) {
            evidence.push(citation);
        }
    }
}

fn share(left: &[Citation], right: &[Citation]) -> bool {
    left.iter()
        .any(|own| right.iter().any(|other| same_quote(own, other)))
}

fn same_quote(left: &Citation, right: &Citation) -> bool {
    left.turn == right.turn && words(left.quote.reveal()) == words(right.quote.reveal())
}

/// Words in common as a share of all words of both, 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "texts are short")]
fn likeness(left: &str, right: &str) -> f64 {
    let (left, right) = (words(left), words(right));
    let left: HashSet<&String> = left.iter().collect();
    let right: HashSet<&String> = right.iter().collect();
    let all = left.union(&right).count();
    if all == 0 {
        return 1.0;
    }
    left.intersection(&right).count() as f64 / all as f64
}

fn words(text: &str) -> Vec<String> {
    let words = text.split_whitespace().map(normalize);
    words.filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cite(turn: u32, quote: &str) -> Vec<Citation> {
        vec![Citation {
            turn,
            quote: quote.into(),
        }]
    }

    fn claim(text: &str, turn: u32, quote: &str) -> DraftClaim {
        DraftClaim {
            text: text.into(),
            evidence: cite(turn, quote),
        }
    }

    fn topic(title: &str, first_turn: u32, last_turn: u32) -> DraftTopic {
        DraftTopic {
            title: title.into(),
            first_turn,
            last_turn,
        }
    }

    fn asked(question: &str, answer: Option<&str>, evidence: Vec<Citation>) -> DraftQuestion {
        DraftQuestion {
            question: question.into(),
            answer: answer.map(Into::into),
            evidence,
        }
    }

    #[test]
    fn topics_that_continue_across_parts_are_merged() {
        let mut topics = vec![topic("work", 0, 5), topic("The late project", 6, 10)];
        let next = vec![
            topic("work", 9, 10),
            topic("the late project", 9, 14),
            topic("plans", 15, 20),
        ];
        append_topics(&mut topics, next);
        let expected = [
            topic("work", 0, 5),
            topic("The late project", 6, 14),
            topic("plans", 15, 20),
        ];
        assert_eq!(topics, expected);
    }

    #[test]
    fn the_same_claim_is_made_once_with_the_quotes_of_both() {
        let claims = vec![
            claim(
                "Called every customer after the delay",
                3,
                "I called every customer",
            ),
            claim(
                "called every customer after the delay.",
                90,
                "I rang them all again",
            ),
            claim(
                "After the delay every customer was called by phone",
                3,
                "I called every customer!",
            ),
            claim("Keeps two suppliers", 3, "I called every customer"),
        ];
        let kept = once(claims);
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[0].evidence.len(), 2);
    }

    #[test]
    fn a_question_of_one_part_gets_the_answer_from_the_next() {
        let evidence = cite(10, "what did you change then");
        let mut questions = vec![asked("What did you change then?", None, evidence.clone())];
        let both = [evidence, cite(11, "two suppliers for every part")].concat();
        let next = vec![
            asked("what did you change then", Some("Two suppliers."), both),
            asked(
                "What did you change then?",
                None,
                cite(40, "what did you change then"),
            ),
        ];
        append_questions(&mut questions, next);
        assert_eq!(questions.len(), 2, "a question repeated later counts twice");
        assert!(questions[0].answer.is_some());
        assert_eq!(questions[0].evidence.len(), 2);
    }

    #[test]
    fn the_most_important_of_every_part_come_first() {
        let lists = vec![vec![1, 4, 6], vec![2, 5], vec![3]];
        assert_eq!(in_turns(lists), [1, 2, 3, 4, 5, 6]);
        assert!(in_turns::<u8>(Vec::new()).is_empty());
    }
}
