//! Interviews of made-up words, of which few are common and most are rare (Zipf's law), from a
//! seed.

use domain::{
    Interview, InterviewId, InterviewKey, Timestamp, UserId,
    ports::{Precondition, Write},
    search::{index, transcript::Passages},
    transcript::{Quality, TranscriptHead, Word},
    versions::UnknownFields,
};
use fastrand::Rng;

/// How fast people speak, in words an hour.
pub(crate) const WORDS_PER_HOUR: usize = 9_000;

/// The number of different words.
const VOCABULARY: u32 = 200_000;

/// The first interview's time of creation; one follows each minute.
const FIRST_MS: i64 = 1_700_000_000_000;

/// Draws words as people do: the word of rank `n` is `n` times rarer than the first.
pub(crate) struct Speaker {
    /// What is drawn by.
    pub(crate) rng: Rng,
    /// For each rank the share of the words up to it.
    shares: Vec<f64>,
}

impl Speaker {
    /// Always the same for a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut sum = 0.0;
        let mut shares: Vec<f64> = (1..=VOCABULARY)
            .map(|rank| {
                sum += 1.0 / f64::from(rank);
                sum
            })
            .collect();
        for share in &mut shares {
            *share /= sum;
        }
        Self {
            rng: Rng::with_seed(seed),
            shares,
        }
    }

    /// The rank of the next word, from 0.
    pub(crate) fn rank(&mut self) -> usize {
        let drawn = self.rng.f64();
        self.shares.partition_point(|share| *share < drawn)
    }

    /// So many words of two people; a sentence has a dozen of them.
    pub(crate) fn words(&mut self, count: usize) -> Vec<Word> {
        let word = |index: usize| {
            let mut text = word(self.rank());
            if index % 12 == 11 {
                text.push('.');
            }
            let start_ms = index as u64 * 3_600_000 / WORDS_PER_HOUR as u64;
            Word {
                text: text.into(),
                start_ms,
                end_ms: start_ms + 300,
                speaker: u32::from(index / 60 % 2 == 1),
                confidence: 0.9,
                overlap: false,
            }
        };
        (0..count).map(word).collect()
    }
}

/// The word of a rank: common ones are short.
pub(crate) fn word(rank: usize) -> String {
    const CONSONANTS: [&str; 16] = [
        "b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st",
    ];
    const VOWELS: [&str; 6] = ["a", "e", "i", "o", "u", "ei"];
    let mut text = String::new();
    let mut left = rank + 1;
    while left > 0 {
        left -= 1;
        text.push_str(CONSONANTS[left % 16]);
        text.push_str(VOWELS[left / 16 % 6]);
        left /= 96;
    }
    text
}

/// A user's interview by its number; a later one is newer.
pub(crate) fn key(user: &str, number: usize) -> InterviewKey {
    InterviewKey {
        user_id: UserId::parse(user).expect("an id"),
        interview_id: InterviewId::parse(format!("i{number:023}")).expect("an id"),
    }
}

/// When an interview was created.
pub(crate) fn created(number: usize) -> Timestamp {
    Timestamp::from_millis(FIRST_MS + i64::try_from(number).expect("few") * 60_000)
}

/// What the service stores of an interview with these words, as far as searches read it.
pub(crate) fn writes(key: &InterviewKey, number: usize, words: &[Word]) -> Vec<Write> {
    let interview = Interview::new(key, format!("Interview {number}").into(), created(number));
    let head = TranscriptHead {
        revision: 1,
        engine: "made-up".into(),
        model: String::new(),
        diarization: None,
        language: None,
        duration_ms: words.last().map_or(0, |word| word.end_ms),
        speakers: Vec::new(),
        chunks: 0,
        quality: Quality::default(),
        usable: None,
        created_at: created(number),
        unknown: UnknownFields::default(),
    };
    let put = |path, content: serde_json::Value| {
        Write::put(path, &content, Precondition::None).expect("an object")
    };
    let passages = Passages::recognized((&interview).into(), 1, words);
    let mut writes = passages.writes().expect("objects");
    writes.push(index::title(&interview).expect("an object"));
    writes.push(put(key.document(), serde_json::json!(interview)));
    writes.push(put(key.data("transcript"), serde_json::json!(head)));
    writes
}
