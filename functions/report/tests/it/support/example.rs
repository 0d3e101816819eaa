//! The report of the bundled interview with a full analysis, which was written by hand: what
//! a language model makes of it. `scripts/dev/make-example` makes the example of the
//! repository of it, without a speech model.

use domain::{
    Interview, RecordedAt, Timestamp,
    analysis::{
        Analysis, Claim, Competency, CompetencyStatus, Evidence, EvidenceStatus, Question,
        SpeakerMetrics, Topic, Usage,
    },
    interview::Kind,
    note::{Note, NoteKind},
    speaker::Role,
    text::normalize,
    transcript::{AudioFacts, Speaker, Transcript, Word},
    versions::UnknownFields,
    waveform::StoredWaveform,
};
use serde::Deserialize;

use super::{empty_analysis, head, interview, note};

const TITLE: &str = "Librarian, first interview (example)";
const NAMES: [&str; 2] = ["Sam Reyes", "Robin Hale"];

#[derive(Deserialize)]
struct Sample {
    duration_ms: u64,
    turns: Vec<SampleTurn>,
}

#[derive(Deserialize)]
struct SampleTurn {
    channel: u32,
    start_ms: u64,
    end_ms: u64,
    text: String,
}

#[derive(Deserialize)]
struct Given {
    summary: String,
    key_points: Vec<GivenClaim>,
    competencies: Vec<GivenCompetency>,
    strengths: Vec<GivenClaim>,
    concerns: Vec<GivenClaim>,
    questions: Vec<GivenQuestion>,
    topics: Vec<[String; 3]>,
    follow_ups: Vec<String>,
}

#[derive(Deserialize)]
struct GivenClaim {
    text: String,
    quotes: Vec<String>,
}

#[derive(Deserialize)]
struct GivenCompetency {
    name: String,
    rating: Option<u8>,
    rationale: String,
    quotes: Vec<String>,
}

#[derive(Deserialize)]
struct GivenQuestion {
    question: String,
    answer: String,
    quotes: Vec<String>,
}

/// Interview, transcript, analysis and notes.
pub(crate) fn example() -> (Interview, Transcript, Analysis, Vec<Note>) {
    let mut interview = interview(TITLE);
    interview.kind = Kind::JobInterview;
    interview.recorded_at = Some(RecordedAt::parse("2026-03-02T10:00:00+01:00").unwrap());
    let transcript = transcript();
    let analysis = analysis(&transcript);
    let notes = vec![
        note(
            "1",
            "Ask about the budget of the library.",
            None,
            NoteKind::Note,
        ),
        note(
            "2",
            "The story of the lost list",
            Some(46_000),
            NoteKind::Bookmark,
        ),
    ];
    (interview, transcript, analysis, notes)
}

/// The words of the sample, each with its share of its turn's time.
fn transcript() -> Transcript {
    let sample = include_str!("../../../../../samples/interview.words.json");
    let sample: Sample = serde_json::from_str(sample).unwrap();
    let words = sample.turns.iter().flat_map(|turn| {
        let texts: Vec<&str> = turn.text.split(' ').filter(|word| *word != "--").collect();
        let count = texts.len() as u64;
        let length = turn.end_ms - turn.start_ms;
        let at = move |index: u64| turn.start_ms + length * index / count;
        let words = texts.into_iter().zip(0..);
        words.map(move |(text, index)| Word {
            text: text.into(),
            start_ms: at(index),
            end_ms: at(index + 1),
            speaker: turn.channel,
            confidence: 0.94,
            overlap: false,
        })
    });
    let words: Vec<Word> = words.collect();
    let mut head = head(sample.duration_ms, &words);
    head.engine = "example".into();
    head.model = "the text that was spoken".into();
    head.quality.mean_confidence = 0.94;
    head.speakers = [Role::Interviewer, Role::Interviewee]
        .into_iter()
        .zip(0..)
        .map(|(role, id)| Speaker {
            name: NAMES[id as usize].into(),
            role: Some(role),
            role_confidence: Some(1.0),
            ..Speaker::unnamed(id)
        })
        .collect();
    Transcript::new(head, words)
}

