//! Transcripts written out, and requests about them.

use std::sync::Arc;

use domain::{
    Timestamp,
    analysis::Rubric,
    interview::Kind,
    ports::AnalysisRequest,
    transcript::{Quality, Speaker, Transcript, TranscriptHead, Word},
    versions::UnknownFields,
};
use engines::language::ModelQuestion;
use serde_json::{Value, json};

/// Each line is what one speaker says; words are 300 ms apart and 200 ms long.
pub fn transcript(lines: &[(u32, &str)]) -> Transcript {
    let (mut words, mut now) = (Vec::new(), 0);
    for (speaker, line) in lines {
        for text in line.split_whitespace() {
            words.push(Word {
                text: text.into(),
                start_ms: now,
                end_ms: now + 200,
                speaker: *speaker,
                confidence: 0.9,
                overlap: false,
            });
            now += 300;
        }
    }
    let head = TranscriptHead {
        revision: 1,
        engine: "test".into(),
        model: "test".into(),
        diarization: None,
        language: Some("en".into()),
        duration_ms: now,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: Quality::default(),
        usable: None,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    Transcript::new(head, words)
}

pub fn interview() -> Transcript {
    transcript(&[
        (0, "Could you tell me about a time when a project was late?"),
        (
            1,
            "Well, last spring we missed a deadline because the supplier closed, so I called every customer myself.",
        ),
    ])
}

pub fn request(transcript: Transcript) -> AnalysisRequest {
    AnalysisRequest {
        transcript: Arc::new(transcript),
        kind: Kind::JobInterview,
        rubric: Rubric::default_for(Kind::JobInterview),
        key_terms: Vec::new(),
    }
}

/// A question of its own, for models without an engine around them.
pub fn question() -> ModelQuestion {
    ModelQuestion {
        instructions: "Be brief.".into(),
        content: "What is it?".into(),
        name: "analysis",
        schema: json!({"type": "object", "properties": {"summary": {"type": "string"}}}),
        answer_tokens: 2_048,
    }
}

/// An answer that says nothing wrong.
pub fn plain_answer() -> Value {
    json!({
        "summary": "A late project.",
        "key_points": [{
            "text": "Called every customer",
            "evidence": [{"turn": 1, "quote": "I called every customer myself"}]
        }],
        "topics": [{"title": "a late project", "first_turn": 0, "last_turn": 1}],
        "questions": [], "strengths": [], "concerns": [], "follow_ups": [],
        "competencies": [{
            "name": "ownership", "rating": 4, "rationale": "Called the customers.",
            "evidence": [{"turn": 1, "quote": "I called every customer myself"}]
        }],
    })
}
