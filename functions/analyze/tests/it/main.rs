//! The analysis: checking of quotes, figures of a conversation, and the step itself.

mod adversarial;
mod evidence;
mod forbidden;
mod metrics;
mod planted;
mod run;
mod support;
mod verify;
