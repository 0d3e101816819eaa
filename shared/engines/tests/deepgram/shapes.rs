//! Answers of nearly the right shape.

use domain::{transcript::Recognition, turns};
use engines::Deepgram;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Anything where a time, a text or a number was expected.
fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (-1e3..1e5).prop_map(|number: f64| json!(number)),
        2 => any::<f64>().prop_map(|number| json!(number)),
        2 => (0_u32..4).prop_map(|number| json!(number)),
        1 => any::<i64>().prop_map(|number| json!(number)),
        3 => "[a-z'. ]{0,8}".prop_map(|text| json!(text)),
        1 => any::<bool>().prop_map(|flag| json!(flag)),
        1 => Just(Value::Null),
        1 => Just(json!([1, {"a": []}])),
        1 => Just(json!({"a": [1]})),
    ]
}

fn record(names: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    let fields = prop::collection::vec(prop::option::weighted(0.8, leaf()), names.len());
    fields.prop_map(move |values| {
        let fields = names.iter().zip(values);
        let present = fields.filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
        present.collect()
    })
}

fn words() -> impl Strategy<Value = Value> {
    let word = record(&[
        "word",
        "punctuated_word",
        "start",
        "end",
        "confidence",
        "speaker",
        "language",
    ]);
    prop_oneof![
        9 => prop::collection::vec(word, 0..12).prop_map(|words| json!(words)),
        1 => leaf(),
    ]
}

fn channel() -> impl Strategy<Value = Value> {
    let alternative = (record(&["transcript", "confidence", "languages"]), words());
    let alternative = alternative.prop_map(|(mut alternative, words)| {
        alternative.insert("words".into(), words);
        alternative.remove("languages");
        alternative
    });
    let alternatives = prop::collection::vec(alternative, 0..3);
    (alternatives, record(&["detected_language"])).prop_map(|(alternatives, mut channel)| {
        channel.insert("alternatives".into(), json!(alternatives));
        json!(channel)
    })
}

fn utterance() -> impl Strategy<Value = Value> {
    (record(&["start", "end", "channel", "speaker"]), words()).prop_map(|(mut one, words)| {
        one.insert("words".into(), words);
        json!(one)
    })
}

fn answer() -> impl Strategy<Value = Value> {
    let metadata = record(&["duration", "channels", "request_id"]);
    let channels = prop::collection::vec(channel(), 0..3);
    let utterances = prop::collection::vec(utterance(), 0..3);
    (metadata, channels, utterances).prop_map(|(metadata, channels, utterances)| {
        json!({"metadata": metadata, "results": {"channels": channels, "utterances": utterances}})
    })
}

fn makes_sense(recognition: &Recognition) -> Result<(), TestCaseError> {
    let known: Vec<u32> = recognition.speakers.iter().map(|one| one.id).collect();
    for (index, speaker) in (0..).zip(&known) {
        prop_assert_eq!(index, *speaker);
    }
    for word in &recognition.words {
        prop_assert!(word.start_ms <= word.end_ms);
        prop_assert!((0.0..=1.0).contains(&word.confidence));
        prop_assert!(!word.text.reveal().trim().is_empty());
        prop_assert!(known.contains(&word.speaker));
    }
    let turns = turns::group(&turns::order(recognition.words.clone()));
    let grouped: usize = turns.iter().map(|turn| turn.words.len()).sum();
    prop_assert_eq!(grouped, recognition.words.len());
    Ok(())
}

proptest! {
    #[test]
    fn an_answer_of_nearly_the_right_shape_makes_sense_or_is_an_error(answer in answer()) {
        match Deepgram::receive(answer.to_string().as_bytes()) {
            Ok(recognition) => makes_sense(&recognition)?,
            Err(error) => prop_assert_eq!(error.code, "engine_failed"),
        }
    }

    #[test]
    fn an_answer_that_is_cut_or_altered_is_no_panic(at in 0_usize..4_000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut body = crate::support::recorded("listen-rest-c4e1c003-29e7c810-response.json");
        let at = at % body.len();
        if cut {
            body.truncate(at);
        } else {
            body[at] = byte;
        }
        if let Ok(recognition) = Deepgram::receive(&body) {
            makes_sense(&recognition)?;
        }
    }

    #[test]
    fn words_of_one_channel_come_in_order(words in words()) {
        let body = json!({"results": {"channels": [{"alternatives": [{"words": words}]}]}});
        if let Ok(recognition) = Deepgram::receive(body.to_string().as_bytes()) {
            for pair in recognition.words.windows(2) {
                prop_assert!(pair[0].start_ms <= pair[1].start_ms);
            }
        }
    }
}
