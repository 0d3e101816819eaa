//! A tiny model that says what it is told, whatever it hears.
//!
//! It has the layout of a real one, with all weights zero but those of the
//! decoder's embeddings: at each position stands what is to come next.

use std::{io::Write, path::PathBuf};

/// Numbers to a token or a position.
const WIDTH: usize = 32;
/// Positions of the encoder and of the decoder.
const AUDIO: usize = 1_500;
const TEXT: usize = 448;
/// Mel bands, and frequencies of each filter.
const MELS: usize = 80;
const FREQUENCIES: usize = 201;

/// What it can say besides times, from token 1 on; token 0 is a space.
const WORDS: [&str; 9] = [
    " hello",
    " wor",
    "ld",
    ".",
    " you",
    " thank",
    " for",
    " watching",
    " so",
];

/// One thing that a model says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    /// One of the words.
    Word(&'static str),
    /// A time in the window, in milliseconds.
    Time(u32),
    /// That the language is the one of that number in whisper.cpp's list.
    Language(u32),
    /// That there is no speech.
    NoSpeech,
    /// Nothing more.
    End,
}

/// What a model says at the beginning of each window and then, in order; as likely
/// one thing as the other where there are several.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) english: bool,
    pub(crate) start: Vec<Say>,
    pub(crate) then: Vec<Vec<Say>>,
}

impl Script {
    /// A script of sure words in German, or in English for the English model.
    pub(crate) fn new(english: bool, then: &[Say]) -> Self {
        Self {
            english,
            start: vec![Say::Language(2)],
            then: then.iter().map(|say| vec![*say]).collect(),
        }
    }

    /// "Hello world." in the first second.
    pub(crate) fn hello(english: bool) -> Self {
        let words = [" hello", " wor", "ld", "."].map(Say::Word);
        let said = [&[Say::Time(200)], &words[..], &[Say::Time(1_000)]];
        Self::new(english, &said.concat())
    }

    fn tokens(&self) -> usize {
        51_865 - usize::from(self.english)
    }

    fn token(&self, say: Say) -> usize {
        let marks = 50_257 - usize::from(self.english);
        match say {
            Say::Word(word) => {
                1 + WORDS
                    .iter()
                    .position(|known| *known == word)
                    .expect("a word it knows")
            }
            Say::End => marks,
            Say::Language(number) => marks + 2 + number as usize,
            Say::NoSpeech => marks + 105,
            Say::Time(ms) => marks + 107 + ms as usize / 20,
        }
    }

    /// Everything that it says, and the end.
    fn all(&self) -> impl Iterator<Item = Say> {
        let said = self.start.iter().chain(self.then.iter().flatten());
        said.copied().chain([Say::End])
    }

    /// The vector of each thing that is said: different ones have no part of each
    /// other. They are rows of a Hadamard matrix.
    fn vector(&self, say: Say) -> [f32; WIDTH] {
        let mut distinct = Vec::new();
        for said in self.all() {
            if !distinct.contains(&said) {
                distinct.push(said);
            }
        }
        let row = 1 + distinct
            .iter()
            .position(|known| *known == say)
            .expect("said");
        assert!(row < WIDTH, "too many different things to say");
        std::array::from_fn(|column| {
            if (row & column).count_ones() % 2 == 0 {
                1.0
            } else {
                -1.0
            }
        })
    }

    fn embeddings(&self) -> Vec<f32> {
        let mut numbers = vec![0.0; self.tokens() * WIDTH];
        for say in self.all() {
            let at = self.token(say) * WIDTH;
            numbers[at..at + WIDTH].copy_from_slice(&self.vector(say));
        }
        numbers
    }

    /// After the start come the language and the task, unless there is but one.
    fn positions(&self) -> Vec<f32> {
        let mut numbers = vec![0.0; TEXT * WIDTH];
        let first = if self.english { 0 } else { 2 };
        let end = vec![Say::End];
        for position in 0..TEXT {
            let says = match position.checked_sub(first) {
                None if position == 0 => &self.start,
                None => continue,
                Some(index) => self.then.get(index).unwrap_or(&end),
            };
            for say in says {
                let vector = self.vector(*say);
                for (number, part) in numbers[position * WIDTH..].iter_mut().zip(vector) {
                    *number += 20.0 * part;
                }
            }
        }
        numbers
    }

