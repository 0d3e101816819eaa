//! What a process is given from outside: its settings and the time.

pub mod catalogue;
mod clock;
mod settings;

pub use clock::SystemClock;
pub use settings::{Environment, InvalidSetting};
