//! Many who change one interview at the same moment wait for each other, and none is
//! turned away.

use http::Method;
use serde_json::json;

use crate::support::{TestHost, wav};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_changes_at_once_all_succeed_and_no_result_is_thrown_away() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    let path = format!("/v1/interviews/{id}");
    let changing = (0..60).map(async |number: u32| {
        let change = json!({"metadata": {"number": number}});
        test.ask(Method::PATCH, &path, Some(change)).await.0
    });
    let changing = futures::future::join_all(changing);
    let (statuses, ()) = tokio::join!(changing, test.drain());
    assert_eq!(statuses, [200; 60]);
    test.drain().await;
    let interview = test.interview(&id).await;
    assert_eq!(interview["status"], "completed", "{}", interview["steps"]);
    let calls = test.engine.calls.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(calls, 1, "the engine is asked once");
}
