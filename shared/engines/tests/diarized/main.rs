//! Speakers told apart by voice around an engine with a script.
#![cfg(feature = "diarization")]

mod support;

use std::sync::{Arc, Mutex, atomic::Ordering};

use async_trait::async_trait;
use domain::{
    ports::{Progress, Readiness, Transcriber, TranscriptionRequest},
    steps::{Code, StepError, WaitReason},
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

/// Both speakers of the interview on one channel.
fn mixed() -> Vec<i16> {
    let [left, right] = interview();
    let pairs = left.iter().zip(&right);
    pairs.map(|(left, right)| left / 2 + right / 2).collect()
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
    let mixed = mixed();
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
    let mixed = mixed();
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
async fn engine_error_is_passed_through() {
    let engine = Scripted::failing();
    let calls = Arc::clone(&engine.calls);
    let engine = Diarized::new(Arc::new(engine));
    assert_eq!(engine.name(), "scripted");
    let request = request(wav(&[&vec![0; 16_000]]));
    let error = engine.transcribe(&request, &Reported::default()).await;
    assert_eq!(error.unwrap_err().code, Code::EngineUnavailable.as_str());
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

/// An engine that waits for its model, with another one in its place.
struct Waiting;

#[async_trait]
impl Transcriber for Waiting {
    fn name(&self) -> &'static str {
        "waiting"
    }

    fn readiness(&self) -> Readiness {
        Readiness::Waiting {
            reason: WaitReason::ModelDownload,
            retry_in: None,
        }
    }

    fn substitute(&self) -> Option<Arc<dyn Transcriber>> {
        Some(Arc::new(Scripted::new(spoken().0)))
    }

    fn keeps_checkpoints(&self) -> bool {
        true
    }

    async fn transcribe(
        &self,
        _: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        Err(StepError::transient(Code::EngineUnavailable, "no model"))
    }
}

#[tokio::test]
async fn an_engine_that_waits_is_waited_for_and_its_substitute_is_diarized() {
    let engine = Diarized::new(Arc::new(Waiting));
    let waits = Readiness::Waiting {
        reason: WaitReason::ModelDownload,
        retry_in: None,
    };
    assert_eq!(engine.readiness(), waits);
    assert!(engine.keeps_checkpoints());
    let substitute = engine.substitute().expect("the engine has one");
    assert_eq!(substitute.name(), "scripted");
    let mixed = mixed();
    let request = request(wav(&[&mixed]));
    let recognition = substitute
        .transcribe(&request, &Reported::default())
        .await
        .expect("valid test data");
    assert_eq!(recognition.speakers.len(), 2);
}
