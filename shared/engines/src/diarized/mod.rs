//! Diarization for engines that have none.
//!
//! Where each channel carries one person, the engine's own speakers stay. Otherwise the
//! mix of all channels is diarized while the engine recognises it, and each word goes
//! to the speaker who talks at its time.

mod assign;
mod checkpoint;
mod listen;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    engine_check::Finding,
    ports::{Progress, Readiness, Transcriber, TranscriptionRequest},
    steps::StepError,
    transcript::{Recognition, Speaker},
};
use futures::future::BoxFuture;
use parking_lot::Mutex;

use crate::probe;

/// The diarization's part of the work, in percent.
const SHARE: u32 = 20;

/// An engine whose words are given to speakers by diarization.
pub struct Diarized {
    engine: Arc<dyn Transcriber>,
}

impl Diarized {
    /// Leaves the words to `engine`.
    pub fn new(engine: Arc<dyn Transcriber>) -> Self {
        Self { engine }
    }
}

#[async_trait]
impl Transcriber for Diarized {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn model(&self) -> Option<&str> {
        self.engine.model()
    }

    fn cost_usd(&self, audio_ms: u64) -> Option<f64> {
        self.engine.cost_usd(audio_ms)
    }

    fn readiness(&self) -> Readiness {
        self.engine.readiness()
    }

    async fn check(&self) -> Vec<Finding> {
        let mut findings = self.engine.check().await;
        let version = diarization::VERSION;
        let message = format!("speakers are told apart by voice, with {version}");
        findings.push(Finding::ok("diarization", message));
        findings
    }

    fn substitute(&self) -> Option<Arc<dyn Transcriber>> {
        let substitute = self.engine.substitute()?;
        Some(Arc::new(Self::new(substitute)))
    }

    fn keeps_checkpoints(&self) -> bool {
        true
    }

    fn calls_back(&self, request: &TranscriptionRequest, public_url: &str) -> bool {
        self.engine.calls_back(request, public_url)
    }

    async fn submit(
        &self,
        request: &TranscriptionRequest,
        callback_url: &str,
        before: BoxFuture<'_, Result<(), StepError>>,
    ) -> Result<(), StepError> {
        self.engine.submit(request, callback_url, before).await
    }

    fn receive(&self, answer: &[u8]) -> Result<Recognition, StepError> {
        self.engine.receive(answer)
    }

    async fn transcribe(
        &self,
        request: &TranscriptionRequest,
        progress: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        let probe = probe::probe(request).await?;
        if probe.separate {
            return self.engine.transcribe(request, progress).await;
        }
        let both = Both::new(progress);
        let engine = Part {
            report: |percent| both.report(Some(percent), None),
        };
        let words = self.engine.transcribe(request, &engine);
        let speakers = listen::diarize(request, probe, |percent| both.report(None, Some(percent)));
        // An engine's error ends the diarization; one of the diarization costs no words.
        let (recognition, diarization) =
            futures::try_join!(words, async { Ok::<_, StepError>(speakers.await) })?;
        let diarization = diarization.inspect_err(|error| {
            tracing::warn!(event = "diarization.failed", error = %format!("{error:#}"), "the speakers could not be told apart");
        });
        Ok(match diarization {
            Ok(diarization) if recognition.speakers.len() <= 1 => {
                told_apart(recognition, &diarization.turns)
            }
            _ => recognition,
        })
    }
}

/// The same words with the speakers of the turns.
fn told_apart(recognition: Recognition, turns: &[diarization::SpeakerTurn]) -> Recognition {
    let (words, speakers) = assign::speakers(recognition.words, turns);
    Recognition {
        words,
        speakers: (0..speakers.max(1)).map(Speaker::unnamed).collect(),
        diarization: Some(diarization::VERSION.to_owned()),
        ..recognition
    }
}

/// How far two parts of the work are, reported as one.
struct Both<'a> {
    progress: &'a dyn Progress,
    reached: Mutex<Reached>,
}

/// How far each part is, in percent. Before both have said so nothing is reported: one may
/// still skip what an earlier attempt has done.
#[derive(Default)]
struct Reached {
    engine: Option<u8>,
    diarization: Option<u8>,
    reported: Option<u8>,
}

impl<'a> Both<'a> {
    fn new(progress: &'a dyn Progress) -> Self {
        Self {
            progress,
            reached: Mutex::default(),
        }
    }

    fn report(&self, engine: Option<u8>, diarization: Option<u8>) {
        let mut reached = self.reached.lock();
        reached.engine = reached.engine.max(engine.map(|percent| percent.min(100)));
        let most = diarization.map(|percent| percent.min(100));
        reached.diarization = reached.diarization.max(most);
        let (Some(engine), Some(diarization)) = (reached.engine, reached.diarization) else {
            return;
        };
        let sum = u32::from(engine) * (100 - SHARE) + u32::from(diarization) * SHARE;
        let percent = u8::try_from(sum / 100).unwrap_or(100);
        if reached.reported.is_none_or(|reported| percent > reported) {
            reached.reported = Some(percent);
            self.progress.report(percent);
        }
    }
}

/// One part's progress.
struct Part<F> {
    report: F,
}

impl<F: Fn(u8) + Send + Sync> Progress for Part<F> {
    fn report(&self, percent: u8) {
        (self.report)(percent);
    }
}
