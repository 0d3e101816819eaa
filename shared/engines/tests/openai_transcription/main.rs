//! Transcription by OpenAI-compatible servers, against a server that behaves like them.

mod form;
mod live;
mod pieces;
mod recording;
mod refusals;
mod requests;
mod responses;
mod support;
