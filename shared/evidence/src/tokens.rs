//! Text cut into what is compared: the same words however they are written.
//!
//! "Well-known", "well known" and "WELL KNOWN" are two tokens, "25" and
//! "twenty-five" are the same two; scripts without spaces are cut by character.

use domain::text::{is_unspaced, normalize, words};

/// Numbers from zero by their names, which are also how figures are read out.
const NUMBERS: &str = "zero one two three four five six seven eight nine ten eleven twelve \
    thirteen fourteen fifteen sixteen seventeen eighteen nineteen";

/// The tens from twenty.
const TENS: &str = "twenty thirty forty fifty sixty seventy eighty ninety";

/// The tokens of a text; none without letters or digits.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for part in text.split(separates) {
        let mut rest = part;
        while let Some(at) = rest.find(is_unspaced) {
            let (before, found) = rest.split_at(at);
            push(before, &mut tokens);
            let character = words(found).next().unwrap_or(found);
            push(character, &mut tokens);
            rest = &found[character.len()..];
        }
        push(rest, &mut tokens);
    }
    tokens
}

/// What stands between two words.
fn separates(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '/' | '…' | '\u{2010}'..='\u{2015}' | '_')
}

fn push(part: &str, tokens: &mut Vec<String>) {
    let word = normalize(part);
    if let Some(number) = named(&word) {
        tokens.push(number.to_string());
    } else if let Some(number) = figures(&word) {
        read_out(number, tokens);
    } else if !word.is_empty() {
        tokens.push(word);
    }
}

/// A number that one word names.
fn named(word: &str) -> Option<usize> {
    let place = |names: &str| names.split(' ').position(|name| name == word);
    match word {
        "hundred" => Some(100),
        "thousand" => Some(1_000),
        _ => place(NUMBERS).or_else(|| Some(20 + 10 * place(TENS)?)),
    }
}

/// A number in figures. Longer ones are telephone numbers and the like.
fn figures(word: &str) -> Option<u32> {
    let first = word.chars().next()?;
    let plain = first.is_ascii_digit() && word.len() <= 6 && (first != '0' || word.len() == 1);
    plain.then(|| word.parse().ok())?
}

/// 1,250 becomes 1 1000 2 100 50: the way it is spoken.
fn read_out(number: u32, tokens: &mut Vec<String>) {
    let unit = match number {
        1_000.. => 1_000,
        100.. => 100,
        21.. if !number.is_multiple_of(10) => {
            tokens.push((number - number % 10).to_string());
            return tokens.push((number % 10).to_string());
        }
        _ => return tokens.push(number.to_string()),
    };
    read_out(number / unit, tokens);
    tokens.push(unit.to_string());
    if !number.is_multiple_of(unit) {
        read_out(number % unit, tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_the_same_however_they_are_written() {
        for (left, right) in [
            ("Well-known, isn’t it?", "well known isn't it"),
            ("25 people", "twenty-five people"),
            ("four hundred books", "400 books"),
            ("1,250", "one thousand two hundred fifty"),
            ("and/or", "and or"),
            ("我们", "我 们"),
            ("yes…no", "yes no"),
        ] {
            assert_eq!(tokens(left), tokens(right), "{left}");
        }
    }

    #[test]
    fn text_that_is_no_number_is_unchanged() {
        assert_eq!(tokens("007 1st 5551234567"), ["007", "1st", "5551234567"]);
        assert_eq!(tokens(" — … !"), Vec::<String>::new());
        assert_eq!(tokens("0 20 100"), ["0", "20", "1", "100"]);
    }
}
