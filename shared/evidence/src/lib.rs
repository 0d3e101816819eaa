//! Checks whether a quote exists, and where.
//!
//! Every quote of every engine is looked up in the transcript's words. The result
//! carries the transcript's own words, times and speaker; the engine's claims about
//! them are dropped. [`EvidenceIndex::look_up`] first searches for the exact words in
//! the whole transcript, then for similar words at the places where the quote's rarest
//! words come together. [`renewed`] looks all quotes of an analysis up again after the
//! transcript was corrected.

mod align;
mod candidates;
mod renew;
mod tokens;

use std::{collections::HashMap, ops::Range};

use domain::{
    analysis::{Citation, Evidence, EvidenceStatus},
    text::{self, composed},
    transcript::Transcript,
    versions::UnknownFields,
};

pub use renew::renewed;
pub use tokens::tokens;

use align::{Alignment, align};
use candidates::{Anchor, LEAST_SAME, MAX_WORDS};

/// Words in quotation marks inside a claim that count as a quote.
const LEAST_QUOTED: usize = 3;

/// One of the things that are compared.
#[derive(Debug, Clone, Copy)]
struct Token {
    /// The transcript's word that it is, or is part of.
    word: usize,
    turn: usize,
    /// The first token and the one after the last that the same person says
    /// without another in between.
    run: (usize, usize),
}

/// A transcript prepared for looking up quotes.
pub struct EvidenceIndex<'a> {
    transcript: &'a Transcript,
    english: bool,
    tokens: Vec<Token>,
    /// What each token is, as a number.
    ids: Vec<u32>,
    numbers: HashMap<String, u32>,
    /// Where each number occurs among the tokens.
    places: Vec<Vec<usize>>,
}

impl<'a> EvidenceIndex<'a> {
    /// Prepares a transcript; takes time in proportion to its length.
    pub fn new(transcript: &'a Transcript) -> Self {
        let mut index = Self {
            transcript,
            // Other languages may have real words that sound like "um".
            english: transcript.head.language.is_some()
                && text::is_english(transcript.head.language.as_deref()),
            tokens: Vec::new(),
            ids: Vec::new(),
            numbers: HashMap::new(),
            places: Vec::new(),
        };
        for (turn, own) in transcript.turns.iter().enumerate() {
            for word in own.words.clone() {
                index.add(word, turn);
            }
        }
        index.mark_runs();
        index
    }

    fn add(&mut self, word: usize, turn: usize) {
        for token in self.compared(self.transcript.words[word].text.reveal()) {
            let fresh = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
            let id = *self.numbers.entry(token).or_insert(fresh);
            if id == fresh {
                self.places.push(Vec::new());
            }
            self.places[id as usize].push(self.tokens.len());
            self.ids.push(id);
            self.tokens.push(Token {
                word,
                turn,
                run: (0, 0),
            });
        }
    }

    fn mark_runs(&mut self) {
        let words = &self.transcript.words;
        let speaker = |token: &Token| words[token.word].speaker;
        let mut start = 0;
        for run in self
            .tokens
            .chunk_by_mut(|left, right| speaker(left) == speaker(right))
        {
            let end = start + run.len();
            for token in run {
                token.run = (start, end);
            }
            start = end;
        }
    }

    /// Looks a quote up.
    pub fn look_up(&self, citation: &Citation) -> Evidence {
        let quote = self.numbered(citation.quote.reveal());
        let cited = citation.turn as usize;
        self.exact(&quote, cited, citation.quote.reveal())
            .or_else(|| self.similar(&quote, cited))
            .map_or_else(
                || unverified(citation),
                |span| self.evidence(citation, &span),
            )
    }

    /// Whether a speaker says these words one after the other, but for case,
    /// punctuation and the like.
    pub fn is_said(&self, text: &str) -> bool {
        !self.occurrences(&self.numbered(text)).is_empty()
    }

    /// The same for text in quotation marks: fewer than three words are irony, not a
    /// quote.
    pub fn is_quoted(&self, text: &str) -> bool {
        self.compared(text).len() >= LEAST_QUOTED && self.is_said(text)
    }

    /// Whether a speaker says all these words, in whatever order.
    pub fn knows(&self, text: &str) -> bool {
        self.numbered(text).iter().all(Option::is_some)
    }

    /// The words as numbers; `None` for those that no speaker says.
    fn numbered(&self, text: &str) -> Vec<Option<u32>> {
        self.compared(text)
            .iter()
            .map(|token| self.numbers.get(token).copied())
            .collect()
    }

    /// The tokens of a text without hesitations, which quotes usually omit.
    fn compared(&self, text: &str) -> Vec<String> {
        let mut tokens = tokens(text);
        tokens.retain(|token| !text::is_filler(token, self.english));
        tokens
    }

