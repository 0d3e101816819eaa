//! A short readable summary, made only of quotes and measurements.

use std::collections::BTreeSet;

use domain::{Private, transcript::Transcript};

use super::{sentences::Sentence, topics::TopicSection};

/// Phrases by which the conversation is introduced.
const SUBJECTS: usize = 4;

/// Marks that could end the quotation early.
const QUOTATION_MARKS: [char; 6] = ['"', '\u{201c}', '\u{201d}', '\u{201e}', '«', '»'];

/// Who talks for how long about what, with a key sentence; empty where no sentence
/// stands out.
pub(crate) fn write(
    transcript: &Transcript,
    topics: &[TopicSection],
    quoted: &[&Sentence],
) -> Option<Private> {
    if quoted.is_empty() {
        return None;
    }
    let mut parts = vec![introduction(transcript, topics)];
    for run in quoted.chunk_by(|left, right| left.speaker == right.speaker) {
        let name = transcript.speaker_name(run[0].speaker);
        let said: Vec<String> = run.iter().map(|own| quote(&own.text)).collect();
        parts.push(format!("{} says: {}", name.reveal(), said.join(" … ")));
    }
    Some(parts.join(" ").into())
}

fn introduction(transcript: &Transcript, topics: &[TopicSection]) -> String {
    let speakers: BTreeSet<u32> = transcript.turns.iter().map(|turn| turn.speaker).collect();
    let names = speakers.into_iter().map(|id| transcript.speaker_name(id));
    let names: Vec<String> = names.map(|name| name.reveal().to_owned()).collect();
    let verb = if names.len() == 1 { "talks" } else { "talk" };
    let names = enumerated(&names);
    let length = spoken_length(transcript.head.duration_ms);
    let subjects = subjects(topics);
    if subjects.is_empty() {
        return format!("{names} {verb} for {length}.");
    }
    format!(
        "{names} {verb} for {length}, mainly about {}.",
        enumerated(&subjects)
    )
}

/// The first phrases of the topics: one of each, then the second ones.
fn subjects(topics: &[TopicSection]) -> Vec<String> {
    let mut subjects: Vec<String> = Vec::new();
    for rank in 0..2 {
        for phrase in topics.iter().filter_map(|topic| topic.phrases.get(rank)) {
            let shares = |other: &String| phrase.split(' ').any(|word| other.contains(word));
            if subjects.len() < SUBJECTS && !subjects.iter().any(shares) {
                subjects.push(phrase.clone());
            }
        }
    }
    subjects
}

/// "a, b and c".
fn enumerated(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn spoken_length(duration_ms: u64) -> String {
    let (minutes, seconds) = (duration_ms / 60_000, duration_ms / 1_000 % 60);
    match (minutes, seconds) {
        (0, 1) => "1 second".to_owned(),
        (0, seconds) => format!("{seconds} seconds"),
        (1, _) => "about a minute".to_owned(),
        (2..60, _) => format!("{minutes} minutes"),
        (60..120, _) => format!("an hour and {} minutes", minutes - 60),
        _ => format!("{} hours", minutes / 60),
    }
}

/// Words between quotation marks that they do not have.
fn quote(words: &str) -> String {
    format!("\u{201c}{}\u{201d}", words.replace(QUOTATION_MARKS, ""))
}
