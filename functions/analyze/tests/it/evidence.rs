//! Quotes, planted and invented, and what is made of them.

use std::time::Instant;

use domain::{
    analysis::{
        Citation, Evidence,
        EvidenceStatus::{self, Repaired, Unverified, Verified},
    },
    transcript::Transcript,
};
use evidence::EvidenceIndex;
use proptest::prelude::*;

use crate::support::{interview, transcript, transcript_from_words};

fn cite(turn: u32, quote: &str) -> Citation {
    Citation {
        turn,
        quote: quote.into(),
    }
}

fn look_up(transcript: &Transcript, turn: u32, quote: &str) -> Evidence {
    EvidenceIndex::new(transcript).look_up(&cite(turn, quote))
}

#[track_caller]
fn check(transcript: &Transcript, cases: &[(u32, &str, EvidenceStatus)]) {
    for (turn, quote, expected) in cases {
        let found = look_up(transcript, *turn, quote);
        assert_eq!(found.status, *expected, "{quote}");
    }
}

#[test]
fn planted_quotes_get_the_verdicts_they_deserve() {
    let exact = "last spring we missed a deadline because the supplier closed,";
    let written = "Last spring, we missed a deadline - because the SUPPLIER closed";
    let changed = "last winter we missed a deadline because the factory closed";
    let stitched = "last spring we missed a deadline and I write the plan down";
    check(
        &interview(),
        &[
            (1, exact, Verified),
            (1, written, Repaired),
            (1, changed, Repaired),
            (1, stitched, Unverified),
            (1, "what did you change afterwards so I called", Unverified),
            (1, "I shouted at the supplier until they opened", Unverified),
            (3, "", Unverified),
            (3, "…", Unverified),
        ],
    );
}

#[test]
fn one_or_two_words_count_only_in_the_cited_turn() {
    check(
        &interview(),
        &[
            (1, "every", Verified),
            (1, "Every customer", Repaired),
            (0, "every", Unverified),
            (1, "every supplier", Unverified),
        ],
    );
}

#[test]
fn numbers_hyphens_and_apostrophes_may_be_written_in_any_way() {
    let transcript = transcript(&[(
        0,
        "it's a well known tool and we had twenty five people on 3 teams in a state-of-the-art shop",
    )]);
    check(
        &transcript,
        &[
            (0, "It’s a well-known tool", Repaired),
            (0, "we had 25 people on three teams", Repaired),
            (0, "a state of the art shop", Repaired),
        ],
    );
}

#[test]
fn accents_hesitations_and_missing_spaces_prove_nothing_against_a_quote() {
    let decomposed =
        "Ich habe fu\u{308}r u\u{308}ber zwo\u{308}lf Kunden Lo\u{308}sungen gepru\u{308}ft";
    let composed = "Ich habe für über zwölf Kunden Lösungen geprüft";
    check(&transcript(&[(0, decomposed)]), &[(0, composed, Verified)]);
    let mut hesitant = transcript(&[(0, "so um I called uh every customer myself")]);
    hesitant.head.language = Some("en-GB".into());
    check(
        &hesitant,
        &[
            (0, "so I called every customer myself", Verified),
            (0, "so um, I called uh every customer", Verified),
            (0, "so I called, every customer", Repaired),
            (0, "um, uh", Unverified),
        ],
    );
    let german = transcript(&[(0, "er hat um Hilfe gebeten")]);
    check(&german, &[(0, "er hat Hilfe gebeten", Repaired)]);
    let thai = transcript_from_words(
        &[
            ("ผม", 0, 200, 0),
            ("ทำงาน", 200, 600, 0),
            ("กับ", 600, 800, 0),
            ("ทีม", 800, 1_000, 0),
            ("ใหญ่", 1_000, 1_300, 0),
        ],
        2_000,
    );
    let found = look_up(&thai, 0, "ทำงานกับทีม");
    assert_eq!(
        (found.status, found.quote.reveal()),
        (Verified, "ทำงานกับทีม")
    );
    assert_eq!((found.start_ms, found.end_ms), (Some(200), Some(1_000)));
    check(&thai, &[(0, "เขาไม่เคยมาประชุม", Unverified)]);
}

