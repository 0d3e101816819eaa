//! The model file: looked through before whisper.cpp reads it, which trusts it.
//!
//! The layout is that of whisper.cpp's `models/convert-pt-to-ggml.py`, in little
//! endian: a magic number, eleven numbers of 32 bits, the mel filters, the
//! vocabulary, and tensors to the end of the file.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use whisper_rs::{WhisperContext, WhisperContextParameters, WhisperState, install_logging_hooks};

/// `ggml`, as a number.
const MAGIC: u32 = 0x6767_6d6c;

/// Tokens of the English models; the others have one or two more.
const ENGLISH_TOKENS: u32 = 51_864;

/// What is wrong with a model file, to follow upon what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidModel {
    /// Nothing has that name.
    #[error("there is no such file")]
    Missing,
    /// It cannot be opened or read, or is a folder.
    #[error("it is not a file that can be read")]
    Unreadable,
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It does not begin as a model does.
    #[error("the file is something else")]
    Foreign,
    /// It ends too early.
    #[error("the file is cut short")]
    CutShort,
    /// Its parts do not fit together.
    #[error("the file is damaged, or of a kind that is not known")]
    Damaged,
    /// whisper.cpp could not load it.
    #[error("it could not be loaded; perhaps there is not enough memory")]
    NotLoaded,
}

impl From<io::Error> for InvalidModel {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::UnexpectedEof => Self::CutShort,
            _ => Self::Unreadable,
        }
    }
}

/// A model in memory.
pub(super) struct Loaded {
    /// The file's name without `ggml-` and `.bin`.
    pub(super) name: String,
    pub(super) multilingual: bool,
    pub(super) marks: Marks,
    pub(super) state: WhisperState,
}

/// The numbers of tokens that are no text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    pub(super) start_of_transcript: i32,
    pub(super) no_speech: i32,
}

/// Checks a model and loads it.
pub(super) fn load(path: &Path) -> Result<Loaded, InvalidModel> {
    check(path)?;
    // Without a logger of the binding's they go nowhere: at its most talkative
    // whisper.cpp logs what it hears.
    install_logging_hooks();
    let parameters = WhisperContextParameters::default();
    let context = WhisperContext::new_with_params(path, parameters);
    let context = context.map_err(|_| InvalidModel::NotLoaded)?;
    Ok(Loaded {
        name: name(path),
        multilingual: context.is_multilingual(),
        marks: Marks {
            start_of_transcript: context.token_sot(),
            no_speech: context.token_nosp(),
        },
        state: context
            .create_state()
            .map_err(|_| InvalidModel::NotLoaded)?,
    })
}

fn name(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    name.strip_prefix("ggml-").unwrap_or(&name).to_owned()
}

fn check(path: &Path) -> Result<(), InvalidModel> {
    let file = File::open(path)?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(InvalidModel::Unreadable);
    }
    if facts.len() == 0 {
        return Err(InvalidModel::Empty);
    }
    let mut reader = Reader {
        file: BufReader::new(file),
        left: facts.len(),
    };
    if reader.number().is_ok_and(|magic| magic != MAGIC) {
        return Err(InvalidModel::Foreign);
    }
    let shape = Shape::read(&mut reader)?;
    skip_filters(&mut reader, shape.mels)?;
    skip_vocabulary(&mut reader, shape.tokens)?;
    let mut tensors = 0;
    while reader.left > 0 {
        skip_tensor(&mut reader)?;
        tensors += 1;
    }
    match tensors {
        found if found == shape.tensors() => Ok(()),
        found if found < shape.tensors() => Err(InvalidModel::CutShort),
        _ => Err(InvalidModel::Damaged),
    }
}

/// A file that is read in order and never beyond its end.
struct Reader {
    file: BufReader<File>,
    /// Bytes up to the end.
    left: u64,
}

impl Reader {
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], InvalidModel> {
        let mut bytes = [0; N];
        self.left = self
            .left
            .checked_sub(N as u64)
            .ok_or(InvalidModel::CutShort)?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, InvalidModel> {
        self.bytes().map(u8::from_le_bytes)
    }

    fn number(&mut self) -> Result<u32, InvalidModel> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), InvalidModel> {
        self.left = self.left.checked_sub(bytes).ok_or(InvalidModel::CutShort)?;
        let bytes = i64::try_from(bytes).map_err(|_| InvalidModel::Damaged)?;
        Ok(self.file.seek_relative(bytes)?)
    }
}

