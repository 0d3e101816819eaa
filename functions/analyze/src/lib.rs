//! Analyzes an interview, with a verified quote for each statement.
//!
//! Listens to `data/transcript` and queues the work. The task calls the language
//! engine, looks every quote up in the words, and writes `data/analysis`. The crate
//! [`evidence`] finds quotes, [`content`] filters statements, [`injection`] detects instructions,
//! [`metrics`] measures the conversation, [`verify`] combines them. Whether people may
//! be rated was decided when the transcript was stored, by [`domain::usable`].
//!
//! The same queue has the tasks of collections, whose themes the engine proposes.

pub mod content;
mod direct;
pub mod injection;
pub mod metrics;
mod objections;
mod ratings;
mod themes;
pub mod verify;
mod word_lists;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    InterviewKey, Timestamp, UserId,
    analysis::{Analysis, DerivedFrom, Draft, Rubric, settings_digest},
    audio_warning::AudioWarning,
    event::Event,
    given::{self, Engine},
    ids::task_name,
    interview_store::{self, TranscriptError},
    ledger::{self, Amounts, SpendError, SpendingLimits},
    ports::{AnalysisRequest, Analyst, EngineSet, Enqueued, Precondition, Queue, Task, Write},
    speaker,
    steps::{Code, StepError, StepName, StepState},
    themes::CollectionKey,
};
use serde::Deserialize;
use steps::{
    Failure, Function, StepOutput, StepRun, StepRunner, Trigger, second_name, storage_error, trace,
};

pub use direct::Direct;

/// The function, and what it needs.
pub struct Analyze {
    /// Claims, results and the time.
    pub steps: StepRunner,
    /// The language engines: the active one, and others that a run can choose.
    pub analysts: EngineSet<dyn Analyst>,
    /// Where analyses wait for their turn.
    pub queue: Arc<dyn Queue>,
    /// How much one user may spend.
    pub limits: SpendingLimits,
}

/// What a task is about.
#[derive(Deserialize)]
#[serde(untagged)]
enum AnalysisTask {
    /// The analysis of an interview.
    Interview(InterviewKey),
    /// The themes of a collection.
    Themes(CollectionKey),
}

/// Bounds how many analyses run at once and gives each half an hour; an event is
/// limited to ten minutes.
const QUEUE: &str = "analysis";

#[async_trait]
impl Function for Analyze {
    fn name(&self) -> &'static str {
        "analyze"
    }

    async fn handle(&self, trigger: Trigger) -> Result<(), Failure> {
        match trigger {
            Trigger::Task(task) => match task.decode()? {
                AnalysisTask::Interview(key) => self.analyze(&key).await,
                AnalysisTask::Themes(key) => self.propose_themes(&key).await,
            },
            Trigger::Event(Event::DocumentWritten(written)) => {
                match InterviewKey::from_path(written.path.as_str()) {
                    Some(key) => self.enqueue(&key).await,
                    None => Ok(()),
                }
            }
            Trigger::Event(_) => Ok(()),
        }
    }
}

impl Analyze {
    /// Queues the analysis of the transcript that is there now. A duplicate is queued
    /// already, or was within the last day: an analysis that waits nevertheless gets a task
    /// of another name.
    async fn enqueue(&self, key: &InterviewKey) -> Result<(), Failure> {
        let Some(head) = interview_store::transcript_head(&*self.steps.records, key).await? else {
            return Ok(());
        };
        let plain = format!("{}-{}", key.interview_id, head.revision);
        if self.enqueue_as(&plain, key).await? == Enqueued::Accepted {
            return Ok(());
        }
        let interview = interview_store::interview(&*self.steps.records, key).await?;
        let now = self.steps.clock.now();
        let second = interview
            .and_then(|interview| second_name(&interview, StepName::Analysis, &plain, now));
        if let Some(second) = second {
            self.enqueue_as(&second, key).await?;
        }
        Ok(())
    }

    async fn enqueue_as(&self, plain: &str, key: &InterviewKey) -> Result<Enqueued, Failure> {
        let task = Task {
            name: task_name(plain),
            body: serde_json::to_value(key).map_err(Failure::permanent)?,
            delay: Duration::ZERO,
            trace: trace::current(),
        };
        Ok(self.queue.enqueue(QUEUE, task).await?)
    }

