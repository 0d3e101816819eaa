//! Clocks of instances, which differ.

use std::time::Duration;

use domain::{Timestamp, ports::Clock};

use crate::world::World;

/// The clock of one instance.
pub(crate) struct SkewedClock {
    pub(crate) world: World,
    /// How far it is ahead of the true time.
    pub(crate) ahead: Duration,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        self.world.now() + self.ahead
    }
}
