//! The engine `whisper` with a published model on real recordings, where the model is in
//! the cache or can be fetched. Counted as skipped by name elsewhere.
#![cfg_attr(
    feature = "whisper",
    allow(
        clippy::print_stdout,
        reason = "it writes what the test harness writes"
    )
)]

#[cfg(feature = "whisper")]
#[path = "whisper/model.rs"]
#[allow(dead_code, reason = "shared with the tests of scripted models")]
mod model;
#[cfg(feature = "whisper")]
#[path = "whisper/support.rs"]
#[allow(dead_code, reason = "shared with the tests of scripted models")]
mod support;

#[cfg(not(feature = "whisper"))]
fn main() {}

#[cfg(feature = "whisper")]
fn main() -> std::process::ExitCode {
    real::main()
}

#[cfg(feature = "whisper")]
mod real {
    use std::{panic::AssertUnwindSafe, path::Path, process::ExitCode};

    use bytes::Bytes;
    use config::Environment;
    use domain::{
        ports::{Transcriber as _, TranscriptionRequest},
        transcript::Recognition,
    };
    use engines::Whisper;
    use futures::FutureExt as _;
    use models::{ModelLibrary, ModelSettings, PublishedModel};

    use super::support::{Reported, request, wav};

    /// The smallest published model.
    const MODEL: &str = "tiny.en";

    const NAMES: [&str; 5] = [
        "read_speech_is_recognised",
        "conversation_is_recognised_with_its_times",
        "telephone_conversation_is_recognised",
        "silence_music_and_noise_have_no_words",
        "other_language_is_refused",
    ];

    #[tokio::main]
    pub(super) async fn main() -> ExitCode {
        let Some(engine) = engine().await else {
            for name in NAMES {
                println!("test {name} ... ignored, the model {MODEL} cannot be had here");
            }
            println!(
                "test result: ok. 0 passed; 0 failed; {} ignored",
                NAMES.len()
            );
            return ExitCode::SUCCESS;
        };
        let mut failed = 0;
        for name in NAMES {
            let outcome = AssertUnwindSafe(run(name, &engine)).catch_unwind().await;
            failed += usize::from(outcome.is_err());
            println!(
                "test {name} ... {}",
                if outcome.is_ok() { "ok" } else { "FAILED" }
            );
        }
        let verdict = if failed == 0 { "ok" } else { "FAILED" };
        let passed = NAMES.len() - failed;
        println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
        if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    async fn engine() -> Option<Whisper> {
        let settings = ModelSettings::read(&Environment::from_process()).expect("valid settings");
        let model = PublishedModel::named(MODEL).expect("a known model");
        let path = ModelLibrary::new(settings).obtain(model, &()).await.ok()?;
        Some(Whisper::from_file(&path).expect("a model"))
    }

    async fn run(name: &str, engine: &Whisper) {
        match name {
            "read_speech_is_recognised" => read_speech(engine).await,
            "conversation_is_recognised_with_its_times" => conversation(engine).await,
            "telephone_conversation_is_recognised" => telephone(engine).await,
            "silence_music_and_noise_have_no_words" => no_speech(engine).await,
            _ => other_language(engine).await,
        }
    }

    async fn transcribe(engine: &Whisper, request: &TranscriptionRequest) -> Recognition {
        let found = engine.transcribe(request, &Reported::default()).await;
        found.expect("a transcription")
    }

    fn sample(name: &str) -> Vec<u8> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../samples")
            .join(name);
        std::fs::read(path).expect("a sample")
    }

    fn text(name: &str) -> String {
        String::from_utf8(sample(name)).expect("text")
    }

    /// Lower case, without punctuation; compounds as their parts.
    fn plain(text: &str) -> Vec<String> {
        let parts = text.split(|letter: char| letter.is_whitespace() || letter == '-');
        let words = parts.map(|part| {
            let letters = part.chars().filter(|letter| letter.is_alphanumeric());
            letters.flat_map(char::to_lowercase).collect::<String>()
        });
        let words = words.filter(|word| !word.is_empty());
        words
            .map(|word| {
                if word == "mister" {
                    "mr".to_owned()
                } else {
                    word
                }
            })
            .collect()
    }

