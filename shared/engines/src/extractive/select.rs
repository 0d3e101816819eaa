//! Selects the key sentences of a conversation.
//!
//! A sentence's weight is that of its content words, adjusted by what is known of
//! extracts since Edmundson ("New Methods in Automatic Extracting", JACM 1969): its
//! place, cue words, and how hard it is to read by itself.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use domain::transcript::Word;

use super::sentences::{MAX_WORDS, Sentence, Sentences, WordWeights, word_set};

/// Words of a sentence that can stand by itself.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=MAX_WORDS;

/// Words below which a sentence says something only with a number in it.
const SHORT: usize = 6;

/// Share of content words that two picked sentences may have in common.
const MAX_OVERLAP: f64 = 0.6;

/// Sentences picked from the same part of the conversation, at most, where the
/// parts are as many as sentences are wanted.
const MAX_PER_PART: usize = 2;

/// Share of the best one's weight below which a sentence is not picked, even where that
/// leaves fewer than are wanted.
const WORTH_KEEPING: f64 = 0.12;

/// What a sentence gains where its speaker begins with it: answers begin with the answer.
const OPENING: f64 = 1.15;

/// What it gains by a number, or by a name.
const FACT: f64 = 1.4;

/// What it gains by a word for a reason, an order of things or a contrast.
const CUE: f64 = 1.15;

/// What it gains by a word for advice, a decision, a problem, a result or a wish.
const STRONG_CUE: f64 = 1.5;

/// Factor for a short sentence without a number.
const BARE: f64 = 0.2;

/// Factor for a sentence that lacks its beginning or its end.
const FRAGMENT: f64 = 0.3;

/// Factor for a sentence that begins with a reference to an earlier one.
const DANGLING: f64 = 0.6;

/// Factor for courtesies, and for talk about the conversation itself.
const PHATIC: f64 = 0.15;

/// Words that refer to an earlier sentence, at the beginning of one.
static ANAPHORA: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    word_set("it its that thats this they theyre them he hes she shes those these")
});

/// What speakers begin a sentence with before they say anything.
static OPENERS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    word_set("and so but well yes no okay ok yeah oh um uh er right then now actually")
});

static CUES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    word_set(
        "because after always never most important first instead finally end likely \
    cannot cant dont didnt why means than before",
    )
});

static STRONG_CUES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    word_set(
        "decided decide decision recommend suggest should must problem problems \
    result results changed change found lost learned reason plan planned best worst agreed prefer \
    hope cost costs wanted",
    )
});

/// Phrases of courtesy and introduction, which say little in a short sentence.
const COURTESIES: &str = include_str!("words/courtesies.txt");

/// Phrases of talk about the conversation itself.
const ASIDES: &str = include_str!("words/asides.txt");

/// Words up to which a sentence with a courtesy in it is hardly more than that.
const COURTEOUS_WORDS: usize = 12;

/// The sentences that can stand by themselves, the weightiest first.
pub(crate) fn ranked(
    sentences: &Sentences,
    words: &[Word],
    vocabulary: &WordWeights,
) -> Vec<usize> {
    let names = names(sentences, words);
    let mut scored: Vec<(f64, usize)> = sentences
        .all
        .iter()
        .enumerate()
        .filter(|(_, own)| LENGTHS.contains(&own.length()) && !own.asks())
        .map(|(index, own)| {
            let (words, normal) = (
                &words[own.words.clone()],
                &sentences.normal[own.words.clone()],
            );
            (score(own, words, normal, vocabulary, &names), index)
        })
        .filter(|(score, _)| *score > 0.0)
        .collect();
    let best = scored.iter().map(|(score, _)| *score).fold(0.0, f64::max);
    scored.retain(|(score, _)| *score >= best * WORTH_KEEPING);
    scored.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    scored.into_iter().map(|(_, index)| index).collect()
}

