//! Text as the tokens by which it is found.

use std::ops::Range;

use unicode_normalization::{
    UnicodeNormalization as _,
    char::{canonical_combining_class, is_combining_mark},
};
use unicode_segmentation::UnicodeSegmentation as _;

/// The version of [`tokens`]. An index that was made by another version is made anew: what is
/// removed from it is found by its tokens.
pub const TOKENS_VERSION: i64 = 1;

/// The longest token, in characters; of a longer word the beginning counts. Firestore indexes
/// the first 1,500 bytes of a value.
const MAX_TOKEN: usize = 64;

/// A word of a text as it is compared, or two neighbouring characters of a script that has no
/// spaces.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Letters and digits in lower case without accents.
    pub text: String,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// The characters of which it is one or two, where the script has no spaces.
    singles: [Option<String>; 2],
}

/// The tokens of a text, in their order: the same in every store, for what is indexed and for
/// what is searched.
///
/// A word is what Unicode's segmentation says (UAX 29). Compatible forms are one (`NFKD`), and
/// so are upper and lower case; accents are removed, and what is neither letter nor digit
/// separates, apostrophes too: `boat` is found in "boat's", and `homme` in "l'homme". Of Chinese, Japanese and Korean every two neighbouring
/// characters are a token (a bigram), and a character that has no neighbour is one by itself.
///
/// ```
/// use domain::search::tokens;
///
/// let of = |text| -> Vec<String> { tokens(text).into_iter().map(|token| token.text).collect() };
/// assert_eq!(of("Zoë's café: 3.5 STRASSEN"), ["zoe", "s", "cafe", "3", "5", "strassen"]);
/// assert_eq!(of("東京都 now"), ["東京", "京都", "now"]);
/// ```
pub fn tokens(text: &str) -> Vec<Token> {
    let mut builder = Builder::default();
    for (start, word) in text.unicode_word_indices() {
        // A word that does not touch the one before separates characters as well.
        if builder.end != start {
            builder.separate();
        }
        if word.is_ascii() {
            builder.push_ascii(start, word);
        }
        let rest = if word.is_ascii() { "" } else { word };
        for (offset, grapheme) in rest.grapheme_indices(true) {
            let at = start + offset..start + offset + grapheme.len();
            builder.push(&folded(grapheme), &at);
        }
        // Words of other scripts end here; characters without spaces may go on.
        builder.end_word();
        builder.end = start + word.len();
    }
    builder.separate();
    builder.tokens
}

/// The distinct tokens by which a text is found, where an index has no order of words: those
/// of [`tokens`], and single characters of scripts without spaces.
pub fn distinct(text: &str) -> std::collections::BTreeSet<String> {
    let found = tokens(text).into_iter();
    found
        .flat_map(|token| token.singles.into_iter().flatten().chain([token.text]))
        .collect()
}

impl Token {
    /// The characters that find it by themselves, where its script has no spaces.
    pub fn singles(&self) -> impl Iterator<Item = &str> {
        self.singles.iter().flatten().map(String::as_str)
    }

    /// Whether it is the wanted one, or one of its two characters where that is all that is
    /// wanted.
    pub(super) fn is(&self, wanted: &str, alone: bool) -> bool {
        self.text == wanted || (alone && self.singles().any(|single| single == wanted))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Token({:?})", self.at)
    }
}

#[derive(Default)]
struct Builder {
    tokens: Vec<Token>,
    /// Where the last word ended.
    end: usize,
    word: String,
    word_at: Range<usize>,
    /// The last character of a script without spaces, and whether a token has it already.
    last: Option<(String, Range<usize>, bool)>,
}

impl Builder {
    fn push(&mut self, folded: &str, at: &Range<usize>) {
        for character in folded.chars() {
            if is_bigram(character) {
                self.end_word();
                self.push_single(character, at);
            } else if counts(character) {
                self.end_singles();
                if self.word.is_empty() {
                    self.word_at = at.clone();
                }
                self.word.push(character);
                self.word_at.end = at.end;
            } else if !is_silent(character) {
                self.separate();
            }
        }
    }

    /// The same of a word without other letters, sooner.
    fn push_ascii(&mut self, start: usize, word: &str) {
        for (offset, byte) in word.bytes().enumerate() {
            let at = start + offset;
            if byte.is_ascii_alphanumeric() {
                self.end_singles();
                if self.word.is_empty() {
                    self.word_at.start = at;
                }
                self.word.push(char::from(byte.to_ascii_lowercase()));
                self.word_at.end = at + 1;
            } else {
                self.separate();
            }
        }
    }

    fn push_single(&mut self, character: char, at: &Range<usize>) {
        let single = character.to_string();
        if let Some((before, from, _)) = self.last.take() {
            self.tokens.push(Token {
                text: format!("{before}{single}"),
                at: from.start..at.end,
                singles: [Some(before), Some(single.clone())],
            });
            self.last = Some((single, at.clone(), true));
        } else {
            self.last = Some((single, at.clone(), false));
        }
    }

    fn separate(&mut self) {
        self.end_word();
        self.end_singles();
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        if !word.is_empty() {
            self.tokens.push(Token {
                text: word.chars().take(MAX_TOKEN).collect(),
                at: self.word_at.clone(),
                singles: [None, None],
            });
        }
    }

    fn end_singles(&mut self) {
        if let Some((text, at, false)) = self.last.take() {
            self.tokens.push(Token {
                text,
                at,
                singles: [None, None],
            });
        }
    }
}

/// Lower case without accents, in compatible forms.
fn folded(grapheme: &str) -> String {
    if grapheme.len() == 1 {
        return grapheme.to_ascii_lowercase();
    }
    let lower = grapheme.nfkd().flat_map(char::to_lowercase);
    // Some lower cases have parts of their own.
    let lower: String = lower.collect();
    let plain = lower.nfkd().filter(|character| !is_accent(*character));
    let mut folded = String::new();
    for character in plain {
        match character {
            'ς' => folded.push('σ'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'đ' => folded.push('d'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            other => folded.push(other),
        }
    }
    folded.nfc().collect()
}

/// Accents and points that are often left out. Signs that make another letter of a letter, as
/// in Japanese, Hindi and Thai, are kept.
fn is_accent(character: char) -> bool {
    matches!(canonical_combining_class(character), 10..=36 | 202..=240)
        || matches!(character, '\u{fe00}'..='\u{fe0f}')
}

/// Whether it is a part of words.
fn counts(character: char) -> bool {
    character.is_alphanumeric() || (!character.is_ascii() && is_combining_mark(character))
}

/// What stands within words and is not seen.
const fn is_silent(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200d}' | '\u{ad}' | '\u{2060}')
}

/// Whether it is of a script whose tokens are bigrams: Chinese, Japanese, Korean.
const fn is_bigram(character: char) -> bool {
    matches!(
        character,
        '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}' | '\u{3005}'..='\u{3007}'
    )
}
