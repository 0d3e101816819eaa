//! Words that say nothing about what is talked about.

use std::collections::{HashMap, HashSet};

/// English ones, normalized: without apostrophes.
const ENGLISH: &str = include_str!("words/english.txt");

/// Share of English words in a text below which it is taken for another language.
const ENGLISH_SHARE: f64 = 0.25;

/// Share of all that is said that is taken up by the words that mean nothing:
/// in every language a few words make up nearly half of any text (Zipf, 1949).
const FUNCTION_SHARE: f64 = 0.4;

/// How often a word must be said to be taken for one of them.
const OFTEN: usize = 4;

/// The stop words for a text of these normalized words: the English list, or, where the
/// text is not English, its most frequent words.
pub(crate) fn stop_words(words: &[String]) -> HashSet<String> {
    let english: HashSet<String> = ENGLISH.split_whitespace().map(str::to_owned).collect();
    let known = words.iter().filter(|word| english.contains(*word)).count();
    if words.is_empty() || share(known, words.len()) >= ENGLISH_SHARE {
        english
    } else {
        most_frequent(words)
    }
}

fn most_frequent(words: &[String]) -> HashSet<String> {
    let mut counts: HashMap<&String, usize> = HashMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut ranked: Vec<(&String, usize)> = counts.into_iter().collect();
    ranked.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(right.0)));
    let mut covered = 0;
    ranked
        .into_iter()
        .take_while(|(_, count)| {
            let within = *count >= OFTEN && share(covered, words.len()) < FUNCTION_SHARE;
            covered += count;
            within
        })
        .map(|(word, _)| word.clone())
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use domain::text::normalize;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(normalize).collect()
    }

    #[test]
    fn english_has_its_own_list() {
        let stop_words = stop_words(&words("I don't know what they did with the books"));
        assert!(stop_words.contains("dont") && !stop_words.contains("books"));
    }

    #[test]
    fn in_other_languages_the_most_frequent_words_are_left_out() {
        let german = "und die Leute und die Bücher und die Liste und die Bibliothek, \
                      weil niemand eine Kopie der Liste gemacht hat";
        let stop_words = stop_words(&words(german));
        assert!(stop_words.contains("und") && stop_words.contains("die"));
        assert!(!stop_words.contains("liste") && !stop_words.contains("bibliothek"));
    }
}
