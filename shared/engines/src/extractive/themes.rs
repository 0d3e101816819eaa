//! Themes without a language model: words that the quotes of several interviews have in common.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashSet},
};

use domain::{
    analysis::NO_LANGUAGE_MODEL,
    ports::ThemesRequest,
    text::{capitalized, normalize},
    themes::{DraftTheme, StatementRef, ThemesDraft},
};

use super::{stopwords::stop_words, titles::stem};
use crate::language::warning;

/// The most themes.
const MAX_THEMES: usize = 8;

/// The most quotes of one interview.
const MAX_QUOTES: usize = 2;

/// The shortest word that names a theme, in letters.
const LEAST_LETTERS: usize = 4;

/// Why there are words and no statements, and which settings change that.
const CONNECT_A_MODEL: &str = "no language model is connected: these are words that several \
    interviews have in common; for themes that say more set ANALYZER=gemini and GEMINI_API_KEY, \
    or ANALYZER=openai and OPENAI_BASE_URL (for example of Ollama)";

/// A word of several interviews.
#[derive(Default)]
struct Term {
    /// The statements that have it.
    statements: BTreeSet<StatementRef>,
    /// How it was written, with how often.
    spellings: BTreeMap<String, usize>,
}

impl Term {
    fn interviews(&self) -> usize {
        let places: BTreeSet<usize> = self.statements.iter().map(|own| own.interview).collect();
        places.len()
    }
}

/// The words that most interviews have in common, each with quotes that have them.
pub(crate) fn draft(request: &ThemesRequest) -> ThemesDraft {
    let mut found: Vec<(String, Term)> = terms(request)
        .into_iter()
        .filter(|(_, term)| term.interviews() >= 2)
        .collect();
    found.sort_by_key(|(word, term)| {
        let counts = (term.interviews(), term.statements.len());
        (std::cmp::Reverse(counts), word.clone())
    });
    let mut themes: Vec<DraftTheme> = Vec::new();
    let mut used: HashSet<StatementRef> = HashSet::new();
    for (_, term) in &found {
        if themes.len() == MAX_THEMES {
            break;
        }
        // Words of the same sentences say the same.
        let known = term.statements.iter().filter(|own| used.contains(own));
        if known.count() * 2 > term.statements.len() {
            continue;
        }
        used.extend(&term.statements);
        themes.push(theme(term, request.interviews.len()));
    }
    ThemesDraft {
        model: "extractive".to_owned(),
        prompt_version: "themes-extractive-1".to_owned(),
        cost_usd: Some(0.0),
        themes,
        warnings: vec![warning(NO_LANGUAGE_MODEL, CONNECT_A_MODEL)],
        ..ThemesDraft::default()
    }
}

fn terms(request: &ThemesRequest) -> BTreeMap<String, Term> {
    let all = request.interviews.iter().flat_map(|own| &own.statements);
    let words = all.flat_map(|own| own.quote.reveal().split_whitespace());
    let stop_words = stop_words(&words.map(normalize).collect::<Vec<_>>());
    let mut terms: BTreeMap<String, Term> = BTreeMap::new();
    for (digest, interview) in request.interviews.iter().zip(0..) {
        for (own, statement) in digest.statements.iter().zip(0..) {
            for written in own.quote.reveal().split_whitespace() {
                let word = normalize(written);
                let is_word = word.chars().all(char::is_alphabetic)
                    && word.chars().count() >= LEAST_LETTERS
                    && !stop_words.contains(&word);
                if !is_word {
                    continue;
                }
                let term = terms
                    .entry(stem(&word, LEAST_LETTERS).to_owned())
                    .or_default();
                term.statements.insert(StatementRef {
                    interview,
                    statement,
                });
                *term.spellings.entry(word).or_default() += 1;
            }
        }
    }
    terms
}

fn theme(term: &Term, interviews: usize) -> DraftTheme {
    // Of two that are as frequent the shorter one, which is the singular.
    let rank = |word: &str, count: usize| (count, Reverse(word.len()));
    let spellings = term.spellings.iter();
    let most = spellings.max_by_key(|(word, count)| rank(word, **count));
    let word = most.map_or("", |(word, _)| word);
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    let supports = term.statements.iter().copied().filter(|own| {
        let count = counts.entry(own.interview).or_default();
        *count += 1;
        *count <= MAX_QUOTES
    });
    DraftTheme {
        supports: supports.collect(),
        contradicts: Vec::new(),
        title: capitalized(word).into(),
        summary: format!(
            "“{word}” comes up in {} of {interviews} interviews.",
            term.interviews()
        )
        .into(),
    }
}

#[cfg(test)]
mod tests {
    use domain::ports::{InterviewDigest, Statement};

    use super::*;

    fn request(said: &[&[&str]]) -> ThemesRequest {
        let digest = |quotes: &&[&str]| InterviewDigest {
            summary: None,
            statements: quotes
                .iter()
                .map(|quote| Statement {
                    text: (*quote).into(),
                    quote: (*quote).into(),
                })
                .collect(),
        };
        ThemesRequest {
            interviews: said.iter().map(digest).collect(),
        }
    }

    #[test]
    fn words_of_several_interviews_are_themes_with_their_quotes() {
        let request = request(&[
            &[
                "We built a small boat in the garden.",
                "The invoices were late.",
            ],
            &[
                "I like boats, and I have one.",
                "My invoice was wrong twice.",
            ],
            &["The old boat is in the harbour."],
            &["Nothing of the sort happened to me."],
        ]);
        let draft = draft(&request);
        let titles: Vec<&str> = draft.themes.iter().map(|own| own.title.reveal()).collect();
        assert_eq!(titles, ["Boat", "Invoice"]);
        let boat = &draft.themes[0];
        assert_eq!(
            boat.summary.reveal(),
            "“boat” comes up in 3 of 4 interviews."
        );
        let places: Vec<usize> = boat.supports.iter().map(|own| own.interview).collect();
        assert_eq!(places, [0, 1, 2]);
        assert_eq!(draft.warnings[0].code, NO_LANGUAGE_MODEL);
    }

    #[test]
    fn words_of_the_same_sentences_are_one_theme() {
        let request = request(&[&["small wooden boat"], &["small wooden boat"]]);
        assert_eq!(draft(&request).themes.len(), 1);
    }

    #[test]
    fn nothing_in_common_is_no_theme() {
        let request = request(&[&["apples grow here"], &["oranges came yesterday"]]);
        assert_eq!(draft(&request).themes, []);
    }
}
