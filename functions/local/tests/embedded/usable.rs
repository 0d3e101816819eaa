//! Whether a transcript can be relied on, wherever an interview is shown.

use domain::ports::{Precondition, Write};
use serde_json::json;

use crate::support::{TestHost, key, wav};

#[tokio::test]
async fn whether_the_transcript_is_usable_stands_everywhere() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let expected = json!({"ok": false, "reasons": ["transcript_too_short"]});
    let interview = test.interview(&id).await;
    assert_eq!(interview["usable"], expected);
    assert_eq!(interview["transcript"]["usable"], expected);
    let list = test.get("/v1/interviews").await;
    assert_eq!(list["items"][0]["usable"], expected);
    let received = test.receiver.received.lock().unwrap().clone();
    assert!(
        received
            .iter()
            .all(|(_, body, _)| body["data"]["usable"] == expected)
    );
    assert_eq!(received.len(), 3);
    assert_eq!(
        interview["analysis"]["warnings"][1]["code"],
        "transcript_too_short"
    );
}

#[tokio::test]
async fn transcript_of_an_earlier_release_is_judged_when_it_is_read() {
    let test = TestHost::start().await;
    let id = test.submit(wav(3)).await;
    test.drain().await;
    let key = key(&id);
    let records = test.host.store.records();
    for path in [key.document(), key.data("transcript")] {
        let mut fields = records.read(&path).await.unwrap().unwrap().fields;
        assert!(fields.as_object_mut().unwrap().remove("usable").is_some());
        let write = Write::put(path, &fields, Precondition::None).unwrap();
        records.commit(vec![write]).await.unwrap();
    }
    let expected = json!({"ok": false, "reasons": ["transcript_too_short"]});
    let interview = test.interview(&id).await;
    assert_eq!(interview["usable"], expected);
    assert_eq!(interview["transcript"]["usable"], expected);
}
