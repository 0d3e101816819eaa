use std::sync::LazyLock;

use media::speech;
use proptest::prelude::*;

use super::*;

/// A piece of one utterance between these times, in milliseconds.
fn piece(start: u64, end: u64) -> Piece {
    let samples = vec![7; usize::try_from((end - start) * 16).unwrap()];
    let start = start * 16;
    Piece::from_utterance(0, &speech::SpeechSegment { start, samples })
}

fn timed(words: &[(&str, u64, u64)]) -> Vec<Timed> {
    let word = |(text, start_ms, end_ms): &(&str, u64, u64)| Timed {
        text: (*text).to_owned(),
        start_ms: *start_ms,
        end_ms: *end_ms,
        probability: None,
    };
    words.iter().map(word).collect()
}

fn segment(text: &str, start_ms: u64, end_ms: u64) -> ResponseSegment {
    ResponseSegment {
        text: text.to_owned(),
        start_ms,
        end_ms,
        ..ResponseSegment::default()
    }
}

fn times_of(response: Response) -> Vec<(String, u64, u64)> {
    let words = recognized_words(response, &piece(0, 10_000));
    let plain = words.into_iter();
    plain
        .map(|word| (word.text, word.start_ms, word.end_ms))
        .collect()
}

fn owned(words: &[(&str, u64, u64)]) -> Vec<(String, u64, u64)> {
    let words = words.iter();
    words
        .map(|(text, from, to)| ((*text).to_owned(), *from, *to))
        .collect()
}

#[test]
fn words_beside_segments_get_the_punctuation_of_the_text() {
    let response = Response {
        segments: vec![
            segment(" So, InterviewLens - isn't it?", 0, 3_000),
            segment(" Yes.", 3_000, 4_000),
        ],
        words: timed(&[
            ("So", 100, 300),
            ("InterviewLens", 400, 1_200),
            ("isn't", 1_300, 1_600),
            ("it", 1_600, 1_800),
            ("Yes", 3_200, 3_500),
        ]),
        ..Response::default()
    };
    assert_eq!(
        times_of(response),
        owned(&[
            ("So,", 100, 300),
            ("InterviewLens -", 400, 1_200),
            ("isn't", 1_300, 1_600),
            ("it?", 1_600, 1_800),
            ("Yes.", 3_200, 3_500),
        ])
    );
}

#[test]
fn tokens_are_joined_to_words() {
    let tokens = [
        (" Inter", 0, 400),
        ("view", 400, 700),
        ("s", 700, 800),
        (",", 800, 900),
        (" too", 900, 1_200),
        (".", 1_200, 1_300),
    ];
    let response = Response {
        segments: vec![ResponseSegment {
            words: timed(&tokens),
            ..segment(" Interviews, too.", 0, 1_300)
        }],
        ..Response::default()
    };
    assert_eq!(
        times_of(response),
        owned(&[("Interviews,", 0, 800), ("too.", 900, 1_200)])
    );
}

#[test]
fn words_that_differ_from_the_text_are_matched_by_their_share() {
    let response = Response {
        text: "20 apples".into(),
        words: timed(&[("twenty", 0, 600), ("apples", 600, 1_200)]),
        ..Response::default()
    };
    let words = times_of(response);
    assert_eq!(words.len(), 2);
    assert_eq!((words[0].1, words[1].2), (0, 1_200));
    assert!(words[0].2 >= words[1].1, "{words:?}");
}

#[test]
fn times_are_interpolated_over_the_speech_by_length() {
    let response = Response {
        text: "ab cdef gh".into(),
        ..Response::default()
    };
    assert_eq!(
        times_of(response),
        owned(&[
            ("ab", 0, 2_500),
            ("cdef", 2_500, 7_500),
            ("gh", 7_500, 10_000)
        ])
    );
}

