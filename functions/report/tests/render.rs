//! Reports of ordinary, empty, long, foreign and hostile interviews.
#![allow(clippy::unwrap_used, reason = "tests, helpers included")]

use std::io::{Cursor, Read};

use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    analysis::{
        Analysis, Claim, Competency, CompetencyStatus, DerivedFrom, Evidence, EvidenceStatus,
        Metrics, Question, SpeakerMetrics, Topic, Usage, Warning,
    },
    transcript::{Quality, Speaker, Transcript, TranscriptHead, Word},
};
use report::{ReportContent, render};
use zip::ZipArchive;

fn interview(title: &str) -> Interview {
    let key = InterviewKey {
        user_id: UserId::parse("u").unwrap(),
        interview_id: InterviewId::parse("i").unwrap(),
    };
    let mut interview = Interview::new(
        &key,
        title.into(),
        Timestamp::from_millis(1_767_225_600_000),
    );
    interview.language = Some("en".into());
    interview
}

/// A turn to a line, speakers in turn.
fn transcript(lines: &[&str]) -> Transcript {
    let (mut words, mut now) = (Vec::new(), 0);
    for (line, speaker) in lines.iter().zip((0..2).cycle()) {
        for text in line.split(' ') {
            words.push(Word {
                text: text.into(),
                start_ms: now,
                end_ms: now + 200,
                speaker,
                confidence: 0.9,
            });
            now += 300;
        }
    }
    let head = TranscriptHead {
        revision: 1,
        engine: "engine-name".into(),
        model: "model-name".into(),
        language: None,
        duration_ms: now,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: Quality {
            words: words.len() as u64,
            mean_confidence: 0.9,
            ..Quality::default()
        },
        created_at: Timestamp::from_millis(0),
    };
    Transcript::new(head, words)
}

fn empty_analysis() -> Analysis {
    Analysis {
        derived_from: DerivedFrom {
            transcript_revision: 1,
        },
        engine: "analyst-name".into(),
        model: "m".into(),
        prompt_version: "p-1".into(),
        usage: Usage::default(),
        cost_usd: None,
        summary: None,
        key_points: Vec::new(),
        topics: Vec::new(),
        questions: Vec::new(),
        competencies: Vec::new(),
        strengths: Vec::new(),
        concerns: Vec::new(),
        follow_ups: Vec::new(),
        metrics: Metrics::default(),
        evidence_validity: None,
        warnings: Vec::new(),
        created_at: Timestamp::from_millis(1_767_225_700_000),
    }
}

fn evidence(quote: &str, status: EvidenceStatus) -> Evidence {
    let found = status != EvidenceStatus::Unverified;
    Evidence {
        quote: quote.into(),
        status,
        speaker: found.then_some(1),
        start_ms: found.then_some(83_000),
        end_ms: found.then_some(90_000),
        turn: found.then_some(1),
    }
}

fn full_analysis() -> Analysis {
    let claim = |text: &str, quote: &str, status| Claim {
        text: text.into(),
        evidence: vec![evidence(quote, status)],
    };
    let competency = |name: &str, status, rating| Competency {
        name: name.into(),
        status,
        rating,
        rationale: "rationale-text".into(),
        evidence: vec![evidence("competency-quote", EvidenceStatus::Verified)],
    };
    let mut analysis = empty_analysis();
    analysis.summary = Some("summary-text".into());
    analysis.key_points = vec![claim(
        "key-point-text",
        "key-quote",
        EvidenceStatus::Repaired,
    )];
    analysis.topics = vec![Topic {
        title: "topic-title".into(),
        start_ms: 0,
        end_ms: 3_723_000,
    }];
    analysis.questions = vec![Question {
        question: "question-text".into(),
        answer: Some("answer-text".into()),
        evidence: vec![evidence("q", EvidenceStatus::Verified)],
    }];
    analysis.competencies = vec![
        competency("first-competency", CompetencyStatus::Assessed, Some(4)),
        competency(
            "second-competency",
            CompetencyStatus::InsufficientEvidence,
            None,
        ),
        competency("third-competency", CompetencyStatus::NotAssessed, None),
    ];
    analysis.strengths = vec![claim(
        "strength-text",
        "strength-quote",
        EvidenceStatus::Verified,
    )];
    analysis.concerns = vec![claim(
        "concern-text",
        "concern-quote",
        EvidenceStatus::Unverified,
    )];
    analysis.follow_ups = vec!["follow-up-text".into()];
    analysis.warnings = vec![Warning {
        code: "c".into(),
        message: "warning-text".into(),
    }];
    let speaker = SpeakerMetrics {
        talk_share: 0.25,
        words: 4_321,
        interruptions: 17,
        ..SpeakerMetrics::default()
    };
    analysis.metrics.speakers = [(0, speaker.clone()), (1, speaker)].into();
    analysis
}

