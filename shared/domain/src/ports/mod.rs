//! The traits behind which storage, queues and engines stand.
//!
//! Each promise of a port is one named test that every adapter runs.

mod bus;
mod clock;
mod engine_set;
mod engines;
mod identity;
mod objects;
mod queue;
mod records;
mod signer;
mod themes;
mod tokens;
mod webhooks;

pub use bus::{Bus, BusError, Message};
pub use clock::Clock;
pub use engine_set::{AvailableEngine, EngineId, EngineSet, Named};
pub use engines::{
    AnalysisRequest, Analyst, Checkpoint, DirectAnalysis, EngineChecks, EngineKind, EngineState,
    EngineStatus, LiveOptions, LiveTranscriber, NoEngineChecks, Progress, Readiness, Recording,
    SampleStream, Segment, SegmentStream, Transcriber, TranscriptionRequest,
};
pub use identity::{AuthError, Credentials, Header, Identity, ProxyHeaders};
pub use objects::{
    ByteStream, ObjectError, ObjectMeta, ObjectStore, Overwrite, Resumable, SignedUpload,
    StorageError, UploadGrant, read_all,
};
pub use queue::{Enqueued, Queue, QueueError, Task};
pub use records::{
    Direction, Document, DocumentStream, Precondition, Query, Records, RecordsError, Scope,
    Version, Write,
};
pub use signer::Signer;
pub use themes::{InterviewDigest, Statement, ThemesRequest};
pub use tokens::{TokenError, TokenSource};
pub use webhooks::{TriedWebhook, WebhookProbe};
