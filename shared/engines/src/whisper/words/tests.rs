use super::*;

/// Tokens of 100 ms each from `start_ms` on, as sure as can be.
fn tokens(start_ms: u64, texts: &[&[u8]]) -> Vec<TextToken> {
    let token = |(index, bytes): (u64, &&[u8])| TextToken {
        bytes: bytes.to_vec(),
        start_ms: start_ms + index * 100,
        end_ms: start_ms + index * 100 + 100,
        probability: 1.0,
    };
    (0..).zip(texts).map(token).collect()
}

fn spoken(tokens: Vec<TextToken>) -> DecodedSegment {
    DecodedSegment {
        tokens,
        no_speech: 0.02,
        log_probability: -0.2,
        temperature: 0.0,
    }
}

fn texts(words: &[RecognizedWord]) -> Vec<&str> {
    words.iter().map(|word| word.text.as_str()).collect()
}

/// What is heard of a text whose every word is a token.
fn heard(text: &str) -> Vec<RecognizedWord> {
    let spaced: Vec<String> = text.split(' ').map(|word| format!(" {word}")).collect();
    let bytes: Vec<&[u8]> = spaced.iter().map(String::as_bytes).collect();
    from_segments(&[spoken(tokens(0, &bytes))], Spelling::Spaced, 60_000)
}

#[test]
fn a_space_begins_a_word_and_punctuation_ends_it() {
    let said: [&[u8]; 8] = [
        b" So", b",", b" Inter", b"view", b"Lens", b" isn", b"'t", b".",
    ];
    let words = from_segments(&[spoken(tokens(1_000, &said))], Spelling::Spaced, 30_000);
    assert_eq!(texts(&words), ["So,", "InterviewLens", "isn't."]);
    let times: Vec<_> = words
        .iter()
        .map(|word| (word.start_ms, word.end_ms))
        .collect();
    assert_eq!(times, [(1_000, 1_200), (1_200, 1_500), (1_500, 1_800)]);
}

#[test]
fn a_new_segment_begins_a_word_without_a_space() {
    let segments = [spoken(tokens(0, &[b"Yes"])), spoken(tokens(500, &[b"No"]))];
    let words = from_segments(&segments, Spelling::Spaced, 30_000);
    assert_eq!(texts(&words), ["Yes", "No"]);
}

#[test]
fn a_dash_goes_with_the_word_before_it_and_nowhere_without_one() {
    assert_eq!(texts(&heard("- well - yes ...")), ["well -", "yes ..."]);
}

#[test]
fn a_character_may_lie_in_two_tokens() {
    let said: [&[u8]; 4] = [b" caf", b"\xc3", b"\xa9", b" noir"];
    let words = from_segments(&[spoken(tokens(0, &said))], Spelling::Spaced, 30_000);
    assert_eq!(texts(&words), ["café", "noir"]);
}

#[test]
fn languages_without_spaces_are_split_between_characters() {
    let (kanji, rest) = "漢".as_bytes().split_at(1);
    let said = [
        kanji,
        rest,
        "字を".as_bytes(),
        b"Goo",
        b"gle",
        "。".as_bytes(),
        "です".as_bytes(),
    ];
    let words = from_segments(
        &[spoken(tokens(0, &said))],
        Spelling::from_language(Some("ja")),
        30_000,
    );
    assert_eq!(texts(&words), ["漢", "字を", "Google。", "です"]);
}

#[test]
fn times_never_go_back_nor_leave_the_window() {
    let mut said = tokens(0, &[b" one", b" two", b" three"]);
    (said[0].start_ms, said[0].end_ms) = (300, 900);
    (said[1].start_ms, said[1].end_ms) = (500, 400);
    (said[2].start_ms, said[2].end_ms) = (2_000, 99_000);
    let words = from_segments(&[spoken(said)], Spelling::Spaced, 1_500);
    let times: Vec<_> = words
        .iter()
        .map(|word| (word.start_ms, word.end_ms))
        .collect();
    assert_eq!(times, [(300, 900), (900, 900), (1_500, 1_500)]);
}

#[test]
fn a_word_is_as_sure_as_its_tokens_on_average() {
    let mut said = tokens(0, &[b" Inter", b"view"]);
    said[0].probability = 0.5;
    let words = from_segments(&[spoken(said)], Spelling::Spaced, 1_500);
    assert!((words[0].confidence - 0.75).abs() < 0.001);
}

#[test]
fn words_for_silence_are_dropped_when_the_model_doubts_both_or_the_words_very_much() {
    for (no_speech, probability, expected) in
        [(0.9, 0.2, 0), (0.9, 0.9, 2), (0.1, 0.2, 2), (0.1, 0.02, 0)]
    {
        let mut said = tokens(0, &[b" Thank", b" you."]);
        for token in &mut said {
            token.probability = probability;
        }
        let segment = DecodedSegment {
            no_speech,
            ..spoken(said)
        };
        let words = from_segments(&[segment], Spelling::Spaced, 1_500);
        assert_eq!(words.len(), expected, "{no_speech} {probability}");
    }
}

