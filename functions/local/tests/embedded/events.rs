//! Progress as it is told.

use crate::support::{TestHost, wav};

#[tokio::test]
async fn the_events_tell_the_story_to_its_end() {
    let test = TestHost::start().await;
    let created = test.create(wav(3).len()).await;
    let id = created["id"].as_str().unwrap();
    let events = test
        .client
        .get(format!("{}/v1/interviews/{id}/events", test.url))
        .send()
        .await
        .unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    assert_eq!(test.upload(&created, wav(3)).await.status(), 200);
    test.drain().await;
    let story = events.text().await.unwrap();
    assert!(story.contains("event: snapshot"), "{story}");
    let last = story.rsplit("event: ").next().unwrap();
    assert!(
        last.starts_with("status") && last.contains("completed"),
        "{story}"
    );
}
