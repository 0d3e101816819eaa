//! Which engine recognises a recording, and jobs that wait for theirs.

use std::{sync::Arc, time::Duration};

use domain::{
    Interview, InterviewKey,
    callback::Job,
    interview_store,
    ports::Transcriber,
    steps::{StepError, StepName, WaitReason, Waiting},
};
use steps::Failure;

use crate::{Transcribe, step_run};

impl Transcribe {
    /// The engine of recordings for which no other was chosen.
    pub(crate) fn active(&self) -> Arc<dyn Transcriber> {
        or_substitute(Arc::clone(&self.transcribers.active))
    }

    /// The engine that the interview's transcription was requested with; an error where it is
    /// not set up here.
    pub(crate) async fn engine(
        &self,
        key: &InterviewKey,
    ) -> Result<Result<Arc<dyn Transcriber>, StepError>, Failure> {
        let interview = interview_store::interview(&*self.steps.records, key).await?;
        let chosen = interview.and_then(|interview| interview.steps.transcription.chosen_engine);
        Ok(self
            .transcribers
            .choose(chosen.as_deref())
            .map(or_substitute))
    }

    /// Settles the step of a task that no engine can do.
    pub(crate) async fn fail(&self, job: &Job, error: StepError) -> Result<(), Failure> {
        let run = step_run(&job.key, job.generation, self.transcribers.active.name());
        let refuse = |_, _| std::future::ready(Err(error));
        self.steps.run(run, refuse).await?;
        Ok(())
    }

    /// Puts a job off whose engine is not ready, and notes why. No lease is acquired and
    /// no attempt is counted, so that it can wait for days.
    pub(crate) async fn hold_back(
        &self,
        job: &Job,
        reason: WaitReason,
        retry_in: Option<Duration>,
    ) -> Result<(), Failure> {
        let now = self.steps.clock.now();
        let waiting = Waiting::new(reason, retry_in.map(|wait| now + wait), now);
        let (records, input) = (&*self.steps.records, job.generation.to_string());
        let step = StepName::Transcription;
        let hold_back =
            |interview: &mut Interview| interview.hold_back(step, &input, waiting.clone());
        let remains = interview_store::transition(records, &job.key, now, hold_back).await?;
        if remains != Some(true) {
            return Ok(());
        }
        Err(Failure::Later(probe_again(reason, retry_in)))
    }
}

fn or_substitute(engine: Arc<dyn Transcriber>) -> Arc<dyn Transcriber> {
    engine.substitute().unwrap_or(engine)
}

/// How soon it is looked again whether the engine is ready: an engine becomes free, and a
/// model complete, at any moment.
fn probe_again(reason: WaitReason, retry_in: Option<Duration>) -> Duration {
    let often = match reason {
        WaitReason::EngineBusy => Duration::from_secs(1),
        WaitReason::ModelDownload => Duration::from_secs(2),
        WaitReason::ModelUnavailable | WaitReason::Retry | WaitReason::Unknown(_) => {
            Duration::from_secs(15)
        }
    };
    retry_in.map_or(often, |wait| wait.clamp(Duration::from_secs(1), often))
}