#[test]
fn a_loop_is_said_once() {
    let words = heard("yes you you you you you you you");
    assert_eq!(texts(&words), ["yes", "you"]);
}

#[test]
fn nothing_said_is_no_word() {
    assert_eq!(from_segments(&[], Spelling::Spaced, 1_000), []);
    assert_eq!(
        from_segments(&[spoken(Vec::new())], Spelling::Spaced, 1_000),
        []
    );
    assert_eq!(
        from_segments(&[spoken(tokens(0, &[b" ", b""]))], Spelling::Spaced, 1_000),
        []
    );
}

#[test]
fn words_that_every_careful_attempt_doubted_are_dropped() {
    for (temperature, log_probability, expected) in [(1.0, -1.4, 0), (0.2, -1.4, 2), (1.0, -0.5, 2)]
    {
        let segment = DecodedSegment {
            temperature,
            log_probability,
            ..spoken(tokens(0, &[b" la", b" la"]))
        };
        let words = from_segments(&[segment], Spelling::Spaced, 1_500);
        assert_eq!(words.len(), expected, "{temperature} {log_probability}");
    }
}

#[test]
fn a_pause_at_the_end_of_a_sentence_is_no_part_of_its_words() {
    let mut said = tokens(
        0,
        &[b" We", b" moved", b" in.", b" Then", b" we", b" left."],
    );
    // The pause of four seconds counts to both sides of the sentence end.
    for (token, (start_ms, end_ms)) in said.iter_mut().zip([
        (0, 300),
        (300, 600),
        (600, 2_600),
        (2_600, 4_900),
        (4_900, 5_200),
        (5_200, 5_500),
    ]) {
        (token.start_ms, token.end_ms) = (start_ms, end_ms);
    }
    let words = from_segments(&[spoken(said)], Spelling::Spaced, 10_000);
    assert_eq!((words[2].start_ms, words[2].end_ms), (600, 1_200));
    assert_eq!((words[3].start_ms, words[3].end_ms), (4_300, 4_900));
}

#[test]
fn a_sentence_of_one_word_keeps_the_side_of_the_pause_on_which_it_is_said() {
    let said = |before_ms: u64, after_ms: u64| {
        let mut said = tokens(0, &[b" Hello", b".", b" I", b" am", b" here", b"."]);
        let hello_ends = before_ms + 400;
        said[0].end_ms = hello_ends;
        (said[1].start_ms, said[1].end_ms) = (hello_ends, hello_ends + 100 + after_ms);
        for (index, token) in (1..).zip(&mut said[2..]) {
            token.start_ms = hello_ends + after_ms + index * 200 - 100;
            token.end_ms = token.start_ms + 200;
        }
        let words = from_segments(&[spoken(said)], Spelling::Spaced, 30_000);
        (words[0].start_ms, words[0].end_ms)
    };
    assert_eq!(said(5_000, 0), (4_600, 5_400));
    assert_eq!(said(0, 5_000), (0, 800));
}

#[test]
fn a_pause_after_the_first_word_is_no_part_of_it() {
    let mut said = tokens(0, &[b" Well", b",", b" I", b" am", b" here", b"."]);
    said[1].end_ms = 5_000;
    for (index, token) in (0..).zip(&mut said[2..]) {
        token.start_ms = 5_000 + index * 100;
        token.end_ms = token.start_ms + 100;
    }
    let words = from_segments(&[spoken(said)], Spelling::Spaced, 30_000);
    assert_eq!((words[0].start_ms, words[0].end_ms), (0, 400));
}

#[test]
fn half_a_letter_is_a_letter() {
    // "და." in Georgian, its letters split between tokens, and five seconds of silence.
    let mut said = tokens(0, &[b" \xe1\x83", b"\x93\xe1", b"\x83\x90", b"."]);
    said[3].end_ms = 5_300;
    said.extend(tokens(5_300, &[b" I", b" am", b" here"]));
    let words = from_segments(&[spoken(said)], Spelling::Spaced, 30_000);
    assert_eq!(texts(&words)[0], "და.");
    assert_eq!((words[0].start_ms, words[0].end_ms), (100, 300));
}

#[test]
fn text_without_any_time_is_left_out() {
    let said = tokens(0, &[b" So", b" we", b" start"]);
    let texts_in_no_time: [&[u8]; 8] = [
        b" one", b" two", b" three", b" four", b" five", b" six", b" seven", b" eight",
    ];
    let unheard = tokens(300, &texts_in_no_time)
        .into_iter()
        .map(|token| TextToken {
            start_ms: 300,
            end_ms: 300,
            ..token
        });
    let unheard: Vec<TextToken> = unheard.collect();
    let heard = |unheard: &[TextToken]| {
        let mut all = said.clone();
        all.extend_from_slice(unheard);
        all.extend(tokens(300, &[b" again"]));
        from_segments(&[spoken(all)], Spelling::Spaced, 30_000).len()
    };
    assert_eq!(heard(&unheard[1..]), 11, "seven words can be short");
    assert_eq!(heard(&unheard), 4);
}
