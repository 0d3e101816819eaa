//! Decodes recordings as a stream and prepares them for speech recognition.
//!
//! In reading order: [`probe()`] detects the file kind by the first bytes, [`Decoder`]
//! gives the samples block by block, from the decoding library or from [`Ffmpeg`], and
//! [`resample`] brings a channel to 16 kHz. [`channels`] detects whether the channels carry
//! different people, [`level`] how loud a recording is, [`Overview`] is both of a whole
//! recording, and [`speech`] cuts a channel at silences. [`Clip`] is a part of a recording.
//! [`recorded_at()`] reads when a recording was made.
//!
//! Everything here blocks and uses bounded memory for recordings of any length.

mod block;
mod caf;
pub mod channels;
mod clip;
mod codec;
mod convert;
mod decoder;
mod error;
mod ffmpeg;
mod gapless;
mod length;
pub mod level;
mod library;
mod mix;
pub mod mono;
mod mp4;
mod mpeg;
mod names;
mod object;
mod open;
mod overview;
mod pcm;
mod probe;
mod recorded_at;
mod report;
pub mod resample;
mod rest;
mod shared_source;
mod source;
pub mod speech;
mod timeline;
mod trim;
mod wav;

pub use block::Block;
pub use clip::{Clip, WAV_HEADER_BYTES, wav_header};
pub use decoder::Decoder;
pub use error::Error;
pub use ffmpeg::{CopyError, Ffmpeg};
pub use length::length_ms;
pub use mix::Mix;
pub use names::UNKNOWN_TYPE;
pub use object::ObjectReader;
pub use overview::Overview;
pub use probe::{FileKind, PROBE_SIZE, check, probe};
pub use recorded_at::recorded_at;
pub use report::RecordingReport;
pub use source::Source;
