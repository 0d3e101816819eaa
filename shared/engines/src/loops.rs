//! Suppression of repetition loops: the same phrase over and over, which speech
//! models write when they have lost the thread.

/// Words of the longest phrase that is looked for.
const LONGEST_PHRASE: usize = 8;

/// Keeps one occurrence of each phrase that is repeated without a pause more often
/// than people repeat themselves. `text` gives the text of a word.
pub(crate) fn without_loops<W>(words: Vec<W>, text: impl Fn(&W) -> &str) -> Vec<W> {
    let bare: Vec<String> = words.iter().map(|word| bare(text(word))).collect();
    let mut keep = vec![true; words.len()];
    let mut at = 0;
    while at < bare.len() {
        let found = (1..=LONGEST_PHRASE)
            .map(|length| (length, repeats(&bare[at..], length)))
            .find(|(length, times)| *times >= loop_threshold(*length));
        let (length, times) = found.unwrap_or((1, 1));
        keep[at + length..at + length * times].fill(false);
        at += length * times;
    }
    let kept = words.into_iter().zip(keep);
    kept.filter_map(|(word, keep)| keep.then_some(word))
        .collect()
}

/// How many repetitions of a phrase of `length` words make a loop: people say "no,
/// no, no, no", but not "thank you for watching" three times in a row.
const fn loop_threshold(length: usize) -> usize {
    match length {
        1 => 6,
        2 | 3 => 4,
        _ => 3,
    }
}

/// How often the first `length` words occur in a row.
fn repeats(words: &[String], length: usize) -> usize {
    let Some(phrase) = words.get(..length) else {
        return 0;
    };
    words
        .chunks_exact(length)
        .take_while(|chunk| *chunk == phrase)
        .count()
}

/// A word without case and punctuation.
fn bare(text: &str) -> String {
    let letters = text.chars().filter(|character| character.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> String {
        without_loops(text.split(' ').collect(), |word| word).join(" ")
    }

    #[test]
    fn keeps_one_occurrence_of_a_loop() {
        for (said, left) in [
            ("yes you you you you you you you", "yes you"),
            ("I know. I know. I know. I know. But", "I know. But"),
            (
                "Thanks for watching now! thanks for watching now thanks for watching, now so",
                "Thanks for watching now! so",
            ),
            (
                "a b c d e f g h a b c d e f g h a b c d e f g h a b",
                "a b c d e f g h a b",
            ),
        ] {
            assert_eq!(kept(said), left);
        }
    }

    #[test]
    fn keeps_natural_repetitions() {
        for said in [
            "no no no no we never did",
            "bit by bit by bit by bit",
            "I mean I mean I mean it",
            "we did it and then we did it and then",
        ] {
            assert_eq!(kept(said), said);
        }
    }
}