    /// The model file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut file = File::default();
        file.numbers(&[
            0x6767_6d6c,
            self.tokens(),
            AUDIO,
            WIDTH,
            2,
            1,
            TEXT,
            WIDTH,
            2,
            1,
            MELS,
            1,
        ]);
        file.numbers(&[MELS, FREQUENCIES]);
        file.floats(&vec![0.01; MELS * FREQUENCIES]);
        file.vocabulary();
        file.tensor("encoder.positional_embedding", &[WIDTH, AUDIO], None);
        file.tensor("encoder.conv1.weight", &[3, MELS, WIDTH], None);
        file.tensor("encoder.conv1.bias", &[1, WIDTH], None);
        file.tensor("encoder.conv2.weight", &[3, WIDTH, WIDTH], None);
        file.tensor("encoder.conv2.bias", &[1, WIDTH], None);
        file.norm("encoder.ln_post");
        file.block("encoder.blocks.0", &["attn"]);
        file.tensor(
            "decoder.positional_embedding",
            &[WIDTH, TEXT],
            Some(&self.positions()),
        );
        file.tensor(
            "decoder.token_embedding.weight",
            &[WIDTH, self.tokens()],
            Some(&self.embeddings()),
        );
        file.tensor("decoder.ln.weight", &[WIDTH], Some(&[1.0; WIDTH]));
        file.tensor("decoder.ln.bias", &[WIDTH], None);
        file.block("decoder.blocks.0", &["attn", "cross_attn"]);
        file.0
    }

    /// The model in a file of that name, in a folder that is kept as long as it is
    /// held.
    pub(crate) fn stored(&self, name: &str) -> (tempfile::TempDir, PathBuf) {
        stored(name, &self.bytes())
    }
}

pub(crate) fn stored(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    let mut file = std::fs::File::create(&path).expect("a file");
    file.write_all(bytes).expect("room for it");
    (folder, path)
}

/// Nothing, one or minus one in 16 bits.
fn half_of(number: f32) -> [u8; 2] {
    let bits: u16 = match number {
        1.0 => 0x3c00,
        -1.0 => 0xbc00,
        _ => 0,
    };
    bits.to_le_bytes()
}

/// A model file as it is written.
#[derive(Default)]
struct File(Vec<u8>);

impl File {
    fn numbers(&mut self, numbers: &[usize]) {
        for number in numbers {
            let number = u32::try_from(*number).expect("32 bits");
            self.0.extend(number.to_le_bytes());
        }
    }

    fn floats(&mut self, numbers: &[f32]) {
        self.0
            .extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    fn vocabulary(&mut self) {
        self.numbers(&[50_256]);
        for token in 0..50_256 {
            let word = match token {
                0 => " ".to_owned(),
                _ => WORDS
                    .get(token - 1)
                    .map_or_else(|| format!(" w{token}"), |word| (*word).to_owned()),
            };
            self.numbers(&[word.len()]);
            self.0.extend(word.as_bytes());
        }
    }

    /// Zeros without `numbers`. Weights of more than one dimension are kept in 16
    /// bits, as whisper.cpp expects them.
    fn tensor(&mut self, name: &str, shape: &[usize], numbers: Option<&[f32]>) {
        let half = name.ends_with(".weight") && shape.len() > 1;
        self.numbers(&[shape.len(), name.len(), usize::from(half)]);
        self.numbers(shape);
        self.0.extend(name.as_bytes());
        let width = if half { 2 } else { 4 };
        match numbers {
            Some(numbers) if half => self
                .0
                .extend(numbers.iter().flat_map(|number| half_of(*number))),
            Some(numbers) => self.floats(numbers),
            None => self
                .0
                .resize(self.0.len() + shape.iter().product::<usize>() * width, 0),
        }
    }

    fn norm(&mut self, name: &str) {
        self.tensor(&format!("{name}.weight"), &[WIDTH], None);
        self.tensor(&format!("{name}.bias"), &[WIDTH], None);
    }

    fn linear(&mut self, name: &str, from: usize, to: usize) {
        self.tensor(&format!("{name}.weight"), &[from, to], None);
        self.tensor(&format!("{name}.bias"), &[to], None);
    }

    fn block(&mut self, name: &str, attentions: &[&str]) {
        self.norm(&format!("{name}.mlp_ln"));
        self.linear(&format!("{name}.mlp.0"), WIDTH, 4 * WIDTH);
        self.linear(&format!("{name}.mlp.2"), 4 * WIDTH, WIDTH);
        for attention in attentions {
            self.norm(&format!("{name}.{attention}_ln"));
            for part in ["query", "value", "out"] {
                self.linear(&format!("{name}.{attention}.{part}"), WIDTH, WIDTH);
            }
            self.tensor(
                &format!("{name}.{attention}.key.weight"),
                &[WIDTH, WIDTH],
                None,
            );
        }
    }
}
