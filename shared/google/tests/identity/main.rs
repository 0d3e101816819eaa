//! Firebase ID tokens: what is refused, and how often keys are fetched.

mod keys;
mod support;
mod tokens;