/// The first `count` that say different things; not all from the same few minutes.
pub(crate) fn varied(sentences: &[Sentence], ranked: &[usize], count: usize) -> Vec<usize> {
    let part = |index: usize| index * count / sentences.len().max(1);
    let mut picked: Vec<usize> = Vec::new();
    for index in ranked.iter().copied() {
        if picked.len() == count {
            break;
        }
        let neighbours = picked.iter().filter(|other| part(**other) == part(index));
        let says_more = picked
            .iter()
            .all(|other| overlap(&sentences[*other], &sentences[index]) < MAX_OVERLAP);
        if says_more && neighbours.count() < MAX_PER_PART {
            picked.push(index);
        }
    }
    picked
}

/// The weight of the distinct content words, tempered by the length, so that
/// neither long nor dense sentences win by that alone.
#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn score(
    sentence: &Sentence,
    words: &[Word],
    normal: &[String],
    vocabulary: &WordWeights,
    names: &HashSet<&str>,
) -> f64 {
    let distinct: HashSet<&String> = sentence.terms.iter().collect();
    // Summed in a fixed order: the same transcript, the same draft.
    let mut weights: Vec<f64> = distinct
        .into_iter()
        .map(|term| vocabulary.weight(term))
        .collect();
    weights.sort_by(f64::total_cmp);
    let text = format!(" {} ", normal.join(" "));
    let first = normal.iter().find(|word| !OPENERS.contains(word.as_str()));
    let is_dangling = first.is_some_and(|word| ANAPHORA.contains(word.as_str()));
    let is_number = |word: &String| word.contains(|character: char| character.is_ascii_digit());
    let has_number = normal.iter().any(is_number);
    let has_fact = has_number || normal.iter().any(|word| names.contains(word.as_str()));
    let has_word_of = |set: &HashSet<&str>| normal.iter().any(|word| set.contains(word.as_str()));
    let has_one_of = |phrases: &str| {
        phrases
            .lines()
            .any(|own| text.contains(&format!(" {own} ")))
    };
    let is_courtesy = sentence.length() <= COURTEOUS_WORDS && has_one_of(COURTESIES);
    let confidence: f32 = words.iter().map(|word| word.confidence).sum();
    let factors = [
        (sentence.opens, OPENING),
        (has_fact, FACT),
        (has_word_of(&CUES), CUE),
        (has_word_of(&STRONG_CUES), STRONG_CUE),
        (sentence.length() < SHORT && !has_number, BARE),
        (!sentence.is_whole, FRAGMENT),
        (is_dangling, DANGLING),
        (has_one_of(ASIDES) || is_courtesy, PHATIC),
    ];
    let factors = factors.iter().filter(|(holds, _)| *holds);
    factors.map(|(_, factor)| factor).product::<f64>()
        * f64::from(confidence / words.len().max(1) as f32).powi(2)
        * weights.iter().sum::<f64>()
        / (sentence.length() as f64).sqrt()
}

/// Words that are always written with a capital, inside sentences too: names.
fn names<'a>(sentences: &'a Sentences, words: &[Word]) -> HashSet<&'a str> {
    let mut capital: HashMap<&str, bool> = HashMap::new();
    if !sentences.is_punctuated {
        return HashSet::new();
    }
    for at in sentences
        .all
        .iter()
        .flat_map(|own| own.words.clone().skip(1))
    {
        let first = words[at].text.reveal().chars().next();
        let all = capital.entry(&sentences.normal[at]).or_insert(true);
        *all &= first.is_some_and(char::is_uppercase);
    }
    let is_name = |word: &&str| {
        word.len() > 1 && !sentences.stop_words.contains(*word) && !word.starts_with("im")
    };
    let names = capital.into_iter().filter(|(_, always)| *always);
    names.map(|(word, _)| word).filter(is_name).collect()
}

/// The Jaccard index of the content words.
#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn overlap(left: &Sentence, right: &Sentence) -> f64 {
    let left: HashSet<&String> = left.terms.iter().collect();
    let right: HashSet<&String> = right.terms.iter().collect();
    let shared = left.intersection(&right).count();
    shared as f64 / (left.len() + right.len() - shared).max(1) as f64
}
