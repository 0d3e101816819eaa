//! A transcript's words cut into documents that always fit.
//!
//! A document holds at most 1 MiB, and a word as a map takes about 100 bytes, so
//! an hour of talk would not fit into one. Words are packed by column into
//! chunks of [`WORDS_PER_CHUNK`]: texts joined by line feeds, numbers as
//! little-endian bytes in base64. A chunk takes about 20 bytes a word.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};

use crate::{Private, transcript::Word, versions::UnknownFields};

/// Words in one chunk; with texts of ordinary length about 80 KB.
pub const WORDS_PER_CHUNK: usize = 4_000;

/// The most text in one chunk, in bytes.
const TEXT_PER_CHUNK: usize = 200_000;

/// One chunk document at `data/transcript/chunks/{revision}-{number}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The transcript's revision it belongs to.
    pub revision: u64,
    /// Its place in the transcript, from 0.
    pub number: u32,
    /// Number of words in it.
    pub count: u32,
    /// The words' texts joined by `\n`.
    pub texts: Private,
    /// Start times: u32 milliseconds each.
    pub starts: String,
    /// Lengths: u32 milliseconds each.
    pub lengths: String,
    /// Speakers: u32 each.
    pub speakers: String,
    /// Confidences: u16 each, 0 to 65,535 for 0 to 1.
    pub confidences: String,
    /// Where two speak at once: a bit each, the lowest of a byte first; empty where
    /// nowhere.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub overlaps: String,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// A chunk that does not hold what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("chunk {number} of the transcript is damaged")]
pub struct DamagedChunk {
    /// Which one.
    pub number: u32,
}

/// Packs words into as many chunks as they need.
pub fn pack(revision: u64, words: &[Word]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut rest = words;
    while !rest.is_empty() {
        let (taken, left) = rest.split_at(fitting(rest));
        let number = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
        chunks.push(pack_one(revision, number, taken));
        rest = left;
    }
    chunks
}

/// How many of the first words go into one chunk; at least one.
fn fitting(words: &[Word]) -> usize {
    let mut bytes = 0;
    let within = words
        .iter()
        .take(WORDS_PER_CHUNK)
        .take_while(|word| {
            bytes += word.text.reveal().len() + 1;
            bytes <= TEXT_PER_CHUNK
        })
        .count();
    within.max(1)
}

fn pack_one(revision: u64, number: u32, words: &[Word]) -> Chunk {
    let texts: Vec<String> = words
        .iter()
        .map(|word| word.text.reveal().replace('\n', " "))
        .collect();
    Chunk {
        revision,
        number,
        count: u32::try_from(words.len()).unwrap_or(u32::MAX),
        texts: texts.join("\n").into(),
        starts: column(words, |word| clamp(word.start_ms)),
        lengths: column(words, |word| {
            clamp(word.end_ms.saturating_sub(word.start_ms))
        }),
        speakers: column(words, |word| word.speaker),
        confidences: confidences(words),
        overlaps: overlaps(words),
        unknown: UnknownFields::default(),
    }
}

/// 32 bits of milliseconds are 49 days.
fn clamp(millis: u64) -> u32 {
    u32::try_from(millis).unwrap_or(u32::MAX)
}

fn column(words: &[Word], value: impl Fn(&Word) -> u32) -> String {
    let bytes: Vec<u8> = words
        .iter()
        .flat_map(|word| value(word).to_le_bytes())
        .collect();
    BASE64.encode(bytes)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=1 before it is scaled to 16 bits"
)]
fn confidences(words: &[Word]) -> String {
    let bytes: Vec<u8> = words
        .iter()
        .flat_map(|word| {
            ((word.confidence.clamp(0.0, 1.0) * 65_535.0).round() as u16).to_le_bytes()
        })
        .collect();
    BASE64.encode(bytes)
}

fn overlaps(words: &[Word]) -> String {
    if !words.iter().any(|word| word.overlap) {
        return String::new();
    }
    let bits = |eight: &[Word]| {
        let bits = eight.iter().zip(0..);
        bits.fold(0_u8, |byte, (word, bit)| {
            byte | u8::from(word.overlap) << bit
        })
    };
    BASE64.encode(words.chunks(8).map(bits).collect::<Vec<u8>>())
}

