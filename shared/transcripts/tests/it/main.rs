//! Reading of transcripts that others wrote.

mod properties;
mod samples;
