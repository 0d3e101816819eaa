use std::sync::Mutex;

use domain::{
    InterviewId, InterviewKey, Timestamp, UserId,
    lease::Acquire,
    paths::DocPath,
    ports::BusError,
    steps::{StepName, StepState},
};
use serde_json::json;

use super::*;

/// Keeps what is published.
#[derive(Default)]
struct Published(Mutex<Vec<WebhookEvent>>);

#[async_trait]
impl Bus for Published {
    async fn publish(&self, topic: &str, message: Message) -> Result<(), BusError> {
        assert_eq!(topic, webhook::TOPIC);
        let event: WebhookEvent = serde_json::from_slice(&message.data).unwrap();
        assert_eq!(message.attributes["webhook_id"], event.id);
        self.0.lock().unwrap().push(event);
        Ok(())
    }
}

fn interview() -> Interview {
    let key = InterviewKey {
        user_id: UserId::parse("u").unwrap(),
        interview_id: InterviewId::parse("i").unwrap(),
    };
    Interview::new(&key, "t".into(), Timestamp::from_millis(0))
}

fn transcribed() -> Interview {
    let (mut interview, now) = (interview(), Timestamp::from_millis(1_000));
    let step = StepName::Transcription;
    let Acquire::Start(lease) = interview.acquire(step, "1", None, now) else {
        panic!("the step cannot be begun");
    };
    interview.finish(&lease, now).unwrap();
    assert_eq!(interview.steps.step(step).state, StepState::Done);
    interview
}

/// What `announce` publishes when a document changes.
async fn published(
    path: DocPath,
    old: Option<Value>,
    new: Option<Value>,
) -> Result<Vec<WebhookEvent>, Failure> {
    let bus = Arc::new(Published::default());
    let announce = Announce {
        bus: Arc::clone(&bus) as _,
    };
    let written = WrittenDocument { path, old, new };
    let trigger = Trigger::Event(Event::DocumentWritten(written));
    announce.handle(trigger).await?;
    let mut published = bus.0.lock().unwrap();
    Ok(std::mem::take(&mut *published))
}

#[tokio::test]
async fn an_announcement_is_published_as_it_was_stored() {
    let interview = transcribed();
    let event = WebhookEvent::about(&interview, EventType::Transcribed);
    let path = interview.key().announcement(&event.id);
    let stored = serde_json::to_value(&event).unwrap();
    let created = published(path.clone(), None, Some(stored.clone())).await;
    assert_eq!(created.unwrap(), [event]);
    let deleted = published(path, Some(stored), None).await;
    assert_eq!(deleted.unwrap(), []);
}

#[tokio::test]
async fn an_announcement_that_cannot_be_decoded_is_a_permanent_failure() {
    let path = interview().key().announcement("msg_x");
    let failed = published(path, None, Some(json!({"id": 1}))).await;
    assert!(matches!(failed, Err(Failure::Permanent(_))));
}

#[tokio::test]
async fn a_deletion_is_published() {
    let interview = interview();
    let stored = serde_json::to_value(&interview).unwrap();
    let deleted = published(interview.key().document(), Some(stored), None).await;
    let event = WebhookEvent::about(&interview, EventType::Deleted);
    assert_eq!(deleted.unwrap(), [event]);
}

#[tokio::test]
async fn changes_of_earlier_releases_are_published() {
    let (old, new) = (interview(), transcribed());
    let [before, after] = [&old, &new].map(|one| serde_json::to_value(one).unwrap());
    let changed = published(new.key().document(), Some(before), Some(after)).await;
    let event = WebhookEvent::about(&new, EventType::Transcribed);
    assert_eq!(changed.unwrap(), [event]);
}
