//! Titles of topics: phrases that the speakers used.
//!
//! Content words next to each other are candidates, as in RAKE (Rose et al., "Automatic
//! Keyword Extraction from Individual Documents", 2010). Without a part-of-speech
//! tagger the word before them distinguishes nouns from verbs: "the reading room", "of
//! the list", but "we counted". In other languages than English, single words remain.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::LazyLock,
};

use domain::{text::normalize, transcript::Word};

use super::sentences::{Sentence, Sentences, word_set};

/// Phrases in a title.
const PHRASES: usize = 3;

/// Words of a phrase.
const MAX_WORDS: usize = 3;

/// What a phrase gains by each word after its first: it says more than one word.
const PER_WORD: f64 = 1.3;

/// Words before a noun, or before an adjective with its noun.
static BEFORE_NOUNS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    word_set(
        "a an the my your our their his her its this that these those every each \
    no any some all another of about for in on at with from into under between like as right \
    new old little big other next last first own two three four five six seven good great \
    better best whole many much few more most what which whose bunch lot",
    )
});

/// Forms of address and courtesies, which are not topics.
static ADDRESS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    word_set(
        "maam sir madam hello hi hey bye goodbye please sorry welcome sec second \
    moment minute guys morning afternoon evening today tomorrow yesterday problem name names lot \
    bit bunch story question questions answer course case fact kind sort number numbers hundred thousand million percent",
    )
});

/// A phrase that was said, as it is compared and as it is shown.
#[derive(Debug, Default)]
struct Phrase {
    count: f64,
    length: usize,
    /// How it was written, with how often.
    spellings: BTreeMap<String, usize>,
    /// Whether it was said where nouns are said.
    is_noun: bool,
    first: usize,
}

type Phrases = HashMap<String, Phrase>;

/// The phrases that name each group of sentences; empty without content words.
pub(crate) fn titles(
    sentences: &Sentences,
    words: &[Word],
    groups: &[&[Sentence]],
) -> Vec<Vec<String>> {
    let names = if sentences.is_punctuated {
        common(words)
    } else {
        HashSet::new()
    };
    let phrases: Vec<Phrases> = groups
        .iter()
        .map(|group| phrases(group, sentences, words, &names))
        .collect();
    let mut holding: HashMap<&String, f64> = HashMap::new();
    for key in phrases.iter().flat_map(HashMap::keys) {
        *holding.entry(key).or_default() += 1.0;
    }
    phrases
        .iter()
        .map(|own| title(own, &holding, groups.len()))
        .collect()
}

/// Words that are written in lower case somewhere: no names.
fn common(words: &[Word]) -> HashSet<String> {
    let lower = words.iter().map(|word| word.text.reveal());
    let lower = lower.filter(|text| text.chars().next().is_some_and(char::is_lowercase));
    lower.map(normalize).collect()
}

/// The runs of content words in the sentences, and the ends of those runs, where the noun is.
fn phrases(
    group: &[Sentence],
    sentences: &Sentences,
    words: &[Word],
    common: &HashSet<String>,
) -> Phrases {
    let mut phrases = Phrases::new();
    let is_english = sentences.stop_words.contains("because");
    for sentence in group {
        let own = &words[sentence.words.clone()];
        let normal = &sentences.normal[sentence.words.clone()];
        let is_content = |at: usize| {
            is_content(&normal[at], sentences) && !is_spelled_out(own[at].text.reveal())
        };
        let mut at = 0;
        while at < own.len() {
            if !is_content(at) {
                at += 1;
                continue;
            }
            if at > 0 && is_gerund(&normal[at - 1], &normal[at]) {
                at += 1;
                continue;
            }
            let start = at;
            while at < own.len() && is_content(at) && at - start < MAX_WORDS {
                at += 1;
                if ends_phrase(own[at - 1].text.reveal()) {
                    break;
                }
            }
            let place = sentence.words.start + start;
            // "information pulled up", "for calling the office": no part of what it is about.
            let end = (start + 1..=at)
                .rev()
                .find(|end| !is_verb_form(&normal[*end - 1]));
            let Some(end) = end.filter(|_| !is_verb_form(&normal[start])) else {
                continue;
            };
            let is_noun = is_english && start > 0 && is_before_noun(&normal[start - 1]);
            for first in start..end {
                let is_whole = first == start;
                add(
                    &mut phrases,
                    &own[first..end],
                    common,
                    is_noun,
                    place,
                    is_whole,
                );
            }
        }
    }
    phrases
}

