//! Runs of steps that had been done.

use crate::{
    Interview, RunId, Timestamp,
    steps::{Code, FailedRun, Step, StepError, StepName, StepState},
    versions::UnknownFields,
};

impl Interview {
    /// Lets a step stand as it did before a run that its owner requested, if the run failed, or
    /// never began because the step before it failed.
    pub(super) fn restore(&mut self, step: StepName, error: &StepError, now: Timestamp) -> bool {
        let step = self.steps.step_mut(step);
        let never_began = error.code == Code::PrerequisiteFailed.as_str();
        if step.run.is_none() && !never_began {
            return false;
        }
        let Some(previous) = step.previous.take() else {
            return false;
        };
        let failed = step.run.map(|run_id| {
            Box::new(FailedRun {
                run_id,
                error: error.clone(),
                finished_at: now,
                unknown: UnknownFields::default(),
            })
        });
        *step = Step {
            failed_run: failed.or(step.failed_run.take()),
            ..*previous
        };
        true
    }

    /// Lets a settled step be run once more, as this run, by this engine or by the active one;
    /// without a run, because a step before it is. A step that was done stands as it does now if
    /// that fails.
    pub fn rerun(
        &mut self,
        step: StepName,
        run: Option<RunId>,
        engine: Option<&str>,
        now: Timestamp,
    ) {
        let before = self.steps.step(step).clone();
        self.reopen(step, now);
        let step = self.steps.step_mut(step);
        step.run = run;
        step.chosen_engine = engine.map(str::to_owned);
        step.previous = (before.state == StepState::Done).then(|| {
            Box::new(Step {
                previous: None,
                ..before
            })
        });
    }
}
