//! Whether a quote exists, and where.
//!
//! Every quote of every engine is looked up in the transcript's words. What
//! comes back carries the real words, their times and their speaker; nothing of
//! what the engine claims about them is kept.

use std::{collections::HashMap, ops::Range};

use domain::{
    analysis::{Citation, Evidence, EvidenceStatus},
    transcript::Transcript,
    wording::normalize,
};

use crate::align::{Alignment, align};

/// Places in the transcript that are compared with a quote, at most.
const MAX_CANDIDATES: usize = 60;

/// Words of a quote that are searched for, the rarest first.
const ANCHORS: usize = 8;

/// A word more common than this is no anchor unless there is no other.
const COMMON: usize = 2_000;

/// Share of a quote's words that may differ: one in five.
const TOLERANCE: usize = 5;

/// Words that must be the same for a quote to count as found with changes.
const LEAST_SAME: usize = 3;

/// A transcript prepared for looking up quotes.
pub struct EvidenceIndex<'a> {
    transcript: &'a Transcript,
    /// The words that have letters or digits, by their index in the transcript.
    tokens: Vec<usize>,
    /// What each token is, as a number.
    ids: Vec<u32>,
    numbers: HashMap<String, u32>,
    /// Where each number occurs among the tokens.
    places: Vec<Vec<usize>>,
    /// For each token, the tokens around it that the same person says without
    /// another in between.
    runs: Vec<Range<usize>>,
    /// For each token, its turn.
    turns: Vec<usize>,
}

impl<'a> EvidenceIndex<'a> {
    /// Prepares a transcript; takes time in proportion to its length.
    pub fn new(transcript: &'a Transcript) -> Self {
        let mut index = Self {
            transcript,
            tokens: Vec::new(),
            ids: Vec::new(),
            numbers: HashMap::new(),
            places: Vec::new(),
            runs: Vec::new(),
            turns: Vec::new(),
        };
        for (turn, range) in transcript
            .turns
            .iter()
            .map(|turn| turn.words.clone())
            .enumerate()
        {
            for word in range {
                index.add(word, turn);
            }
        }
        index.runs = index.same_speaker_runs();
        index
    }

    fn add(&mut self, word: usize, turn: usize) {
        let normal = normalize(self.transcript.words[word].text.reveal());
        if normal.is_empty() {
            return;
        }
        let fresh = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let id = *self.numbers.entry(normal).or_insert(fresh);
        if id == fresh {
            self.places.push(Vec::new());
        }
        self.places[id as usize].push(self.tokens.len());
        self.tokens.push(word);
        self.ids.push(id);
        self.turns.push(turn);
    }

    fn same_speaker_runs(&self) -> Vec<Range<usize>> {
        let speaker = |token: usize| self.transcript.words[self.tokens[token]].speaker;
        let mut runs = Vec::with_capacity(self.tokens.len());
        let mut start = 0;
        for end in 1..=self.tokens.len() {
            if end == self.tokens.len() || speaker(end) != speaker(start) {
                runs.resize(end, start..end);
                start = end;
            }
        }
        runs
    }

    /// Looks a quote up.
    pub fn look_up(&self, citation: &Citation) -> Evidence {
        let quote: Vec<String> = citation
            .quote
            .reveal()
            .split_whitespace()
            .map(normalize)
            .filter(|word| !word.is_empty())
            .collect();
        let cited = citation.turn as usize;
        let best = self
            .candidates(&quote, cited)
            .into_iter()
            .filter_map(|start| self.compare(&quote, start))
            .filter(|found| self.convinces(found, quote.len(), cited))
            .min_by_key(|found| (found.distance, self.turns[found.span.start].abs_diff(cited)));
        match best {
            Some(found) => self.evidence(citation, &found),
            None => unverified(citation),
        }
    }

    /// Where the quote may begin: wherever its rarest words would put it. Places
    /// with more of them, and nearer to the cited turn, first.
    fn candidates(&self, quote: &[String], cited: usize) -> Vec<usize> {
        let mut anchors: Vec<(usize, &Vec<usize>)> = quote
            .iter()
            .enumerate()
            .filter_map(|(offset, word)| {
                Some((offset, &self.places[*self.numbers.get(word)? as usize]))
            })
            .collect();
        anchors.sort_by_key(|(_, places)| places.len());
        let rare = anchors
            .iter()
            .filter(|(_, places)| places.len() <= COMMON)
            .count();
        anchors.truncate(rare.clamp(1, ANCHORS));
        let mut votes: HashMap<usize, usize> = HashMap::new();
        for (offset, places) in anchors {
            for place in places {
                *votes.entry(place.saturating_sub(offset)).or_default() += 1;
            }
        }
        let mut starts: Vec<(usize, usize)> = votes.into_iter().collect();
        starts.sort_by_key(|(start, votes)| {
            (
                usize::MAX - votes,
                self.turns[*start].abs_diff(cited),
                *start,
            )
        });
        starts
            .into_iter()
            .take(MAX_CANDIDATES)
            .map(|(start, _)| start)
            .collect()
    }

    /// Aligns the quote with the words around `start` that one person says.
    fn compare(&self, quote: &[String], start: usize) -> Option<Alignment> {
        let slack = quote.len() / TOLERANCE + 2;
        // The anchor may be anywhere in the quote: try the run it lies in.
        let anchor = (start + quote.len() / 2).min(self.ids.len().checked_sub(1)?);
        [self.runs[start].clone(), self.runs[anchor].clone()]
            .into_iter()
            .filter_map(|run| {
                let from = start.saturating_sub(slack).max(run.start);
                let to = (start + quote.len() + slack).min(run.end);
                let wanted: Vec<Option<u32>> = quote
                    .iter()
                    .map(|word| self.numbers.get(word).copied())
                    .collect();
                (from < to)
                    .then(|| align(&wanted, &self.ids[from..to]).map(|found| found.shifted(from)))?
            })
            .min_by_key(|found| found.distance)
    }

    /// One or two words are found everywhere: they must stand in the cited turn
    /// as they are. Longer quotes may differ in a few words.
    fn convinces(&self, found: &Alignment, length: usize, cited: usize) -> bool {
        if length < LEAST_SAME {
            return found.distance == 0 && self.turns[found.span.start] == cited;
        }
        found.distance <= (length / TOLERANCE).max(1) && found.same >= LEAST_SAME
    }

    fn evidence(&self, citation: &Citation, found: &Alignment) -> Evidence {
        let (first, last) = (
            self.tokens[found.span.start],
            self.tokens[found.span.end - 1],
        );
        let words = &self.transcript.words[first..=last];
        let texts: Vec<&str> = words.iter().map(|word| word.text.reveal()).collect();
        let real = texts.join(" ");
        let claimed: Vec<&str> = citation.quote.reveal().split_whitespace().collect();
        let exact = found.distance == 0 && claimed == texts;
        Evidence {
            status: if exact {
                EvidenceStatus::Verified
            } else {
                EvidenceStatus::Repaired
            },
            quote: real.into(),
            speaker: Some(words[0].speaker),
            start_ms: Some(words[0].start_ms),
            end_ms: words.iter().map(|word| word.end_ms).max(),
            turn: u32::try_from(self.turns[found.span.start]).ok(),
        }
    }
}

fn unverified(citation: &Citation) -> Evidence {
    Evidence {
        quote: citation.quote.clone(),
        status: EvidenceStatus::Unverified,
        speaker: None,
        start_ms: None,
        end_ms: None,
        turn: None,
    }
}
