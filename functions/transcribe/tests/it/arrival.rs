//! The event of an upload, over the embedded store: once more, as a dead letter that is
//! replayed, and of another size than declared.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    event::{Event, StoredObject},
    interview_store,
    ledger::SpendingLimits,
    pipeline::Pipeline,
    ports::{
        EngineSet, ObjectMeta, ObjectStore as _, Overwrite, Precondition, Progress, Transcriber,
        TranscriptionRequest, Write,
    },
    steps::{Code, StepError},
    transcript::Recognition,
};
use embedded::{ManualClock, Store, StoreOptions};
use futures::{StreamExt as _, stream};
use serde_json::json;
use steps::{Failure, Function as _, StepRunner, Trigger};
use tempfile::TempDir;
use transcribe::{Transcribe, turn_taking::TurnTaking};

/// Not reached: tasks are lost.
struct NoEngine;

#[async_trait]
impl Transcriber for NoEngine {
    fn name(&self) -> &'static str {
        "none"
    }

    async fn transcribe(
        &self,
        _: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        panic!("the task was lost")
    }
}

/// Takes the tasks that wait, which are lost with that.
async fn lose_tasks(store: &Store) -> usize {
    let deliveries = store.deliveries();
    let lanes = deliveries.lanes();
    let lane = lanes.iter().find(|lane| lane.name == "queue:transcription");
    let taken = deliveries.take(lane.expect("a queue"), 10).await;
    let taken = taken.expect("taken");
    for delivery in &taken {
        deliveries.done(delivery).await.expect("settled");
    }
    taken.len()
}

struct Fixture {
    store: Store,
    clock: Arc<ManualClock>,
    key: InterviewKey,
    object: ObjectMeta,
    transcribe: Transcribe,
    _folder: TempDir,
}

impl Fixture {
    /// A recording that was declared with so many bytes more than it has.
    async fn with_declared_excess(excess: i64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let now = Timestamp::from_millis(1_767_225_600_000);
        let clock = Arc::new(ManualClock::at(now));
        let store = Store::open(StoreOptions {
            data_dir: folder.path().to_owned(),
            public_url: String::new(),
            pipeline: Arc::new(Pipeline::ours()),
            clock: Arc::clone(&clock) as _,
        });
        let store = store.await.expect("a store");
        let key = InterviewKey {
            user_id: UserId::parse("u").expect("a user"),
            interview_id: InterviewId::generate(),
        };
        let name = format!("{}/audio/a", key.document());
        let wav = testing::wav(16_000, &[&vec![7; 16_000]]);
        let declared = (wav.len() as u64).checked_add_signed(excess);
        let uploads = store.bucket("uploads");
        let body = stream::iter([Ok(wav)]).boxed();
        let written = uploads.write(&name, "audio/wav", body, Overwrite::Refused);
        let object = written.await.expect("stored");
        let mut interview = Interview::new(&key, "t".into(), now);
        let audio = json!({
            "filename": "a.wav", "content_type": "audio/wav", "object": name,
            "size_bytes": declared.expect("a size"),
        });
        interview.audio = Some(serde_json::from_value(audio).expect("what was declared"));
        let put = Write::put(key.document(), &interview, Precondition::Absent);
        let commit = store.records().commit(vec![put.expect("a document")]).await;
        commit.expect("stored");
        let transcribe = Transcribe {
            steps: StepRunner {
                records: store.records(),
                clock: Arc::clone(&clock) as _,
            },
            uploads,
            artifacts: store.bucket("artifacts"),
            queue: store.queue(),
            transcribers: EngineSet::of(Arc::new(NoEngine)),
            public_url: None,
            max_duration: Duration::from_hours(1),
            turns: TurnTaking::default(),
            limits: SpendingLimits::default(),
        };
        Self {
            store,
            clock,
            key,
            object,
            transcribe,
            _folder: folder,
        }
    }

    async fn hear(&self) -> Result<(), Failure> {
        let event = Event::ObjectFinalized(StoredObject {
            bucket: "uploads".into(),
            name: self.object.name.clone(),
            generation: self.object.generation,
            size: self.object.size,
            content_type: self.object.content_type.clone(),
        });
        self.transcribe.handle(Trigger::Event(event)).await
    }
}

#[tokio::test]
async fn an_upload_that_is_replayed_queues_what_still_waits() {
    let test = Fixture::with_declared_excess(0).await;
    for (minutes, expected) in [(0, 1), (0, 0), (2, 1), (0, 0), (60, 1)] {
        test.clock.advance(Duration::from_mins(minutes));
        test.hear().await.expect("queued");
        let lost = lose_tasks(&test.store).await;
        assert_eq!(lost, expected, "{minutes} minutes later");
    }
}

/// The size may not be enforced where a resumable upload begins.
#[tokio::test]
async fn an_upload_of_another_size_than_declared_is_refused() {
    for excess in [-1, 1, 1_000_000] {
        let test = Fixture::with_declared_excess(excess).await;
        test.hear().await.expect("noted");
        assert_eq!(lose_tasks(&test.store).await, 0);
        let found = interview_store::interview(&*test.store.records(), &test.key).await;
        let step = found
            .expect("read")
            .expect("an interview")
            .steps
            .transcription;
        let error = step.error.expect("an error");
        assert_eq!(error.code, Code::RecordingIncomplete.as_str(), "{excess}");
        assert!(!error.retryable);
    }
}
