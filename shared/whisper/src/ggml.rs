//! Reads model files in whisper.cpp's ggml format.
//!
//! The layout is that of `models/convert-pt-to-ggml.py` in
//! <https://github.com/ggml-org/whisper.cpp>, in little endian: a magic number, eleven
//! numbers of 32 bits, the mel filters, the vocabulary, and tensors to the end of the
//! file. Every length is checked against the file before memory is reserved for it.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use crate::{mel::BINS, quantized::WeightFormat};

/// `ggml`, as a number.
const MAGIC: u32 = 0x6767_6d6c;

/// Tokens of the English models; the others have one or two more.
pub(crate) const ENGLISH_TOKENS: usize = 51_864;

/// The longest name or vocabulary entry that is read, in bytes.
const LONGEST_NAME: u32 = 4_096;

/// Why a model file was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// No file has that name.
    #[error("there is no such file")]
    Missing,
    /// The file cannot be opened or read, or is a folder.
    #[error("it is not a readable file")]
    Unreadable,
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The file does not begin as a ggml model does.
    #[error("it is not a ggml model file")]
    WrongFormat,
    /// The file ends too early.
    #[error("the file is truncated")]
    Truncated,
    /// The parts of the file do not fit together.
    #[error("the file is damaged")]
    Damaged,
    /// The weights are stored in a layout that this program does not read.
    #[error(
        "its weights are stored in an unsupported layout; supported are \
         F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, and Q8_0"
    )]
    UnsupportedLayout,
    /// The inference runtime refused the network.
    #[error("the model could not be loaded")]
    NotLoaded,
}

impl From<io::Error> for ModelError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Unreadable,
        }
    }
}

/// The sizes of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dimensions {
    /// Tokens the decoder can choose from.
    pub(crate) tokens: usize,
    /// Values that describe a token or a moment.
    pub(crate) width: usize,
    /// Attention heads of the decoder; the encoder has as many.
    pub(crate) heads: usize,
    pub(crate) audio_layers: usize,
    pub(crate) text_layers: usize,
    pub(crate) mel_bands: usize,
}

impl Dimensions {
    pub(crate) const fn is_multilingual(&self) -> bool {
        self.tokens > ENGLISH_TOKENS
    }

    /// Values to an attention head.
    pub(crate) const fn head(&self) -> usize {
        self.width / self.heads
    }

    /// The names and sizes of the tensors of such a network.
    fn tensors(&self) -> Vec<(String, usize)> {
        let (width, bands) = (self.width, self.mel_bands);
        let mut tensors: Vec<(String, usize)> = [
            ("encoder.conv1.weight", width * bands * 3),
            ("encoder.conv1.bias", width),
            ("encoder.conv2.weight", width * width * 3),
            ("encoder.conv2.bias", width),
            ("encoder.positional_embedding", 1_500 * width),
            ("encoder.ln_post.weight", width),
            ("encoder.ln_post.bias", width),
            ("decoder.token_embedding.weight", self.tokens * width),
            ("decoder.positional_embedding", 448 * width),
            ("decoder.ln.weight", width),
            ("decoder.ln.bias", width),
        ]
        .map(|(name, size)| (name.to_owned(), size))
        .to_vec();
        for (side, layers, attentions) in [
            ("encoder", self.audio_layers, &["attn"][..]),
            ("decoder", self.text_layers, &["attn", "cross_attn"]),
        ] {
            for layer in 0..layers {
                let block = format!("{side}.blocks.{layer}");
                tensors.extend(block_tensors(&block, width, attentions));
            }
        }
        tensors
    }
}

