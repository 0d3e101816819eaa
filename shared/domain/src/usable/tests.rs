//! Transcripts good and bad, the texts as whisper's models wrote them.

use super::*;

/// German speech through `base`, forced to English: mean confidence 0.44.
const GERMAN_AS_ENGLISH: &str = "Good morning and thank you, as we come in. Can we be at mass, over \
    yet, cigarette-like cells? I am at an open-try biblioteque. I help the people who are really \
    good at finding, and the people who are really good at finding, like my computer. I make the \
    public, in which I find myself really good. And I find, let's move out of my mind, my daughter.";

/// Russian speech through `tiny.en`: mean confidence 0.16.
const RUSSIAN_AS_ENGLISH: &str = "but all of you who are not associated with the community because \
    they're all involved in the community and are available to you. And that's a great idea, and \
    we'll just do it before we look again. And this conversation is just amazing, and we'll just \
    look again at the time. It's just about 10 or five, and it's about 10 or 15 years.";

/// German speech through `base`, which was free to choose: mean confidence 0.8.
const GERMAN: &str = "Guten Morgen und vielen Dank, dass Sie gekommen sind. Können Sie mir etwas \
    über die jetzige Armeite zählen? Ich arbeite in einer öffentlichen Bibliothek. Ich helfe den \
    Leuten, die ich den Bücher zu finden und jeder Woche zeigen ich älteren Menschen, wie man \
    einen Computer benutzt. Was gefällt Ihnen an dieser Armeite am besten?";

/// A telephone call through `base`: mean confidence 0.89.
const CALL: &str = "Thank you for calling Big Jim's Auto. This is Travis. How can I help you today? \
    Hello, my name is Violet King and I bought a car not too long ago and a light is coming on \
    the dashboard and so I was wondering what I should do about that. Okay, it may depend on what \
    kind of light we're looking at here today, ma'am. Could I get your first and last instance out \
    for me so I can just get some information pulled up?";

/// The same call through pocketsphinx, lower case and noise: mean confidence 0.42.
const CALL_AS_NOISE: &str = "what are up to her at a hop l r a i why buy a car not too long ago and \
    the light is on the dash board and so i was wondering what i should do about that okay it may \
    depend on what kind of light we're looking at here today ma'am could i get your first";

fn words(text: &str, confidence: f32) -> Vec<Word> {
    let words = text.split_whitespace().zip(0..).map(|(text, index)| Word {
        text: text.into(),
        start_ms: index * 300,
        end_ms: index * 300 + 250,
        speaker: u32::from(index >= 20),
        confidence,
        overlap: false,
    });
    words.collect()
}

fn quality() -> Quality {
    Quality {
        words: 500,
        mean_confidence: 0.9,
        low_confidence_share: 0.1,
        speech_coverage: 0.7,
        words_per_minute: 140.0,
        repetition_share: 0.0,
        ..Quality::default()
    }
}

fn signals<'a>(quality: &'a Quality, words: &'a [Word]) -> Signals<'a> {
    Signals {
        quality,
        words,
        duration_ms: 100_000,
        speech_ms: None,
        engine: "whisper",
        model: "base",
        requested_language: None,
        recognised_language: None,
        least_speakers: 2,
    }
}

