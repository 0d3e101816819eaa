//! Recordings decoded as a stream, and what speech recognition needs of them.
//!
//! In reading order: [`look()`] tells from the first bytes what a file is,
//! [`Decoder`] gives its samples block by block, [`resample`] brings a channel to
//! 16 kHz, [`channels`] tells whether the channels carry different people, and
//! [`speech`] cuts a channel into pieces at silences.
//!
//! Everything here blocks and holds a bounded amount of memory whatever the
//! length of the recording.

mod caf;
pub mod channels;
mod codec;
mod convert;
mod decoder;
mod error;
mod gapless;
mod library;
mod look;
pub mod mono;
mod mp4;
mod mpeg;
mod names;
mod object;
mod open;
mod pcm;
pub mod resample;
mod source;
pub mod speech;
mod timeline;
mod trim;
mod wav;

pub use decoder::{Block, Decoder};
pub use error::Error;
pub use look::{FileKind, LOOK_SIZE, look};
pub use object::ObjectReader;
pub use source::Source;