fn block_tensors(block: &str, width: usize, attentions: &[&str]) -> Vec<(String, usize)> {
    let mut parts = vec![
        ("mlp_ln.weight".to_owned(), width),
        ("mlp_ln.bias".to_owned(), width),
        ("mlp.0.weight".to_owned(), 4 * width * width),
        ("mlp.0.bias".to_owned(), 4 * width),
        ("mlp.2.weight".to_owned(), 4 * width * width),
        ("mlp.2.bias".to_owned(), width),
    ];
    for attention in attentions {
        parts.extend(["weight", "bias"].map(|part| (format!("{attention}_ln.{part}"), width)));
        for layer in ["query", "key", "value", "out"] {
            parts.push((format!("{attention}.{layer}.weight"), width * width));
        }
        // Keys have no bias.
        for layer in ["query", "value", "out"] {
            parts.push((format!("{attention}.{layer}.bias"), width));
        }
    }
    let parts = parts.into_iter();
    parts
        .map(|(part, size)| (format!("{block}.{part}"), size))
        .collect()
}

/// A model file, opened and checked.
pub(crate) struct ModelFile {
    file: File,
    pub(crate) dimensions: Dimensions,
    /// One row of [`BINS`] weights for each mel band.
    pub(crate) mel_filters: Vec<f32>,
    /// The bytes of each token.
    pub(crate) vocabulary: Vec<Vec<u8>>,
    tensors: HashMap<String, StoredTensor>,
}

/// Where a tensor lies.
#[derive(Debug, Clone)]
struct StoredTensor {
    offset: u64,
    elements: usize,
    layout: WeightFormat,
}

impl ModelFile {
    /// Opens a file and checks all of it but the values of the weights.
    pub(crate) fn open(path: &Path) -> Result<Self, ModelError> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(ModelError::Unreadable);
        }
        if metadata.len() == 0 {
            return Err(ModelError::Empty);
        }
        let mut reader = Reader::new(file, metadata.len());
        if reader.number().is_ok_and(|magic| magic != MAGIC) {
            return Err(ModelError::WrongFormat);
        }
        let dimensions = read_dimensions(&mut reader)?;
        let mel_filters = read_filters(&mut reader, dimensions.mel_bands)?;
        let vocabulary = read_vocabulary(&mut reader, dimensions.tokens)?;
        let mut tensors = HashMap::new();
        while !reader.is_at_end() {
            let (name, tensor) = read_tensor(&mut reader)?;
            tensors.insert(name, tensor);
        }
        let expected = dimensions.tensors();
        if tensors.len() < expected.len() {
            return Err(ModelError::Truncated);
        }
        let is_there = |(name, size): &(String, usize)| {
            let found: Option<&StoredTensor> = tensors.get(name);
            found.is_some_and(|tensor| tensor.elements == *size)
        };
        if tensors.len() > expected.len() || !expected.iter().all(is_there) {
            return Err(ModelError::Damaged);
        }
        Ok(Self {
            file: reader.file.into_inner(),
            dimensions,
            mel_filters,
            vocabulary,
            tensors,
        })
    }

    /// The values of a tensor, which must have that many.
    pub(crate) fn tensor(&mut self, name: &str, elements: usize) -> Result<Vec<f32>, ModelError> {
        let stored = self.tensors.get(name).ok_or(ModelError::Damaged)?;
        if stored.elements != elements {
            return Err(ModelError::Damaged);
        }
        let mut bytes = vec![
            0;
            stored
                .layout
                .bytes_of(elements)
                .ok_or(ModelError::Damaged)?
        ];
        self.file.seek(SeekFrom::Start(stored.offset))?;
        self.file.read_exact(&mut bytes)?;
        Ok(stored.layout.decode(&bytes))
    }
}

/// A file that is read in order and never beyond its end.
struct Reader {
    file: BufReader<File>,
    position: u64,
    length: u64,
}

impl Reader {
    fn new(file: File, length: u64) -> Self {
        Self {
            file: BufReader::new(file),
            position: 0,
            length,
        }
    }

    const fn is_at_end(&self) -> bool {
        self.position >= self.length
    }

