//! Any text in a report: every part of the document and the page are well-formed XML.
#![no_main]

use std::io::{Cursor, Read};

use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    analysis::{Analysis, DerivedFrom, Metrics, Usage},
    transcript::{Quality, Speaker, Transcript, TranscriptHead, Word},
    versions::UnknownFields,
};
use libfuzzer_sys::fuzz_target;
use report::{ReportContent, render};
use zip::ZipArchive;

fuzz_target!(|text: String| {
    let now = Timestamp::from_millis(0);
    let key = InterviewKey {
        user_id: UserId::parse("u").expect("a user"),
        interview_id: InterviewId::parse("i").expect("an id"),
    };
    let mut interview = Interview::new(&key, text.as_str().into(), now);
    interview.language = Some(text.clone());
    let words = text.split(' ').zip(0..).map(|(word, at)| Word {
        text: word.into(),
        start_ms: at * 1_000,
        end_ms: at * 1_000 + 500,
        speaker: 0,
        confidence: 1.0,
        overlap: false,
    });
    let words: Vec<Word> = words.collect();
    let head = TranscriptHead {
        revision: 1,
        engine: text.clone(),
        model: String::new(),
        diarization: None,
        language: None,
        duration_ms: words.len() as u64 * 1_000,
        speakers: vec![Speaker {
            name: text.as_str().into(),
            ..Speaker::unnamed(0)
        }],
        chunks: 1,
        quality: Quality::default(),
        usable: None,
        created_at: now,
        unknown: UnknownFields::default(),
    };
    let analysis = Analysis {
        derived_from: DerivedFrom {
            transcript_revision: 1,
            ..DerivedFrom::default()
        }
        .into(),
        engine: text.clone(),
        model: String::new(),
        prompt_version: text.clone(),
        usage: Usage::default().into(),
        cost_usd: None,
        summary: Some(text.as_str().into()),
        key_points: Vec::new(),
        topics: Vec::new(),
        questions: Vec::new(),
        competencies: Vec::new(),
        strengths: Vec::new(),
        concerns: Vec::new(),
        follow_ups: vec![text.as_str().into()],
        metrics: Metrics::default(),
        evidence_validity: None,
        warnings: Vec::new(),
        created_at: now,
        unknown: UnknownFields::default(),
    };
    let content = ReportContent {
        interview: &interview,
        transcript: &Transcript::new(head, words),
        analysis: &analysis,
        waveform: None,
        notes: &[],
        assessment: None,
        public_url: Some("https://interviews.example"),
    };
    let rendered = render(&content).expect("a report");
    let allow = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    roxmltree::Document::parse_with_options(&rendered.page.html, allow).expect("a page");
    let mut archive = ZipArchive::new(Cursor::new(rendered.docx)).expect("a package");
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).expect("an entry");
        if entry.name().ends_with(".png") {
            continue;
        }
        let mut xml = String::new();
        entry.read_to_string(&mut xml).expect("text");
        roxmltree::Document::parse(&xml).expect("well-formed XML");
    }
});
