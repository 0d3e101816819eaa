//! Tokens: pieces of text, moments in time, and the model's own instructions.
//!
//! Numbers as in <https://github.com/openai/whisper/blob/main/whisper/tokenizer.py>.

use std::collections::HashMap;

use crate::ggml::Dimensions;

/// Characters of no speech, which the model is kept from writing alone: brackets,
/// notes, and other annotation (`non_speech_tokens` of the tokenizer).
const NON_SPEECH: &str = r#"" # ( ) * + / : ; < = > @ [ \ ] ^ _ ` { | } ~ 「 」 『 』 << >> <<< >>> -- --- -( -[ (' (" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪"#;

/// Musical symbols, of which the vocabulary has only the first bytes.
const MUSIC: [&str; 7] = ["♩", "♪", "♫", "♬", "♭", "♮", "♯"];

/// The tokens of a model.
pub(crate) struct Vocabulary {
    bytes: Vec<Vec<u8>>,
    numbers: HashMap<Vec<u8>, u32>,
    pub(crate) end_of_text: u32,
    pub(crate) start_of_transcript: u32,
    /// The first language; the others follow in the order of [`crate::LANGUAGES`].
    pub(crate) first_language: u32,
    pub(crate) languages: u32,
    pub(crate) transcribe: u32,
    pub(crate) previous: u32,
    pub(crate) no_speech: u32,
    pub(crate) no_timestamps: u32,
    /// The start of the window; each further token is 20 ms later.
    pub(crate) first_timestamp: u32,
    pub(crate) is_multilingual: bool,
    /// Text that is never chosen.
    pub(crate) suppressed: Vec<u32>,
}

impl Vocabulary {
    pub(crate) fn new(bytes: Vec<Vec<u8>>, dimensions: &Dimensions) -> Self {
        let is_multilingual = dimensions.is_multilingual();
        let end_of_text = 50_256 + u32::from(is_multilingual);
        let tokens = u32::try_from(dimensions.tokens).unwrap_or(0);
        // Six instructions and 1,501 timestamps stand behind the languages.
        let first_timestamp = tokens - 1_501;
        let first_language = end_of_text + 2;
        let number = |(number, bytes): (usize, &Vec<u8>)| {
            let number = u32::try_from(number).ok()?;
            (number < end_of_text).then(|| (bytes.clone(), number))
        };
        let numbers: HashMap<_, _> = bytes.iter().enumerate().filter_map(number).collect();
        let mut vocabulary = Self {
            suppressed: Vec::new(),
            numbers,
            bytes,
            end_of_text,
            start_of_transcript: end_of_text + 1,
            first_language,
            languages: first_timestamp - 6 - first_language,
            transcribe: first_timestamp - 5,
            previous: first_timestamp - 3,
            no_speech: first_timestamp - 2,
            no_timestamps: first_timestamp - 1,
            first_timestamp,
            is_multilingual,
        };
        vocabulary.suppressed = non_speech(&vocabulary);
        vocabulary
    }

    /// The bytes of a token, of which a character may need several tokens.
    pub(crate) fn bytes(&self, token: u32) -> &[u8] {
        let bytes = self.bytes.get(token as usize);
        bytes.map_or(&[], Vec::as_slice)
    }

    pub(crate) const fn is_text(&self, token: u32) -> bool {
        token < self.end_of_text
    }

    /// Byte pair encoding: each word's bytes are joined in the order of the vocabulary,
    /// which is that of the merges.
    pub(crate) fn encode(&self, text: &str) -> Vec<u32> {
        let mut tokens = Vec::new();
        for word in text.split_inclusive(char::is_whitespace) {
            let word = word.trim_end();
            if !word.is_empty() {
                tokens.extend(self.encode_word(&format!(" {word}")));
            }
        }
        tokens
    }

    fn encode_word(&self, word: &str) -> Vec<u32> {
        let mut parts: Vec<Vec<u8>> = word.bytes().map(|byte| vec![byte]).collect();
        loop {
            let merged = |index: usize| {
                let joined = [parts[index].as_slice(), &parts[index + 1]].concat();
                self.numbers.get(&joined).map(|number| (*number, index))
            };
            let Some((_, index)) = (0..parts.len() - 1).filter_map(merged).min() else {
                break;
            };
            let next = parts.remove(index + 1);
            parts[index].extend(next);
        }
        let numbers = parts.iter().filter_map(|part| self.numbers.get(part));
        numbers.copied().collect()
    }
}

/// Tokens that write annotation, as `non_speech_tokens` of the tokenizer finds them.
fn non_speech(vocabulary: &Vocabulary) -> Vec<u32> {
    let symbols = NON_SPEECH.split(' ').chain(MUSIC);
    let mut found: Vec<u32> = symbols
        .flat_map(|symbol| [symbol.to_owned(), format!(" {symbol}")])
        .filter_map(|spelled| {
            let tokens = vocabulary.encode_word(&spelled);
            let is_music = MUSIC.contains(&spelled.trim_start());
            let first = tokens.first().copied();
            first.filter(|_| tokens.len() == 1 || is_music)
        })
        .collect();
    // Hyphens and apostrophes stay within words, but do not begin them.
    for spelled in [" -", " '"] {
        found.extend(vocabulary.numbers.get(spelled.as_bytes()));
    }
    found.sort_unstable();
    found.dedup();
    found
}
