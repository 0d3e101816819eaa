//! Long conversations: read in parts, all of them, and made one.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use domain::{ports::Analyst, transcript::Transcript};
use engines::language::{ModelQuestion, PROMPT_VERSION, ProviderError};
use serde_json::{Value, json};

use crate::{
    scripted::{Scripted, engine, lines},
    transcripts::{plain_answer, request, transcript},
};

/// 80,000 words in turns of 20.
fn day() -> Transcript {
    let texts: Vec<String> = (0..4_000_u32)
        .map(|turn| {
            let words: Vec<String> = (0..20)
                .map(|word| format!("w{}", (turn * 37 + word * 11) % 3_001))
                .collect();
            words.join(" ")
        })
        .collect();
    let lines: Vec<(u32, &str)> = texts
        .iter()
        .zip(0..)
        .map(|(text, turn)| (turn % 2, &text[..]))
        .collect();
    transcript(&lines)
}

/// A claim, a topic, a question and an assessment of the part that is asked about.
fn about_the_part(question: &ModelQuestion) -> Value {
    let shown = lines(question);
    let (first, last) = (shown[0].0, shown[shown.len() - 1].0);
    let quote: Vec<&str> = shown[shown.len() - 1].1.split(' ').take(6).collect();
    let evidence = json!([{"turn": last, "quote": quote.join(" ")}]);
    json!({
        "summary": format!("Turns {first} to {last}."),
        "key_points": [{"text": format!("What was said until turn {last}"), "evidence": evidence}],
        "topics": [{"title": format!("from {first}"), "first_turn": first, "last_turn": last + 90_000}],
        "questions": [{"question": format!("What about {last}?"), "answer": null, "evidence": evidence}],
        "competencies": [{
            "name": "ownership", "rating": if first == 0 { 2 } else { 4 },
            "rationale": format!("By turn {last}."), "evidence": evidence
        }],
        "strengths": [], "concerns": [], "follow_ups": [format!("And after {last}?")],
    })
}

#[tokio::test]
async fn every_turn_of_eighty_thousand_words_is_sent_in_parts() {
    let whole = day();
    assert_eq!(whole.words.len(), 80_000);
    let model = Scripted::new(|question| {
        let answer = match question.name {
            "conclusion" => json!({
                "summary": "The whole day.",
                "competencies": [{"name": "Ownership", "rating": 3, "rationale": "Weighed."}],
            }),
            _ => about_the_part(question),
        };
        Ok(answer.to_string())
    });
    let draft = engine(&model, 48_000)
        .analyze(&request(whole.clone()))
        .await
        .expect("an analysis");

    let shown = model.shown();
    let (parts, conclusions): (Vec<ModelQuestion>, Vec<ModelQuestion>) =
        shown.into_iter().partition(|own| own.name == "analysis");
    let count = parts.len();
    assert!((3..=8).contains(&count), "{count} parts");
    let mut seen: Vec<(u32, &str)> = parts.iter().flat_map(lines).collect();
    seen.sort_unstable();
    seen.dedup();
    let every: Vec<(u32, &str)> = whole
        .turns
        .iter()
        .map(|turn| (turn.id, turn.text.reveal()))
        .collect();
    assert_eq!(seen, every, "every turn, whole, under its own number");

    assert_eq!(conclusions.len(), 1);
    let findings = &conclusions[0].content;
    assert!(findings.contains("By turn 3999.") && !findings.contains("TRANSCRIPT"));
    assert_eq!(
        draft.summary.as_ref().expect("a summary").reveal(),
        "The whole day."
    );
    assert_eq!(
        (
            draft.key_points.len(),
            draft.topics.len(),
            draft.questions.len()
        ),
        (count, count, count)
    );
    assert_eq!(
        (
            draft.topics[0].first_turn,
            draft.topics[count - 1].last_turn
        ),
        (0, 3_999)
    );
    assert!(
        draft
            .topics
            .windows(2)
            .all(|pair| pair[0].last_turn + 1 == pair[1].first_turn)
    );
    let rated = &draft.competencies[0];
    assert_eq!(
        (draft.competencies.len(), rated.rating, rated.evidence.len()),
        (1, Some(3), count)
    );
    assert_eq!(draft.usage.input_tokens, 100_000 * (count as u64 + 1));
    let cost = draft.cost_usd.expect("a price");
    let expected = 0.055 * f64::from(u32::try_from(count + 1).expect("few"));
    assert!((cost - expected).abs() < 1e-9, "{cost}");
    assert_eq!(
        (&draft.prompt_version[..], &draft.model[..]),
        (PROMPT_VERSION, "gemini-2.5-flash")
    );
    let codes: Vec<&str> = draft.warnings.iter().map(|own| &own.code[..]).collect();
    assert_eq!(codes, ["analysed_in_parts"]);
}

