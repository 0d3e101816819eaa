//! What `InterviewLens` is about, without anything that does input or output.
//!
//! In reading order:
//!
//! - [`interview`] and [`steps`]: the record of one interview and where each of
//!   its steps stands; [`lease`] holds the transitions by which a worker acquires,
//!   renews and commits a step.
//! - [`recorded_at`]: when a recording was made, as far as that is known.
//! - [`transcript`] with [`turns`] and [`chunks`]: who said what when, and how a
//!   transcript of any length is cut into documents; [`usable`] says whether it can be
//!   relied on.
//! - [`speaker`] and [`roles`]: what speakers are called, and who interviews.
//! - [`analysis`], [`waveform`], [`report`]: the other products.
//! - [`audio`] and [`audio_warning`]: the recording, and what could not be decoded of it.
//! - [`note`]: what people write down beside them.
//! - [`callback`]: answers that an engine calls back with.
//! - [`ledger`]: what each user has used, what is reserved, and the limits.
//! - [`given`]: what a step was given, by which is known whether a retry can help.
//! - [`webhook`]: what the client application is told.
//! - [`pipeline`]: the manifest that says which function listens to what.
//! - [`trace`]: what ties the logs of one recording together.
//! - [`log_events`]: the log lines that alerts count.
//! - [`paths`]: where records and objects lie.
//! - [`documents`]: what fits into one.
//! - [`audit`]: compares documents with objects.
//! - [`ErrorCode`]: why requests are refused.
//! - [`deletion`] and [`tombstone`]: how an interview goes, and what remains of it.
//! - [`versions`]: what documents of another release keep.
//! - [`ports`]: the traits behind which storage, queues and engines stand;
//!   [`interview_store`] runs the transitions of [`lease`] over them.

pub mod analysis;
pub mod audio;
pub mod audio_warning;
pub mod audit;
pub mod callback;
pub mod chunks;
mod code;
pub mod conflict;
pub mod deletion;
pub mod documents;
mod error_code;
pub mod event;
pub mod given;
pub mod ids;
pub mod interview;
pub mod interview_store;
pub mod lease;
pub mod ledger;
pub mod log_events;
pub mod note;
#[cfg(feature = "openapi")]
mod openapi;
pub mod paths;
pub mod pipeline;
pub mod ports;
pub mod private;
pub mod receipt;
pub mod recorded_at;
pub mod report;
pub mod roles;
mod shape;
pub mod speaker;
pub mod steps;
pub mod text;
pub mod timestamp;
pub mod tombstone;
pub mod trace;
pub mod transcript;
pub mod turns;
pub mod usable;
pub mod versions;
pub mod waveform;
pub mod webhook;

pub use error_code::ErrorCode;
pub use ids::{InterviewId, InterviewKey, UserId};
pub use interview::Interview;
pub use private::Private;
pub use recorded_at::RecordedAt;
pub use shape::ShapeError;
pub use timestamp::Timestamp;