/// Unpacks chunks, given in their order, into the words of the transcript.
pub fn unpack(chunks: &[Chunk]) -> Result<Vec<Word>, DamagedChunk> {
    let mut words = Vec::new();
    for chunk in chunks {
        unpack_one(chunk, &mut words).ok_or(DamagedChunk {
            number: chunk.number,
        })?;
    }
    Ok(words)
}

fn unpack_one(chunk: &Chunk, words: &mut Vec<Word>) -> Option<()> {
    let texts: Vec<&str> = chunk.texts.reveal().split('\n').collect();
    let starts = numbers(&chunk.starts)?;
    let lengths = numbers(&chunk.lengths)?;
    let speakers = numbers(&chunk.speakers)?;
    let confidences = BASE64.decode(&chunk.confidences).ok()?;
    let overlaps = BASE64.decode(&chunk.overlaps).ok()?;
    let count = usize::try_from(chunk.count).ok()?;
    let complete = [texts.len(), starts.len(), lengths.len(), speakers.len()]
        .iter()
        .all(|length| *length == count)
        && confidences.len() == 2 * count;
    if !complete {
        return None;
    }
    for index in 0..count {
        let confidence = u16::from_le_bytes([confidences[2 * index], confidences[2 * index + 1]]);
        words.push(Word {
            text: texts[index].into(),
            start_ms: u64::from(starts[index]),
            end_ms: u64::from(starts[index]) + u64::from(lengths[index]),
            speaker: speakers[index],
            confidence: f32::from(confidence) / 65_535.0,
            overlap: overlaps
                .get(index / 8)
                .is_some_and(|byte| byte >> (index % 8) & 1 == 1),
        });
    }
    Some(())
}

fn numbers(column: &str) -> Option<Vec<u32>> {
    let bytes = BASE64.decode(column).ok()?;
    let (fours, rest) = bytes.as_chunks::<4>();
    rest.is_empty()
        .then(|| fours.iter().map(|four| u32::from_le_bytes(*four)).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(count: u64) -> Vec<Word> {
        (0..count)
            .map(|index| Word {
                text: format!("word{index}").into(),
                start_ms: index * 360,
                end_ms: index * 360 + 200,
                speaker: u32::from(index % 2 == 0),
                confidence: 1.0,
                overlap: index % 7 == 0,
            })
            .collect()
    }

    #[test]
    fn eight_hours_fit_into_small_documents() {
        let words = words(80_000);
        let chunks = pack(1, &words);
        let largest = chunks
            .iter()
            .map(|chunk| serde_json::to_vec(chunk).unwrap().len())
            .max();
        assert!(largest < Some(150_000), "{largest:?}");
        assert_eq!(unpack(&chunks).unwrap(), words);
    }

    #[test]
    fn absurdly_long_words_are_spread_over_more_chunks() {
        let mut words = words(40);
        for word in &mut words {
            word.text = "x".repeat(10_000).into();
        }
        let chunks = pack(1, &words);
        assert!(chunks.len() > 1);
        assert_eq!(unpack(&chunks).unwrap(), words);
    }

    #[test]
    fn a_damaged_chunk_is_named() {
        let mut chunks = pack(1, &words(5_000));
        chunks[1].starts.truncate(8);
        assert_eq!(unpack(&chunks), Err(DamagedChunk { number: 1 }));
    }

    proptest! {
        #[test]
        fn packing_loses_nothing(rows in prop::collection::vec(
            ("[^\n]{1,12}", 0_u32..100_000_000, 0_u32..10_000, 0_u32..20, 0_u16.., any::<bool>()),
            0..200,
        )) {
            let words: Vec<Word> = rows.into_iter().map(|(text, start, length, speaker, sure, overlap)| Word {
                text: text.into(),
                start_ms: u64::from(start),
                end_ms: u64::from(start) + u64::from(length),
                speaker,
                confidence: f32::from(sure) / 65_535.0,
                overlap,
            }).collect();
            let unpacked = unpack(&pack(1, &words)).unwrap();
            prop_assert_eq!(unpacked.len(), words.len());
            for (left, right) in unpacked.iter().zip(&words) {
                prop_assert_eq!(&left.text, &right.text);
                prop_assert_eq!(left.overlap, right.overlap);
                prop_assert_eq!((left.start_ms, left.end_ms, left.speaker),
                    (right.start_ms, right.end_ms, right.speaker));
                prop_assert!((left.confidence - right.confidence).abs() < 1e-4);
            }
        }
    }
}
