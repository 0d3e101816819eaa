//! Finding words in the interviews of a user.
//!
//! What is found is a [`Passage`]: a document below its interview with some three hundred words
//! of its transcript, of its analysis, a note, or the title. In reading order:
//!
//! - [`tokens()`] turns text into what is compared, the same for every store; [`Phrases`] is what
//!   a query wants, and finds it in a text;
//! - [`Passage`] and [`order`]: what is stored, and in which order it is found;
//! - [`transcript`](mod@transcript): a transcript cut into passages by its recognised words, so
//!   that a correction changes only those that it is in;
//! - [`index`](mod@index): the passages of everything else, written in the transaction of what
//!   they are made of ([`crate::interview_store::transact`]);
//! - [`backfill`]: interviews that an earlier release stored.
//!
//! The stores index these documents by themselves: an inverted index in `SQLite`, the field
//! `tokens` in Firestore.

pub mod backfill;
mod batches;
pub mod index;
mod passage;
mod snippet;
mod tokens;
pub mod transcript;
mod words;

pub use batches::batches;
pub use passage::{
    Field, Indexed, Moment, Moments, ORDER, PASSAGES, PLACES, Passage, Place, TEXT, USER, order,
    query, query_of, run_of,
};
pub use snippet::{Snippet, snippet};
pub use tokens::{TOKENS_VERSION, Token, distinct, tokens};
pub use words::Phrases;

#[cfg(test)]
mod tests;
