//! Live speech.

use domain::ports::{LiveOptions, LiveTranscriber};
use futures::{StreamExt, channel::mpsc, stream};

use crate::support::{Canned, Fixture, loud, quiet};

fn options() -> LiveOptions {
    LiveOptions {
        language: Some("en".into()),
        key_terms: vec!["Kubernetes".into()],
    }
}

#[tokio::test]
async fn each_utterance_is_a_request_and_segments_come_in_order() {
    let bench = Fixture::answering(|seen| {
        let text = if seen.seconds() > 1.0 {
            "long"
        } else {
            "short"
        };
        Canned::new(200, format!(r#"{{"text": "{text}"}}"#))
    })
    .await;
    let (samples, stream) = mpsc::unbounded();
    let mut segments = bench
        .engine()
        .listen(stream.boxed(), options())
        .await
        .unwrap();
    let say = |block| samples.unbounded_send(Ok(block)).unwrap();
    for block in [loud(2_000), quiet(2_000), loud(300), quiet(2_000)] {
        say(block);
    }
    let first = segments.next().await.unwrap().unwrap();
    let second = segments.next().await.unwrap().unwrap();
    assert_eq!(
        (first.text.reveal(), second.text.reveal()),
        ("long", "short")
    );
    assert!(first.is_final && first.start_ms < 200, "{first:?}");
    assert!(second.start_ms.abs_diff(4_000) < 300, "{second:?}");
    say(loud(300));
    samples.close_channel();
    assert!(segments.next().await.unwrap().unwrap().start_ms > 6_000);
    assert!(segments.next().await.is_none());
    let seen = bench.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|seen| seen.field("language") == Some("en")));
    assert_eq!(seen[0].field("prompt"), Some("Kubernetes."));
}

#[tokio::test]
async fn utterance_without_words_is_no_segment() {
    let bench = Fixture::answering(|_| Canned::new(200, r#"{"text": ""}"#)).await;
    let samples = stream::iter([Ok(loud(300))]).boxed();
    let segments = bench.engine().listen(samples, options()).await.unwrap();
    assert_eq!(segments.count().await, 0);
    assert_eq!(bench.seen().len(), 1);
}

#[tokio::test]
async fn first_error_ends_the_segments() {
    let bench = Fixture::answering(|_| Canned::new(401, "{}")).await;
    let block = [loud(300), quiet(2_000)].concat();
    let samples = stream::iter([Ok(block.clone()), Ok(block)]).boxed();
    let segments: Vec<_> = bench
        .engine()
        .listen(samples, options())
        .await
        .unwrap()
        .collect()
        .await;
    let [Err(error)] = &segments[..] else {
        panic!("one error");
    };
    assert_eq!(error.code, "engine_unauthorized");
}

#[tokio::test]
async fn recording_that_breaks_off_is_an_error() {
    let bench = Fixture::start([]).await;
    let broken = Err(std::io::ErrorKind::ConnectionReset.into());
    let samples = stream::iter([Ok(loud(300)), broken]).boxed();
    let segments: Vec<_> = bench
        .engine()
        .listen(samples, options())
        .await
        .unwrap()
        .collect()
        .await;
    let [Err(error)] = &segments[..] else {
        panic!("one error");
    };
    assert_eq!(error.code, "recording_interrupted");
}
