//! The traits behind which storage, queues and engines stand.
//!
//! Each promise of a port is one named test that every adapter runs.

mod bus;
mod clock;
mod engines;
mod identity;
mod objects;
mod queue;
mod records;
mod signer;
mod tokens;

pub use bus::{Bus, BusError, Message};
pub use clock::Clock;
pub use engines::{
    AnalysisRequest, Analyst, Checkpoint, DirectAnalysis, EngineState, EngineStatus, LiveOptions,
    LiveTranscriber, Progress, Readiness, Recording, SampleStream, Segment, SegmentStream,
    Transcriber, TranscriptionRequest,
};
pub use identity::{AuthError, Credentials, Header, Identity};
pub use objects::{
    ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, Resumable, SignedUpload,
    UploadGrant,
};
pub use queue::{Enqueued, Queue, QueueError, Task};
pub use records::{
    Direction, Document, DocumentStream, Precondition, Query, Records, RecordsError, Scope,
    Version, Write,
};
pub use signer::Signer;
pub use tokens::{TokenError, TokenSource};