    /// Moves on by that many bytes, which must be there.
    fn advance(&mut self, bytes: u64) -> Result<(), ModelError> {
        let position = self.position.checked_add(bytes);
        let position = position.filter(|position| *position <= self.length);
        self.position = position.ok_or(ModelError::Truncated)?;
        Ok(())
    }

    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, ModelError> {
        self.advance(count as u64)?;
        let mut bytes = vec![0; count];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32, ModelError> {
        self.advance(4)?;
        let mut bytes = [0; 4];
        self.file.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn size(&mut self) -> Result<usize, ModelError> {
        Ok(self.number()? as usize)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), ModelError> {
        self.advance(bytes)?;
        let bytes = i64::try_from(bytes).map_err(|_| ModelError::Damaged)?;
        Ok(self.file.seek_relative(bytes)?)
    }
}

fn read_dimensions(reader: &mut Reader) -> Result<Dimensions, ModelError> {
    let tokens = reader.size()?;
    let audio_context = reader.size()?;
    let width = reader.size()?;
    let heads = reader.size()?;
    let audio_layers = reader.size()?;
    let text_context = reader.size()?;
    let text_width = reader.size()?;
    let text_heads = reader.size()?;
    let text_layers = reader.size()?;
    let mel_bands = reader.size()?;
    let _weight_layout = reader.number()?;
    let is_known = (ENGLISH_TOKENS..=ENGLISH_TOKENS + 2).contains(&tokens)
        && (audio_context, text_context) == (1_500, 448)
        && (32..=8_192).contains(&width)
        && (text_width, text_heads) == (width, heads)
        && heads > 0
        && width.is_multiple_of(heads)
        && (1..=64).contains(&audio_layers)
        && (1..=64).contains(&text_layers)
        && [80, 128].contains(&mel_bands);
    let dimensions = Dimensions {
        tokens,
        width,
        heads,
        audio_layers,
        text_layers,
        mel_bands,
    };
    is_known.then_some(dimensions).ok_or(ModelError::Damaged)
}

fn read_filters(reader: &mut Reader, bands: usize) -> Result<Vec<f32>, ModelError> {
    if [reader.size()?, reader.size()?] != [bands, BINS] {
        return Err(ModelError::Damaged);
    }
    let bytes = reader.bytes(bands * BINS * 4)?;
    Ok(WeightFormat::F32.decode(&bytes))
}

/// The special tokens at the end may be left out.
fn read_vocabulary(reader: &mut Reader, tokens: usize) -> Result<Vec<Vec<u8>>, ModelError> {
    let words = reader.size()?;
    if !(50_256..=tokens).contains(&words) {
        return Err(ModelError::Damaged);
    }
    let mut vocabulary = Vec::with_capacity(words);
    for _ in 0..words {
        let length = reader.number()?;
        if length > LONGEST_NAME {
            return Err(ModelError::Damaged);
        }
        vocabulary.push(reader.bytes(length as usize)?);
    }
    Ok(vocabulary)
}

fn read_tensor(reader: &mut Reader) -> Result<(String, StoredTensor), ModelError> {
    let (dimensions, name_length, layout) = (reader.number()?, reader.number()?, reader.number()?);
    if !(1..=3).contains(&dimensions) || !(1..=LONGEST_NAME).contains(&name_length) {
        return Err(ModelError::Damaged);
    }
    let layout = WeightFormat::from_number(layout).ok_or(ModelError::UnsupportedLayout)?;
    let mut elements = 1_usize;
    for _ in 0..dimensions {
        elements = elements.saturating_mul(reader.size()?);
    }
    let bytes = layout.bytes_of(elements).filter(|_| elements > 0);
    let bytes = bytes.ok_or(ModelError::Damaged)? as u64;
    let name = String::from_utf8(reader.bytes(name_length as usize)?);
    let tensor = StoredTensor {
        offset: reader.position,
        elements,
        layout,
    };
    reader.skip(bytes)?;
    Ok((name.map_err(|_| ModelError::Damaged)?, tensor))
}
