//! How words are cut, compared and written beside each other, and what their wording
//! gives away: questions and fillers, without punctuation to go by.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark, is_nfc};

/// A pattern that every text matches in which there is something to read.
pub const NOT_BLANK: &str = r"\S";

/// A time in milliseconds as hours, minutes and seconds: `1:02:03`.
pub fn clock_time(ms: u64) -> String {
    let seconds = ms / 1_000;
    format!(
        "{}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// A word as it is compared: letters and digits in lower case, accents composed as
/// Unicode's form C has them, whichever way they were typed.
///
/// ```
/// use domain::text::normalize;
///
/// assert_eq!(normalize("Don't!"), "dont");
/// assert_eq!(normalize("e\u{301}te\u{301}"), "été");
/// ```
pub fn normalize(word: &str) -> String {
    if !word.contains(char::is_alphanumeric) {
        return String::new();
    }
    let counts = |character: &char| {
        character.is_alphanumeric()
            || (is_combining_mark(*character) && !matches!(character, '\u{fe00}'..='\u{fe0f}'))
    };
    composed(word)
        .chars()
        .filter(counts)
        .flat_map(char::to_lowercase)
        .collect()
}

/// The text in Unicode's form C: an accent is typed as one character or as two.
pub fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc(text) {
        text.into()
    } else {
        text.nfc().collect::<String>().into()
    }
}

/// Whether it is of a script that puts no spaces between words: Thai, Lao, Burmese,
/// Khmer, Japanese, Chinese.
pub const fn is_unspaced(character: char) -> bool {
    matches!(
        character,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// The words of a text with what is written at them; where there are no spaces between
/// words, the characters.
///
/// ```
/// let words: Vec<&str> = domain::text::words("我们用 Rust。 Yes!").collect();
/// assert_eq!(words, ["我", "们", "用", "Rust。", "Yes!"]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(pieces)
}

fn pieces(mut part: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let mut before = None;
        let end = part.char_indices().find_map(|(at, character)| {
            if !character.is_alphanumeric() || is_combining_mark(character) {
                return None;
            }
            let begins = before.is_some_and(|before| is_unspaced(before) || is_unspaced(character));
            before = Some(character);
            begins.then_some(at)
        });
        let (piece, rest) = part.split_at(end.unwrap_or(part.len()));
        part = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Words written beside each other, with a space between where their scripts have one.
///
/// ```
/// assert_eq!(domain::text::joined(["我们", "用", "Rust", "now"]), "我们用 Rust now");
/// ```
pub fn joined<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for word in words {
        let touches = |character: char| is_unspaced(character) || is_wide_punctuation(character);
        let left = text.chars().next_back();
        let right = word.chars().next();
        let spaced = !left
            .zip(right)
            .is_none_or(|(left, right)| touches(left) && touches(right));
        if spaced {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// A text with a capital at the beginning.
pub fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}

/// Punctuation that brings its own space: of Chinese and Japanese.
const fn is_wide_punctuation(character: char) -> bool {
    matches!(character, '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff1f}')
}

/// What closes a quotation or a bracket after the end of a sentence.
const CLOSING: [char; 13] = [
    '"', '”', '\'', '’', ')', ']', '»', '」', '』', '）', '】', '〉', '》',
];

const SENTENCE_ENDS: [char; 12] = [
    '.', '?', '!', '…', '？', '！', '؟', '。', '｡', '．', '।', '۔',
];

/// What ends in a full stop without ending a sentence, normalized.
const ABBREVIATIONS: [&str; 10] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "eg", "ie", "approx",
];

/// Whether a sentence ends with the word.
///
/// ```
/// use domain::text::ends_sentence;
///
/// assert!(ends_sentence("it?\"") && ends_sentence("好。」"));
/// assert!(!ends_sentence("Dr.") && !ends_sentence("3.5"));
/// ```
pub fn ends_sentence(word: &str) -> bool {
    let word = word.trim_end().trim_end_matches(CLOSING);
    word.ends_with(SENTENCE_ENDS)
        && !(word.ends_with('.') && ABBREVIATIONS.contains(&normalize(word).as_str()))
}

const QUESTION_WORDS: [&str; 9] = [
    "what", "how", "why", "when", "where", "who", "whom", "which", "whose",
];

const AUXILIARIES: [&str; 18] = [
    "is", "are", "was", "were", "do", "does", "did", "have", "has", "had", "can", "could", "will",
    "would", "should", "may", "might", "am",
];

/// Auxiliaries that before "you" hardly ever end a statement.
const DIRECT: [&str; 9] = [
    "can", "could", "would", "will", "did", "do", "have", "are", "were",
];

const PRONOUNS: [&str; 8] = ["you", "we", "they", "i", "he", "she", "it", "there"];

/// Requests by which interviewers ask without a question.
const REQUESTS: [[&str; 2]; 7] = [
    ["tell", "me"],
    ["tell", "us"],
    ["talk", "me"],
    ["walk", "me"],
    ["walk", "us"],
    ["describe", "a"],
    ["give", "me"],
];

/// Words of a sentence above which a question is looked for only where it begins
/// and where it ends: speakers do not ask in the middle of a story, but "did you" occurs.
const LONG: usize = 40;

/// How many words that is at the beginning, and at the end.
const ENDS: (usize, usize) = (6, 14);

/// A text cut after the words that end a sentence: not after the point in "3.5".
/// Without punctuation it is one.
///
/// ```
/// let text = "It was 3.5 percent. Was it more?";
/// assert_eq!(domain::text::sentences(text).count(), 2);
/// ```
pub fn sentences(text: &str) -> impl Iterator<Item = String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let sentences: Vec<String> = words
        .chunk_by(|word, _| !word.ends_with(['.', '?', '!', '？', '؟', '。']))
        .map(|sentence| joined(sentence.iter().copied()))
        .collect();
    sentences.into_iter()
}

/// Whether a sentence is a question: it ends in a question mark, or has the word order
/// of an English question or request near its beginning or end.
pub fn is_question(sentence: &str) -> bool {
    if sentence.trim_end().ends_with(['?', '？', '؟']) {
        return true;
    }
    let words: Vec<String> = sentence.split_whitespace().map(normalize).collect();
    if words.len() <= LONG {
        return is_worded_as_question(&words);
    }
    let (begin, end) = ENDS;
    is_worded_as_question(&words[..begin]) || is_worded_as_question(&words[words.len() - end..])
}

fn is_worded_as_question(words: &[String]) -> bool {
    let inverted = |pair: &[String]| {
        let (first, second) = (pair[0].as_str(), pair[1].as_str());
        let asks = QUESTION_WORDS.contains(&first) && AUXILIARIES.contains(&second);
        let inverts =
            AUXILIARIES.contains(&first) && (PRONOUNS[..3].contains(&second) || second == "there");
        asks || inverts || REQUESTS.contains(&[first, second])
    };
    let opens = words.windows(2).take(3).any(inverted);
    // "Thank you for coming, could you tell me …": unpunctuated, and late.
    let turns_to_you = words.windows(2).any(|pair| {
        let (first, second) = (pair[0].as_str(), pair[1].as_str());
        DIRECT.contains(&first) && second == "you"
    });
    // "…, what did you do", after an introduction.
    let closes = words.windows(3).any(|three| {
        QUESTION_WORDS.contains(&three[0].as_str())
            && AUXILIARIES.contains(&three[1].as_str())
            && PRONOUNS.contains(&three[2].as_str())
    });
    opens || turns_to_you || closes
}

const FILLERS: [&str; 5] = ["uh", "erm", "hmm", "mhm", "uhm"];

/// Words of other languages as well: "er" is "he" in German, "um" is "a" in Portuguese.
const ENGLISH_FILLERS: [&str; 4] = ["um", "er", "ah", "eh"];

const FILLER_PAIRS: [[&str; 2]; 4] = [
    ["you", "know"],
    ["i", "mean"],
    ["sort", "of"],
    ["kind", "of"],
];

/// Whether a normalized word is but a sound that announces a delay.
pub fn is_filler(word: &str, english: bool) -> bool {
    FILLERS.contains(&word) || english && ENGLISH_FILLERS.contains(&word)
}

/// Whether a text is taken for English: by its language tag, or without one.
pub fn is_english(language: Option<&str>) -> bool {
    language.is_none_or(|tag| {
        let primary = tag.split(['-', '_']).next();
        primary.is_some_and(|primary| primary.eq_ignore_ascii_case("en"))
    })
}

/// Number of filler words and phrases among normalized words.
pub fn fillers(words: &[String], english: bool) -> usize {
    let single = words.iter().filter(|word| is_filler(word, english)).count();
    if !english {
        return single;
    }
    let pairs = words
        .windows(2)
        .filter(|pair| FILLER_PAIRS.contains(&[pair[0].as_str(), pair[1].as_str()]))
        .count();
    single + pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_known_without_punctuation() {
        for question in [
            "what did you do next",
            "and how would you handle that",
            "could you say more",
            "tell me about a time when something went wrong",
            "thanks for coming so what was it like",
            "that is a good story can you describe the time when something went wrong",
            "is there anything you would like to ask me",
            "you were there?",
        ] {
            assert!(is_question(question), "{question}");
        }
        for statement in [
            "I did what I could",
            "we know how to do that",
            "that is why it works",
            "",
            "yes",
        ] {
            assert!(!is_question(statement), "{statement}");
        }
    }

    #[test]
    fn a_long_story_with_a_question_in_it_asks_nothing() {
        let story = format!(
            "{} and then he said what did you do {}",
            "we went on and on ".repeat(6),
            "and I told him all about it ".repeat(4)
        );
        assert!(!is_question(&story));
        assert!(is_question(&format!("{story} so what would you do")));
        assert!(is_question(&format!("could you hear me {story}")));
    }

    #[test]
    fn accents_compare_however_they_were_typed() {
        for (left, right) in [("Lo\u{308}sungen", "lösungen"), ("tiê\u{301}ng", "tiếng")] {
            assert_eq!(normalize(left), normalize(right), "{left}");
        }
        assert_ne!(normalize("ข่าว"), normalize("ขาว"), "news and white");
        assert_eq!(normalize("\u{2764}\u{fe0f}"), "");
    }

    #[test]
    fn scripts_without_spaces_are_cut_by_character_and_marks_stay() {
        let of = |text| words(text).collect::<Vec<_>>();
        assert_eq!(of("「今日は」 ok"), ["「今", "日", "は」", "ok"]);
        assert_eq!(of("น้ำดี"), ["น้", "ำ", "ดี"]);
        assert_eq!(of("it's — fine"), ["it's", "—", "fine"]);
        assert_eq!(of(""), [""; 0]);
    }

    #[test]
    fn split_text_joins_to_the_original() {
        for text in ["我们今天来谈。好！", "น้ำดี", "we went, and then", "用Rust写"]
        {
            let spaceless = |text: &str| text.replace(' ', "");
            let again = joined(words(text));
            assert_eq!(spaceless(&again), spaceless(text));
            assert_eq!(
                again.contains(' '),
                text.contains(' ') || text.contains("Rust")
            );
        }
    }

    #[test]
    fn fillers_are_counted_once() {
        let words: Vec<String> = "um you know I mean it is uh good"
            .split(' ')
            .map(normalize)
            .collect();
        assert_eq!(fillers(&words, true), 4);
        let words: Vec<String> = "er hat um hilfe gebeten hmm"
            .split(' ')
            .map(normalize)
            .collect();
        assert_eq!(fillers(&words, false), 1);
        for (tag, english) in [("en-GB", true), ("EN", true), ("de", false), ("enm", false)] {
            assert_eq!(is_english(Some(tag)), english, "{tag}");
        }
        assert!(is_english(None));
    }
}
