//! The step that transcribes: arrival of a recording, and its checkpoints.

mod arrival;
mod checkpoint;
