use domain::{
    Timestamp,
    transcript::{Quality, Speaker, Transcript, TranscriptHead},
    turns,
    versions::UnknownFields,
};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::transcript_forms::write;

fn word(text: &str, start_ms: u64, end_ms: u64, speaker: u32) -> Word {
    Word {
        text: text.into(),
        start_ms,
        end_ms,
        speaker,
        confidence: 1.0,
        overlap: false,
    }
}

/// Words without pauses, `each_ms` long.
fn speech<'a>(words: impl IntoIterator<Item = &'a str>, start_ms: u64, each_ms: u64) -> Vec<Word> {
    let words = words.into_iter().zip(0..);
    words
        .map(|(text, index)| (text, start_ms + index * each_ms))
        .map(|(text, start_ms)| word(text, start_ms, start_ms + each_ms, 0))
        .collect()
}

/// A transcript of words that are in order already.
fn stored(words: Vec<Word>) -> Transcript {
    let head = TranscriptHead {
        revision: 1,
        engine: "e".into(),
        model: "m".into(),
        diarization: None,
        language: None,
        duration_ms: 4_000_000,
        speakers: (0..3).map(Speaker::unnamed).collect(),
        chunks: 1,
        quality: Quality::default(),
        usable: None,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    Transcript::new(head, words)
}

fn transcript(words: Vec<Word>) -> Transcript {
    stored(turns::order(words))
}

/// A cue as it is read from `SubRip` or `WebVTT`.
#[derive(Debug, PartialEq)]
struct Read {
    start_ms: u64,
    end_ms: u64,
    lines: Vec<String>,
}

fn millis(time: &str) -> u64 {
    let digits = time.split([':', '.', ',']).map(str::parse::<u64>);
    let parts: Vec<u64> = digits.map(Result::unwrap).collect();
    ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1_000 + parts[3]
}

/// The cues without what names the speaker.
fn read(captions: &str) -> Vec<Read> {
    let blocks = captions
        .split("\n\n")
        .filter(|block| block.contains(" --> "));
    let cues = blocks.map(|block| {
        let mut lines = block
            .trim()
            .lines()
            .skip_while(|line| !line.contains(" --> "));
        let (start, end) = lines.next().unwrap().split_once(" --> ").unwrap();
        let lines = lines.filter(|line| !line.starts_with('['));
        let said = |line: &str| match line.strip_prefix("<v ") {
            Some(rest) => rest.split_once('>').unwrap().1.to_owned(),
            None => line.to_owned(),
        };
        Read {
            start_ms: millis(start),
            end_ms: millis(end),
            lines: lines.map(said).collect(),
        }
    });
    cues.collect()
}

fn texts(words: Vec<Word>) -> Vec<String> {
    let cues = read(&write(WebVtt::default(), &transcript(words)));
    cues.into_iter().map(|cue| cue.lines.join("|")).collect()
}

#[test]
fn subrip_names_the_speaker_where_it_changes() {
    let said = [("a", 0, 0), ("<b>", 600, 0), ("-->", 3_661_007, 1)];
    let words = said.map(|(text, start, speaker)| word(text, start, start + 500, speaker));
    assert_eq!(
        write(SubRip::default(), &transcript(words.to_vec())),
        "1\n00:00:00,000 --> 00:00:01,100\n[Speaker 1]\na <b>\n\n\
         2\n01:01:01,007 --> 01:01:01,507\n[Speaker 2]\n->\n\n"
    );
}

#[test]
fn webvtt_has_voices_and_escapes() {
    let said = [("a", 0, 0), ("<b>", 600, 0), ("-->", 3_661_007, 1)];
    let words = said.map(|(text, start, speaker)| word(text, start, start + 500, speaker));
    assert_eq!(
        write(WebVtt::default(), &transcript(words.to_vec())),
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.100\n<v Speaker 1>a &lt;b&gt;\n\
         \n01:01:01.007 --> 01:01:01.507\n<v Speaker 2>--&gt;\n"
    );
}

#[test]
fn cues_end_with_sentences_and_at_pauses() {
    let text = "I worked there for seven years. Last year I left, and";
    let mut words = speech(text.split(' '), 0, 300);
    words.extend(speech("then I went home.".split(' '), 5_000, 300));
    assert_eq!(
        texts(words),
        [
            "I worked there for seven years.",
            "Last year I left, and",
            "then I went home."
        ]
    );
}

#[test]
fn long_sentence_is_divided_evenly_and_after_clauses() {
    let text = "we had planned to leave the harbour in the early morning, but the wind had \
        turned during the night and none of us wanted to be first";
    let words = speech(text.split(' '), 0, 200);
    assert_eq!(
        texts(words),
        [
            "we had planned to leave the|harbour in the early morning,",
            "but the wind had turned during the|night and none of us wanted to be first"
        ]
    );
}

#[test]
fn brief_sentence_joins_its_neighbour() {
    let words = speech("Yes. I did it twice.".split(' '), 0, 300);
    assert_eq!(texts(words), ["Yes. I did it twice."]);
}

#[test]
fn chinese_is_cut_by_sentence_and_wide_characters_take_two_columns() {
    let text = "我在这家公司工作了七年。去年我离开了，因为我想和更多的人们一起做新的东西，\
        而不是每天重复同样的事情，所以我去了北京。";
    let characters: Vec<String> = domain::text::words(text).map(str::to_owned).collect();
    let words = speech(characters.iter().map(String::as_str), 0, 150);
    assert_eq!(
        texts(words),
        [
            "我在这家公司工作了七年。",
            "去年我离开了，|因为我想和更多的人们一起做新的东西，",
            "而不是每天重复同样的事情，所以我去了北京。"
        ]
    );
}

#[test]
fn words_of_the_engine_are_not_divided() {
    let text = "我 觉得 在 图书馆 工作 的 人们 每天 都 可以 学习 很多 新 的 知识 并且 去年 我们 还 \
        组织 了 许多 非常 有趣 的 活动";
    let words = speech(text.split_whitespace(), 0, 150);
    let expected: Vec<&str> = text.split_whitespace().collect();
    let mut rest = expected.as_slice();
    for line in texts(words).iter().flat_map(|cue| cue.split('|')) {
        let count = (1..=rest.len()).find(|count| rest[..*count].concat() == line);
        rest = &rest[count.unwrap_or_else(|| panic!("{line}"))..];
        assert!(line.width() <= cut::MAX_COLUMNS, "{line}");
    }
    assert!(rest.is_empty());
}

#[test]
fn cues_of_overlapping_speech_are_sorted_by_start() {
    let numbers: Vec<String> = (0..40).map(|index| format!("word{index}")).collect();
    let mut words = speech(numbers.iter().map(String::as_str), 500, 300);
    words.extend([
        word("Mhm,", 4_000, 4_300, 1),
        word("right.", 4_300, 4_600, 1),
        word("Really?", 6_500, 7_000, 1),
    ]);
    let transcript = transcript(words);
    for captions in [
        write(WebVtt::default(), &transcript),
        write(SubRip::default(), &transcript),
    ] {
        let cues = read(&captions);
        assert!(cues.is_sorted_by_key(|cue| cue.start_ms), "{captions}");
        let own = cues
            .iter()
            .find(|cue| cue.lines == ["Mhm, right."])
            .unwrap();
        assert_eq!((own.start_ms, own.end_ms), (4_000, 4_600));
    }
}

#[test]
fn cues_are_written_as_soon_as_none_can_precede_them() {
    let mut form = WebVtt::default();
    let mut written = String::new();
    for start_ms in (0..3_600_000).step_by(3_000) {
        let transcript = stored(vec![word("now.", start_ms, start_ms + 500, 0)]);
        written += &form.turn(&transcript.turns[0], &transcript.words, "Ada");
        let complete = read(&written).len() as u64;
        let waits_ms = start_ms + 3_000 - 3_000 * complete;
        assert!(waits_ms <= turns::MAX_PHRASE_MS + 3_000, "{waits_ms}");
    }
}

#[test]
fn stored_words_in_an_older_order_are_shown_late_rather_than_out_of_order() {
    let words = vec![
        word("first", 0, 500, 0),
        word("late", 30_000, 30_500, 0),
        word("No.", 1_000, 1_400, 1),
        word("end", 60_000, 60_500, 0),
    ];
    let cues = read(&write(WebVtt::default(), &stored(words)));
    assert!(cues.is_sorted_by_key(|cue| cue.start_ms), "{cues:?}");
    assert!(cues.iter().all(|cue| cue.end_ms > cue.start_ms), "{cues:?}");
    assert_eq!(cues.len(), 4);
}

/// Words of three speakers, each with a number of its own in it.
fn words() -> impl Strategy<Value = Vec<Word>> {
    let long = "x".repeat(50);
    let before = prop::sample::select(vec!["", "", "", "word-", "字", "「很长的字", "&<b>"]);
    let after = prop::sample::select(vec![
        "",
        "",
        "",
        ",",
        ".",
        "?",
        "，",
        "。",
        "好",
        long.leak(),
    ]);
    let length = prop_oneof![8 => 0_u64..600, 1 => 0_u64..9_000];
    let gap = prop_oneof![8 => 0_u64..400, 1 => 0_u64..4_000];
    let speaker = prop_oneof![4 => Just(0_u32), 1 => 1_u32..3];
    prop::collection::vec((before, after, gap, length, speaker), 0..200).prop_map(|rows| {
        let mut start_ms = 0;
        let words = rows.into_iter().zip(0..);
        let words = words.map(|((before, after, gap, length, speaker), index): (_, u32)| {
            start_ms += gap;
            let text = format!("{before}{index}{after}");
            word(&text, start_ms, start_ms + length, speaker)
        });
        words.collect()
    })
}

/// The numbers of the words in a text.
fn numbers(text: &str) -> Vec<usize> {
    let digits = text.split(|character: char| !character.is_ascii_digit());
    digits.filter_map(|digits| digits.parse().ok()).collect()
}

proptest! {
    #[test]
    fn captions_are_valid_and_complete(words in words()) {
        let transcript = transcript(words.clone());
        for captions in [write(WebVtt::default(), &transcript), write(SubRip::default(), &transcript)] {
            let cues = read(&captions);
            prop_assert!(cues.is_sorted_by_key(|cue| cue.start_ms), "{}", captions);
            let mut found = Vec::new();
            for cue in &cues {
                let own = numbers(&cue.lines.join("\n"));
                prop_assert!(cue.start_ms < cue.end_ms, "{:?}", cue);
                prop_assert!(own.len() == 1 || cue.end_ms - cue.start_ms <= cut::MAX_CUE_MS, "{:?}", cue);
                prop_assert!((1..=2).contains(&cue.lines.len()), "{:?}", cue);
                for line in &cue.lines {
                    let shown = line.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
                    let is_single = numbers(line).len() == 1;
                    prop_assert!(is_single || shown.width() <= cut::MAX_COLUMNS, "{:?}", cue);
                    prop_assert!(!line.trim().is_empty(), "{:?}", cue);
                }
                found.extend(own);
            }
            found.sort_unstable();
            prop_assert_eq!(found, (0..words.len()).collect::<Vec<_>>());
        }
    }
}