    /// The very words, in the turn nearest to the cited one; among several there
    /// the one with the same punctuation.
    fn exact(&self, quote: &[Option<u32>], cited: usize, text: &str) -> Option<Range<usize>> {
        let mut spans = self.occurrences(quote);
        if quote.len() < LEAST_SAME {
            // One or two words are found everywhere: only the cited turn counts.
            spans.retain(|span| self.turn(span.start) == cited && self.turn(span.end - 1) == cited);
        }
        let away = |span: &Range<usize>| self.turn(span.start).abs_diff(cited);
        let nearest = spans.iter().map(away).min()?;
        spans.retain(|span| away(span) == nearest);
        let same = spans.iter().position(|span| self.reads(span, text));
        Some(spans.swap_remove(same.unwrap_or(0)))
    }

    /// Every place with exactly these words, from one speaker.
    fn occurrences(&self, quote: &[Option<u32>]) -> Vec<Range<usize>> {
        let Some(ids) = quote.iter().copied().collect::<Option<Vec<u32>>>() else {
            return Vec::new();
        };
        let rarest = ids
            .iter()
            .enumerate()
            .min_by_key(|(_, id)| self.places[**id as usize].len());
        let Some((offset, id)) = rarest else {
            return Vec::new();
        };
        let spans = self.places[*id as usize]
            .iter()
            .filter_map(|place| place.checked_sub(offset))
            .map(|start| start..start + ids.len());
        spans
            .filter(|span| self.ids.get(span.clone()) == Some(&ids[..]))
            .filter(|span| self.tokens[span.start].run.1 >= span.end)
            .collect()
    }

    /// Nearly these words, fewest changes first, then nearest to the cited turn.
    fn similar(&self, quote: &[Option<u32>], cited: usize) -> Option<Range<usize>> {
        if !(LEAST_SAME..=MAX_WORDS).contains(&quote.len()) {
            return None;
        }
        let allowed = candidates::tolerated(quote.len());
        let anchors = quote.iter().enumerate().filter_map(|(offset, id)| {
            let places = &self.places[(*id)? as usize];
            Some(Anchor { offset, places })
        });
        let starts = candidates::starts(anchors.collect(), quote.len(), |place| {
            self.turn(place).abs_diff(cited)
        });
        starts
            .into_iter()
            .filter_map(|start| self.align_at(quote, start))
            .filter(|found| found.distance <= allowed && found.same >= LEAST_SAME)
            .min_by_key(|found| (found.distance, self.turn(found.span.start).abs_diff(cited)))
            .map(|found| found.span)
    }

    /// Aligns the quote with the words around `start` of one speaker: the speaker of
    /// its middle.
    fn align_at(&self, quote: &[Option<u32>], start: usize) -> Option<Alignment> {
        let slack = candidates::tolerated(quote.len());
        let middle = (start + quote.len() / 2).min(self.tokens.len().checked_sub(1)?);
        let (run_start, run_end) = self.tokens[middle].run;
        let from = start.saturating_sub(slack).max(run_start);
        let to = (start + quote.len() + slack).min(run_end);
        align(quote, self.ids.get(from..to)?).map(|found| found.shifted(from))
    }

    fn turn(&self, token: usize) -> usize {
        self.tokens[token].turn
    }

    fn words(&self, span: &Range<usize>) -> Range<usize> {
        self.tokens[span.start].word..self.tokens[span.end - 1].word + 1
    }

    /// Whether the words read as the text does, to the letter but for "um" and "uh".
    fn reads(&self, span: &Range<usize>, text: &str) -> bool {
        let real = self.transcript.words[self.words(span)].iter();
        let real = real.flat_map(|word| text::words(word.text.reveal()));
        let spoken = |part: &&str| {
            let word = text::normalize(part);
            !word.is_empty() && !text::is_filler(&word, self.english)
        };
        let (real, claimed) = (real.filter(spoken), text::words(text).filter(spoken));
        real.map(composed).eq(claimed.map(composed))
    }

    fn evidence(&self, citation: &Citation, span: &Range<usize>) -> Evidence {
        let words = &self.transcript.words[self.words(span)];
        let texts = words.iter().map(|word| word.text.reveal());
        let one_turn = self.turn(span.start) == self.turn(span.end - 1);
        let verified = one_turn && self.reads(span, citation.quote.reveal());
        Evidence {
            status: if verified {
                EvidenceStatus::Verified
            } else {
                EvidenceStatus::Repaired
            },
            quote: text::joined(texts).into(),
            speaker: words.first().map(|word| word.speaker),
            start_ms: words.first().map(|word| word.start_ms),
            end_ms: words.iter().map(|word| word.end_ms).max(),
            turn: Some(self.transcript.turns[self.turn(span.start)].id),
            unknown: UnknownFields::default(),
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
        unknown: UnknownFields::default(),
    }
}
