use proptest::prelude::*;

use super::*;

fn word(text: &str, start_ms: u64, end_ms: u64) -> Word {
    Word {
        text: text.into(),
        start_ms,
        end_ms,
        speaker: 0,
        confidence: 0.9,
        overlap: false,
    }
}

/// Words of 250 ms with 50 ms between them.
fn words(text: &str) -> Vec<Word> {
    let texts = text.split(' ').zip(0..);
    texts
        .map(|(text, index)| word(text, index * 300, index * 300 + 250))
        .collect()
}

const fn turn(speaker: u32, start_ms: u64, end_ms: u64) -> SpeakerTurn {
    SpeakerTurn {
        speaker,
        start_ms,
        end_ms,
    }
}

/// Speakers as digits, one for each word.
fn cast(words: Vec<Word>, turns: &[SpeakerTurn]) -> String {
    let (words, _) = speakers(words, turns);
    words.iter().map(|word| word.speaker.to_string()).collect()
}

#[test]
fn words_go_to_the_speaker_at_their_time() {
    let said = words("how are you today? I am fine.");
    let turns = [turn(0, 0, 1_200), turn(1, 1_200, 2_100)];
    assert_eq!(cast(said, &turns), "0000111");
}

#[test]
fn speakers_are_numbered_by_their_first_words() {
    let said = words("how are you today? I am fine.");
    let turns = [
        turn(1, 0, 1_200),
        turn(0, 1_200, 2_100),
        turn(2, 9_000, 9_500),
    ];
    let (said, count) = speakers(said, &turns);
    assert_eq!((said[0].speaker, said[6].speaker, count), (0, 1, 2));
}

#[test]
fn last_word_of_a_sentence_stays_with_it() {
    // The time of "today?" has drifted into the answer.
    let said = words("how are you today? I am fine.");
    let turns = [turn(0, 0, 850), turn(1, 880, 2_100)];
    assert_eq!(cast(said, &turns), "0000111");
}

#[test]
fn single_short_word_within_a_sentence_flips_no_speaker() {
    let mut said = words("we moved all of the books to a new building last year.");
    said[4].end_ms = said[4].start_ms + 80;
    let turns = [
        turn(0, 0, 1_180),
        turn(1, 1_180, 1_320),
        turn(0, 1_320, 4_000),
    ];
    assert_eq!(cast(said, &turns), "000000000000");
}

#[test]
fn short_answer_of_its_own_is_kept() {
    let said = words("did you like it? Yes. what did you like about it?");
    let turns = [
        turn(0, 0, 1_180),
        turn(1, 1_180, 1_480),
        turn(0, 1_500, 4_000),
    ];
    assert_eq!(cast(said, &turns), "00001000000");
}

#[test]
fn words_without_punctuation_change_speakers_with_the_turns() {
    let said = words("what do you do I work in a library and why do you like it");
    let turns = [
        turn(0, 0, 1_180),
        turn(1, 1_200, 2_980),
        turn(0, 3_000, 5_000),
    ];
    assert_eq!(cast(said, &turns), "000011111100000");
}

#[test]
fn words_outside_all_turns_go_to_the_nearest() {
    let said = vec![word("yes.", 0, 200), word("no.", 9_000, 9_200)];
    let turns = [turn(0, 400, 3_000), turn(1, 6_000, 8_500)];
    assert_eq!(cast(said, &turns), "01");
}

#[test]
fn words_of_two_at_once_are_marked() {
    let turns = [turn(0, 0, 1_000), turn(1, 500, 1_500)];
    let (said, _) = speakers(words("a b c d e"), &turns);
    let marked: Vec<bool> = said.iter().map(|word| word.overlap).collect();
    assert_eq!(marked, [false, false, true, false, false]);
}

#[test]
fn without_turns_there_is_one_speaker() {
    let (said, count) = speakers(words("a b"), &[]);
    assert_eq!((said[1].speaker, count), (0, 0));
    assert_eq!(speakers(Vec::new(), &[turn(0, 0, 1_000)]).1, 0);
}

proptest! {
    #[test]
    fn every_word_keeps_its_text_and_gets_a_speaker(
        times in prop::collection::vec((0_u64..60_000, 0_u64..2_000), 0..80),
        turns in prop::collection::vec((0_u32..5, 0_u64..60_000, 1_u64..9_000), 0..30),
    ) {
        let said: Vec<Word> = times.iter().zip(0..)
            .map(|((start, length), index): (_, u32)| word(&format!("w{index}"), *start, start + length))
            .collect();
        let turns: Vec<SpeakerTurn> = turns.iter()
            .map(|(speaker, start, length)| turn(*speaker, *start, start + length))
            .collect();
        let (cast, count) = speakers(said.clone(), &turns);
        prop_assert!(cast.is_sorted_by_key(|word| word.start_ms));
        let mut texts: Vec<&str> = cast.iter().map(|word| word.text.reveal()).collect();
        let mut expected: Vec<&str> = said.iter().map(|word| word.text.reveal()).collect();
        texts.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(texts, expected);
        // Numbered by first appearance, none left out.
        let mut reached = 0;
        for word in &cast {
            prop_assert!(word.speaker <= reached);
            reached = reached.max(word.speaker + 1);
        }
        prop_assert!(turns.is_empty() || reached == count);
    }

    #[test]
    fn clear_turns_are_followed(lengths in prop::collection::vec(3_usize..12, 1..12)) {
        let (mut said, mut turns, mut truth, mut now) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (index, length) in lengths.iter().enumerate() {
            let speaker = u32::try_from(index % 2).unwrap();
            let start = now;
            for place in 0..*length {
                let text = if place + 1 == *length { "end." } else { "word" };
                said.push(word(text, now, now + 250));
                truth.push(speaker);
                now += 300;
            }
            turns.push(turn(speaker, start, now - 50));
            now += 200;
        }
        let (cast, _) = speakers(said, &turns);
        let found: Vec<u32> = cast.iter().map(|word| word.speaker).collect();
        prop_assert_eq!(found, truth);
    }
}
