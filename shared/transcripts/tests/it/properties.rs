//! No input makes a reader panic, and what is read is in order.

use proptest::prelude::*;
use transcripts::{MAX_TIME_MS, read, read_text};

/// Pieces that readers look for.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("\r\n".to_owned()),
        Just(" --> ".to_owned()),
        Just("WEBVTT\n\n".to_owned()),
        Just("NOTE ".to_owned()),
        Just("Ada: ".to_owned()),
        Just("甲：".to_owned()),
        Just("[0:00:12] ".to_owned()),
        Just("**Ada** (0:00:02)\n".to_owned()),
        Just("Bob  1:02\n".to_owned()),
        Just("<v Ada>".to_owned()),
        Just("&amp;&#x110000;&".to_owned()),
        "[0-9]{1,4}:[0-9]{2}(:[0-9]{2})?([.,][0-9]{0,4})?",
        "\\PC{0,12}",
        any::<String>(),
    ]
}

/// JSON of the fields that readers look for, with values of any kind.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1e400".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:e}")),
        "[a-z ]{0,6}".prop_map(|text| format!("\"{text}\"")),
    ];
    let names = prop::sample::select(vec![
        "words",
        "word",
        "text",
        "start",
        "end",
        "speaker",
        "speakers",
        "segments",
        "results",
        "channels",
        "alternatives",
        "transcription",
        "offsets",
        "from",
        "to",
        "start_ms",
        "end_ms",
        "confidence",
        "id",
        "name",
        "language",
        "duration",
        "duration_ms",
        "turns",
    ]);
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let fields = prop::collection::vec((names.clone(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            fields.prop_map(|fields| {
                let fields: Vec<String> = fields
                    .into_iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let Ok(timed) = read_text(text).and_then(transcripts::TranscriptFile::into_timed) else {
        return Ok(());
    };
    for word in &timed.words {
        prop_assert!(word.start_ms <= word.end_ms && word.end_ms <= MAX_TIME_MS);
        prop_assert!((word.speaker as usize) < timed.speakers.len());
        prop_assert!(!word.text.reveal().trim().is_empty());
        prop_assert!((0.0..=1.0).contains(&word.confidence));
    }
    let mut next = 0;
    for turn in &timed.turns {
        prop_assert_eq!(turn.words.start, next);
        prop_assert!(!turn.words.is_empty());
        next = turn.words.end;
    }
    prop_assert_eq!(next, timed.words.len());
    prop_assert!(
        timed
            .words
            .iter()
            .all(|word| word.end_ms <= timed.duration_ms)
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_read_or_refused(pieces in prop::collection::vec(piece(), 0..24)) {
        check(&pieces.concat())?;
    }

    #[test]
    fn any_json_is_read_or_refused(text in json()) {
        check(&text)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = read(&bytes);
    }
}
