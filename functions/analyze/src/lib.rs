//! Analyzes an interview, with a verified quote for each statement.
//!
//! Listens to `data/transcript` and queues the work. The task calls the language
//! engine, looks every quote up in the words, and writes `data/analysis`. [`evidence`]
//! finds quotes, [`content`] filters statements, [`injection`] detects instructions,
//! [`metrics`] measures the conversation, [`verify`] combines them. Whether people may
//! be rated was decided when the transcript was stored, by [`domain::usable`].

mod align;
mod candidates;
pub mod content;
mod direct;
pub mod evidence;
pub mod injection;
pub mod metrics;
mod objections;
mod ratings;
mod tokens;
pub mod verify;
mod warnings;
mod word_lists;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    InterviewKey, Timestamp,
    analysis::{Analysis, Draft, Rubric},
    audio_warning::AudioWarning,
    event::Event,
    given::{self, Engine},
    ids::task_name,
    interview_store::{self, TranscriptError},
    ledger::{self, Amounts, SpendError, SpendingLimits},
    ports::{AnalysisRequest, Analyst, Precondition, Queue, Task, Write},
    speaker,
    steps::{Code, StepError, StepName},
};
use steps::{Failure, Function, StepOutput, StepRun, StepRunner, Trigger, storage_error, trace};

pub use direct::Direct;

/// The function, and what it needs.
pub struct Analyze {
    /// Claims, results and the time.
    pub steps: StepRunner,
    /// The language engine.
    pub analyst: Arc<dyn Analyst>,
    /// Where analyses wait for their turn.
    pub queue: Arc<dyn Queue>,
    /// How much one user may spend.
    pub limits: SpendingLimits,
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
            Trigger::Task(task) => self.analyze(&task.decode()?).await,
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
    /// already.
    async fn enqueue(&self, key: &InterviewKey) -> Result<(), Failure> {
        let Some(head) = interview_store::transcript_head(&*self.steps.records, key).await? else {
            return Ok(());
        };
        let plain = format!("{}-{}", key.interview_id, head.revision);
        let task = Task {
            name: task_name(&plain),
            body: serde_json::to_value(key).map_err(Failure::permanent)?,
            delay: Duration::ZERO,
            trace: trace::current(),
        };
        self.queue.enqueue(QUEUE, task).await?;
        Ok(())
    }

    async fn analyze(&self, key: &InterviewKey) -> Result<(), Failure> {
        // The task may be late: what counts is the transcript that is there now.
        let Some(head) = interview_store::transcript_head(&*self.steps.records, key).await? else {
            return Ok(());
        };
        let assignment = StepRun {
            key: key.clone(),
            step: StepName::Analysis,
            input: head.revision.to_string(),
            engine: Some(self.analyst.name()),
        };
        Box::pin(self.steps.run(assignment, |_, _| self.run_analysis(key))).await?;
        Ok(())
    }

    async fn run_analysis(&self, key: &InterviewKey) -> Result<StepOutput, StepError> {
        let records = &*self.steps.records;
        let interview = interview_store::interview(records, key)
            .await
            .map_err(|error| storage_error(&error))?;
        let transcript = interview_store::transcript(records, key)
            .await
            .map_err(|error| unreadable(&error))?;
        let (Some(interview), Some(mut transcript)) = (interview, transcript) else {
            return Err(StepError::permanent(
                Code::TranscriptMissing,
                "there is no transcript any more",
            ));
        };
        self.check_budget(key).await?;
        let engine = Engine {
            name: self.analyst.name(),
            model: self.analyst.model(),
        };
        let given = given::to_analysis(&interview, transcript.head.revision, engine);
        transcript.head.usable = Some(transcript.usable(interview.least_speakers()));
        let rubric = interview
            .rubric
            .unwrap_or_else(|| Rubric::default_for(interview.kind));
        let request = AnalysisRequest {
            // Roles help the engine; names are private and of no use to it.
            transcript: Arc::new(
                transcript.with_speaker_names(&speaker::roles(&interview.speakers)),
            ),
            kind: interview.kind,
            rubric,
        };
        let drafted = self.analyst.analyze(&request).await;
        let mut draft = drafted.map_err(|error| error.of_given(given))?;
        let of_audio = interview.audio.iter().flat_map(|audio| &audio.warnings);
        draft
            .warnings
            .extend(of_audio.map(AudioWarning::to_analysis_warning));
        let now = self.steps.clock.now();
        let used = Amounts::of_analysis(draft.usage, draft.cost_usd);
        let analysis = verified(draft, self.analyst.name(), request, now).await?;
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
    async fn check_budget(&self, key: &InterviewKey) -> Result<(), StepError> {
        let (records, now) = (&*self.steps.records, self.steps.clock.now());
        let limits = self.limits.of_cost();
        let checked = ledger::check(records, &key.user_id, &limits, Amounts::default(), now).await;
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
        TranscriptError::Damaged(_) => StepError::permanent(
            Code::TranscriptDamaged,
            "the stored transcript cannot be read",
        ),
    }
}
