//! Transcripts written out.

#![cfg_attr(test, allow(dead_code, reason = "each test binary uses its part"))]

pub(crate) mod drafts;

use std::sync::Arc;

use domain::{
    Timestamp,
    analysis::Rubric,
    interview::Kind,
    ports::AnalysisRequest,
    transcript::{Quality, Speaker, Transcript, TranscriptHead, Word},
    versions::UnknownFields,
};

/// A transcript of these words: text, begin, end, speaker.
pub(crate) fn transcript_from_words(
    words: &[(&str, u64, u64, u32)],
    duration_ms: u64,
) -> Transcript {
    let words = words
        .iter()
        .map(|(text, start_ms, end_ms, speaker)| Word {
            text: (*text).into(),
            start_ms: *start_ms,
            end_ms: *end_ms,
            speaker: *speaker,
            confidence: 0.9,
            overlap: false,
        })
        .collect();
    let head = TranscriptHead {
        revision: 1,
        engine: "test".into(),
        model: "test".into(),
        diarization: None,
        language: None,
        duration_ms,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: Quality {
            words: 500,
            mean_confidence: 0.9,
            low_confidence_share: 0.0,
            speech_coverage: 0.6,
            words_per_minute: 120.0,
            repetition_share: 0.0,
            unknown: UnknownFields::default(),
        },
        usable: None,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    Transcript::new(head, words)
}

/// The request to analyze the transcript of a conversation of no particular kind.
pub(crate) fn request(transcript: &Transcript, rubric: &Rubric) -> AnalysisRequest {
    AnalysisRequest {
        transcript: Arc::new(transcript.clone()),
        kind: Kind::Other,
        rubric: rubric.clone(),
        key_terms: Vec::new(),
    }
}

/// Each line is what one speaker says; words are 300 ms apart and 200 ms long.
pub(crate) fn transcript(lines: &[(u32, &str)]) -> Transcript {
    let mut words = Vec::new();
    let mut now = 0;
    for (speaker, line) in lines {
        for text in line.split_whitespace() {
            words.push((text, now, now + 200, *speaker));
            now += 300;
        }
    }
    transcript_from_words(&words, now)
}

/// A small interview: speaker 0 asks, speaker 1 answers.
pub(crate) fn interview() -> Transcript {
    transcript(&[
        (0, "Could you tell me about a time when a project was late?"),
        (
            1,
            "Well, last spring we missed a deadline because the supplier closed, so I called every customer myself.",
        ),
        (0, "And what did you change afterwards?"),
        (
            1,
            "We now keep two suppliers for every part and I write the plan down on the first day.",
        ),
    ])
}
