//! The file `model.bin` of `CTranslate2`.
//!
//! In little endian: a version, the name of the specification, its revision, the number of
//! tensors, and for each its name, its sizes, its type and its bytes; aliases follow.

use std::collections::BTreeMap;

use super::ConvertError;

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberFormat {
    F32,
    F16,
}

/// A tensor in the file.
#[derive(Debug, Clone)]
pub(super) struct StoredTensor<'a> {
    pub(super) sizes: Vec<u32>,
    pub(super) kind: NumberFormat,
    pub(super) bytes: &'a [u8],
}

impl StoredTensor<'_> {
    /// One of `count` equal parts along the first size.
    pub(super) fn part(&self, index: usize, count: usize) -> Option<Self> {
        let mut sizes = self.sizes.clone();
        let first = sizes.first_mut()?;
        let parts = u32::try_from(count).ok()?;
        if !first.is_multiple_of(parts) {
            return None;
        }
        *first /= parts;
        let length = self.bytes.len() / count;
        Some(Self {
            sizes,
            kind: self.kind,
            bytes: self.bytes.get(index * length..(index + 1) * length)?,
        })
    }
}

/// All tensors, by name.
pub(super) struct Weights<'a>(BTreeMap<String, StoredTensor<'a>>);

impl<'a> Weights<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, ConvertError> {
        let mut reader = Reader(bytes);
        reader.number()?;
        reader.text()?;
        reader.number()?;
        let mut tensors = BTreeMap::new();
        for _ in 0..reader.number()? {
            let name = reader.text()?;
            let tensor = reader.tensor(&name)?;
            if let Some(tensor) = tensor {
                tensors.insert(name, tensor);
            }
        }
        Ok(Self(tensors))
    }

    pub(super) fn tensor(&self, name: &str) -> Result<&StoredTensor<'a>, ConvertError> {
        let found = self.0.get(name);
        found.ok_or_else(|| ConvertError::Missing(name.to_owned()))
    }

    pub(super) fn size(&self, name: &str, at: usize) -> Result<u32, ConvertError> {
        let size = self.tensor(name)?.sizes.get(at);
        size.copied()
            .ok_or_else(|| ConvertError::Unknown(name.to_owned()))
    }

    /// How many layers there are.
    pub(super) fn layers(&self, side: &str) -> u32 {
        let is_there = |layer: &u32| {
            self.0
                .contains_key(&format!("{side}/layer_{layer}/ffn/linear_0/weight"))
        };
        (0..u32::MAX).find(|layer| !is_there(layer)).unwrap_or(0)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ConvertError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(ConvertError::CutShort)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ConvertError> {
        self.take(N)?.try_into().map_err(|_| ConvertError::CutShort)
    }

    fn byte(&mut self) -> Result<u8, ConvertError> {
        self.array().map(u8::from_le_bytes)
    }

    fn number(&mut self) -> Result<u32, ConvertError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Text with its length in front and perhaps a zero at its end.
    fn text(&mut self) -> Result<String, ConvertError> {
        let length = self.array().map(u16::from_le_bytes)?;
        let text = String::from_utf8_lossy(self.take(length.into())?);
        Ok(text.trim_end_matches('\0').to_owned())
    }

    /// A tensor; integer tensors are settings and left out.
    fn tensor(&mut self, name: &str) -> Result<Option<StoredTensor<'a>>, ConvertError> {
        let count = self.byte()?;
        let sizes: Vec<u32> = (0..count)
            .map(|_| self.number())
            .collect::<Result<_, _>>()?;
        let (code, length) = (self.byte()?, self.number()?);
        let length = usize::try_from(length).map_err(|_| ConvertError::CutShort)?;
        let bytes = self.take(length)?;
        let (kind, width) = match code {
            0 => (NumberFormat::F32, 4),
            4 => (NumberFormat::F16, 2),
            1..=3 => return Ok(None),
            _ => return Err(ConvertError::Unknown(name.to_owned())),
        };
        let elements = sizes.iter().map(|size| u64::from(*size)).product::<u64>();
        if elements * width != length as u64 {
            return Err(ConvertError::Unknown(name.to_owned()));
        }
        Ok(Some(StoredTensor { sizes, kind, bytes }))
    }
}
