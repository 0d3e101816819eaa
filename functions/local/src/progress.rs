//! Progress, live in a terminal and as plain lines elsewhere.

use std::io::{self, IsTerminal, Write};

use domain::{
    Interview,
    steps::{Step, StepState, Steps},
};

/// Shows how far the steps are, on standard error.
pub(crate) struct Display {
    live: bool,
    shown: Vec<String>,
}

impl Display {
    pub(crate) fn new() -> Self {
        Self {
            live: io::stderr().is_terminal(),
            shown: Vec::new(),
        }
    }

    /// Prints what has changed.
    pub(crate) fn show(&mut self, steps: &Steps) -> io::Result<()> {
        let lines: Vec<String> = steps
            .iter()
            .map(|(name, step)| format!("{:<14}{}", name.as_str(), describe(step, self.live)))
            .collect();
        let mut out = io::stderr().lock();
        if self.live {
            if !self.shown.is_empty() {
                write!(out, "\x1b[{}A", self.shown.len())?;
            }
            for line in &lines {
                writeln!(out, "\x1b[2K{line}")?;
            }
        } else {
            for (index, line) in lines.iter().enumerate() {
                if self.shown.get(index) != Some(line) {
                    writeln!(out, "{line}")?;
                }
            }
        }
        self.shown = lines;
        out.flush()
    }

    /// Says how it ended.
    pub(crate) fn end(interview: &Interview) -> io::Result<()> {
        writeln!(io::stderr(), "{}", interview.visible_status().as_str())
    }
}

/// Percentages change too often for lines that stay.
fn describe(step: &Step, live: bool) -> String {
    match step.state {
        StepState::Pending | StepState::Unknown(_) => "waiting".into(),
        StepState::Running => match step.progress.filter(|_| live) {
            Some(percent) => format!("{} {percent:>3} %", bar(percent)),
            None => "running".into(),
        },
        StepState::Done => "done".into(),
        StepState::Failed => {
            let why = step
                .error
                .as_ref()
                .map_or("", |error| error.message.as_str());
            format!("failed: {why}")
        }
    }
}

fn bar(percent: u8) -> String {
    let filled = usize::from(percent.min(100)) / 5;
    format!("[{}{}]", "#".repeat(filled), ".".repeat(20 - filled))
}

#[cfg(test)]
mod tests {
    use domain::steps::{Code, StepError};

    use super::*;

    #[test]
    fn a_failed_step_says_why_and_a_running_one_how_far_it_is() {
        let mut step = Step {
            state: StepState::Running,
            progress: Some(50),
            ..Step::default()
        };
        assert_eq!(describe(&step, true), "[##########..........]  50 %");
        assert_eq!(describe(&step, false), "running");
        step.state = StepState::Failed;
        step.error = Some(StepError::permanent(Code::NoSpeech, "no speech"));
        assert_eq!(describe(&step, true), "failed: no speech");
    }
}
