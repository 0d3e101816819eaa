//! The conversation measured from the words, whatever the engine.
//!
//! Definitions follow those of conversation analytics: talk time and share,
//! pace in words per minute, longest monologue, response delay as the gap
//! between speakers (Stivers et al., PNAS 2009, doi 10.1073/pnas.0903616106),
//! interruptions as a turn taken while another speaks.

use std::collections::BTreeMap;

use domain::{
    analysis::{Metrics, SpeakerMetrics},
    transcript::{Transcript, Turn, Word},
    wording,
};

/// A pause inside a speaker's words that still counts as talking, in milliseconds.
const PAUSE_MS: u64 = 500;

/// How long somebody who begins while another speaks must go on for it to be an
/// interruption rather than a "mhm", in milliseconds.
const INTERRUPTION_MS: u64 = 1_000;

/// Delays longer than this are no response, in milliseconds.
const MAX_DELAY_MS: u64 = 10_000;

/// Measures a transcript.
pub fn measure(transcript: &Transcript) -> Metrics {
    let turns = joined(&transcript.turns);
    let all: Vec<&Word> = transcript.words.iter().collect();
    let speech_ms = covered(&all);
    let mut speakers: BTreeMap<u32, SpeakerMetrics> = transcript
        .head
        .speakers
        .iter()
        .map(|speaker| (speaker.id, of_speaker(transcript, &turns, speaker.id)))
        .collect();
    let total: u64 = speakers.values().map(|metrics| metrics.talk_ms).sum();
    for metrics in speakers.values_mut() {
        metrics.talk_share = ratio(metrics.talk_ms, total);
    }
    Metrics {
        duration_ms: transcript.head.duration_ms,
        speech_ms,
        silence_ms: transcript.head.duration_ms.saturating_sub(speech_ms),
        turns: turns.len() as u64,
        quality: transcript.head.quality.clone(),
        speakers,
    }
}

/// A stretch of turns of one speaker, nobody else's in between.
struct Stretch {
    speaker: u32,
    start_ms: u64,
    end_ms: u64,
}

fn joined(turns: &[Turn]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for turn in turns {
        match stretches.last_mut() {
            Some(last) if last.speaker == turn.speaker => {
                last.end_ms = last.end_ms.max(turn.end_ms);
            }
            _ => stretches.push(Stretch {
                speaker: turn.speaker,
                start_ms: turn.start_ms,
                end_ms: turn.end_ms,
            }),
        }
    }
    stretches
}

fn of_speaker(transcript: &Transcript, stretches: &[Stretch], speaker: u32) -> SpeakerMetrics {
    let own: Vec<&Word> = transcript
        .words
        .iter()
        .filter(|word| word.speaker == speaker)
        .collect();
    let talk_ms = covered(&own);
    let normal: Vec<String> = own
        .iter()
        .map(|word| wording::normalize(word.text.reveal()))
        .collect();
    let own_turns = transcript
        .turns
        .iter()
        .filter(|turn| turn.speaker == speaker);
    let longest = stretches
        .iter()
        .filter(|stretch| stretch.speaker == speaker);
    SpeakerMetrics {
        talk_ms,
        talk_share: 0.0,
        words: own.len() as u64,
        words_per_minute: 60_000.0 * ratio(own.len() as u64, talk_ms),
        longest_monologue_ms: longest.map(|s| s.end_ms - s.start_ms).max().unwrap_or(0),
        response_delay_ms: response_delay(stretches, speaker),
        interruptions: interruptions(stretches, speaker),
        fillers: wording::fillers(&normal) as u64,
        questions: own_turns
            .filter(|turn| wording::is_question(turn.text.reveal()))
            .count() as u64,
    }
}

/// Length of the union of the words' spans, short pauses included.
fn covered(words: &[&Word]) -> u64 {
    let mut spans: Vec<(u64, u64)> = words
        .iter()
        .map(|word| (word.start_ms, word.end_ms))
        .collect();
    spans.sort_unstable();
    let (mut covered, mut reached) = (0, None);
    for (start, end) in spans {
        let from = match reached {
            Some(reached) if start <= reached + PAUSE_MS => reached,
            _ => start,
        };
        covered += end.saturating_sub(from);
        reached = Some(reached.unwrap_or(0).max(end));
    }
    covered
}

/// The median wait before the speaker answers.
fn response_delay(stretches: &[Stretch], speaker: u32) -> Option<u64> {
    let mut delays: Vec<u64> = stretches
        .windows(2)
        .filter(|pair| pair[1].speaker == speaker && pair[1].start_ms >= pair[0].end_ms)
        .map(|pair| pair[1].start_ms - pair[0].end_ms)
        .filter(|delay| *delay <= MAX_DELAY_MS)
        .collect();
    delays.sort_unstable();
    delays.get(delays.len() / 2).copied()
}

/// How often the speaker begins while another speaks and goes on after them.
fn interruptions(stretches: &[Stretch], speaker: u32) -> u64 {
    let count = stretches.windows(2).filter(|pair| {
        let (other, own) = (&pair[0], &pair[1]);
        own.speaker == speaker
            && own.start_ms < other.end_ms
            && own.end_ms > other.end_ms
            && own.end_ms - own.start_ms >= INTERRUPTION_MS
    });
    count.count() as u64
}

#[expect(clippy::cast_precision_loss, reason = "shares need no more than f64")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
