//! The recording, listened to.

use crate::support::{TestHost, wav};

#[tokio::test]
async fn the_recording_is_played_in_parts_by_a_link_that_needs_no_header() {
    let test = TestHost::start().await;
    let bytes = wav(3);
    let id = test.submit(bytes.clone()).await;
    test.drain().await;
    let link = test.interview(&id).await["audio"]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = format!("{}{link}", test.url);
    let get = |range: &'static str| {
        test.client
            .get(&link)
            .header("x-user-id", "somebody")
            .header("range", range)
            .send()
    };
    let part = get("bytes=100-199").await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(
        part.headers()["content-range"],
        format!("bytes 100-199/{}", bytes.len())
    );
    assert_eq!(part.headers()["content-type"], "audio/wav");
    assert_eq!(part.bytes().await.unwrap(), &bytes[100..200]);
    let behind = get("bytes=999999999-").await.unwrap();
    assert_eq!(
        (
            behind.status().as_u16(),
            behind.headers()["content-range"].clone()
        ),
        (416, format!("bytes */{}", bytes.len()).parse().unwrap())
    );
    let head = test.client.head(&link).send().await.unwrap();
    assert_eq!(
        (
            head.status().as_u16(),
            head.headers()["content-length"].clone()
        ),
        (200, bytes.len().to_string().parse().unwrap())
    );
    let forged = test
        .client
        .get(link.replace("token=", "token=x"))
        .send()
        .await
        .unwrap();
    assert_eq!(forged.status(), 403);
    test.clock.advance(std::time::Duration::from_secs(3_601));
    assert_eq!(
        test.client.get(&link).send().await.unwrap().status(),
        403,
        "an hour later"
    );
}
