//! What is picked from conversations written out.

use domain::{
    Private, Timestamp,
    transcript::{Quality, Speaker, TranscriptHead, Word},
    turns,
    versions::UnknownFields,
};

use std::time::Instant;

use super::*;

fn transcript(lines: &[(u32, &str)]) -> Transcript {
    let (mut words, mut now) = (Vec::new(), 0);
    for (speaker, line) in lines {
        for text in line.split_whitespace() {
            words.push(Word {
                text: text.into(),
                start_ms: now,
                end_ms: now + 250,
                speaker: *speaker,
                confidence: 0.9,
                overlap: false,
            });
            now += 300;
        }
        now += 800;
    }
    let head = TranscriptHead {
        revision: 1,
        engine: "test".into(),
        model: "test".into(),
        diarization: None,
        language: None,
        duration_ms: now,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: Quality::default(),
        usable: None,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    Transcript::new(head, turns::order(words))
}

fn interview() -> Transcript {
    transcript(&[
        (0, "what does your team build"),
        (
            1,
            "our team builds a library system that lends books to schools in the whole county",
        ),
        (0, "what was the hardest problem"),
        (
            1,
            "the hardest problem was the library system losing the reservations of schools every night",
        ),
        (0, "did you find the reason"),
        (1, "yes"),
    ])
}

#[test]
fn questions_are_found_with_their_answers_and_open_ones_are_followed_up() {
    let draft = draft(&interview());
    let asked: Vec<&str> = draft
        .questions
        .iter()
        .map(|question| question.question.reveal())
        .collect();
    assert_eq!(
        asked,
        [
            "what does your team build",
            "what was the hardest problem",
            "did you find the reason"
        ]
    );
    let answers: Vec<Option<&str>> = draft
        .questions
        .iter()
        .map(|question| question.answer.as_ref().map(Private::reveal))
        .collect();
    assert_eq!(answers[2], Some("yes"));
    assert!(draft.follow_ups.is_empty(), "yes answers a question");
}

#[test]
fn rhetorical_questions_and_assurances_are_no_questions() {
    let draft = draft(&transcript(&[
        (0, "What does your team build? You know."),
        (
            1,
            "What do we build? We build a library system that lends books to schools.",
        ),
        (0, "Really?"),
        (1, "You know the county, right? It pays for all of it."),
        (0, "Why?"),
        (1, "No idea."),
    ]));
    let asked: Vec<&str> = draft
        .questions
        .iter()
        .map(|own| own.question.reveal())
        .collect();
    assert_eq!(asked, ["What does your team build?", "Why?"]);
    assert_eq!(draft.follow_ups, [Private::from("Why?")]);
}

#[test]
fn sentence_goes_on_after_a_pause_where_it_is_punctuated() {
    let transcript = transcript(&[
        (0, "We lost the list of"),
        (0, "four hundred books that people had ordered."),
        (1, "I see."),
    ]);
    let sentences = sentences::split(&transcript);
    let texts: Vec<&str> = sentences.all.iter().map(|own| own.text.as_str()).collect();
    let whole = "We lost the list of four hundred books that people had ordered.";
    assert_eq!(texts, [whole, "I see."]);
}

#[test]
fn quotes_are_attributed_to_their_speaker() {
    let transcript = interview();
    let draft = draft(&transcript);
    assert!(!draft.key_points.is_empty());
    for point in &draft.key_points {
        let citation = &point.evidence[0];
        let turn = &transcript.turns[citation.turn as usize];
        assert!(turn.text.reveal().contains(citation.quote.reveal()));
    }
    assert!(draft.competencies.is_empty() && draft.strengths.is_empty());
}

#[test]
fn the_same_transcript_gives_the_same_draft() {
    assert_eq!(draft(&interview()), draft(&interview()));
}

#[test]
fn little_or_nothing_said_is_no_error() {
    assert_eq!(draft(&transcript(&[])).summary, None);
    let one = draft(&transcript(&[(0, "hello")]));
    assert!(one.questions.is_empty());
}

#[test]
fn an_answer_after_a_word_or_two_is_found_and_cited_where_it_stands() {
    let transcript = transcript(&[
        (0, "tell me about the day you moved the books"),
        (1, "sure"),
        (1, "we lost the list of four hundred books on that day"),
        (0, "can you say why"),
    ]);
    let draft = draft(&transcript);
    let first = &draft.questions[0];
    let answer = first.answer.as_ref().map(Private::reveal);
    assert!(answer.is_some_and(|answer| answer.contains("we lost the list")));
    for citation in &first.evidence {
        let turn = &transcript.turns[citation.turn as usize];
        assert!(turn.text.reveal().contains(citation.quote.reveal()));
    }
    assert_eq!(draft.questions[1].answer, None);
    assert_eq!(draft.follow_ups, [Private::from("can you say why")]);
}

#[test]
fn the_summary_is_plainly_what_people_said() {
    let draft = draft(&interview());
    let summary = draft.summary.expect("two long answers");
    assert!(
        summary
            .reveal()
            .starts_with("Speaker 1 and Speaker 2 talk for")
    );
    assert!(summary.reveal().contains("Speaker 2 says: “"));
    assert!(draft.warnings[0].code == "no_language_model");
}

#[test]
fn in_other_languages_the_words_that_matter_are_found_too() {
    let draft = draft(&transcript(&[
        (0, "und was ist in der Bibliothek passiert und warum"),
        (
            1,
            "wir haben die Bücher und die Liste und die Regale und die Karten verloren und die Leser waren böse",
        ),
        (
            1,
            "und dann haben wir die Bücher und die Karten in der Bibliothek wieder gefunden und die Leser angerufen",
        ),
    ]));
    let titles: Vec<&str> = draft.topics.iter().map(|own| own.title.reveal()).collect();
    assert_eq!(titles.len(), 1);
    assert!(!titles[0].contains("und") && !titles[0].contains("die"));
    assert!(draft.summary.is_some());
}

/// Eight hours: 80,000 words of 6,000 different ones.
fn day(words_in_a_turn: u32) -> Transcript {
    let mut state = 7_u32;
    let mut word = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let range = 1 << (state >> 28).min(12);
        format!("word{}", (state >> 8) % range)
    };
    let lines: Vec<(u32, String)> = (0..80_000 / words_in_a_turn)
        .map(|turn| {
            let words: Vec<String> = (0..words_in_a_turn).map(|_| word()).collect();
            (turn % 2, words.join(" "))
        })
        .collect();
    let borrowed: Vec<(u32, &str)> = lines.iter().map(|(who, line)| (*who, &line[..])).collect();
    transcript(&borrowed)
}

#[test]
fn eight_hours_are_read_within_a_second_however_they_are_cut() {
    for words_in_a_turn in [1, 20, 80_000] {
        let transcript = day(words_in_a_turn);
        let start = Instant::now();
        let draft = draft(&transcript);
        let elapsed = start.elapsed().as_millis();
        assert!(cfg!(debug_assertions) || elapsed < 1_000, "{elapsed} ms");
        assert!(draft.topics.len() <= 24 && draft.key_points.len() <= 12);
    }
}

#[test]
fn more_questions_than_are_shown_are_mentioned() {
    let lines: Vec<(u32, &str)> = (0..300)
        .map(|turn| (turn % 2, "what did you do there"))
        .collect();
    let draft = draft(&transcript(&lines));
    assert_eq!(draft.questions.len(), MAX_QUESTIONS);
    assert_eq!(draft.warnings[1].code, "questions_left_out");
}
