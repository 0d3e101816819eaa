//! Transcription by OpenAI-compatible servers, against a server that behaves like them.

mod check;
mod form;
mod live;
mod pieces;
mod recording;
mod requests;
mod response_error;
mod responses;
mod support;
