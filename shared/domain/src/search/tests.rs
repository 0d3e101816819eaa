//! Tests of tokens, phrases, places and cuts.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use super::{
    Field, Indexed, Moment, Moments, Passage, Phrases, Place, distinct, order, tokens,
    transcript::{Passages, cuts},
};
use crate::{
    InterviewId, InterviewKey, Timestamp, UserId,
    corrections::{self, CorrectedTranscript, Operation, Revision, WordId},
    ports::Write,
    transcript::{Quality, Speaker, TranscriptHead, Word},
    versions::UnknownFields,
};

fn texts(text: &str) -> Vec<String> {
    tokens(text).into_iter().map(|token| token.text).collect()
}

#[test]
fn words_are_compared_without_case_accents_and_punctuation() {
    for (text, expected) in [
        (
            "Don't you? It’s me.",
            vec!["don", "t", "you", "it", "s", "me"],
        ),
        ("Zoë ZOE\u{308} zoe", vec!["zoe", "zoe", "zoe"]),
        (
            "Łódź Ærø Straße STRASSE",
            vec!["lodz", "aero", "strasse", "strasse"],
        ),
        ("Σίσυφος ΣΙΣΥΦΟΣ", vec!["σισυφοσ", "σισυφοσ"]),
        (
            "3.5 well-known U.S. a_b",
            vec!["3", "5", "well", "known", "u", "s", "a", "b"],
        ),
        ("ﬁne ２０ ①", vec!["fine", "20", "1"]),
        (
            "İstanbul ISPARTA ısparta",
            vec!["istanbul", "isparta", "isparta"],
        ),
        ("… — !", vec![]),
    ] {
        assert_eq!(texts(text), expected, "{text}");
    }
}

#[test]
fn scripts_without_spaces_are_found_by_two_characters() {
    assert_eq!(texts("東京都に"), ["東京", "京都", "都に"]);
    assert_eq!(texts("東 京、都"), ["東", "京", "都"]);
    assert_eq!(texts("東京tower大阪"), ["東京", "tower", "大阪"]);
    assert_eq!(texts("ガ か\u{3099}"), ["ガ", "が"]);
    assert_eq!(
        texts("한국어를 배워요"),
        ["한국", "국어", "어를", "배워", "워요"]
    );
    let phrase = Phrases::parse("京都");
    assert!(phrase.are_in("東京都に"));
    assert!(!phrase.are_in("京と都"));
    for single in ["東", "京", "都"] {
        assert!(Phrases::parse(single).are_in("東京都"), "{single}");
        assert!(distinct("東京都").contains(single));
    }
    assert!(!Phrases::parse("\"大 東\"").are_in("大東京"));
}

#[test]
fn marks_that_make_another_letter_are_kept() {
    assert_ne!(texts("कि"), texts("की"));
    assert_ne!(texts("か"), texts("が"));
    assert_eq!(texts("شَمس"), texts("شمس"));
    assert_eq!(texts("שָׁלוֹם"), texts("שלום"));
}

#[test]
fn a_query_is_words_and_phrases_in_quotation_marks() {
    let phrases = |query: &str| Phrases::parse(query).phrases().to_vec();
    assert_eq!(phrases("boat Lake boat"), [vec!["boat"], vec!["lake"]]);
    assert_eq!(
        phrases("\"the old boat\" lake"),
        [vec!["the", "old", "boat"], vec!["lake"]]
    );
    assert_eq!(
        phrases("„alte Boot“ „See"),
        [vec!["alte", "boot"], vec!["see"]]
    );
    assert_eq!(phrases("don't 3.5"), [vec!["don", "t"], vec!["3", "5"]]);
    assert!(Phrases::parse(" \"\" ?! ").is_empty());
    assert!(!Phrases::parse("").are_in("anything"));
    let both = Phrases::parse("\"old boat\" lake");
    assert!(both.are_in("On the lake an OLD, boat."));
    assert!(!both.are_in("On the lake a boat, old."));
    assert!(!both.are_in("An old boat."));
    let text = "An old boat, the old boat; a lake.";
    let found = both.find(text).unwrap();
    let found: Vec<&str> = found.into_iter().map(|range| &text[range]).collect();
    assert_eq!(found, ["old boat", "old boat", "lake"]);
}