#[test]
fn times_and_speakers_come_from_the_words() {
    // Word 13 of the recording is "last", counted from 0; turn and speaker are claimed wrongly.
    let found = look_up(&interview(), 3, "last spring we missed a deadline");
    assert_eq!(
        (found.start_ms, found.end_ms),
        (Some(13 * 300), Some(18 * 300 + 200))
    );
    assert_eq!((found.speaker, found.turn), (Some(1), Some(1)));
}

#[test]
fn a_repaired_quote_shows_the_real_words() {
    let claimed = "last winter we missed a deadline because the factory closed";
    let found = look_up(&interview(), 1, claimed);
    assert_eq!(
        found.quote.reveal(),
        "last spring we missed a deadline because the supplier closed,"
    );
}

#[test]
fn a_word_left_out_or_added_is_repaired() {
    check(
        &interview(),
        &[
            (
                3,
                "We now keep two suppliers for part and I write",
                Repaired,
            ),
            (
                3,
                "We now always keep two suppliers for every part",
                Repaired,
            ),
            (3, "We keep suppliers every part I write plan", Unverified),
        ],
    );
}

#[test]
fn one_persons_words_do_not_run_on_into_anothers() {
    let found = look_up(&interview(), 0, "a project was late? Well, last spring we");
    assert_eq!(found.status, Unverified);
    let mostly = "a time when a project was late? Well,";
    let found = look_up(&interview(), 0, mostly);
    assert_eq!((found.status, found.speaker), (Repaired, Some(0)));
    assert_eq!(found.quote.reveal(), "a time when a project was late?");
}

#[test]
fn words_on_both_sides_of_a_pause_are_repaired_but_not_of_a_change_of_speaker() {
    let continued = transcript_from_words(
        &[
            ("we", 0, 200, 1),
            ("kept", 300, 500, 1),
            ("the", 600, 800, 1),
            ("list", 4_000, 4_200, 1),
            ("every", 4_300, 4_500, 1),
            ("night", 4_600, 4_800, 1),
        ],
        5_000,
    );
    let found = look_up(&continued, 0, "we kept the list every night");
    assert_eq!((found.status, found.turn), (Repaired, Some(0)));
    assert_eq!((found.start_ms, found.end_ms), (Some(0), Some(4_800)));
    let parted = transcript(&[(1, "we kept the"), (0, "yes"), (1, "list every night")]);
    check(&parted, &[(0, "we kept the list every night", Unverified)]);
}

#[test]
fn the_cited_turn_is_preferred_among_equals() {
    let transcript = transcript(&[
        (0, "we did it together"),
        (1, "yes"),
        (0, "we did it together"),
    ]);
    assert_eq!(look_up(&transcript, 2, "we did it together").turn, Some(2));
    assert_eq!(look_up(&transcript, 0, "we did it together").turn, Some(0));
    assert_eq!(look_up(&transcript, 9, "we did it together").turn, Some(2));
}

/// 4,000 turns of 20 words, some of them common and most of them rare.
fn long_interview() -> Vec<(u32, String)> {
    let mut state = 1_u64;
    let mut word = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (bits, random) = (state >> 60, state >> 40);
        format!("w{}", random % (1 << bits))
    };
    let mut turn = |number: u32| {
        let words: Vec<String> = (0..20).map(|_| word()).collect();
        (number % 2, words.join(" "))
    };
    (0..4_000).map(&mut turn).collect()
}

/// Fifty quotes of twelve words with their turns, each word run through `change`.
fn fifty(lines: &[(u32, String)], change: impl Fn(usize, &str) -> String) -> Vec<Citation> {
    (0..4_000_u32)
        .step_by(80)
        .map(|turn| {
            let words = lines[turn as usize].1.split(' ').skip(3).take(12);
            let words: Vec<String> = words
                .enumerate()
                .map(|(place, word)| change(place, word))
                .collect();
            cite(turn, &words.join(" "))
        })
        .collect()
}

