//! The log events that `terraform/monitoring.tf` counts: each is the field `event` of a line.

/// A step failed for good.
pub const STEP_FAILED: &str = "step.failed";
/// A step failed in a way that passes; it will run again.
pub const STEP_RETRYING: &str = "step.retrying";
/// A sweep ran, and none of its parts failed.
pub const SWEEP_COMPLETED: &str = "sweep.completed";

/// All of them.
pub const MONITORED: [&str; 3] = [STEP_FAILED, STEP_RETRYING, SWEEP_COMPLETED];