#[test]
fn order_is_newest_interview_first_then_by_time() {
    let one = InterviewId::parse("one").unwrap();
    let at = Timestamp::from_millis;
    let places = [
        Place::Title,
        Place::Whole(0),
        Place::Whole(60),
        Place::Second(0),
        Place::Second(28_800),
    ];
    let orders = [2_000, 1_999].map(|created| places.map(|place| order(&one, at(created), place)));
    let orders = orders.concat();
    assert!(
        orders.is_sorted_by(|before, after| before > after),
        "{orders:?}"
    );
    for extreme in [i64::MIN, 0, i64::MAX] {
        assert!(order(&one, at(extreme), Place::Second(u64::MAX)) >= 0);
    }
}

#[test]
fn a_moment_is_that_of_the_part_before() {
    let mut moments = Moments::default();
    assert_eq!(moments.of(3), Moment::default());
    let first = Moment {
        start_ms: Some(7),
        speaker: None,
    };
    let second = Moment {
        start_ms: None,
        speaker: Some(1),
    };
    moments.push(2, first);
    moments.push(9, second);
    assert_eq!(moments.of(1), Moment::default());
    assert_eq!(
        (moments.of(2), moments.of(8), moments.of(9)),
        (first, first, second)
    );
}

fn indexed() -> Indexed {
    Indexed {
        key: InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        },
        created_at: Timestamp::from_millis(1_000),
    }
}

fn words(count: usize) -> Vec<Word> {
    let word = |index: usize| Word {
        text: format!("w{index}{}", if index % 11 == 10 { "." } else { "" }).into(),
        start_ms: index as u64 * 400,
        end_ms: index as u64 * 400 + 300,
        speaker: u32::try_from(index / 37 % 2).unwrap(),
        confidence: 1.0,
        overlap: false,
    };
    (0..count).map(word).collect()
}

fn head() -> TranscriptHead {
    TranscriptHead {
        revision: 7,
        engine: "test".into(),
        model: String::new(),
        diarization: None,
        language: None,
        duration_ms: 10_000_000,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: Quality::default(),
        usable: None,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    }
}

fn corrected(words: &[Word], operations: Vec<Operation>) -> CorrectedTranscript {
    let revision = Revision {
        revision: 1,
        created_at: Timestamp::from_millis(0),
        author: UserId::parse("u").unwrap(),
        operations,
        undoes: None,
        request: None,
        unknown: UnknownFields::default(),
    };
    corrections::correct(head(), words.to_vec(), &[&revision], 1, 1).unwrap()
}

fn passage(write: &Write) -> Passage {
    match write {
        Write::Put { fields, .. } => serde_json::from_value(fields.clone()).unwrap(),
        Write::Delete { .. } => panic!("a deletion"),
    }
}

#[test]
fn every_word_is_in_one_passage_with_its_moment() {
    for count in [1, 299, 300, 1_000, 70_000] {
        let words = words(count);
        let writes = Passages::recognized(indexed(), 7, &words).writes().unwrap();
        assert!(writes.len() <= 400, "{count}: {}", writes.len());
        let passages: Vec<Passage> = writes.iter().map(passage).collect();
        let found: Vec<String> = passages
            .iter()
            .flat_map(|passage| texts(passage.text.reveal()))
            .collect();
        let expected: Vec<String> = (0..count).map(|index| format!("w{index}")).collect();
        assert_eq!(found, expected);
        assert!(passages.is_sorted_by(|one, other| one.order > other.order));
        let last = passages.last().unwrap();
        let at = Phrases::parse(&format!("w{}", count - 1));
        let at = at.find(last.text.reveal()).unwrap()[0].start;
        let moment = last.moments.of(at);
        assert!(words[count - 1].start_ms - moment.start_ms.unwrap() <= 8 * 400);
        assert_eq!(moment.speaker, Some(words[count - 1].speaker));
    }
}