/// The numbers at the beginning that are needed here.
struct Shape {
    tokens: u32,
    audio_layers: u32,
    text_layers: u32,
    mels: u32,
}

impl Shape {
    fn read(reader: &mut Reader) -> Result<Self, InvalidModel> {
        let mut numbers = [0; 11];
        for number in &mut numbers {
            *number = reader.number()?;
        }
        let [tokens, context, width, heads, audio_layers, ..] = numbers;
        let [
            ..,
            text_context,
            text_width,
            text_heads,
            text_layers,
            mels,
            layout,
        ] = numbers;
        let known = (ENGLISH_TOKENS..=ENGLISH_TOKENS + 2).contains(&tokens)
            && (context, text_context) == (1_500, 448)
            && (1..=8_192).contains(&width)
            && text_width == width
            && [heads, text_heads]
                .iter()
                .all(|heads| *heads > 0 && width % heads == 0)
            && [audio_layers, text_layers]
                .iter()
                .all(|layers| (1..=64).contains(layers))
            && [80, 128].contains(&mels)
            && block_of_layout(layout).is_some_and(|block| width.is_multiple_of(block));
        known
            .then_some(Self {
                tokens,
                audio_layers,
                text_layers,
                mels,
            })
            .ok_or(InvalidModel::Damaged)
    }

    /// How many tensors such a model has: eleven, and those of its layers.
    const fn tensors(&self) -> u32 {
        11 + 15 * self.audio_layers + 24 * self.text_layers
    }
}

/// Filters for the 201 frequencies of 400 samples.
fn skip_filters(reader: &mut Reader, mels: u32) -> Result<(), InvalidModel> {
    if [reader.number()?, reader.number()?] != [mels, 201] {
        return Err(InvalidModel::Damaged);
    }
    reader.skip(u64::from(mels) * 201 * 4)
}

/// The model's own marks at the end may be left out. The space must be there:
/// whisper.cpp looks it up and ends the process without it.
fn skip_vocabulary(reader: &mut Reader, tokens: u32) -> Result<(), InvalidModel> {
    let words = reader.number()?;
    if !(50_256..=tokens).contains(&words) {
        return Err(InvalidModel::Damaged);
    }
    let mut space = false;
    for _ in 0..words {
        match reader.number()? {
            1 => space |= reader.byte()? == b' ',
            length => reader.skip(length.into())?,
        }
    }
    space.then_some(()).ok_or(InvalidModel::Damaged)
}

fn skip_tensor(reader: &mut Reader) -> Result<(), InvalidModel> {
    let (dimensions, name_length, kind) = (reader.number()?, reader.number()?, reader.number()?);
    if !(1..=3).contains(&dimensions) || !(1..=128).contains(&name_length) {
        return Err(InvalidModel::Damaged);
    }
    let mut elements = 1_u64;
    for _ in 0..dimensions {
        elements = elements.saturating_mul(reader.number()?.into());
    }
    // whisper.cpp counts them in 31 bits.
    let (bytes, block) = block_of(kind).ok_or(InvalidModel::Damaged)?;
    if elements == 0 || elements > i32::MAX as u64 || !elements.is_multiple_of(block) {
        return Err(InvalidModel::Damaged);
    }
    reader.skip(name_length.into())?;
    reader.skip(elements / block * bytes)
}

/// Numbers to a block in a layout of weights, by the numbers of `ggml_ftype`; the
/// thousands are the version of the quantisation. F32, the number 0, is none:
/// whisper.cpp ends the process at its first convolution.
const fn block_of_layout(layout: u32) -> Option<u32> {
    match layout % 1_000 {
        1 => Some(1),              // F16
        2 | 3 | 7..=9 => Some(32), // Q4_0, Q4_1, Q8_0, Q5_0, Q5_1
        10..=14 => Some(256),      // Q2_K to Q6_K
        _ => None,
    }
}

/// Bytes and elements of a block of a ggml type, from the `block_…` structures of
/// `ggml-common.h`.
const fn block_of(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (4, 1),      // F32
        1 => (2, 1),      // F16
        2 => (18, 32),    // Q4_0
        3 => (20, 32),    // Q4_1
        6 => (22, 32),    // Q5_0
        7 => (24, 32),    // Q5_1
        8 => (34, 32),    // Q8_0
        10 => (84, 256),  // Q2_K
        11 => (110, 256), // Q3_K
        12 => (144, 256), // Q4_K
        13 => (176, 256), // Q5_K
        14 => (210, 256), // Q6_K
        _ => return None,
    })
}
