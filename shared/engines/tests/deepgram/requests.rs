//! What is sent.

use domain::interview::ChannelUse;
use engines::deepgram::SendAs;
use serde_json::json;

use crate::support::{
    Canned, Fixture, InMemoryBucket, KEY, recorded, request, request_of, tone, wav,
};

fn answer() -> Canned {
    Canned::new(200, recorded("dg_transcription.json"))
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

#[tokio::test]
async fn a_bucket_on_this_machine_is_read_and_its_bytes_are_sent() {
    let bench = Fixture::start([answer()]).await;
    let mut request = request();
    request.language = Some("en-GB".into());
    request.key_terms = vec!["Kubernetes".into(), "pair programming".into()];
    request.label = Some("interview-1".into());
    let recognition = bench.transcribe(&request).await.expect("words");
    assert_eq!(recognition.language.as_deref(), Some("en-GB"));
    assert_eq!(
        (
            recognition.audio.duration_ms,
            recognition.audio.sample_rate_hz
        ),
        (1_000, 8_000)
    );
    let seen = bench.only_request();
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/v1/listen")
    );
    assert_eq!(
        seen.query,
        pairs(&[
            ("model", "nova-3"),
            ("smart_format", "true"),
            ("punctuate", "true"),
            ("mip_opt_out", "true"),
            ("utterances", "true"),
            ("diarize_model", "latest"),
            ("language", "en-GB"),
            ("filler_words", "true"),
            ("tag", "interview-1"),
            ("keyterm", "Kubernetes"),
            ("keyterm", "pair programming"),
        ])
    );
    assert_eq!(seen.header("authorization"), format!("Token {KEY}"));
    assert_eq!(seen.header("content-type"), "audio/wav");
    assert_eq!(seen.header("content-length"), seen.body.len().to_string());
    assert_eq!(seen.body, wav(&[&tone(8_000)]));
}

#[tokio::test]
async fn several_languages_are_requested_by_name() {
    let bench = Fixture::start([answer()]).await;
    let mut request = request();
    request.language = Some("multi".into());
    let recognition = bench.transcribe(&request).await.expect("words");
    assert_eq!(recognition.language, None, "the answer names none");
    let seen = bench.only_request();
    assert!(seen.query.contains(&("language".into(), "multi".into())));
    assert!(!seen.query.iter().any(|(name, _)| name == "detect_language"));
}

#[tokio::test]
async fn recording_that_only_the_provider_decodes_is_sent() {
    let bench = Fixture::start([answer()]).await;
    // Monkey's Audio of a version that no decoder here knows.
    let recording = b"MAC \xff\xff\xff\xff, and what follows".repeat(9);
    let request = request_of(InMemoryBucket::new(recording.clone().into()));
    let recognition = bench.transcribe(&request).await.expect("words");
    assert!(!recognition.words.is_empty());
    assert!(recognition.audio.duration_ms > 0, "by the provider");
    assert_eq!(bench.only_request().body, recording);
}

#[tokio::test]
async fn a_bucket_that_others_can_reach_is_named_by_a_signed_url() {
    let bench = Fixture::start([answer()]).await;
    let request = request_of(InMemoryBucket {
        audio: wav(&[&tone(8_000)]),
        origin: "https://storage.googleapis.com",
        breaks: false,
    });
    bench.transcribe(&request).await.expect("words");
    let seen = bench.only_request();
    assert_eq!(seen.header("content-type"), "application/json");
    let body: serde_json::Value = serde_json::from_slice(&seen.body).expect("JSON");
    let url = "https://storage.googleapis.com/uploads/one?signature=s&x=1";
    assert_eq!(body, json!({ "url": url }));
    assert!(
        seen.query
            .contains(&("detect_language".into(), "true".into()))
    );
}

#[tokio::test]
async fn how_a_recording_is_sent_can_be_set() {
    for (send, content_type) in [
        (SendAs::Url, "application/json"),
        (SendAs::Bytes, "audio/wav"),
    ] {
        let mut bench = Fixture::start([answer()]).await;
        bench.options.send = Some(send);
        bench.transcribe(&request()).await.expect("words");
        assert_eq!(bench.only_request().header("content-type"), content_type);
    }
}

#[tokio::test]
async fn a_recording_declared_as_json_is_not_sent_as_json() {
    let bench = Fixture::start([answer()]).await;
    let mut request = request();
    request.recording.content_type = "application/json".into();
    bench.transcribe(&request).await.expect("words");
    let seen = bench.only_request();
    assert_eq!(seen.header("content-type"), "application/octet-stream");
}

#[tokio::test]
async fn a_person_to_each_channel_is_told_apart_by_channel() {
    let (tone, silence) = (tone(8_000), vec![0; 8_000]);
    let left = [&tone[..], &silence[..], &tone[..], &silence[..]].concat();
    let right = [&silence[..], &tone[..], &silence[..], &tone[..]].concat();
    let body = json!({
        "metadata": {"duration": 4.0, "channels": 2},
        "results": {"channels": [
            {"alternatives": [{"words": [{"word": "hello", "start": 0.1, "end": 0.4}]}], "detected_language": "en"},
            {"alternatives": [{"words": [{"word": "yes", "start": 1.1, "end": 1.4}, {"word": "sure", "start": 1.5, "end": 1.8}]}],
             "detected_language": "de"},
        ]},
    });
    let bench = Fixture::start([Canned::new(200, body.to_string())]).await;
    let request = request_of(InMemoryBucket {
        audio: wav(&[&left, &right]),
        origin: "http://127.0.0.1:1",
        breaks: false,
    });
    let recognition = bench.transcribe(&request).await.expect("words");
    let seen = bench.only_request();
    assert!(seen.query.contains(&("multichannel".into(), "true".into())));
    assert!(seen.query.iter().all(|(name, _)| name != "diarize_model"));
    assert_eq!(recognition.language.as_deref(), Some("de"));
    assert_eq!(recognition.audio.channels, 2);
    let who: Vec<u32> = recognition.words.iter().map(|word| word.speaker).collect();
    assert_eq!((who, recognition.speakers.len()), (vec![0, 1, 1], 2));
}

#[tokio::test]
async fn the_client_decides_what_channels_carry() {
    let (tone, silence) = (tone(8_000), vec![0; 8_000]);
    let turns = [&tone[..], &silence[..], &tone[..], &silence[..]].concat();
    let others = [&silence[..], &tone[..], &silence[..], &tone[..]].concat();
    for (channels, recording, expected) in [
        (ChannelUse::Auto, wav(&[&turns, &others]), true),
        (ChannelUse::Mixed, wav(&[&turns, &others]), false),
        (ChannelUse::Auto, wav(&[&turns, &turns]), false),
        (ChannelUse::Speakers, wav(&[&turns, &turns]), true),
        (ChannelUse::Speakers, wav(&[&turns]), false),
    ] {
        let bench = Fixture::start([answer()]).await;
        let mut request = testing::request(recording);
        request.channels = channels;
        bench.transcribe(&request).await.expect("words");
        let multichannel = ("multichannel".into(), "true".into());
        let seen = bench.only_request();
        assert_eq!(seen.query.contains(&multichannel), expected, "{channels:?}");
    }
}

#[tokio::test]
async fn too_long_recording_is_not_sent() {
    let bench = Fixture::start([]).await;
    let mut request = request();
    request.max_duration_ms = 500;
    let error = bench.transcribe(&request).await.expect_err("too long");
    assert_eq!((error.code.as_str(), error.retryable), ("too_long", false));
    assert!(bench.provider.seen().is_empty());
}
