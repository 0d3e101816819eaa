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
//! - [`corrections`]: what people correct in a transcript, in revisions beside what was
//!   recognised; [`RunId`] names what was. [`stale`] says what is older than they are.
//! - [`runs`]: results of earlier runs of a step. [`rubrics`]: what a user assesses by.
//! - [`collections`] and [`tags`]: how a user groups interviews; [`dates`]: by what time they
//!   are listed.
//! - [`speaker`] and [`roles`]: what speakers are called, and who interviews.
//! - [`analysis`], [`waveform`], [`report`]: the other products.
//! - [`audio`] and [`audio_warning`]: the recording, and what could not be decoded of it.
//! - [`note`]: what people write down beside them; [`highlights`]: what they mark;
//!   [`assessment`]: how they rate.
//! - [`callback`]: answers that an engine calls back with.
//! - [`access_token`]: what programs send in the place of a user's credentials.
//! - [`share`]: links for people without an account.
//! - [`collection_report`]: what the report of a collection is made from.
//! - [`ledger`]: what each user has used, what is reserved, and the limits.
//! - [`given`]: what a step was given, by which is known whether a retry can help.
//! - [`webhook`]: what the client application is told.
//! - [`pipeline`]: the manifest that says which function listens to what.
//! - [`trace`]: what ties the logs of one recording together.
//! - [`log_events`]: the log lines that alerts count.
//! - [`search`]: how words are found in the interviews of a user.
//! - [`paths`]: where records and objects lie.
//! - [`documents`]: what fits into one.
//! - [`audit`]: compares documents with objects.
//! - [`ErrorCode`]: why requests are refused.
//! - [`deletion`] and [`tombstone`]: how an interview goes, and what remains of it.
//! - [`versions`]: what documents of another release keep.
//! - [`ports`]: the traits behind which storage, queues and engines stand;
//!   [`interview_store`] runs the transitions of [`lease`] over them.

pub mod access_token;
pub mod analysis;
pub mod assessment;
pub mod audio;
pub mod audio_warning;
pub mod audit;
pub mod callback;
pub mod chunks;
mod code;
pub mod collection_report;
pub mod collections;
pub mod conflict;
pub mod corrections;
pub mod dates;
pub mod deletion;
pub mod documents;
pub mod engine_check;
mod error_code;
pub mod event;
pub mod given;
pub mod highlights;
pub mod ids;
pub mod interview;
pub mod interview_store;
pub mod language;
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
pub mod rubrics;
mod run_id;
pub mod runs;
pub mod search;
mod shape;
pub mod share;
pub mod speaker;
pub mod stale;
pub mod steps;
pub mod tags;
pub mod text;
mod text_form;
pub mod themes;
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
pub use run_id::RunId;
pub use shape::ShapeError;
pub use timestamp::Timestamp;
