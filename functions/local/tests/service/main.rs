//! The real binary with the real speech engine: killed, flooded, and fed a
//! 256 MiB of silence.

#![allow(
    clippy::print_stdout,
    reason = "the figures are what these tests are read for"
)]

mod browser;
mod client;
mod client_refusals;
mod client_uploads;
mod crowds;
mod doctor;
mod exposed;
mod failing_disk;
mod host;
mod killed;
mod process_files;
mod program;
mod recordings;
mod transcripts;
mod unread;
