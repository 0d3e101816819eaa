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

#[tokio::test]
async fn reconnected_client_receives_the_missed_events_once() {
    let test = TestHost::start().await;
    let created = test.create(wav(3).len()).await;
    let id = created["id"].as_str().unwrap();
    let follow = |last: Option<String>| {
        let request = test
            .client
            .get(format!("{}/v1/interviews/{id}/events", test.url));
        match last {
            Some(last) => request.header("last-event-id", last).send(),
            None => request.send(),
        }
    };
    let last_id = |text: &str| {
        let mut ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
        ids.next_back().map(str::to_owned)
    };
    let mut first = follow(None).await.unwrap();
    let snapshot = first.chunk().await.unwrap().unwrap();
    let snapshot = std::str::from_utf8(&snapshot).unwrap();
    drop(first);
    assert_eq!(test.upload(&created, wav(3)).await.status(), 200);
    test.drain().await;
    let rest = follow(last_id(snapshot))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!rest.contains("event: snapshot"), "{rest}");
    for step in ["transcription", "waveform", "analysis", "report"] {
        let done = rest.matches(&format!("\"step\":\"{step}\"")).count();
        assert_eq!(done, 1, "{step}: {rest}");
    }
    assert!(
        rest.ends_with("\n\n") && rest.contains("data: {\"status\":\"completed\",\"usable\":{"),
        "{rest}"
    );
    let nothing = follow(last_id(&rest)).await.unwrap().text().await.unwrap();
    assert_eq!(nothing, "", "all is told");
}