/// The codes for a text that was recognised with that confidence.
fn codes(text: &str, confidence: f32, change: impl FnOnce(&mut Signals<'_>)) -> Vec<String> {
    let quality = Quality {
        mean_confidence: confidence,
        ..quality()
    };
    let words = words(text, confidence);
    let mut signals = signals(&quality, &words);
    change(&mut signals);
    let usable = judge(&signals);
    let is_ok = usable.reasons.iter().all(|code| code == "one_speaker");
    assert_eq!(usable.ok, is_ok, "{usable:?}");
    usable.reasons
}

#[test]
fn each_fault_is_named_and_a_good_transcript_has_none() {
    let words = words(CALL, 0.9);
    let good = judge(&signals(&quality(), &words));
    assert_eq!(good, Usable::from_reasons([]));
    assert!(good.ok);
    let quality = Quality {
        repetition_share: 0.5,
        ..Quality::default()
    };
    let bad = judge(&Signals {
        speech_ms: Some(50_000),
        ..signals(&quality, &[])
    });
    let expected = [
        "transcript_too_short",
        "low_confidence",
        "little_speech",
        "speech_missed",
        "repetition_loops",
        "one_speaker",
    ];
    assert_eq!(
        (bad.ok, bad.reasons),
        (false, expected.map(str::to_owned).to_vec())
    );
}

#[test]
fn transcript_at_the_thresholds_is_usable() {
    let least = Quality {
        words: LEAST_WORDS,
        mean_confidence: LEAST_CONFIDENCE,
        speech_coverage: LEAST_COVERAGE,
        ..quality()
    };
    let words = words(CALL, LEAST_CONFIDENCE);
    assert!(judge(&signals(&least, &words)).ok);
}

#[test]
fn an_engine_that_gives_no_numbers_is_not_relied_on() {
    assert_eq!(codes(CALL, f32::NAN, |_| ()), ["low_confidence"]);
}

#[test]
fn words_are_compared_with_the_speech_that_was_measured() {
    let covering = |speech_coverage, speech_ms| {
        let quality = Quality {
            speech_coverage,
            ..quality()
        };
        let words = words(CALL, 0.9);
        let mut signals = signals(&quality, &words);
        signals.speech_ms = Some(speech_ms);
        judge(&signals).has(UnusableReason::SpeechMissed)
    };
    assert!(covering(0.2, 80_000));
    assert!(!covering(0.2, 30_000), "a recording with long pauses");
    assert!(!covering(0.7, 190_000), "two channels that carry the same");
    assert!(!covering(0.02, 9_000), "too little to say so");
}

#[test]
fn foreign_speech_forced_into_english_is_a_language_mismatch() {
    let both = ["low_confidence", "language_mismatch"];
    let forced = codes(GERMAN_AS_ENGLISH, 0.44, |own| {
        own.requested_language = Some("en");
    });
    assert_eq!(forced, both);
    let english_only = codes(RUSSIAN_AS_ENGLISH, 0.16, |own| own.model = "tiny.en");
    assert_eq!(english_only, both);
}

#[test]
fn noise_is_no_language_mismatch() {
    let noise = codes(CALL_AS_NOISE, 0.42, |own| {
        own.engine = "pocketsphinx";
        own.model = "en-us";
        own.requested_language = Some("en");
        own.recognised_language = Some("en");
    });
    assert_eq!(noise, ["low_confidence"]);
}

#[test]
fn words_of_another_language_than_the_one_given_are_a_mismatch() {
    let mismatch = ["language_mismatch"];
    let german = |requested| codes(GERMAN, 0.8, |own| own.requested_language = requested);
    assert_eq!(german(Some("en-GB")), mismatch);
    assert_eq!(german(Some("de-CH")), [""; 0]);
    assert_eq!(german(None), [""; 0]);
    assert_eq!(
        german(Some("is")),
        [""; 0],
        "a language that words do not tell apart"
    );
    assert_eq!(
        codes(CALL, 0.9, |own| own.requested_language = Some("de")),
        mismatch
    );
    assert_eq!(codes(CALL, 0.9, |own| own.model = "ggml-tiny.en"), [""; 0]);
}

#[test]
fn an_engine_that_names_another_language_than_the_one_given_is_believed() {
    let recognised = |requested, recognised| {
        codes("ja so ist es", 0.9, |own| {
            own.requested_language = Some(requested);
            own.recognised_language = Some(recognised);
            own.least_speakers = 1;
        })
    };
    assert_eq!(recognised("en", "de"), ["language_mismatch"]);
    assert_eq!(recognised("no", "nn-NO"), [""; 0]);
    assert_eq!(recognised("zh-TW", "cmn"), [""; 0]);
    assert_eq!(recognised("de-AT", "de"), [""; 0]);
}

#[test]
fn one_speaker_limits_a_job_interview_alone() {
    let one = Usable::from_reasons([UnusableReason::OneSpeaker]);
    assert!(one.ok && !one.permits_ratings(Kind::JobInterview));
    assert!(one.permits_ratings(Kind::UserResearch));
    let noise = Usable::from_reasons([UnusableReason::OneSpeaker, UnusableReason::LowConfidence]);
    assert!(!noise.ok && !noise.permits_ratings(Kind::UserResearch));
    let alone = codes("I work in a library", 0.9, |own| own.least_speakers = 2);
    assert_eq!(alone, ["one_speaker"]);
}

#[test]
fn a_job_interview_needs_two_speakers_unless_one_is_expected() {
    assert_eq!(least_speakers(Kind::JobInterview, None), 2);
    assert_eq!(least_speakers(Kind::JobInterview, Some(1)), 1);
    assert_eq!(least_speakers(Kind::Other, None), 1);
    assert_eq!(least_speakers(Kind::Other, Some(3)), 2);
}

#[test]
fn codes_of_a_later_release_are_kept() {
    let later = r#"{"ok":false,"reasons":["later","one_speaker"]}"#;
    let usable: Usable = serde_json::from_str(later).unwrap();
    assert_eq!(
        usable.known_reasons().collect::<Vec<_>>(),
        [UnusableReason::OneSpeaker]
    );
    assert_eq!(serde_json::to_string(&usable).unwrap(), later);
}
