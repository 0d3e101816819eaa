//! The conversation measured from the words, whatever the engine.
//!
//! Definitions, so that two people would count the same, and where they are from:
//!
//! - **talk time**: the union of a speaker's words, pauses of up to half a second
//!   included; **talk share** is its part of all speakers' talk times together,
//!   the commonest measure of how a floor is shared (Sacks, Schegloff and
//!   Jefferson, Language 1974, doi 10.2307/412243, on how it is handed on);
//! - **pace**: words per minute of the speaker's own talk time, short pauses
//!   included and long ones not: between the rates of speech and of articulation
//!   that Goldman-Eisler tells apart (Psycholinguistics, 1968);
//! - **monologue**: from the first to the last word of a stretch of turns without
//!   another speaker's turn in between. What is said while another speaks, and is over
//!   before they are, is no turn: Yngve's back channel (Chicago Linguistic Society
//!   1970), a "mhm" that the speaker does not stop for. Nor is what takes less than a
//!   second in a pause of 0.7 s at most, unless the speaker has asked something;
//! - **response delay**: the median gap between the other's last word and this
//!   speaker's first (Stivers et al., PNAS 2009, doi 10.1073/pnas.0903616106).
//!   Changes of turn in overlap are none, which Heldner and Edlund call overlaps
//!   between speakers and not gaps (Journal of Phonetics 2010, doi
//!   10.1016/j.wocn.2010.08.002), nor are those after ten seconds;
//! - **interruption**: beginning while another speaks and going on after them, so
//!   that the floor changes (Ferguson, British Journal of Social and Clinical
//!   Psychology 1977, doi 10.1111/j.2044-8260.1977.tb00235.x, calls it a simple
//!   interruption), for at least a second, which leaves out a late "mhm";
//! - **fillers** by their wording, "um" and "uh" being words that announce a delay
//!   (Clark and Fox Tree, Cognition 2002, doi 10.1016/S0010-0277(02)00017-3), see
//!   [`domain::text`]: fewer of them in other languages than English;
//! - **questions** by their wording as well. With punctuation every sentence is
//!   looked at by itself; an engine that writes none gives one question to a turn
//!   at most.

use std::collections::BTreeMap;

use domain::{
    analysis::{Metrics, SpeakerMetrics},
    text,
    transcript::{Transcript, Turn, Word},
    turns::covered_ms,
    versions::UnknownFields,
};

/// How long a speaker who begins while another speaks must go on for it to be an
/// interruption rather than a "mhm", in milliseconds.
const INTERRUPTION_MS: u64 = 1_000;

/// The longest pause for a back channel, in milliseconds.
const BACK_CHANNEL_PAUSE_MS: u64 = 700;

/// Delays longer than this are no response, in milliseconds.
const MAX_DELAY_MS: u64 = 10_000;

/// Measures a transcript.
pub fn measure(transcript: &Transcript) -> Metrics {
    let stretches = joined(&transcript.turns);
    let speech_ms = covered_ms(&transcript.words);
    let mut speakers = BTreeMap::new();
    for id in speaker_ids(transcript) {
        speakers.insert(id, speaker_metrics(transcript, &stretches, id));
    }
    let total: u64 = speakers.values().map(|metrics| metrics.talk_ms).sum();
    for metrics in speakers.values_mut() {
        metrics.talk_share = ratio(metrics.talk_ms, total);
    }
    Metrics {
        duration_ms: transcript.head.duration_ms,
        speech_ms,
        silence_ms: transcript.head.duration_ms.saturating_sub(speech_ms),
        turns: stretches.len() as u64,
        quality: transcript.head.quality.clone(),
        speakers,
        unknown: UnknownFields::default(),
    }
}

