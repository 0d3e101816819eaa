use proptest::prelude::*;

use super::*;
use crate::turns::group;

/// A word with when it begins and ends, in milliseconds, and who says it.
type Said<'a> = (&'a str, u64, u64, u32);

fn word((text, start_ms, end_ms, speaker): Said<'_>) -> Word {
    Word {
        text: text.into(),
        start_ms,
        end_ms,
        speaker,
        confidence: 0.9,
        overlap: false,
    }
}

/// The turns in reading order, each as its speaker and its text.
fn turns(said: &[Said<'_>]) -> Vec<(u32, String)> {
    let words = order(said.iter().copied().map(word).collect());
    let turns = group(&words).into_iter();
    turns
        .map(|turn| (turn.speaker, turn.text.reveal().to_owned()))
        .collect()
}

fn owned(turns: &[(u32, &str)]) -> Vec<(u32, String)> {
    let owned = turns
        .iter()
        .map(|(speaker, text)| (*speaker, (*text).to_owned()));
    owned.collect()
}

/// A text said without a pause, 300 ms a word.
fn speech(text: &str, start_ms: u64, speaker: u32) -> Vec<Said<'_>> {
    let starts = (start_ms..).step_by(300);
    let words = text.split(' ').zip(starts);
    words
        .map(|(text, start_ms)| (text, start_ms, start_ms + 280, speaker))
        .collect()
}

#[test]
fn interjection_does_not_divide_sentence() {
    let said = [
        ("I", 0, 200, 0),
        ("mhm", 300, 500, 1),
        ("think", 400, 600, 0),
        ("so", 800, 1_000, 0),
    ];
    assert_eq!(turns(&said), owned(&[(0, "I think so"), (1, "mhm")]));
}

#[test]
fn short_answer_follows_its_question() {
    let mut said = speech("Did you take it?", 0, 0);
    said.push(("No.", 1_250, 1_450, 1));
    let story = "Fine, then let us talk about your current job. ".repeat(8);
    let story = format!("{}Are you happy?", story.as_str());
    said.extend(speech(&story, 1_500, 0));
    said.push(("Yes.", 24_600, 25_000, 1));
    let expected = [
        (0, "Did you take it?"),
        (1, "No."),
        (0, &story),
        (1, "Yes."),
    ];
    assert_eq!(turns(&said), owned(&expected));
}

#[test]
fn answer_over_the_next_sentence_follows_its_question() {
    let said = [
        ("Ready?", 0, 400, 0),
        ("No.", 350, 650, 1),
        ("Fine,", 450, 800, 0),
        ("later.", 800, 1_100, 0),
    ];
    let expected = [(0, "Ready?"), (1, "No."), (0, "Fine, later.")];
    assert_eq!(turns(&said), owned(&expected));
}

#[test]
fn words_between_end_an_phrase_without_punctuation() {
    let said = [
        ("ready", 0, 400, 0),
        ("not", 420, 600, 1),
        ("yet", 600, 780, 1),
        ("fine", 770, 1_000, 0),
    ];
    let expected = [(0, "ready"), (1, "not yet"), (0, "fine")];
    assert_eq!(turns(&said), owned(&expected));
}

#[test]
fn gap_within_speech_of_two_at_once_does_not_divide_it() {
    // "b" falls into a gap by chance: its speaker talks over the words before and after.
    let said = [
        ("we", 0, 400, 0),
        ("a", 200, 450, 1),
        ("b", 450, 550, 1),
        ("c", 600, 900, 1),
        ("went", 580, 1_000, 0),
    ];
    assert_eq!(turns(&said), owned(&[(0, "we went"), (1, "a b c")]));
}

#[test]
fn long_phrase_is_divided_at_its_widest_pause() {
    let (on, off) = (["on"; 20].join(" "), ["off"; 20].join(" "));
    let mut said = speech(&on, 0, 0);
    said.extend(speech(&off, 6_300, 0));
    said.push(("mhm", 1_000, 1_300, 1));
    assert_eq!(turns(&said), owned(&[(0, &on), (1, "mhm"), (0, &off)]));
}

#[test]
fn abbreviation_does_not_divide_sentence() {
    let mut said = speech("Ask Dr. Who.", 0, 0);
    said.push(("mhm", 550, 800, 1));
    assert_eq!(turns(&said), owned(&[(0, "Ask Dr. Who."), (1, "mhm")]));
}

/// Words of three speakers, as far from each other as the range says.
fn words(gaps: std::ops::Range<u64>) -> impl Strategy<Value = Vec<Word>> {
    let text = prop::sample::select(vec!["so", "and,", "it.", "why?", "好", "好。"]);
    let word_of = (gaps, 0_u64..2_500, 0_u32..3, text);
    prop::collection::vec(word_of, 0..150).prop_map(|rows| {
        let mut start_ms = 0;
        let words = rows.into_iter().map(|(gap, length, speaker, text)| {
            start_ms += gap;
            word((text, start_ms, start_ms + length, speaker))
        });
        words.collect()
    })
}

proptest! {
    #[test]
    fn no_word_stands_long_after_words_that_begin_later(words in words(0..900)) {
        let mut latest = 0;
        for word in order(words) {
            prop_assert!(latest <= word.start_ms + MAX_PHRASE_MS);
            latest = latest.max(word.start_ms);
        }
    }

    #[test]
    fn words_that_do_not_overlap_stand_in_order_of_time(words in words(2_500..4_000), pauses in any::<bool>()) {
        // Each word begins at once after the one before it, or keeps its place.
        let (mut words, mut end) = (words, 0);
        for word in &mut words {
            let length = word.end_ms - word.start_ms + 1;
            word.start_ms = if pauses { word.start_ms } else { end };
            word.end_ms = word.start_ms + length;
            end = word.end_ms;
        }
        prop_assert_eq!(order(words.clone()), words);
    }

    #[test]
    fn each_speaker_keeps_all_words_in_their_order(words in words(0..900)) {
        let ordered = order(words.clone());
        for speaker in 0..3 {
            let of = |words: &[Word]| {
                let mut own: Vec<Word> = words.to_vec();
                own.retain(|word| word.speaker == speaker);
                own
            };
            let mut own = of(&words);
            own.sort_by_key(|word| (word.start_ms, word.end_ms));
            prop_assert_eq!(of(&ordered), own);
        }
    }
}
