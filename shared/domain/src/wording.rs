//! How words are compared, and what their wording gives away: questions and
//! fillers, without punctuation to go by.

/// A word as it is compared: letters and digits in lower case.
///
/// ```
/// assert_eq!(domain::wording::normalize("Don't!"), "dont");
/// ```
pub fn normalize(word: &str) -> String {
    word.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
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
/// and where it ends: nobody asks in the middle of a story, but "did you" occurs.
const LONG: usize = 40;

/// How many words that is at the beginning, and at the end.
const ENDS: (usize, usize) = (6, 14);

/// A text cut after the words that end a sentence: not after the point in "3.5".
/// Without punctuation it is one.
///
/// ```
/// let text = "It was 3.5 percent. Was it more?";
/// assert_eq!(domain::wording::sentences(text).count(), 2);
/// ```
pub fn sentences(text: &str) -> impl Iterator<Item = String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let sentences: Vec<String> = words
        .chunk_by(|word, _| !word.ends_with(['.', '?', '!', '？', '؟', '。']))
        .map(|sentence| sentence.join(" "))
        .collect();
    sentences.into_iter()
}

/// Whether a sentence asks something: it ends in a question mark, or has the
/// word order of an English question or request near its beginning or end.
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

const FILLERS: [&str; 9] = ["um", "uh", "er", "erm", "hmm", "mhm", "uhm", "ah", "eh"];

const FILLER_PAIRS: [[&str; 2]; 4] = [
    ["you", "know"],
    ["i", "mean"],
    ["sort", "of"],
    ["kind", "of"],
];

/// Number of filler words and phrases among normalized words.
pub fn fillers(words: &[String]) -> usize {
    let single = words
        .iter()
        .filter(|word| FILLERS.contains(&word.as_str()))
        .count();
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
    fn fillers_are_counted_once() {
        let words: Vec<String> = "um you know I mean it is uh good"
            .split(' ')
            .map(normalize)
            .collect();
        assert_eq!(fillers(&words), 4);
    }
}