fn analysis(transcript: &Transcript) -> Analysis {
    let given: Given = serde_json::from_str(include_str!(
        "../../../../../samples/interview.analysis.json"
    ))
    .unwrap();
    let proof = |quotes: &[String]| -> Vec<Evidence> {
        quotes
            .iter()
            .map(|quote| evidence(transcript, quote))
            .collect()
    };
    let claim = |own: &GivenClaim| Claim {
        text: own.text.as_str().into(),
        evidence: proof(&own.quotes),
        unknown: UnknownFields::default(),
    };
    let claims = |own: &[GivenClaim]| own.iter().map(claim).collect();
    let competencies = given.competencies.iter().map(|own| Competency {
        name: own.name.clone(),
        status: match own.rating {
            Some(_) => CompetencyStatus::Assessed,
            None => CompetencyStatus::InsufficientEvidence,
        },
        rating: own.rating,
        rationale: own.rationale.as_str().into(),
        evidence: proof(&own.quotes),
        unknown: UnknownFields::default(),
    });
    let questions = given.questions.iter().map(|own| Question {
        question: own.question.as_str().into(),
        answer: Some(own.answer.as_str().into()),
        evidence: proof(&own.quotes),
        unknown: UnknownFields::default(),
    });
    let start = |words: &str| find(transcript, words).unwrap().start_ms.unwrap();
    let topics = given.topics.iter().map(|[title, from, to]| Topic {
        title: title.as_str().into(),
        start_ms: start(from),
        end_ms: start(to),
        unknown: UnknownFields::default(),
    });
    let mut analysis = empty_analysis();
    analysis.engine = "example".into();
    analysis.model = "written by hand".into();
    analysis.prompt_version = "no prompt".into();
    analysis.usage = Usage::default().into();
    analysis.summary = Some(given.summary.as_str().into());
    analysis.key_points = claims(&given.key_points);
    analysis.competencies = competencies.collect();
    analysis.strengths = claims(&given.strengths);
    analysis.concerns = claims(&given.concerns);
    analysis.questions = questions.collect();
    analysis.topics = topics.collect();
    analysis.follow_ups = given
        .follow_ups
        .iter()
        .map(|text| text.as_str().into())
        .collect();
    measure(&mut analysis, transcript);
    analysis
}

/// A quote as the file has it: `!` before one that is invented, `~` before one that differs a
/// little from what was said.
fn evidence(transcript: &Transcript, quote: &str) -> Evidence {
    if let Some(invented) = quote.strip_prefix('!') {
        return super::evidence(invented, EvidenceStatus::Unverified);
    }
    let (words, status) = match quote.strip_prefix('~') {
        Some(words) => (words, EvidenceStatus::Repaired),
        None => (quote, EvidenceStatus::Verified),
    };
    let found = find(transcript, words);
    let found = found.unwrap_or_else(|| panic!("`{words}` is not in the sample"));
    Evidence { status, ..found }
}

/// Words one after the other in the transcript.
fn find(transcript: &Transcript, quote: &str) -> Option<Evidence> {
    let wanted: Vec<String> = quote.split(' ').map(normalize).collect();
    let said = &transcript.words;
    let same = |words: &&[Word]| {
        let words = words.iter().map(|word| normalize(word.text.reveal()));
        words.eq(wanted.iter().cloned())
    };
    let at = said.windows(wanted.len()).position(|words| same(&words))?;
    let words = &said[at..at + wanted.len()];
    let (first, last) = (words.first()?, words.last()?);
    let turn = transcript
        .turns
        .iter()
        .find(|turn| turn.words.contains(&at))?;
    let texts: Vec<&str> = words.iter().map(|word| word.text.reveal()).collect();
    Some(Evidence {
        quote: texts.join(" ").into(),
        status: EvidenceStatus::Verified,
        speaker: Some(first.speaker),
        start_ms: Some(first.start_ms),
        end_ms: Some(last.end_ms),
        turn: Some(turn.id),
        unknown: UnknownFields::default(),
    })
}

#[allow(clippy::cast_precision_loss, reason = "some minutes in milliseconds")]
fn measure(analysis: &mut Analysis, transcript: &Transcript) {
    let turns = |speaker| {
        transcript
            .turns
            .iter()
            .filter(move |turn| turn.speaker == speaker)
    };
    let lengths = |speaker| turns(speaker).map(|turn| turn.end_ms - turn.start_ms);
    let all: u64 = (0..2).flat_map(lengths).sum();
    let metrics = &mut analysis.metrics;
    metrics.duration_ms = transcript.head.duration_ms;
    metrics.speech_ms = all;
    metrics.silence_ms = transcript.head.duration_ms.saturating_sub(all);
    metrics.turns = transcript.turns.len() as u64;
    for speaker in 0..2 {
        let talk_ms: u64 = lengths(speaker).sum();
        let said = transcript
            .words
            .iter()
            .filter(|word| word.speaker == speaker);
        let own = SpeakerMetrics {
            talk_ms,
            talk_share: talk_ms as f64 / all as f64,
            words: said.count() as u64,
            longest_monologue_ms: lengths(speaker).max().unwrap_or(0),
            questions: turns(speaker)
                .filter(|turn| turn.text.reveal().contains('?'))
                .count() as u64,
            ..SpeakerMetrics::default()
        };
        metrics.speakers.insert(speaker, own);
    }
}

/// The waveform of samples of 16 bits at 16 kHz, the lower byte first.
pub(crate) fn waveform_of(pcm: &[u8]) -> StoredWaveform {
    let (samples, _) = pcm.as_chunks::<2>();
    let samples: Vec<i16> = samples
        .iter()
        .map(|pair| i16::from_le_bytes(*pair))
        .collect();
    let pairs: Vec<(i16, i16)> = samples
        .chunks(256)
        .map(|chunk| {
            let low = chunk.iter().min().copied().unwrap_or(0);
            (low, chunk.iter().max().copied().unwrap_or(0))
        })
        .collect();
    let audio = AudioFacts {
        duration_ms: samples.len() as u64 / 16,
        channels: 1,
        sample_rate_hz: 16_000,
    };
    StoredWaveform::new(audio, 256, &pairs, 1, Timestamp::from_millis(0))
}
