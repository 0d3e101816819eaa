//! Words by utterance, for a response whose channels have no words.
//!
//! They are read only then, because they are half of every response. An utterance has
//! one speaker even where its words have two, so its speaker is ignored.

use serde::Deserialize;

use super::{
    scalar::Scalar,
    words::{Spoken, WireWord, in_order},
};

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    results: Results<'a>,
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    utterances: Vec<Utterance<'a>>,
}

#[derive(Deserialize)]
struct Utterance<'a> {
    #[serde(borrow, default)]
    channel: Scalar<'a>,
    #[serde(borrow)]
    words: Vec<WireWord<'a>>,
}

/// The words of all utterances; none where there are none to be read.
pub(crate) fn words(body: &[u8]) -> Vec<Spoken> {
    let Ok(answer) = serde_json::from_slice::<Answer<'_>>(body) else {
        return Vec::new();
    };
    let mut spoken = Vec::new();
    for utterance in &answer.results.utterances {
        let channel = utterance.channel.index().unwrap_or(0);
        let words = in_order(&utterance.words, None);
        spoken.extend(words.into_iter().map(|word| (channel, word)));
    }
    spoken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_keeps_its_own_speaker() {
        let body = br#"{"results": {"utterances": [{"channel": 1, "speaker": 0, "words": [
            {"word": "a", "speaker": 0, "start": 1, "end": 2}, {"word": "b", "speaker": 1, "start": 2, "end": 3}]}]}}"#;
        let spoken = words(body);
        let who: Vec<_> = spoken
            .iter()
            .map(|(channel, word)| (*channel, word.speaker))
            .collect();
        assert_eq!(who, [(1, 0), (1, 1)]);
        assert!(words(b"{\"results\": {}}").is_empty());
    }
}
