//! Recordings to transcribe.

use domain::ports::TranscriptionRequest;

/// A request for a recording of channels at 16 kHz, in English.
pub(crate) fn request(channels: &[Vec<i16>]) -> TranscriptionRequest {
    let channels: Vec<&[i16]> = channels.iter().map(Vec::as_slice).collect();
    TranscriptionRequest {
        language: Some("en".into()),
        ..testing::request(testing::wav(16_000, &channels))
    }
}

/// A request for ten seconds of speech.
pub(crate) fn ten_seconds() -> TranscriptionRequest {
    request(&[loud(10_000)])
}

/// A tone of 200 Hz, which is speech by its loudness.
pub(crate) fn loud(ms: usize) -> Vec<i16> {
    let sample = |n: usize| {
        if (n / 40).is_multiple_of(2) {
            3_000
        } else {
            -3_000
        }
    };
    (0..ms * 16).map(sample).collect()
}

pub(crate) fn quiet(ms: usize) -> Vec<i16> {
    vec![0; ms * 16]
}
