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