#[test]
fn interpolated_words_are_less_confident() {
    let certain = ResponseSegment {
        avg_logprob: Some(-0.05),
        ..segment("Yes.", 0, 1_000)
    };
    let with_times = ResponseSegment {
        words: timed(&[("Yes", 0, 400)]),
        ..segment("Yes.", 0, 1_000)
    };
    let with_times = ResponseSegment {
        avg_logprob: Some(-0.05),
        ..with_times
    };
    for (segment, expected) in [(certain, 0.7), (with_times, 0.951)] {
        let response = Response {
            segments: vec![segment],
            ..Response::default()
        };
        let words = recognized_words(response, &piece(0, 1_000));
        assert!((words[0].confidence - expected).abs() < 0.001, "{words:?}");
    }
}

#[test]
fn silence_and_sounds_are_no_words() {
    let silence = |no_speech, log| ResponseSegment {
        no_speech_prob: Some(no_speech),
        avg_logprob: Some(log),
        ..segment(" Thank you.", 0, 2_000)
    };
    for (segment, count) in [
        (silence(0.9, -1.2), 0),
        (silence(0.9, -0.2), 2),
        (silence(0.1, -1.2), 2),
        (segment(" [BLANK_AUDIO]", 0, 2_000), 0),
        (segment(" (upbeat music)", 0, 2_000), 0),
        (segment(" *OUTRO MUSIC*", 0, 2_000), 0),
        (segment(" ♪", 0, 2_000), 0),
        (segment(" (a) yes (b)", 0, 2_000), 3),
    ] {
        let text = segment.text.clone();
        let response = Response {
            segments: vec![segment],
            words: timed(&[("Thank", 0, 500), ("you", 500, 900)]),
            ..Response::default()
        };
        assert_eq!(times_of(response).len(), count, "{text}");
    }
}

#[test]
fn loops_are_said_once() {
    let response = Response {
        text: "Yes. ".to_owned() + &"Thank you very much. ".repeat(5),
        ..Response::default()
    };
    assert_eq!(times_of(response).len(), 5);
}

#[test]
fn languages_without_spaces_are_split_between_characters() {
    let response = Response {
        text: "我们用。".into(),
        ..Response::default()
    };
    let words: Vec<String> = times_of(response).into_iter().map(|word| word.0).collect();
    assert_eq!(words, ["我", "们", "用。"]);
}

/// A piece of a second, made once.
static PIECE: LazyLock<Piece> = LazyLock::new(|| piece(500, 1_500));

fn any_timed() -> impl Strategy<Value = Vec<Timed>> {
    let word = ("\\PC{0,6}", any::<u32>(), any::<u32>(), any::<bool>());
    let word = word.prop_map(|(text, start, end, known)| Timed {
        text,
        start_ms: u64::from(start % 2_000),
        end_ms: u64::from(start % 2_000) + u64::from(end % 500),
        probability: known.then_some(0.5),
    });
    proptest::collection::vec(word, 0..8)
}

fn any_segment() -> impl Strategy<Value = ResponseSegment> {
    let parts = ("\\PC{0,30}", 0..2_000_u64, 0..900_u64, any_timed());
    parts.prop_map(|(text, start_ms, length_ms, words)| ResponseSegment {
        words,
        ..segment(&text, start_ms, start_ms + length_ms)
    })
}

proptest! {
    #[test]
    fn words_are_in_order_and_within_the_piece(
        text in "\\PC{0,40}",
        segments in proptest::collection::vec(any_segment(), 0..5),
        words in any_timed(),
    ) {
        let response = Response { text, segments, words, language: None };
        let piece = &*PIECE;
        let words = recognized_words(response, piece);
        let mut reached = 0;
        for word in &words {
            prop_assert!(word.start_ms >= reached && word.end_ms >= word.start_ms);
            prop_assert!(word.end_ms <= piece.length_ms());
            prop_assert!((0.0..=1.0).contains(&word.confidence));
            prop_assert!(weight(&word.text) > 0);
            let (start_ms, end_ms) = piece.in_recording(word.start_ms, word.end_ms);
            prop_assert!((500..=1_500).contains(&start_ms) && end_ms <= 1_500);
            reached = word.start_ms;
        }
    }
}
