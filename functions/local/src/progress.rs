//! Progress: bars in a terminal, plain lines elsewhere.

use std::io::{self, Write as _};

use domain::steps::{Step, StepName};
use indicatif::{MultiProgress, ProgressBar, ProgressFinish, ProgressStyle};

/// Where a step stands, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StepLine {
    /// The step.
    name: String,
    /// Where it stands.
    text: String,
    /// How much of it is done while it runs, in percent.
    percent: Option<u8>,
}

impl StepLine {
    /// A step by the words of the API, and why it failed.
    pub(crate) fn new(name: &str, state: &str, percent: Option<u8>, error: Option<&str>) -> Self {
        let text = match state {
            "running" | "done" | "skipped" => state.to_owned(),
            "failed" => format!("failed: {}", error.unwrap_or_default()),
            _ => "waiting".to_owned(),
        };
        Self {
            name: name.to_owned(),
            percent: percent.filter(|_| state == "running"),
            text,
        }
    }
}

impl From<(StepName, &Step)> for StepLine {
    fn from((name, step): (StepName, &Step)) -> Self {
        let error = step.error.as_ref().map(|error| error.message.as_str());
        Self::new(name.as_str(), step.state.as_str(), step.progress, error)
    }
}

/// Shows how far the steps are, on standard error.
#[derive(Default)]
pub(crate) struct Display {
    bars: MultiProgress,
    /// The bar of each step, with its line.
    shown: Vec<(ProgressBar, String)>,
}

impl Display {
    /// Prints what has changed.
    pub(crate) fn show(&mut self, steps: impl Iterator<Item = StepLine>) -> io::Result<()> {
        for (index, step) in steps.enumerate() {
            let line = format!("{:<14}{}", step.name, step.text);
            if index == self.shown.len() {
                let bar = ProgressBar::new(100).with_finish(ProgressFinish::Abandon);
                self.shown.push((self.bars.add(bar), String::new()));
            }
            let (bar, last) = &mut self.shown[index];
            if bar.is_hidden() && *last != line {
                writeln!(io::stderr(), "{line}")?;
            }
            let style = step
                .percent
                .map_or("{msg}", |_| "{msg} [{bar:20}] {percent:>3} %");
            bar.set_style(ProgressStyle::with_template(style).map_err(io::Error::other)?);
            bar.set_position(step.percent.unwrap_or_default().into());
            bar.set_message(line.clone());
            *last = line;
        }
        Ok(())
    }

    /// Says how it ended.
    pub(crate) fn end(self, status: &str) -> io::Result<()> {
        drop(self);
        writeln!(io::stderr(), "{status}")
    }
}

#[cfg(test)]
mod tests {
    use domain::steps::{Code, StepError, StepState};

    use super::*;

    #[test]
    fn a_failed_step_says_why() {
        let mut step = Step {
            state: StepState::Running,
            progress: Some(40),
            ..Step::default()
        };
        let line = |step: &Step| StepLine::from((StepName::Transcription, step));
        let running = line(&step);
        assert_eq!((&*running.text, running.percent), ("running", Some(40)));
        step.state = StepState::Failed;
        step.error = Some(StepError::permanent(Code::NoSpeech, "no speech"));
        let failed = line(&step);
        assert_eq!((&*failed.text, failed.percent), ("failed: no speech", None));
    }
}
