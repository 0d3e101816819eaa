//! The vocabulary of GPT-2's byte pairs, in which every byte is written as a letter.

use std::collections::BTreeMap;

/// The first `count` words as bytes, where there are as many.
pub(super) fn decode(text: &str, count: usize) -> Option<Vec<Vec<u8>>> {
    let bytes = letters();
    let word = |line: &str| {
        line.chars()
            .map(|letter| bytes.get(&letter).copied())
            .collect::<Option<Vec<u8>>>()
    };
    let words: Vec<Vec<u8>> = text
        .split('\n')
        .take(count)
        .map(word)
        .collect::<Option<_>>()?;
    (words.len() == count).then_some(words)
}

/// Printable bytes stand for themselves, the others for letters from 256 on.
fn letters() -> BTreeMap<char, u8> {
    let is_printed = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let mut next = 256;
    (0..=u8::MAX)
        .map(|byte| {
            if is_printed(byte) {
                return (char::from(byte), byte);
            }
            let letter = char::from_u32(next).unwrap_or_default();
            next += 1;
            (letter, byte)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_for_bytes() {
        let words = decode("!\nĠgazed\nåľº\n\n<|endoftext|>\nmore", 5).unwrap();
        assert_eq!(words[1], b" gazed");
        assert_eq!(words[2], "场".as_bytes());
        assert_eq!(words[3], b"");
        assert_eq!(words[4], b"<|endoftext|>");
    }

    #[test]
    fn too_few_words_and_foreign_letters_are_refused() {
        assert_eq!(decode("a\nb", 3), None);
        assert_eq!(decode("a\n\u{4e00}", 2), None);
    }
}
