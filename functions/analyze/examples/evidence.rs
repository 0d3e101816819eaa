//! How long it takes to look up fifty quotes in eighty thousand words.
//!
//! `cargo run --release -p analyze --example evidence`

use std::time::{Duration, Instant};

use domain::{
    Timestamp,
    analysis::{Citation, EvidenceStatus},
    transcript::{Quality, Speaker, Transcript, TranscriptHead, Word},
    versions::UnknownFields,
};
use evidence::EvidenceIndex;

const TURNS: usize = 4_000;
const WORDS_OF_A_TURN: usize = 20;
const QUOTES: usize = 50;
const ROUNDS: usize = 21;

#[expect(clippy::print_stdout, reason = "what it is for")]
fn main() {
    let lines = lines();
    let transcript = transcript(&lines);
    let mut prepared = median(|| drop(EvidenceIndex::new(&transcript)));
    println!(
        "{} words, {} turns",
        transcript.words.len(),
        transcript.turns.len()
    );
    println!("index          {prepared:>9.2?}");
    let index = EvidenceIndex::new(&transcript);
    for (kind, citations) in quotes(&lines) {
        let found = |status| {
            let found = citations
                .iter()
                .filter(|own| index.look_up(own).status == status);
            found.count()
        };
        let took = median(|| citations.iter().for_each(|own| drop(index.look_up(own))));
        prepared += took;
        println!(
            "{kind:14} {took:>9.2?}   verified {:2}, repaired {:2}, unverified {:2}",
            found(EvidenceStatus::Verified),
            found(EvidenceStatus::Repaired),
            found(EvidenceStatus::Unverified),
        );
    }
    println!("all of it      {prepared:>9.2?}");
}

/// The median of several rounds.
fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

/// Words of which few are common and most are rare, as in speech.
fn lines() -> Vec<Vec<String>> {
    let mut state = 1_u64;
    let mut word = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (bits, random) = (state >> 60, state >> 40);
        format!("w{}", random % (1 << bits))
    };
    let mut line = || (0..WORDS_OF_A_TURN).map(|_| word()).collect();
    (0..TURNS).map(|_| line()).collect()
}

fn transcript(lines: &[Vec<String>]) -> Transcript {
    let words = lines.iter().zip(0..).flat_map(|(line, turn)| {
        line.iter().zip(0..).map(move |(text, place)| {
            let start_ms = (turn * WORDS_OF_A_TURN as u64 + place) * 300;
            Word {
                text: text.as_str().into(),
                start_ms,
                end_ms: start_ms + 200,
                speaker: u32::from(turn % 2 == 1),
                confidence: 0.9,
                overlap: false,
            }
        })
    });
    let head = TranscriptHead {
        revision: 1,
        engine: String::new(),
        model: String::new(),
        diarization: None,
        language: None,
        duration_ms: (TURNS * WORDS_OF_A_TURN) as u64 * 300,
        speakers: vec![Speaker::unnamed(0), Speaker::unnamed(1)],
        chunks: 1,
        quality: Quality::default(),
        usable: None,
        created_at: Timestamp::from_millis(0),
        unknown: UnknownFields::default(),
    };
    Transcript::new(head, words.collect())
}

/// Fifty of each kind: twelve words of a turn as they are, with two changed, and
/// a word each from twelve turns.
fn quotes(lines: &[Vec<String>]) -> [(&'static str, Vec<Citation>); 3] {
    let of = |word: &dyn Fn(usize, usize) -> String| {
        let turns = (0..TURNS).step_by(TURNS / QUOTES);
        let citations = turns.map(|turn| {
            let words: Vec<String> = (3..15).map(|place| word(turn, place)).collect();
            Citation {
                turn: u32::try_from(turn).unwrap_or(0),
                quote: words.join(" ").into(),
            }
        });
        citations.collect::<Vec<_>>()
    };
    let changed = |turn: usize, place: usize| match place {
        6 | 11 => "changed".to_owned(),
        _ => lines[turn][place].clone(),
    };
    let mixed = |turn: usize, place: usize| lines[(turn + place * 331) % TURNS][place].clone();
    [
        (
            "word for word",
            of(&|turn, place| lines[turn][place].clone()),
        ),
        ("two changed", of(&changed)),
        ("stitched", of(&mixed)),
    ]
}
