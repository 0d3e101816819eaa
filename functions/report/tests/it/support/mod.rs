//! Interviews to write reports of.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test uses what it needs; helpers of tests"
)]

pub(crate) mod collection;
pub(crate) mod example;
pub(crate) mod kinds;
pub(crate) mod parts;
pub(crate) mod pdf;

use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    analysis::{
        Analysis, Claim, Competency, CompetencyStatus, DerivedFrom, Evidence, EvidenceStatus,
        Metrics, Question, SpeakerMetrics, Topic, Usage, Warning,
    },
    interview::Kind,
    note::{Note, NoteKind},
    transcript::{AudioFacts, Quality, Speaker, Transcript, TranscriptHead, Word},
    usable::{UnusableReason, Usable},
    versions::UnknownFields,
    waveform::StoredWaveform,
};
use report::{Rendered, ReportContent, render};

pub(crate) fn interview(title: &str) -> Interview {
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
pub(crate) fn transcript(lines: &[&str]) -> Transcript {
    let (mut words, mut now) = (Vec::new(), 0);
    for (line, speaker) in lines.iter().zip((0..2).cycle()) {
        for text in line.split(' ') {
            words.push(Word {
                text: text.into(),
                start_ms: now,
                end_ms: now + 200,
                speaker,
                confidence: 0.9,
                overlap: false,
            });
            now += 300;
        }
    }
    Transcript::new(head(now, &words), words)
}

/// The head of a transcript of two speakers.
pub(crate) fn head(duration_ms: u64, words: &[Word]) -> TranscriptHead {
    TranscriptHead {
        revision: 1,
        engine: "engine-name".into(),
        model: "model-name".into(),
        diarization: None,
        language: None,
        duration_ms,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: Quality {
            words: words.len() as u64,
            mean_confidence: 0.9,
            ..Quality::default()
        },
        usable: Some(Usable::from_reasons([])),
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    }
}

/// The same, of which most words are guesses.
pub(crate) fn unreliable(lines: &[&str]) -> Transcript {
    let mut transcript = transcript(lines);
    let reasons = [
        UnusableReason::LowConfidence,
        UnusableReason::LanguageMismatch,
    ];
    transcript.head.usable = Some(Usable::from_reasons(reasons));
    transcript.head.quality.mean_confidence = 0.42;
    transcript
}

/// An analysis whose ratings were all refused for one reason.
pub(crate) fn unrated_analysis() -> Analysis {
    let mut analysis = full_analysis();
    for competency in &mut analysis.competencies {
        competency.status = CompetencyStatus::NotAssessed;
        competency.rating = None;
        competency.rationale = "the transcript is too unreliable to rate anyone".into();
        competency.evidence = Vec::new();
    }
    analysis.warnings = vec![
        Warning {
            code: "low_confidence".into(),
            message: "confidence-text".into(),
        }
        .into(),
    ];
    analysis
}

pub(crate) fn empty_analysis() -> Analysis {
    Analysis {
        derived_from: DerivedFrom {
            transcript_revision: 1,
            ..DerivedFrom::default()
        }
        .into(),
        engine: "analyst-name".into(),
        model: "m".into(),
        prompt_version: "p-1".into(),
        usage: Usage::default().into(),
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
        unknown: UnknownFields::default(),
    }
}

pub(crate) fn evidence(quote: &str, status: EvidenceStatus) -> Evidence {
    let found = status != EvidenceStatus::Unverified;
    Evidence {
        quote: quote.into(),
        status,
        speaker: found.then_some(1),
        start_ms: found.then_some(83_000),
        end_ms: found.then_some(90_000),
        turn: found.then_some(1),
        unknown: UnknownFields::default(),
    }
}

pub(crate) fn full_analysis() -> Analysis {
    let claim = |text: &str, quote: &str, status| Claim {
        text: text.into(),
        evidence: vec![evidence(quote, status)],
        unknown: UnknownFields::default(),
    };
    let competency = |name: &str, status, rating| Competency {
        name: name.into(),
        status,
        rating,
        rationale: "rationale-text".into(),
        evidence: vec![evidence("competency-quote", EvidenceStatus::Verified)],
        unknown: UnknownFields::default(),
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
        unknown: UnknownFields::default(),
    }];
    analysis.questions = vec![Question {
        question: "question-text".into(),
        answer: Some("answer-text".into()),
        evidence: vec![evidence("q", EvidenceStatus::Verified)],
        unknown: UnknownFields::default(),
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
    analysis.warnings = vec![
        Warning {
            code: "c".into(),
            message: "warning-text".into(),
        }
        .into(),
    ];
    let speaker = SpeakerMetrics {
        talk_share: 0.25,
        words: 4_321,
        interruptions: 17,
        ..SpeakerMetrics::default()
    };
    analysis.metrics.speakers = [(0, speaker.clone()), (1, speaker)].into();
    analysis
}

/// A waveform that swells and fades.
pub(crate) fn waveform(duration_ms: u64) -> StoredWaveform {
    let audio = AudioFacts {
        duration_ms,
        channels: 1,
        sample_rate_hz: 16_000,
    };
    let level = |pixel: i16| (pixel % 400 - 200) * (60 + pixel % 17);
    let pairs: Vec<(i16, i16)> = (0..4_000)
        .map(|pixel| (-level(pixel).abs(), level(pixel).abs()))
        .collect();
    StoredWaveform::new(audio, 256, &pairs, 1, Timestamp::from_millis(0))
}

pub(crate) fn note(id: &str, text: &str, at_ms: Option<u64>, kind: NoteKind) -> Note {
    Note {
        id: id.into(),
        text: text.into(),
        at_ms,
        kind,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    }
}

pub(crate) fn notes() -> Vec<Note> {
    vec![
        note("1", "note-text", None, NoteKind::Note),
        note("2", "bookmark-text", Some(61_000), NoteKind::Bookmark),
    ]
}

/// Turns of words drawn from the bundled interview as if at random, so that they
/// compress no better than speech.
pub(crate) fn chatter(turns: usize, words: usize) -> Vec<String> {
    let sample = include_str!("../../../../../samples/interview.txt");
    let vocabulary: Vec<&str> = sample.split_whitespace().collect();
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut line = || {
        let length = 1 + next(2 * words - 1);
        let phrase = |start: usize, length: usize| vocabulary[start..start + length].join(" ");
        let mut phrases = Vec::new();
        for _ in 0..length.div_ceil(4) {
            phrases.push(phrase(next(vocabulary.len() - 4), 4));
        }
        phrases.join(" ")
    };
    (0..turns).map(|_| line()).collect()
}

/// One report to look at.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) interview: Interview,
    pub(crate) transcript: Transcript,
    pub(crate) analysis: Analysis,
    /// Something that must be found in it.
    pub(crate) expected: &'static str,
}

impl Case {
    /// Its report, with a waveform and notes.
    pub(crate) fn render(&self) -> Rendered {
        let content = ReportContent {
            interview: &self.interview,
            transcript: &self.transcript,
            analysis: &self.analysis,
            waveform: Some(&waveform(self.transcript.head.duration_ms)),
            notes: &notes(),
            assessment: None,
            public_url: Some("https://interviews.example"),
        };
        render(&content).expect("a report")
    }
}

pub(crate) const HOSTILE: &str =
    "</w:t><b>&amp;]]>\u{0}\u{8}\u{b}\u{ffff} \u{1F600} {{x}} <?xml?> \u{202e}esrever";

/// Interviews of every sort.
pub(crate) fn cases() -> Vec<Case> {
    let case = |name, language: &str, lines: &[&str], analysis, expected| {
        let mut interview = interview(name);
        interview.language = Some(language.into());
        Case {
            name,
            interview,
            transcript: transcript(lines),
            analysis,
            expected,
        }
    };
    let mut noise = Case {
        transcript: unreliable(&["what are up to her at a hop", "l r a i why buy a car"]),
        ..case("noise", "en", &[], unrated_analysis(), "unreliable")
    };
    noise.interview.kind = Kind::JobInterview;
    let (interview, transcript, analysis, _) = example::example();
    let example = Case {
        name: "example",
        interview,
        transcript,
        analysis,
        expected: "Decision",
    };
    let long = chatter(11_000, 7);
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let hostile = [
        HOSTILE,
        &"w".repeat(10_000),
        "\u{1F468}\u{200d}\u{1F469}\u{200d}\u{1F467}",
    ];
    let arabic = [
        "مرحبا بكم في المقابلة، كيف حالك اليوم؟",
        "أنا بخير، شكرا. عملت في Google ثلاث سنوات.",
    ];
    let japanese = [
        "本日はお越しいただきありがとうございます。",
        "よろしくお願いします。前職では API を担当していました。",
    ];
    let mut of_arabic = full_analysis();
    of_arabic.summary = Some("تحدثت المرشحة عن عملها السابق.".into());
    let mut of_japanese = full_analysis();
    of_japanese.summary = Some("候補者は前職での経験について話した。".into());
    let mut of_hostile = full_analysis();
    of_hostile.summary = Some(HOSTILE.into());
    vec![
        case("empty", "en", &[], empty_analysis(), "too little"),
        noise,
        example,
        kinds::user_study(),
        kinds::story(),
        case("one word", "en", &["yes"], empty_analysis(), "yes"),
        case(
            "eight hours",
            "en",
            &long,
            full_analysis(),
            "competency-quote",
        ),
        case("arabic", "ar", &arabic, of_arabic, "Google"),
        case("japanese", "ja", &japanese, of_japanese, "前職"),
        case("hostile", "en", &hostile, of_hostile, "{{x}}"),
    ]
}
