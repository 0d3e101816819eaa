//! The ports of the domain over the simulated world.

mod bus;
mod clock;
mod engines;
mod objects;
mod queue;
mod records;
mod webhooks;

pub(crate) use bus::SimulatedBus;
pub(crate) use clock::SkewedClock;
pub(crate) use engines::{DIALOGUE, NoLive, PUBLIC_URL, SimulatedAnalyst, SimulatedTranscriber};
pub(crate) use objects::{Bucket, store_object};
pub(crate) use queue::SimulatedQueue;
pub(crate) use records::{NEWER_FIELD, NEWER_KIND, SimulatedRecords};
pub(crate) use webhooks::Receivers;

/// A port that cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("simulated failure")]
pub(crate) struct Failed;
