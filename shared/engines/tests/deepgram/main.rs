//! The client for Deepgram against a server that answers as recorded.

mod bad_days;
mod callbacks;
mod check;
mod live;
mod requests;
mod shapes;
mod stage;
mod support;
mod table;
