//! Statements that an analysis must not make.
//!
//! People are assessed by what they say, never by how they feel, sound or look, nor by
//! traits that the law protects (EU AI Act, article 5(1)(f), forbids inferring emotions
//! at work). The check applies to an engine's own words in English: speakers may talk
//! about their feelings, and an engine may report that they do. An analysis in another
//! language has a warning that it is unchecked.
//!
//! A word list alone would reject race conditions and disabled features, so the check
//! also looks for the person that a word is about. Feelings count unless they are a
//! third party's or reported; traits count beside a person.

use domain::text::normalize;

use crate::word_lists::{
    ALWAYS, BEING, CONDITIONS, FEELINGS, HARMLESS, IMPRESSIONS, MANNERS, OTHERS, OWNERS, PERSONS,
    PHRASES, REPORTS, TRAITS, WITNESSED,
};

/// How many words before a word its person, or the perceiver, is searched.
const REACH: usize = 3;

/// The same for how a person sounds or looks: "speaks with a very thick accent".
const MANNER_REACH: usize = 5;

/// Whether an engine's words judge what must not be judged.
pub fn breaks_content_rule(text: &str) -> bool {
    text.split(['.', '!', '?', ';', '\n'])
        .any(|sentence| judges(&words(sentence)))
}

/// A text without the parts in quotation marks that `is_quoted` knows for real:
/// people's words are not the engine's.
pub fn without_quotes(text: &str, is_quoted: impl Fn(&str) -> bool) -> String {
    let mut own = String::new();
    let mut rest = text;
    while let Some((before, opening)) = split_at_mark(rest, &['"', '\u{201c}', '\u{201e}', '«']) {
        own.push_str(before);
        let Some((inside, after)) = split_at_mark(opening, &['"', '\u{201d}', '\u{201c}', '»'])
        else {
            rest = opening;
            break;
        };
        if !is_quoted(inside) {
            own.push_str(inside);
        }
        own.push(' ');
        rest = after;
    }
    own.push_str(rest);
    own
}

fn split_at_mark<'a>(text: &'a str, marks: &[char]) -> Option<(&'a str, &'a str)> {
    let at = text.find(marks)?;
    let length = text[at..].chars().next().map_or(0, char::len_utf8);
    Some((&text[..at], &text[at + length..]))
}

/// The words of a sentence: "race-free" is two, "candidate's" one.
fn words(sentence: &str) -> Vec<String> {
    sentence
        .split(|character: char| !character.is_alphanumeric() && !matches!(character, '\'' | '’'))
        .map(normalize)
        .filter(|word| !word.is_empty())
        .collect()
}

fn judges(words: &[String]) -> bool {
    let sentence = format!(" {} ", words.join(" "));
    let phrase = |phrase: &&str| sentence.contains(&format!(" {phrase} "));
    PHRASES.iter().any(phrase) || (0..words.len()).any(|at| judges_at(words, at))
}

fn judges_at(words: &[String], at: usize) -> bool {
    let word = words[at].as_str();
    if is_harmless(words, at) {
        return false;
    }
    let within = |reach: usize, list: &[&str]| any(&words[at.saturating_sub(reach)..at], list);
    let near = |list: &[&str]| within(REACH, list);
    let impression = near(&WITNESSED) || near(&["across"]);
    if ALWAYS.contains(&word) {
        return true;
    }
    if FEELINGS.contains(&word) {
        let reported = any(&words[..at], &REPORTS) && !word.ends_with("ly");
        return !near(&OTHERS) && (impression || !reported);
    }
    if IMPRESSIONS.contains(&word) {
        return impression && !near(&OTHERS);
    }
    if MANNERS.contains(&word) {
        let somebodys = |list: &[&str]| within(MANNER_REACH, list);
        return at <= 1 || impression || somebodys(&PERSONS) || somebodys(&OWNERS);
    }
    if CONDITIONS.contains(&word) {
        let next = words.get(at + 1).map_or("", String::as_str);
        return impression || PERSONS.contains(&next) || (near(&BEING) && near(&PERSONS));
    }
    TRAITS.contains(&word) && (impression || near(&PERSONS))
}

fn any(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}

/// Whether the word means something else together with its neighbour, or is
/// about a person who does not take part.
fn is_harmless(words: &[String], at: usize) -> bool {
    let word = words[at].as_str();
    let next = words.get(at + 1).map_or("", String::as_str);
    let before = at
        .checked_sub(1)
        .map_or("", |before| words[before].as_str());
    let is_pair = |first, second| HARMLESS.contains(&format!("{first} {second}").as_str());
    OTHERS.contains(&next) || is_pair(word, next) || is_pair(before, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judgements_of_feelings_looks_and_protected_traits_are_noticed() {
        for claim in [
            "Seemed nervous throughout.",
            "Nervous at first; settled later",
            "Good body language",
            "She has a strong accent",
            "Strong accent, hard to follow",
            "Speaks with a thick accent",
            "Seemed confident and looked happy",
            "The candidate's personality fits the team",
            "Came across as arrogant",
            "Sounded bored when asked about testing",
            "He is deeply religious",
            "His disability may be a problem",
            "The applicant is pregnant",
            "Clearly an introvert",
            "Led the team. Her nationality was mentioned.",
            "Answered nervously",
            "Said he led the team but seemed nervous",
            "Looks young for the role",
            "Avoids eye contact",
            "He is disabled",
            "A disabled candidate",
            "Her race was mentioned",
            "Is rather shy",
        ] {
            assert!(breaks_content_rule(claim), "{claim}");
        }
    }

    #[test]
    fn facts_that_only_use_the_same_words_are_not() {
        for claim in [
            "Traced the fault to a race-free lock and shipped a fix",
            "Found the race condition in the queue",
            "Disabled the feature flag at once",
            "The feature was disabled after the incident",
            "Took an attractive offer from a competitor",
            "Chose the accent colour with users",
            "Explained the appearance of the bug after an update",
            "Ran a study on the gender pay gap",
            "Customers were anxious about losing data",
            "Built an app for elderly patients and disabled users",
            "Says she was nervous before the first launch",
            "Works on facial recognition and emotion detection",
            "Is happy to relocate",
            "Led the migration",
            "Did not shy away from a difficult conversation",
            "She fixed a race in the scheduler",
            "He disabled caching",
            "Found an insecure endpoint",
            "Set an aggressive timeline",
            "",
        ] {
            assert!(!breaks_content_rule(claim), "{claim}");
        }
    }

    #[test]
    fn only_real_quotes_are_exempt_from_the_content_rule() {
        let real = |quote: &str| quote == "I was nervous";
        let check = |text: &str| breaks_content_rule(&without_quotes(text, real));
        assert!(!check("Speaker 1: “I was nervous”"));
        assert!(!check("Tells of the launch (\"I was nervous\")"));
        assert!(check("Seemed “nervous” to me"));
        assert!(check("Seemed \"nervous"));
        assert!(check("“I was nervous” is what a nervous person says"));
    }
}
