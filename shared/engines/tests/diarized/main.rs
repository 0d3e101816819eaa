//! Speakers told apart by voice around an engine with a script.
#![cfg(feature = "diarization")]

mod support;

use std::sync::{Arc, Mutex, atomic::Ordering};

use domain::{
    ports::{Progress, Transcriber},
    steps::Code,
    transcript::Recognition,
};
use engines::Diarized;
use support::{Scripted, interview, request, spoken, wav};

/// What was reported.
#[derive(Default)]
struct Reported(Mutex<Vec<u8>>);

impl Progress for Reported {
    fn report(&self, percent: u8) {
        self.0.lock().expect("valid test data").push(percent);
    }
}

async fn transcribe(engine: Scripted, audio: bytes::Bytes) -> (Recognition, Vec<u8>) {
    let reported = Reported::default();
    let engine = Diarized::new(Arc::new(engine));
    let recognition = engine
        .transcribe(&request(audio), &reported)
        .await
        .expect("valid test data");
    (
        recognition,
        reported.0.into_inner().expect("valid test data"),
    )
}

#[tokio::test]
async fn mono_words_go_to_the_speakers_who_say_them() {
    let [left, right] = interview();
    let mixed: Vec<i16> = left
        .iter()
        .zip(&right)
        .map(|(a, b)| a / 2 + b / 2)
        .collect();
    let (words, truth) = spoken();
    let (recognition, reported) = transcribe(Scripted::new(words), wav(&[&mixed])).await;
    assert_eq!(recognition.speakers.len(), 2);
    assert_eq!(
        recognition.diarization.as_deref(),
        Some(diarization::VERSION)
    );
    let pairs = recognition.words.iter().zip(&truth);
    let wrong = pairs
        .filter(|(word, truth)| word.speaker != **truth)
        .count();
    assert!(wrong * 50 <= truth.len(), "{wrong} of {}", truth.len());
    assert!(reported.is_sorted(), "{reported:?}");
    assert_eq!(reported.last(), Some(&100));
}

#[tokio::test]
async fn one_person_to_each_channel_is_left_to_the_engine() {
    let [left, right] = interview();
    let (words, _) = spoken();
    let engine = Scripted::new(words);
    let before = engine.recognition.clone();
    let (recognition, reported) = transcribe(engine, wav(&[&left, &right])).await;
    assert_eq!(recognition, before);
    assert_eq!(reported, [50, 100]);
}

#[tokio::test]
async fn two_people_on_both_channels_are_told_apart() {
    let [left, right] = interview();
    let mixed: Vec<i16> = left
        .iter()
        .zip(&right)
        .map(|(a, b)| a / 2 + b / 2)
        .collect();
    let (words, _) = spoken();
    let (recognition, _) = transcribe(Scripted::new(words), wav(&[&mixed, &mixed])).await;
    assert_eq!(recognition.speakers.len(), 2);
}

#[tokio::test]
async fn speakers_that_the_engine_knows_stay() {
    let [left, _] = interview();
    let (words, _) = spoken();
    let mut engine = Scripted::new(words);
    engine.recognition.speakers = (0..3).map(domain::transcript::Speaker::unnamed).collect();
    let before = engine.recognition.clone();
    let (recognition, _) = transcribe(engine, wav(&[&left[..160_000]])).await;
    assert_eq!(recognition, before);
}

#[tokio::test]
async fn silence_has_one_speaker_and_costs_no_words() {
    let (words, _) = spoken();
    let (recognition, _) = transcribe(Scripted::new(words), wav(&[&vec![0; 160_000]])).await;
    assert_eq!(recognition.speakers.len(), 1);
    assert!(
        recognition
            .words
            .iter()
            .all(|word| word.speaker == 0 && !word.overlap)
    );
}

#[tokio::test]
async fn error_of_the_engine_is_its_own() {
    let engine = Scripted::failing();
    let calls = Arc::clone(&engine.calls);
    let engine = Diarized::new(Arc::new(engine));
    assert_eq!(engine.name(), "scripted");
    let request = request(wav(&[&vec![0; 16_000]]));
    let error = engine.transcribe(&request, &Reported::default()).await;
    assert_eq!(error.unwrap_err().code, Code::EngineUnavailable.as_str());
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}