#[test]
fn a_part_is_what_one_speaker_says() {
    let words = words(100);
    let writes = Passages::recognized(indexed(), 7, &words).writes().unwrap();
    let mut passage = passage(&writes[0]);
    let text = passage.text.reveal().to_owned();
    // The speaker changes after 37 words.
    for (word, first, last) in [
        ("w0", "w0", "w36"),
        ("w40", "w37", "w73"),
        ("w99", "w74", "w99"),
    ] {
        let at = Phrases::parse(word).find(&text).unwrap()[0].start;
        let part = texts(&text[passage.part(at)]);
        let ends = (
            part.first().unwrap().as_str(),
            part.last().unwrap().as_str(),
        );
        assert_eq!(ends, (first, last));
    }
    passage.field = Field::Analysis;
    assert_eq!(texts(&text[passage.part(0)]).len(), 8);
    passage.moments = Moments::default();
    assert_eq!(passage.part(7), 0..text.len());
}

#[test]
fn a_correction_changes_only_the_passages_that_it_is_in() {
    let words = words(2_000);
    let cuts = cuts(&words);
    assert!(cuts.len() > 4, "{cuts:?}");
    let id = WordId::recognized;
    let before = Passages::recognized(indexed(), 7, &words);
    let same = corrected(&words, vec![Operation::SplitTurn { at: id(5) }]);
    let same = Passages::corrected(indexed(), 7, &cuts, &same);
    assert_eq!(same.changed(&before).unwrap(), []);
    let replace = Operation::ReplaceWords {
        from: id(cuts[2] + 3),
        to: id(cuts[2] + 4),
        text: "quite another thing".into(),
    };
    let one = Passages::corrected(indexed(), 7, &cuts, &corrected(&words, vec![replace]));
    let changed = one.changed(&before).unwrap();
    assert_eq!(changed.len(), 1);
    assert!(
        changed[0]
            .path()
            .as_str()
            .ends_with("transcript-000007-0002")
    );
    assert!(Phrases::parse("\"another thing\"").are_in(passage(&changed[0]).text.reveal()));
    let delete = Operation::DeleteWords {
        from: id(cuts[1]),
        to: id(cuts[2] - 1),
    };
    let gone = Passages::corrected(indexed(), 7, &cuts, &corrected(&words, vec![delete]));
    let changed = gone.changed(&before).unwrap();
    assert!(
        matches!(&changed[..], [Write::Delete { .. }]),
        "{changed:?}"
    );
    assert_eq!(before.changed(&gone).unwrap().len(), 1, "taken back");
}

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-zA-Z0-9 .,'\"-]{0,12}",
        "\\PC{0,12}",
        "[東京都大阪がガｶﾞ한국어 、]{0,8}",
        "[éÉßſıİøŁæﬁ\u{301}\u{308}’ ]{0,8}",
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn tokens_are_words_for_every_index(text in text()) {
        let mut end = 0;
        for token in tokens(&text) {
            prop_assert!(!token.text.is_empty());
            prop_assert!(token.text.chars().count() <= 64);
            // What the embedded index separates by.
            prop_assert!(token.text.chars().all(|c| c.is_ascii_alphanumeric() || !c.is_ascii()));
            prop_assert!(!token.text.chars().any(|c| c.is_ascii_uppercase()));
            prop_assert!(text.get(token.at.clone()).is_some_and(|part| !part.is_empty()));
            prop_assert!(token.at.start >= end || token.at.end >= end);
            end = token.at.end;
        }
    }

    #[test]
    fn tokens_of_tokens_are_the_same(text in "[a-zA-Z0-9éÉßøŁæ .,'-]{0,40}") {
        let once = texts(&text);
        prop_assert_eq!(texts(&once.join(" ")), once);
    }

    #[test]
    fn composed_and_decomposed_text_have_the_same_tokens(text in text()) {
        let (composed, decomposed): (String, String) = (text.nfc().collect(), text.nfd().collect());
        prop_assert_eq!(texts(&composed), texts(&decomposed));
    }

    #[test]
    fn every_token_of_a_text_finds_it(text in text()) {
        let has = distinct(&text);
        for token in tokens(&text) {
            prop_assert!(has.contains(&token.text));
        }
        for part in text.split_whitespace() {
            let phrases = Phrases::parse(&part.replace(['"', '“', '”', '„', '«', '»'], " "));
            if !phrases.is_empty() {
                prop_assert!(phrases.are_in(&text), "{:?} in {:?}", part, text);
                prop_assert!(has.contains(phrases.rarest().unwrap()));
            }
        }
    }
}