/// The speakers that the head names and the speakers that have words.
fn speaker_ids(transcript: &Transcript) -> Vec<u32> {
    let named = transcript.head.speakers.iter().map(|speaker| speaker.id);
    let heard = transcript.turns.iter().map(|turn| turn.speaker);
    let mut ids: Vec<u32> = named.chain(heard).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// A stretch of turns of one speaker, no other speaker's in between.
struct Span {
    speaker: u32,
    start_ms: u64,
    end_ms: u64,
    /// Whether it ends with a question.
    asks: bool,
}

impl Span {
    fn new(turn: &Turn) -> Self {
        let last = text::sentences(turn.text.reveal()).last();
        Self {
            speaker: turn.speaker,
            start_ms: turn.start_ms,
            end_ms: turn.end_ms,
            asks: last.is_some_and(|last| text::is_question(&last)),
        }
    }

    fn extend(&mut self, turn: &Turn) {
        let end_ms = self.end_ms.max(turn.end_ms);
        *self = Self {
            start_ms: self.start_ms,
            end_ms,
            ..Self::new(turn)
        };
    }

    fn length_ms(&self) -> u64 {
        self.end_ms.saturating_sub(self.start_ms)
    }
}

/// Each begins no earlier and ends later than those before it.
fn joined(turns: &[Turn]) -> Vec<Span> {
    let mut stretches: Vec<Span> = Vec::new();
    for turn in turns {
        if ends_in_back_channel(&stretches, turn) {
            stretches.pop();
        }
        match stretches.last_mut() {
            Some(last) if last.speaker == turn.speaker => last.extend(turn),
            // While the other speaks.
            Some(last) if turn.end_ms <= last.end_ms => {}
            _ => stretches.push(Span::new(turn)),
        }
    }
    stretches
}

/// Whether the turn continues what its speaker said before the last stretch, and that stretch
/// is a back channel only.
fn ends_in_back_channel(stretches: &[Span], turn: &Turn) -> bool {
    let [.., own, other] = stretches else {
        return false;
    };
    own.speaker == turn.speaker
        && other.speaker != turn.speaker
        && !own.asks
        && other.length_ms() < INTERRUPTION_MS
        && turn.start_ms.saturating_sub(own.end_ms) <= BACK_CHANNEL_PAUSE_MS
}

fn speaker_metrics(transcript: &Transcript, stretches: &[Span], speaker: u32) -> SpeakerMetrics {
    let words: Vec<&Word> = transcript
        .words
        .iter()
        .filter(|word| word.speaker == speaker)
        .collect();
    let talk_ms = covered_ms(words.iter().copied());
    let normal: Vec<String> = words
        .iter()
        .map(|word| text::normalize(word.text.reveal()))
        .collect();
    let count = words.len() as u64;
    let english = text::is_english(transcript.head.language.as_deref());
    let own = stretches.iter().filter(|own| own.speaker == speaker);
    SpeakerMetrics {
        talk_ms,
        talk_share: 0.0,
        words: count,
        words_per_minute: 60_000.0 * ratio(count, talk_ms),
        longest_monologue_ms: own.map(Span::length_ms).max().unwrap_or(0),
        response_delay_ms: response_delay(stretches, speaker),
        interruptions: interruptions(stretches, speaker),
        fillers: text::fillers(&normal, english) as u64,
        questions: questions(&transcript.turns, speaker),
        unknown: UnknownFields::default(),
    }
}

/// The median wait before the speaker answers.
fn response_delay(stretches: &[Span], speaker: u32) -> Option<u64> {
    let answers = stretches
        .windows(2)
        .filter(|pair| pair[1].speaker == speaker);
    let mut delays: Vec<u64> = answers
        .filter_map(|pair| pair[1].start_ms.checked_sub(pair[0].end_ms))
        .filter(|delay| *delay <= MAX_DELAY_MS)
        .collect();
    delays.sort_unstable();
    let upper = *delays.get(delays.len() / 2)?;
    let lower = delays[(delays.len() - 1) / 2];
    Some(lower.midpoint(upper))
}

/// How often the speaker begins while another speaks and goes on after them.
fn interruptions(stretches: &[Span], speaker: u32) -> u64 {
    let count = stretches.windows(2).filter(|pair| {
        let (other, own) = (&pair[0], &pair[1]);
        own.speaker == speaker
            && own.start_ms < other.end_ms
            && own.end_ms > other.end_ms
            && own.length_ms() >= INTERRUPTION_MS
    });
    count.count() as u64
}

/// How many sentences of the speaker ask something.
fn questions(turns: &[Turn], speaker: u32) -> u64 {
    let own = turns.iter().filter(|turn| turn.speaker == speaker);
    let asked = own.flat_map(|turn| text::sentences(turn.text.reveal()));
    asked.filter(|text| text::is_question(text)).count() as u64
}

#[expect(clippy::cast_precision_loss, reason = "shares need no more than f64")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
