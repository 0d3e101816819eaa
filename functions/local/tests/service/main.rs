//! The real binary with the real speech engine: killed, flooded, and fed a
//! gibibyte of silence.

#![allow(
    clippy::print_stdout,
    reason = "the figures are what these tests are read for"
)]

mod browser;
mod crowds;
mod doctor;
mod exposed;
mod failing_disk;
mod host;
mod killed;
mod recordings;
mod transcripts;
mod unread;
