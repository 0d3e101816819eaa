//! Draws the waveform of a recording as soon as it is uploaded.
//!
//! Listens to the bucket for recordings; writes `data/waveform`, and to the bucket for
//! results a copy of recordings that browsers do not play.

pub mod peaks;
mod playback;

use std::{future::ready, sync::Arc};

use async_trait::async_trait;
use domain::{
    InterviewKey,
    audio_warning::{AudioWarning, add_audio_warning},
    deletion,
    event::{Event, StoredObject},
    given, interview_store,
    lease::Lease,
    ports::{ObjectStore, Precondition, Progress, Recording, Write},
    steps::{Code, StepError, StepName},
    transcript::AudioFacts,
    waveform::StoredWaveform,
};
use media::{Decoder, Error, ObjectReader, RecordingReport, UNKNOWN_TYPE};
use peaks::{Collector, Peaks};
use steps::{Failure, Function, Outcome, StepOutput, StepRun, StepRunner, Trigger, storage_error};
use tokio::task::spawn_blocking;

/// The function, and what it needs.
pub struct Waveform {
    /// Claims, results and the time.
    pub steps: StepRunner,
    /// The bucket for recordings.
    pub uploads: Arc<dyn ObjectStore>,
    /// The bucket for results.
    pub artifacts: Arc<dyn ObjectStore>,
    /// The longest recording that is accepted, in milliseconds.
    pub max_duration_ms: u64,
}

#[async_trait]
impl Function for Waveform {
    fn name(&self) -> &'static str {
        "waveform"
    }

    async fn handle(&self, trigger: Trigger) -> Result<(), Failure> {
        match trigger {
            Trigger::Task(task) => self.draw_again(task.decode()?).await,
            Trigger::Event(Event::ObjectFinalized(object)) => self.draw(object).await,
            Trigger::Event(_) => Ok(()),
        }
    }
}

impl Waveform {
    /// The same for the recording that is there already.
    async fn draw_again(&self, key: InterviewKey) -> Result<(), Failure> {
        let interview = interview_store::interview(&*self.steps.records, &key).await?;
        let Some(audio) = interview.and_then(|interview| interview.audio) else {
            return Ok(());
        };
        let Some(meta) = self.uploads.stat(&audio.object).await? else {
            return self.miss(key, audio.generation).await;
        };
        self.draw(StoredObject {
            bucket: String::new(),
            name: meta.name,
            generation: meta.generation,
            size: meta.size,
            content_type: meta.content_type,
        })
        .await
    }

    /// Settles the step of a recording that is gone.
    async fn miss(&self, key: InterviewKey, generation: Option<i64>) -> Result<(), Failure> {
        let step_run = StepRun {
            key,
            step: StepName::Waveform,
            input: generation.unwrap_or(0).to_string(),
            engine: None,
        };
        let missing = "the recording is not there any more";
        let missing = StepError::permanent(Code::RecordingMissing, missing);
        let outcome = self.steps.run(step_run, |_, _| ready(Err(missing)));
        outcome.await.map(drop)
    }

    async fn draw(&self, object: StoredObject) -> Result<(), Failure> {
        let Some(key) = InterviewKey::from_path(&object.name) else {
            return Ok(());
        };
        let step_run = StepRun {
            key: key.clone(),
            step: StepName::Waveform,
            input: object.generation.to_string(),
            engine: None,
        };
        let given = given::to_waveform(Some(object.generation), self.max_duration_ms);
        let key = &key;
        let work = async move |progress, lease| {
            let measured = self.measure(key, object, lease, progress).await;
            measured.map_err(|error| error.of_given(given))
        };
        match self.steps.run(step_run, work).await? {
            // A worker that was killed after its commit has left this to a redelivery, and one
            // that missed the response to its commit finds its lease ended.
            Outcome::Finished | Outcome::AlreadySettled | Outcome::Superseded => {
                self.delete_replaced(key).await
            }
            Outcome::Gone => Ok(deletion::clear(&*self.artifacts, key).await?),
            _ => Ok(()),
        }
    }

    async fn measure(
        &self,
        key: &InterviewKey,
        object: StoredObject,
        lease: Lease,
        progress: Arc<dyn Progress>,
    ) -> Result<StepOutput, StepError> {
        let interview = interview_store::interview(&*self.steps.records, key).await;
        let interview = interview.map_err(|error| storage_error(&error))?;
        if let Some(audio) = interview.and_then(|interview| interview.audio) {
            audio.check_size(object.size)?;
        }
        let generation = object.generation;
        let recording = Recording {
            objects: Arc::clone(&self.uploads),
            object: object.name,
            generation,
            size: object.size,
            content_type: object.content_type,
        };
        let (limit_ms, decoded) = (self.max_duration_ms, recording.clone());
        let decoded = spawn_blocking(move || decode(&decoded, limit_ms, &*progress)).await;
        let (audio, report, peaks) = decoded
            .map_err(|_| StepError::transient(Code::WorkerLost, "the decoder broke down"))?
            .map_err(|error| error.to_step_error())?;
        let playback = if report.plays_in_browsers() {
            None
        } else {
            self.store_copy(key, lease, recording).await?
        };
        let stored = StoredWaveform::new(
            audio,
            peaks.samples_per_pixel,
            &peaks.pairs,
            generation,
            self.steps.clock.now(),
        );
        let write = Write::put(key.data("waveform"), &stored, Precondition::None);
        Ok(StepOutput {
            writes: vec![write.map_err(|error| storage_error(&error))?],
            amend: Some(Box::new(move |interview| {
                if let Some(known) = &mut interview.audio {
                    known.duration_ms = Some(audio.duration_ms);
                    known.channels = Some(audio.channels);
                    known.sample_rate_hz = Some(audio.sample_rate_hz);
                    if report.content_type != UNKNOWN_TYPE {
                        known.content_type.clone_from(&report.content_type);
                    }
                    known.container = Some(report.container.clone());
                    known.codec = Some(report.codec.clone());
                    known.warnings.clone_from(&report.warnings);
                    known.playback.clone_from(&playback);
                }
            })),
            ..StepOutput::default()
        })
    }
}

fn decode(
    recording: &Recording,
    limit_ms: u64,
    progress: &dyn Progress,
) -> Result<(AudioFacts, RecordingReport, Peaks), Error> {
    progress.report(0);
    let mut finished = None;
    let peaks = peaks::draw(Collector::default, |collector| {
        let decoder = Decoder::open(Box::new(ObjectReader::open(recording)))?;
        let mut decoder = decoder.with_sparse_level_meter();
        while let Some(block) = decoder.next_block()? {
            collector.push(block.samples(), block.channels());
            if decoder.facts().duration_ms > limit_ms {
                return Err(Error::TooLong {
                    limit_minutes: limit_ms / 60_000,
                });
            }
        }
        finished = Some(decoder);
        Ok(())
    })?;
    let decoder = finished.ok_or(Error::Empty)?;
    let facts = decoder.facts();
    let mut report = decoder.report().clone();
    for code in decoder.level().warnings() {
        let warning = AudioWarning::new(code, 0, facts.duration_ms);
        add_audio_warning(&mut report.warnings, warning);
    }
    Ok((facts, report, peaks))
}