    async fn analyze(&self, key: &InterviewKey) -> Result<(), Failure> {
        // The task may be late: what counts is the transcript that is there now.
        let Some(head) = interview_store::transcript_head(&*self.steps.records, key).await? else {
            return Ok(());
        };
        let input = head.revision.to_string();
        let interview = interview_store::interview(&*self.steps.records, key).await?;
        let step = interview.map(|interview| interview.steps.analysis);
        let is_done = step.as_ref().is_some_and(|step| {
            step.state == StepState::Done && step.input.as_ref() != Some(&input)
        });
        if is_done {
            // Another transcript is shown: its analysis waits for a request.
            return Ok(());
        }
        let chosen = step.and_then(|step| step.chosen_engine);
        let engine = self.analysts.choose(chosen.as_deref());
        let name = engine
            .as_ref()
            .map_or(self.analysts.active.name(), |own| own.name());
        let step_run = StepRun {
            key: key.clone(),
            step: StepName::Analysis,
            input,
            engine: Some(name),
        };
        let work = |_, _| async { self.run_analysis(key, &*engine?).await };
        Box::pin(self.steps.run(step_run, work)).await?;
        Ok(())
    }

    async fn run_analysis(
        &self,
        key: &InterviewKey,
        analyst: &dyn Analyst,
    ) -> Result<StepOutput, StepError> {
        let records = &*self.steps.records;
        let interview = interview_store::interview(records, key)
            .await
            .map_err(|error| storage_error(&error))?;
        let missing = || {
            let message = "there is no transcript any more";
            StepError::permanent(Code::TranscriptMissing, message)
        };
        let interview = interview.ok_or_else(missing)?;
        let corrected = interview_store::corrected_transcript(records, &interview)
            .await
            .map_err(|error| unreadable(&error))?
            .ok_or_else(missing)?;
        let (revision, mut transcript) = (corrected.revision, corrected.transcript);
        let roles = speaker::roles(&interview.speakers);
        let derived_from = DerivedFrom {
            settings: Some(settings_digest(&interview)),
            ..DerivedFrom::new(&interview, transcript.head.revision, revision)
        };
        let derived_from = derived_from.with_speakers(&roles);
        self.check_budget(&key.user_id).await?;
        let engine = Engine {
            name: analyst.name(),
            model: analyst.model(),
        };
        let given = given::to_analysis(&interview, transcript.head.revision, engine);
        transcript.head.usable = Some(transcript.usable(interview.least_speakers()));
        let rubric = interview
            .rubric
            .unwrap_or_else(|| Rubric::default_for(interview.kind));
        let request = AnalysisRequest {
            // Roles help the engine; names are private and of no use to it.
            transcript: Arc::new(transcript.with_speaker_names(&roles)),
            kind: interview.kind,
            rubric,
            key_terms: interview.key_terms,
        };
        let drafted = analyst.analyze(&request).await;
        let mut draft = drafted.map_err(|error| error.of_given(given))?;
        let of_audio = interview.audio.iter().flat_map(|audio| &audio.warnings);
        draft
            .warnings
            .extend(of_audio.map(AudioWarning::to_analysis_warning));
        let now = self.steps.clock.now();
        let used = Amounts::of_analysis(draft.usage, draft.cost_usd);
        let mut analysis = verified(draft, analyst.name(), request, now).await?;
        analysis.derived_from = derived_from.into();
        let write = Write::put(key.data("analysis"), &analysis, Precondition::None);
        Ok(StepOutput {
            writes: vec![write.map_err(|error| storage_error(&error))?],
            amend: Some(Box::new(move |interview| {
                interview.note_use(StepName::Analysis, used, now);
            })),
            ..StepOutput::default()
        })
    }

    /// Refuses an analysis once its user has reached the limit of costs.
    async fn check_budget(&self, user: &UserId) -> Result<(), StepError> {
        let (records, now) = (&*self.steps.records, self.steps.clock.now());
        let limits = self.limits.of_cost();
        let checked = ledger::check(records, user, &limits, Amounts::default(), now).await;
        checked.map_err(|error| match error {
            SpendError::Exhausted(exhausted) => exhausted.to_step_error(),
            SpendError::Records(error) => storage_error(&error),
        })
    }
}

/// Verifies a draft beside the runtime: a long conversation is a second's work.
async fn verified(
    draft: Draft,
    engine: &str,
    request: AnalysisRequest,
    now: Timestamp,
) -> Result<Analysis, StepError> {
    let engine = engine.to_owned();
    let verifying =
        tokio::task::spawn_blocking(move || verify::verify(draft, &engine, &request, now));
    let failed = |_| StepError::transient(Code::WorkerLost, "the analysis could not be verified");
    verifying.await.map_err(failed)
}

fn unreadable(error: &TranscriptError) -> StepError {
    match error {
        TranscriptError::Records(error) => storage_error(error),
        TranscriptError::Damaged(_) | TranscriptError::DamagedLog => StepError::permanent(
            Code::TranscriptDamaged,
            "the stored transcript cannot be read",
        ),
    }
}
