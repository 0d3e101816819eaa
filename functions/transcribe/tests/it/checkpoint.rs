//! Parts of an interrupted transcription, over the embedded store.

use config::SystemClock;
use domain::{
    InterviewId, InterviewKey, UserId,
    lease::Lease,
    pipeline::Pipeline,
    ports::{Checkpoint as _, ObjectStore},
    steps::StepName,
};
use embedded::{Store, StoreOptions};

use std::sync::Arc;

use transcribe::checkpoint::{ObjectCheckpoint, clear};

fn lease(token: u64) -> Lease {
    Lease {
        step: StepName::Transcription,
        token,
        attempt: 1,
        last: false,
        trace: None,
    }
}

#[tokio::test]
async fn parts_come_back_in_order_to_the_next_attempt_until_they_are_cleared() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(StoreOptions {
        data_dir: folder.path().to_owned(),
        public_url: String::new(),
        pipeline: Arc::new(Pipeline::ours()),
        clock: Arc::new(SystemClock),
    });
    let objects: Arc<dyn ObjectStore> = store.await.expect("a store").bucket("artifacts");
    let key = InterviewKey {
        user_id: UserId::parse("u").expect("a user"),
        interview_id: InterviewId::generate(),
    };
    let attempt = |generation, token| {
        ObjectCheckpoint::new(Arc::clone(&objects), &key, generation, lease(token))
    };
    let first = attempt(7, 1);
    assert!(first.load().await.expect("no parts").is_empty());
    first.append(b"one".to_vec()).await.expect("stored");
    first.append(b"two".to_vec()).await.expect("stored");
    let second = attempt(7, 2);
    assert_eq!(second.load().await.expect("parts"), [b"one", b"two"]);
    second.append(b"three".to_vec()).await.expect("stored");
    let parts = attempt(7, 3).load().await.expect("parts");
    assert_eq!(parts, [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
    // Another recording of the interview has parts of its own.
    assert!(attempt(8, 4).load().await.expect("no parts").is_empty());
    attempt(8, 4).append(b"new".to_vec()).await.expect("stored");
    clear(&*objects, &key, Some(7)).await.expect("cleared");
    assert!(attempt(7, 5).load().await.expect("no parts").is_empty());
    assert_eq!(attempt(8, 5).load().await.expect("parts"), [b"new"]);
    clear(&*objects, &key, None).await.expect("cleared");
    assert!(attempt(8, 5).load().await.expect("no parts").is_empty());
}
