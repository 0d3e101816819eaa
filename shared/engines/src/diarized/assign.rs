//! Words given to the speakers of a diarization.
//!
//! A word's times are uncertain by some hundred milliseconds, a sentence is mostly said by
//! one person, and people take turns at its end. So the words are not looked at one by
//! one: of all ways to hand them out, that one is chosen which costs least, where a word
//! costs more the less of it lies in its speaker's turns, and a change of speaker costs
//! more within a sentence than between sentences or after a pause.

use diarization::SpeakerTurn;
use domain::{text::ends_sentence, transcript::Word};

/// What a change of speaker costs: after the end of a sentence, ...
const AFTER_SENTENCE: f32 = 0.3;

/// ... after a long pause, ...
const AFTER_LONG_PAUSE: f32 = 0.4;

/// ... after a short one, ...
const AFTER_PAUSE: f32 = 0.8;

/// ... within a sentence, ...
const WITHIN_SENTENCE: f32 = 1.5;

/// ... and within words without punctuation, which say nothing about sentences.
const WITHOUT_PUNCTUATION: f32 = 0.7;

/// Pauses between words, in milliseconds.
const LONG_PAUSE_MS: u64 = 700;
const PAUSE_MS: u64 = 250;

/// Above this mean sentence length, in words, the transcript has no punctuation.
const LONGEST_SENTENCES: usize = 60;

/// A word of this length counts fully, a shorter one less, in milliseconds.
const FULL_WORD_MS: u64 = 240;

/// How much the shortest word counts.
const LEAST_WEIGHT: f32 = 0.4;

/// Turns further away than this are equally far, in milliseconds.
const FAR_MS: u64 = 2_000;

/// The words by time, each with its speaker, and the number of speakers. Speakers are
/// numbered by their first words. Without turns there is one speaker.
pub(super) fn speakers(mut words: Vec<Word>, turns: &[SpeakerTurn]) -> (Vec<Word>, u32) {
    words.sort_by_key(|word| (word.start_ms, word.end_ms));
    let timeline = Timeline::new(turns);
    if timeline.0.is_empty() {
        return (words, 0);
    }
    let chosen = cheapest(&words, &timeline);
    let mut order: Vec<usize> = Vec::new();
    for (word, speaker) in words.iter_mut().zip(chosen) {
        let known = order.iter().position(|known| *known == speaker);
        let number = known.unwrap_or_else(|| {
            order.push(speaker);
            order.len() - 1
        });
        word.speaker = u32::try_from(number).unwrap_or(u32::MAX);
        word.overlap = timeline.is_overlapped(word);
    }
    (words, u32::try_from(order.len()).unwrap_or(u32::MAX))
}

/// For each word the speaker of the cheapest way through all of them (Viterbi).
fn cheapest(words: &[Word], timeline: &Timeline) -> Vec<usize> {
    let count = timeline.0.len();
    let change = Change::new(words);
    let mut costs = vec![0.0; count];
    let mut origins: Vec<Vec<usize>> = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let best = cheapest_of(&costs);
        let switch = change.cost(words, index);
        let from = |speaker: usize| {
            if costs[speaker] <= costs[best] + switch {
                speaker
            } else {
                best
            }
        };
        let origin: Vec<usize> = (0..count).map(from).collect();
        let cost = |(speaker, origin): (usize, &usize)| {
            let switched = if speaker == *origin { 0.0 } else { switch };
            costs[*origin] + switched + timeline.cost(word, speaker)
        };
        costs = origin.iter().enumerate().map(cost).collect();
        // Only differences matter, and sums of many words lose digits.
        let least = costs[cheapest_of(&costs)];
        for cost in &mut costs {
            *cost -= least;
        }
        origins.push(origin);
    }
    let mut speaker = cheapest_of(&costs);
    let backwards = origins.iter().rev().map(|origin| {
        let own = speaker;
        speaker = origin[speaker];
        own
    });
    let mut chosen: Vec<usize> = backwards.collect();
    chosen.reverse();
    chosen
}

fn cheapest_of(costs: &[f32]) -> usize {
    let cheaper = |a: &usize, b: &usize| costs[*a].total_cmp(&costs[*b]);
    (0..costs.len()).min_by(cheaper).unwrap_or(0)
}