/// Looks them all up, in less than 50 ms where the compiler optimizes.
fn all_are(index: &EvidenceIndex<'_>, citations: &[Citation], expected: EvidenceStatus) {
    let start = Instant::now();
    let found: Vec<Evidence> = citations.iter().map(|own| index.look_up(own)).collect();
    let elapsed = start.elapsed().as_millis();
    assert!(cfg!(debug_assertions) || elapsed < 50, "{elapsed} ms");
    for (citation, found) in citations.iter().zip(found) {
        assert_eq!(found.status, expected);
        assert!(expected == Unverified || found.turn == Some(citation.turn));
    }
}

#[test]
fn fifty_quotes_in_eighty_thousand_words_are_looked_up_at_once() {
    let lines = long_interview();
    let borrowed: Vec<(u32, &str)> = lines.iter().map(|(who, line)| (*who, &line[..])).collect();
    let transcript = transcript(&borrowed);
    let index = EvidenceIndex::new(&transcript);
    all_are(&index, &fifty(&lines, |_, word| word.to_owned()), Verified);
    let changed = |place, word: &str| match place {
        3 | 8 => "changed".to_owned(),
        _ => word.to_owned(),
    };
    all_are(&index, &fifty(&lines, changed), Repaired);
    // The words of twelve turns far apart, one of each.
    let mixed = |place: usize, word: &str| {
        let other = &lines[(place * 331 + word.len() * 7) % 4_000].1;
        other.split(' ').nth(place).unwrap_or("").to_owned()
    };
    all_are(&index, &fifty(&lines, mixed), Unverified);
}

#[test]
fn a_whole_chapter_of_common_words_is_looked_up_in_bounded_time() {
    let line = "and so it was and it was so and so on ".repeat(2_000);
    let transcript = transcript(&[(0, &line)]);
    let index = EvidenceIndex::new(&transcript);
    let start = Instant::now();
    let exact = line[..line.len() / 2].trim_end();
    assert_eq!(index.look_up(&cite(0, exact)).status, Verified);
    let changed = format!("so so {exact}");
    assert_eq!(index.look_up(&cite(0, &changed)).status, Unverified);
    assert!(start.elapsed().as_secs() < 5);
}

proptest! {
    #[test]
    fn every_slice_of_a_turn_is_verified_with_its_own_times(turn in 0_usize..4, from in 0_usize..17, length in 1_usize..18) {
        let transcript = interview();
        let range = transcript.turns[turn].words.clone();
        let start = range.start + from.min(range.len() - 3);
        let end = (start + length).min(range.end);
        let words = &transcript.words[start..end];
        let quote: Vec<&str> = words.iter().map(|word| word.text.reveal()).collect();
        let found = look_up(&transcript, u32::try_from(turn).expect("few turns"), &quote.join(" "));
        prop_assert_eq!(found.status, EvidenceStatus::Verified);
        // "I", "every" and "the" occur twice in a turn.
        prop_assert!(length < 3 || found.start_ms == Some(words[0].start_ms));
        prop_assert!(length < 3 || found.end_ms == Some(words[words.len() - 1].end_ms));
    }

    #[test]
    fn quote_not_in_transcript_is_not_found(turn in 0_u32..4, words in prop::collection::vec("[b-df-hj-np-tv-z]{4,9}", 1..30)) {
        let found = look_up(&interview(), turn, &words.join(" "));
        prop_assert_eq!(found.status, EvidenceStatus::Unverified);
        prop_assert_eq!((found.start_ms, found.speaker, found.turn), (None, None, None));
    }

    #[test]
    fn arbitrary_transcripts_and_quotes_do_not_panic(turn: u32, said in "\\PC{0,80}", quote in "\\PC{0,200}") {
        let spoken = transcript(&[(0, &said), (1, &quote), (1, &said)]);
        let _ = look_up(&spoken, turn, &quote);
        let _ = look_up(&spoken, turn, &format!("{said} {quote}"));
        let _ = look_up(&transcript(&[]), turn, &quote);
    }
}
