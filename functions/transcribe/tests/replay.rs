//! The event of an upload that comes once more, as a dead letter that is replayed, over the
//! embedded store.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    event::{Event, StoredObject},
    ledger::SpendingLimits,
    pipeline::Pipeline,
    ports::{
        EngineSet, ObjectStore as _, Overwrite, Precondition, Progress, Transcriber,
        TranscriptionRequest, Write,
    },
    steps::StepError,
    transcript::Recognition,
};
use embedded::{ManualClock, Store, StoreOptions};
use futures::{StreamExt as _, stream};
use serde_json::json;
use steps::{Function as _, StepRunner, Trigger};
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

#[tokio::test]
async fn an_upload_that_is_replayed_queues_what_still_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_767_225_600_000)));
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
    let wav = testing::wav(16_000, &[&[7; 16_000]]);
    let size = wav.len() as u64;
    let uploads = store.bucket("uploads");
    let written = uploads.write(
        &name,
        "audio/wav",
        stream::iter([Ok(wav)]).boxed(),
        Overwrite::Refused,
    );
    let meta = written.await.expect("stored");
    let now = Timestamp::from_millis(1_767_225_600_000);
    let mut interview = Interview::new(&key, "t".into(), now);
    let audio = json!({
        "filename": "a.wav", "content_type": "audio/wav", "size_bytes": size, "object": name,
    });
    interview.audio = Some(serde_json::from_value(audio).expect("what was declared"));
    let put = Write::put(key.document(), &interview, Precondition::Absent);
    store
        .records()
        .commit(vec![put.expect("a document")])
        .await
        .expect("stored");
    let transcribe = Transcribe {
        steps: StepRunner {
            records: store.records(),
            clock: Arc::clone(&clock) as _,
        },
        uploads: Arc::clone(&uploads) as _,
        artifacts: store.bucket("artifacts"),
        queue: store.queue(),
        transcribers: EngineSet::of(Arc::new(NoEngine)),
        public_url: None,
        max_duration: Duration::from_hours(1),
        turns: TurnTaking::default(),
        limits: SpendingLimits::default(),
    };
    let hear = || {
        transcribe.handle(Trigger::Event(Event::ObjectFinalized(StoredObject {
            bucket: "uploads".into(),
            name: meta.name.clone(),
            generation: meta.generation,
            size: meta.size,
            content_type: meta.content_type.clone(),
        })))
    };
    for (minutes, expected) in [(0, 1), (0, 0), (2, 1), (0, 0), (60, 1)] {
        clock.advance(Duration::from_mins(minutes));
        hear().await.expect("queued");
        assert_eq!(
            lose_tasks(&store).await,
            expected,
            "{minutes} minutes later"
        );
    }
}