/// What a change of speaker before a word costs.
struct Change {
    within: f32,
}

impl Change {
    fn new(words: &[Word]) -> Self {
        let sentences = words
            .iter()
            .filter(|word| ends_sentence(word.text.reveal()))
            .count();
        let is_punctuated = sentences * LONGEST_SENTENCES >= words.len();
        let within = if is_punctuated {
            WITHIN_SENTENCE
        } else {
            WITHOUT_PUNCTUATION
        };
        Self { within }
    }

    fn cost(&self, words: &[Word], index: usize) -> f32 {
        let Some(previous) = index.checked_sub(1).map(|index| &words[index]) else {
            return 0.0;
        };
        let pause = words[index].start_ms.saturating_sub(previous.end_ms);
        let by_pause = match pause {
            LONG_PAUSE_MS.. => AFTER_LONG_PAUSE,
            PAUSE_MS.. => AFTER_PAUSE,
            _ => f32::INFINITY,
        };
        let by_text = if ends_sentence(previous.text.reveal()) {
            AFTER_SENTENCE
        } else {
            self.within
        };
        by_text.min(by_pause)
    }
}

/// The turns of each speaker, by start; turns of one speaker do not overlap.
struct Timeline(Vec<Vec<(u64, u64)>>);

impl Timeline {
    fn new(turns: &[SpeakerTurn]) -> Self {
        let count = turns.iter().map(|turn| turn.speaker + 1).max().unwrap_or(0);
        let mut speakers: Vec<Vec<(u64, u64)>> = (0..count).map(|_| Vec::new()).collect();
        for turn in turns {
            if let Some(own) = speakers.get_mut(turn.speaker as usize) {
                own.push((turn.start_ms, turn.end_ms));
            }
        }
        for own in &mut speakers {
            own.sort_unstable();
        }
        Self(speakers)
    }

    /// What it costs to give the word to the speaker: up to 1 where part of it lies in
    /// their turns, more the further away they are where none does.
    fn cost(&self, word: &Word, speaker: usize) -> f32 {
        let (start, end) = span(word);
        let length = end - start;
        let covered = self.covered(speaker, start, end);
        let cost = if covered > 0 {
            1.0 - ratio(covered, length)
        } else {
            1.0 + ratio(self.distance(speaker, start, end).min(FAR_MS), FAR_MS)
        };
        cost * ratio(length.min(FULL_WORD_MS), FULL_WORD_MS).max(LEAST_WEIGHT)
    }

    /// How much of a span lies in the speaker's turns, in milliseconds.
    fn covered(&self, speaker: usize, start: u64, end: u64) -> u64 {
        let own = &self.0[speaker];
        let first = own.partition_point(|turn| turn.1 <= start);
        own[first..]
            .iter()
            .take_while(|turn| turn.0 < end)
            .map(|turn| turn.1.min(end).saturating_sub(turn.0.max(start)))
            .sum()
    }

    /// From a span that lies in none of the speaker's turns to the nearest of them.
    fn distance(&self, speaker: usize, start: u64, end: u64) -> u64 {
        let own = &self.0[speaker];
        let next = own.partition_point(|turn| turn.1 <= start);
        let after = own.get(next).map(|turn| turn.0.saturating_sub(end));
        let before = next
            .checked_sub(1)
            .map(|index| start.saturating_sub(own[index].1));
        after.into_iter().chain(before).min().unwrap_or(u64::MAX)
    }

    /// Whether two speak during at least half of the word.
    fn is_overlapped(&self, word: &Word) -> bool {
        let (start, end) = span(word);
        let speaks = |speaker: &usize| self.covered(*speaker, start, end) * 2 >= end - start;
        (0..self.0.len()).filter(speaks).count() >= 2
    }
}

/// The word's span, at least a millisecond.
fn span(word: &Word) -> (u64, u64) {
    (word.start_ms, word.end_ms.max(word.start_ms + 1))
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a word")]
fn ratio(part: u64, whole: u64) -> f32 {
    part as f32 / whole as f32
}

#[cfg(test)]
mod tests;