fn is_content(word: &str, sentences: &Sentences) -> bool {
    let letters = word.chars().count();
    let is_long = letters >= 3 || !word.is_ascii() && letters > 0;
    is_long
        && !word.chars().all(char::is_numeric)
        && !sentences.stop_words.contains(word)
        && !ADDRESS.contains(word)
}

/// Letter by letter: "K-I-N-G".
fn is_spelled_out(text: &str) -> bool {
    text.contains('-')
        && text
            .split('-')
            .all(|part| normalize(part).chars().count() <= 1)
}

fn ends_phrase(text: &str) -> bool {
    text.ends_with([',', '.', ';', ':', '?', '!', '-'])
}

/// "for calling": no noun, unlike in "the building".
fn is_gerund(before: &str, word: &str) -> bool {
    let is_preposition = matches!(
        before,
        "of" | "about" | "for" | "in" | "on" | "with" | "by" | "at"
    );
    is_preposition && word.len() > 5 && word.ends_with("ing")
}

/// The forms of regular verbs, which "the reading room" begins with as well.
fn is_verb_form(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ed")
}

fn is_before_noun(word: &str) -> bool {
    BEFORE_NOUNS.contains(word)
}

fn add(
    phrases: &mut Phrases,
    words: &[Word],
    common: &HashSet<String>,
    is_noun: bool,
    place: usize,
    is_whole: bool,
) {
    let last = words.len() - 1;
    let texts = words.iter().enumerate();
    let texts = texts.map(|(at, word)| shown(word.text.reveal(), common, at == last));
    let shown: Vec<String> = texts.collect();
    let key = shown.iter().map(|word| normalize(word));
    let key: Vec<String> = key.map(|word| stem(&word, 3).to_owned()).collect();
    let phrase = phrases.entry(key.join(" ")).or_insert_with(|| Phrase {
        first: place,
        length: words.len(),
        ..Phrase::default()
    });
    phrase.count += if is_whole { 1.0 } else { 0.9 };
    phrase.is_noun |= is_noun;
    *phrase.spellings.entry(shown.join(" ")).or_default() += 1;
}

/// A word as it stands inside a sentence, without what is written at it.
fn shown(text: &str, common: &HashSet<String>, is_last: bool) -> String {
    let bare = text.trim_matches(|character: char| !character.is_alphanumeric());
    let owned = bare.strip_suffix("'s").or(bare.strip_suffix("’s"));
    let bare = owned.filter(|_| is_last).unwrap_or(bare);
    if common.contains(&normalize(bare)) {
        bare.to_lowercase()
    } else {
        bare.to_owned()
    }
}

/// One form for singular and plural of most English words that have more than `least` letters.
pub(crate) fn stem(word: &str, least: usize) -> &str {
    let is_plural = word.len() > least && word.ends_with('s') && !word.ends_with("ss");
    if is_plural {
        &word[..word.len() - 1]
    } else {
        word
    }
}

/// The phrases that are frequent in this part and rare in the others, no word twice.
#[expect(clippy::cast_precision_loss, reason = "counts of phrases")]
fn title(phrases: &Phrases, holding: &HashMap<&String, f64>, parts: usize) -> Vec<String> {
    // Without any the language is not known here, and every phrase counts.
    let nouns = phrases.values().any(|phrase| phrase.is_noun);
    let mut ranked: Vec<(f64, &String, &Phrase)> = phrases
        .iter()
        .filter(|(_, phrase)| phrase.is_noun || !nouns)
        .map(|(key, phrase)| {
            let rarity = (1.0 + parts as f64 / holding[key]).ln();
            let length = 1.0 + PER_WORD * (phrase.length - 1) as f64;
            (phrase.count.powf(1.2) * rarity * length, key, phrase)
        })
        .collect();
    ranked.sort_by(|left, right| {
        let by_place = left.2.first.cmp(&right.2.first);
        right
            .0
            .total_cmp(&left.0)
            .then(by_place)
            .then(left.1.cmp(right.1))
    });
    let mut taken: HashSet<&str> = HashSet::new();
    let mut shown: Vec<String> = Vec::new();
    for (_, key, phrase) in ranked {
        if shown.len() == PHRASES {
            break;
        }
        if key.split(' ').any(|word| taken.contains(word)) {
            continue;
        }
        taken.extend(key.split(' '));
        let spelling = phrase.spellings.iter().max_by_key(|(_, count)| **count);
        shown.extend(spelling.map(|(text, _)| text.clone()));
    }
    shown
}