    fn words(found: &Recognition) -> Vec<String> {
        let mut words: Vec<_> = found.words.iter().collect();
        words.sort_by_key(|word| word.start_ms);
        words
            .iter()
            .flat_map(|word| plain(word.text.reveal()))
            .collect()
    }

    /// Word errors by the words of the reference, in percent.
    fn error_rate(reference: &[String], found: &[String]) -> usize {
        let mut row: Vec<usize> = (0..=found.len()).collect();
        for (index, word) in reference.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = index + 1;
            for (column, candidate) in found.iter().enumerate() {
                let replaced = diagonal + usize::from(word != candidate);
                diagonal = row[column + 1];
                row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
            }
        }
        row[found.len()] * 100 / reference.len()
    }

    async fn read_speech(engine: &Whisper) {
        let audio = Bytes::from(sample("speech/read-speech.flac"));
        let found = transcribe(engine, &request(audio)).await;
        let errors = error_rate(&plain(&text("speech/read-speech.txt")), &words(&found));
        assert!(errors <= 5, "{errors} %: {:?}", words(&found));
    }

    /// The first 40 seconds of the bundled interview; the reference has turns with times.
    async fn conversation(engine: &Whisper) {
        let found = transcribe(engine, &super::support::bundled(40)).await;
        let reference: serde_json::Value =
            serde_json::from_slice(&sample("interview.words.json")).expect("JSON");
        let turns = reference["turns"].as_array().expect("turns");
        let ended = turns
            .iter()
            .filter(|turn| turn["end_ms"].as_u64() < Some(38_000));
        for turn in ended {
            let [start_ms, end_ms, channel] =
                ["start_ms", "end_ms", "channel"].map(|key| turn[key].as_u64().expect("a number"));
            let said = plain(turn["text"].as_str().expect("text"));
            // Words at the edges may lie 300 ms outside.
            let inside = found.words.iter().filter(|word| {
                u64::from(word.speaker) == channel
                    && word.start_ms + 300 >= start_ms
                    && word.end_ms <= end_ms + 300
            });
            let heard: Vec<String> = inside.flat_map(|word| plain(word.text.reveal())).collect();
            let errors = error_rate(&said, &heard);
            assert!(errors <= 20, "{errors} % of {said:?}: {heard:?}");
        }
    }

    async fn telephone(engine: &Whisper) {
        let audio = Bytes::from(sample("speech/telephone.flac"));
        let found = transcribe(engine, &request(audio)).await;
        let stm = text("speech/telephone.stm");
        let lines = stm.lines().filter(|line| !line.starts_with(';'));
        let said: Vec<String> = lines
            .flat_map(|line| plain(line.splitn(6, ' ').last().unwrap_or_default()))
            .collect();
        let errors = error_rate(&said, &words(&found));
        assert!(errors <= 40, "{errors} %: {:?}", words(&found));
    }

    async fn no_speech(engine: &Whisper) {
        for (name, sound) in [
            ("silence", silence()),
            ("music", music()),
            ("noise", noise()),
        ] {
            let found = transcribe(engine, &request(wav(16_000, &[&sound]))).await;
            assert!(found.words.is_empty(), "{name}: {:?}", words(&found));
        }
    }

    const TEN_SECONDS: usize = 160_000;

    fn silence() -> Vec<i16> {
        vec![0; TEN_SECONDS]
    }

    /// Chords of three tones that change each second.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "small numbers"
    )]
    fn music() -> Vec<i16> {
        let sample = |n: usize| {
            let root = [220.0, 247.0, 262.0, 196.0][n / 16_000 % 4];
            let tones = [1.0, 1.25, 1.5].map(|ratio| {
                let cycles = root * ratio * n as f32 / 16_000.0;
                (cycles * std::f32::consts::TAU).sin()
            });
            (tones.iter().sum::<f32>() * 4_000.0) as i16
        };
        (0..TEN_SECONDS).map(sample).collect()
    }

    fn noise() -> Vec<i16> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::try_from(state >> 20).unwrap_or(0) - 2_048
        };
        (0..TEN_SECONDS).map(|_| next()).collect()
    }

    async fn other_language(engine: &Whisper) {
        let mut german = request(Bytes::from(sample("speech/read-speech.flac")));
        german.language = Some("de".to_owned());
        let refused = engine.transcribe(&german, &Reported::default()).await;
        assert_eq!(refused.expect_err("refused").code, "language_not_supported");
    }
}
