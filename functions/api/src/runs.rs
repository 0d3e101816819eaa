//! Running a step again that has been run, and showing an earlier result.
//!
//! In reading order: `start` begins a run, `list` has all of them, `select` shows the result of
//! an earlier one.

mod list;
mod select;
mod start;

use domain::{
    ErrorCode, Interview,
    ports::{Document, RecordsError, Write},
    runs::{self, Kept},
    steps::StepName,
};
use runtime::http::Problem;

pub(crate) use list::{RunBody, list};
pub(crate) use select::select;
pub(crate) use start::{NewRun, StartedRun, start};
// What `routes!` makes of the handlers.
pub(crate) use list::__path_list;
pub(crate) use select::__path_select;
pub(crate) use start::__path_start;

/// Refuses to begin or select something while one of these steps is at work.
fn check_settled(interview: &Interview, steps: &[StepName]) -> Result<(), Problem> {
    let mut steps = steps.iter();
    match steps.find(|step| !interview.steps.step(**step).is_settled()) {
        None => Ok(()),
        Some(step) => {
            let detail = format!("{step} is running or waiting; try again when it is settled");
            Err(Problem::new(ErrorCode::RunInProgress, detail))
        }
    }
}

/// Whether a transcript or an analysis has been made or selected since the interview was seen.
/// A report and a waveform under way change nothing that a run or a selection reads.
fn has_other_results(interview: &Interview, seen: &Interview) -> bool {
    let mut read = [StepName::Transcription, StepName::Analysis].into_iter();
    read.any(|step| interview.steps.step(step) != seen.steps.step(step))
}

/// What was read has changed before it was written.
fn overtaken() -> Problem {
    let detail = "another request changed the interview at the same time; try again";
    Problem::new(ErrorCode::Conflict, detail)
}

/// Keeps what a step shows beside the results of other runs.
fn keep_shown(
    interview: &Interview,
    step: StepName,
    shown: Option<&Document>,
) -> Result<Option<Write>, RecordsError> {
    let (Some(document), Some(name)) = (shown, runs::document(step)) else {
        return Ok(None);
    };
    let token = match step {
        StepName::Transcription => document.fields["revision"].as_u64(),
        _ => runs::shown_token(interview.steps.step(step)),
    };
    let kept = token.map(|token| Kept::new(interview, token, document.fields.clone()));
    let write = kept.map(|kept| kept.write(&interview.key(), name));
    write.transpose()
}

#[cfg(test)]
mod tests {
    use domain::{InterviewId, InterviewKey, Timestamp, UserId, steps::StepState};

    use super::*;

    #[test]
    fn report_under_way_hinders_neither_a_run_nor_a_selection() {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::generate(),
        };
        let seen = Interview::new(&key, "t".into(), Timestamp::from_millis(1));
        let mut interview = seen.clone();
        interview.steps.report.state = StepState::Running;
        interview.steps.waveform.token += 1;
        assert!(!has_other_results(&interview, &seen));
        interview.steps.analysis.token += 1;
        assert!(has_other_results(&interview, &seen));
    }
}