#[tokio::test]
async fn a_monologue_longer_than_a_part_is_shown_to_its_last_word() {
    let words: Vec<String> = (0..5_000).map(|number| format!("n{number}")).collect();
    let whole = transcript(&[(0, "go on"), (1, &words.join(" "))]);
    assert_eq!(whole.turns.len(), 2, "the monologue is one turn");
    let model = Scripted::new(|_| Ok(plain_answer().to_string()));
    engine(&model, 1_000)
        .analyze(&request(whole))
        .await
        .expect("an analysis");
    let shown = model.shown();
    let mut heard = BTreeSet::new();
    for question in shown.iter().filter(|question| question.name == "analysis") {
        for (turn, text) in lines(question).into_iter().filter(|(turn, _)| *turn == 1) {
            assert_eq!(turn, 1);
            heard.extend(text.split(' ').map(str::to_owned));
        }
    }
    assert_eq!(heard.len(), 5_000);
}

#[tokio::test]
async fn retry_after_a_failed_part_reuses_the_other_answers() {
    let failing = Arc::new(Mutex::new(true));
    let fails = Arc::clone(&failing);
    let model = Scripted::new(move |question| {
        let last =
            question.name == "analysis" && lines(question).iter().any(|(turn, _)| *turn == 3_999);
        if last && *fails.lock().expect("not poisoned") {
            return Err(ProviderError::Timeout);
        }
        Ok(if question.name == "analysis" {
            about_the_part(question)
        } else {
            plain_answer()
        }
        .to_string())
    });
    let (engine, request) = (engine(&model, 48_000), request(day()));
    let error = engine
        .analyze(&request)
        .await
        .expect_err("a part is missing");
    assert_eq!((&error.code[..], error.retryable), ("engine_timeout", true));
    let before = model.shown().len();
    *failing.lock().expect("not poisoned") = false;
    let draft = engine.analyze(&request).await.expect("complete");
    let again = model.shown().len() - before;
    assert_eq!(again, 2, "the part that failed, and the conclusion");
    assert_eq!(
        draft.usage.input_tokens,
        100_000 * (before as u64 + 2),
        "failed attempts are counted too"
    );
}

#[tokio::test]
async fn many_small_parts_are_concluded_in_groups() {
    let model = Scripted::new(|question| {
        let answer = match question.name {
            "analysis" => about_the_part(question),
            _ => {
                json!({"summary": format!("Of {} findings.", question.content.lines().filter(|line| line.starts_with('{')).count())})
            }
        };
        Ok(answer.to_string())
    });
    let draft = engine(&model, 2_000)
        .analyze(&request(day()))
        .await
        .expect("an analysis");
    let concluded = model
        .shown()
        .iter()
        .filter(|question| question.name == "conclusion")
        .count();
    assert!((3..40).contains(&concluded), "{concluded}");
    assert!(draft.summary.is_some());
    assert_eq!(draft.competencies[0].rating, Some(4), "the lower median");
}