fn document(interview: &Interview, transcript: &Transcript, analysis: &Analysis) -> Vec<u8> {
    render(&ReportContent {
        interview,
        transcript,
        analysis,
    })
    .unwrap()
}

/// Every part of the package, each of which must be well-formed XML.
fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            roxmltree::Document::parse(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", entry.name()));
            (entry.name().to_owned(), text)
        })
        .collect()
}

/// All texts of the document's body.
fn text(bytes: &[u8]) -> String {
    let parts = parts(bytes);
    let (_, xml) = parts
        .iter()
        .find(|(name, _)| name == "word/document.xml")
        .unwrap();
    let document = roxmltree::Document::parse(xml).unwrap();
    let texts = document.descendants().filter(|node| {
        node.has_tag_name((
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "t",
        ))
    });
    texts
        .filter_map(|node| node.text())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn everything_that_the_analysis_and_the_transcript_hold_is_in_it() {
    let bytes = document(
        &interview("the-title"),
        &transcript(&["first turn", "second turn"]),
        &full_analysis(),
    );
    let text = text(&bytes);
    for expected in [
        "the-title",
        "engine-name",
        "analyst-name",
        "summary-text",
        "Warning-text",
        "key-point-text",
        "key-quote",
        "topic-title",
        "0:00 – 1:02:03",
        "question-text",
        "answer-text",
        "First-competency: 4 of 5",
        "Second-competency: insufficient evidence",
        "Third-competency: not assessed",
        "Rationale-text",
        "competency-quote",
        "strength-text",
        "strength-quote",
        "concern-text",
        "concern-quote",
        "not found in the recording",
        "follow-up-text",
        "first turn",
        "second turn",
        "4321",
        "25 %",
        "17",
        "Speaker 2, 1:23",
        "6 of 7 quotes were found",
        "✓ ",
        "≈ ",
        "✗ ",
    ] {
        assert!(
            text.contains(expected),
            "`{expected}` is missing in\n{text}"
        );
    }
}

#[test]
fn links_lead_to_headings_that_are_there() {
    let bytes = document(&interview("t"), &transcript(&["one"]), &full_analysis());
    let parts = parts(&bytes);
    let (_, xml) = parts
        .iter()
        .find(|(name, _)| name == "word/document.xml")
        .unwrap();
    let anchors: Vec<&str> = xml
        .split("w:anchor=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(anchors.len(), 11);
    for anchor in anchors {
        assert!(xml.contains(&format!("w:name=\"{anchor}\"")), "{anchor}");
    }
}

#[test]
fn the_same_content_gives_the_same_bytes() {
    let make = || {
        document(
            &interview("t"),
            &transcript(&["one", "two"]),
            &full_analysis(),
        )
    };
    assert!(make() == make());
}

#[test]
fn an_empty_interview_gives_a_document_all_the_same() {
    let text = text(&document(
        &interview("t"),
        &transcript(&[]),
        &empty_analysis(),
    ));
    assert!(text.contains("too little") && text.contains("No questions were recognised."));
}

#[test]
fn hostile_text_is_text() {
    let hostile = "</w:t><b>&amp;]]>\u{0}\u{8}\u{b}\u{ffff} \u{1F600} {{x}} <?xml?>";
    let long = "a".repeat(10_000);
    let mut analysis = full_analysis();
    analysis.summary = Some(hostile.into());
    let text = text(&document(
        &interview(hostile),
        &transcript(&[hostile, &long]),
        &analysis,
    ));
    assert!(text.contains("</w:t><b>&amp;]]>") && text.contains(&long));
}

#[test]
fn arabic_runs_right_to_left_and_japanese_does_not() {
    let xml = |line: &str| {
        let bytes = document(&interview("t"), &transcript(&[line]), &empty_analysis());
        parts(&bytes)
            .into_iter()
            .find(|(name, _)| name == "word/document.xml")
            .unwrap()
            .1
    };
    assert!(xml("مرحبا بكم").contains("w:bidi"));
    assert!(!xml("日本語の会話").contains("w:bidi"));
}

#[test]
fn a_long_interview_stays_small() {
    let line =
        "we talked about the library and the people who come there every single day of the week";
    let lines: Vec<String> = (0..2_000).map(|turn| format!("{line} {turn}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let bytes = document(&interview("t"), &transcript(&lines), &full_analysis());
    assert!(bytes.len() < 100_000, "{} bytes", bytes.len());
}
