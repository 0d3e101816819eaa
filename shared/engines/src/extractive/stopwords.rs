//! Words that say nothing about what is talked about.

use std::collections::{HashMap, HashSet};

/// English ones, normalized: without apostrophes.
const ENGLISH: &str = "a able about above actually after again ago ah all almost already also always am an and \
    another any anybody anyone anything are arent around as ask asked at away back basically be became because \
    been before being better between big bit both but by call called came can cannot cant come comes coming could \
    couldnt couple day days did didnt different do does doesnt doing done dont down during each easy either else \
    end enough er erm even ever every everybody everyone everything example far feel felt few find first for found \
    four from gave get gets getting give given go goes going gone gonna good got great guess had hadnt happen \
    happened has hasnt have havent having he hed hell help her here heres hers herself hes high him himself his hm \
    hmm how however i id if ill im in into is isnt it itll its itself ive just keep kind knew know known last later \
    least less let lets like little long look looked looking lot lots made make makes making many may maybe me mean \
    means mhm might mine more most much must my myself need needed never new next nice no nobody not nothing now of \
    off often oh okay old on once one ones only or other others our ours out over own part people perhaps pretty \
    probably put quite rather really right said same saw say saying says second see seen sense several she shed \
    shes should shouldnt since small so some somebody someone something sometimes soon sort started still stuff \
    such sure take taken takes talk tell than thank thanks that thatll thats the their theirs them themselves then \
    there theres these they theyd theyll theyre theyve thing things think this those though thought three through \
    time times to today together told too took tried try trying two uh uhm um under until up us use used using \
    usually very wanna want wanted wants was wasnt way ways we wed week weeks well went were werent weve what \
    whatever whats when where whether which while who whole whom whose why will with within without wont work \
    worked working would wouldnt yeah year years yep yes yet you youd youll your youre yours yourself youve";

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
