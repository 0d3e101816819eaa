//! What the functions of the pipeline stand on, wherever they run.
//!
//! In reading order:
//!
//! - `function`: what starts a function, and how it says that it did not finish;
//! - `step`: the promises of every step, kept in one place: acquire the lease, renew
//!   it, store the result, or report why not;
//! - `begin`: steps that could begin, and the tasks that let workers begin them;
//! - `store_transcript` and `import`: a transcript as documents, recognised or from
//!   elsewhere;
//! - `uncancelled`: writes that are awaited also when a worker is stopped;
//! - [`trace`]: the trace of the current work;
//! - `readable`: documents that cannot be decoded.

mod begin;
mod function;
mod import;
mod readable;
mod step;
mod store_transcript;
pub mod trace;
mod uncancelled;

pub use begin::{THEMES_QUEUE, begin_task, second_name, startable, themes_task};
pub use function::{DeliveredTask, Failure, Function, Trigger};
pub use import::{Import, Imported};
pub use readable::{decode_or_report, readable, report_unreadable};
pub use step::{
    InterviewUpdate, InterviewWrites, Outcome, StepOutput, StepRun, StepRunner, storage_error,
};
pub use uncancelled::Uncancelled;
