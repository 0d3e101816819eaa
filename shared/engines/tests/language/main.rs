//! Language models behind a server of this machine's that plays their providers.

#![allow(
    unreachable_pub,
    reason = "modules of one test binary use each other's items"
)]

mod analysis;
mod bad_days;
mod chat_errors;
mod check;
mod gemini;
mod gemini_answers;
mod openai;
mod parts;
mod provider;
mod scripted;
mod table;
mod transcripts;
