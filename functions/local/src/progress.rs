//! Progress: bars in a terminal, plain lines elsewhere.

use std::io::{self, Write as _};

use domain::{
    Interview,
    steps::{Step, StepState, Steps},
};
use indicatif::{MultiProgress, ProgressBar, ProgressFinish, ProgressStyle};

/// Shows how far the steps are, on standard error.
#[derive(Default)]
pub(crate) struct Display {
    bars: MultiProgress,
    /// The bar of each step, with its line.
    shown: Vec<(ProgressBar, String)>,
}

impl Display {
    /// Prints what has changed.
    pub(crate) fn show(&mut self, steps: &Steps) -> io::Result<()> {
        for (index, (name, step)) in steps.iter().enumerate() {
            let line = format!("{:<14}{}", name.as_str(), describe(step));
            if index == self.shown.len() {
                let bar = ProgressBar::new(100).with_finish(ProgressFinish::Abandon);
                self.shown.push((self.bars.add(bar), String::new()));
            }
            let (bar, last) = &mut self.shown[index];
            if bar.is_hidden() && *last != line {
                writeln!(io::stderr(), "{line}")?;
            }
            let percent = step.progress.filter(|_| step.state == StepState::Running);
            let style = percent.map_or("{msg}", |_| "{msg} [{bar:20}] {percent:>3} %");
            bar.set_style(ProgressStyle::with_template(style).map_err(io::Error::other)?);
            bar.set_position(percent.unwrap_or_default().into());
            bar.set_message(line.clone());
            *last = line;
        }
        Ok(())
    }

    /// Says how it ended.
    pub(crate) fn end(self, interview: &Interview) -> io::Result<()> {
        drop(self);
        writeln!(io::stderr(), "{}", interview.visible_status().as_str())
    }
}

fn describe(step: &Step) -> String {
    match step.state {
        StepState::Pending | StepState::Unknown(_) => "waiting".into(),
        StepState::Running => "running".into(),
        StepState::Done => "done".into(),
        StepState::Skipped => "skipped".into(),
        StepState::Failed => {
            let why = step
                .error
                .as_ref()
                .map_or("", |error| error.message.as_str());
            format!("failed: {why}")
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::steps::{Code, StepError};

    use super::*;

    #[test]
    fn a_failed_step_says_why() {
        let mut step = Step {
            state: StepState::Running,
            ..Step::default()
        };
        assert_eq!(describe(&step), "running");
        step.state = StepState::Failed;
        step.error = Some(StepError::permanent(Code::NoSpeech, "no speech"));
        assert_eq!(describe(&step), "failed: no speech");
    }
}
