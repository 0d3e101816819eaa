//! Weights of `CTranslate2` as a ggml file, byte for byte the one that whisper.cpp
//! publishes.
//!
//! Both hold the same numbers of 16 bits. What differs is the order, which here is that of
//! `OpenAI`'s checkpoints; the projections of queries, keys and values, which `CTranslate2`
//! joins; and the numbers of biases, norms and positions, which ggml keeps in 32 bits. The
//! mel filters are computed, and the vocabulary is a file of the same package.

mod ctranslate;
mod mel;
mod vocabulary;

use std::io::{self, Write};

use ctranslate::{NumberFormat, StoredTensor, Weights};

/// `ggml`, as a number.
const MAGIC: u32 = 0x6767_6d6c;

/// Words of the vocabulary that are text; the model's own marks follow.
const WORDS: usize = 50_257;

/// Why weights cannot be converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// They end too early.
    #[error("the weights are cut short")]
    CutShort,
    /// A tensor is not there.
    #[error("there is no tensor `{0}`")]
    Missing(String),
    /// A tensor has another type or shape than it should.
    #[error("the tensor `{0}` is of an unknown kind")]
    Unknown(String),
    /// The vocabulary is something else.
    #[error("the vocabulary is not that of the model")]
    Vocabulary,
    /// The result cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes `weights` (the file `model.bin`) and `vocabulary` (the file `vocabulary.txt`) as
/// a ggml file.
pub fn to_ggml(weights: &[u8], vocabulary: &str, out: &mut impl Write) -> Result<(), ConvertError> {
    let weights = Weights::parse(weights)?;
    let words = vocabulary::decode(vocabulary, WORDS).ok_or(ConvertError::Vocabulary)?;
    let mut file = Ggml { weights, out };
    let shape = file.head()?;
    file.words(&words)?;
    file.tensor(
        "decoder.positional_embedding",
        "decoder/position_encodings/encodings",
    )?;
    file.tensor(
        "encoder.positional_embedding",
        "encoder/position_encodings/encodings",
    )?;
    file.tensor(
        "decoder.token_embedding.weight",
        "decoder/embeddings/weight",
    )?;
    for layer in 0..shape.text_layers {
        file.block("decoder", layer, true)?;
    }
    file.norm("decoder.ln", "decoder/layer_norm")?;
    for number in 1..=2 {
        file.linear(
            &format!("encoder.conv{number}"),
            &format!("encoder/conv{number}"),
        )?;
    }
    for layer in 0..shape.audio_layers {
        file.block("encoder", layer, false)?;
    }
    file.norm("encoder.ln_post", "encoder/layer_norm")
}

struct Shape {
    audio_layers: u32,
    text_layers: u32,
}

struct Ggml<'a, W> {
    weights: Weights<'a>,
    out: &'a mut W,
}

impl<W: Write> Ggml<'_, W> {
    /// The eleven numbers and the filters.
    fn head(&mut self) -> Result<Shape, ConvertError> {
        let layers = |side| self.weights.layers(side);
        let shape = Shape {
            audio_layers: layers("encoder"),
            text_layers: layers("decoder"),
        };
        let size = |name: &str, at: usize| self.weights.size(name, at);
        let width = size("encoder/conv1/weight", 0)?;
        let mels = size("encoder/conv1/weight", 1)?;
        let numbers = [
            MAGIC,
            size("decoder/embeddings/weight", 0)?,
            size("encoder/position_encodings/encodings", 0)?,
            width,
            width / 64,
            shape.audio_layers,
            size("decoder/position_encodings/encodings", 0)?,
            width,
            width / 64,
            shape.text_layers,
            mels,
            1,
            mels,
            mel::BINS,
        ];
        self.numbers(&numbers)?;
        for filter in mel::filters(mels) {
            self.out.write_all(&filter.to_le_bytes())?;
        }
        Ok(shape)
    }

    fn words(&mut self, words: &[Vec<u8>]) -> Result<(), ConvertError> {
        self.numbers(&[count(words.len())])?;
        for word in words {
            self.numbers(&[count(word.len())])?;
            self.out.write_all(word)?;
        }
        Ok(())
    }

    fn block(&mut self, side: &str, layer: u32, crossed: bool) -> Result<(), ConvertError> {
        let (to, from) = (
            format!("{side}.blocks.{layer}"),
            format!("{side}/layer_{layer}"),
        );
        self.norm(&format!("{to}.mlp_ln"), &format!("{from}/ffn/layer_norm"))?;
        self.linear(&format!("{to}.mlp.0"), &format!("{from}/ffn/linear_0"))?;
        self.linear(&format!("{to}.mlp.2"), &format!("{from}/ffn/linear_1"))?;
        let own = format!("{from}/self_attention");
        self.norm(&format!("{to}.attn_ln"), &format!("{own}/layer_norm"))?;
        let joined = format!("{own}/linear_0");
        self.linear_part(&format!("{to}.attn.query"), &joined, (0, 3), true)?;
        self.linear_part(&format!("{to}.attn.key"), &joined, (1, 3), false)?;
        self.linear_part(&format!("{to}.attn.value"), &joined, (2, 3), true)?;
        self.linear(&format!("{to}.attn.out"), &format!("{own}/linear_1"))?;
        if !crossed {
            return Ok(());
        }
        let other = format!("{from}/attention");
        self.norm(
            &format!("{to}.cross_attn_ln"),
            &format!("{other}/layer_norm"),
        )?;
        self.linear(
            &format!("{to}.cross_attn.query"),
            &format!("{other}/linear_0"),
        )?;
        let joined = format!("{other}/linear_1");
        self.linear_part(&format!("{to}.cross_attn.key"), &joined, (0, 2), false)?;
        self.linear_part(&format!("{to}.cross_attn.value"), &joined, (1, 2), true)?;
        self.linear(
            &format!("{to}.cross_attn.out"),
            &format!("{other}/linear_2"),
        )
    }

    fn norm(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        self.tensor(&format!("{to}.weight"), &format!("{from}/gamma"))?;
        self.tensor(&format!("{to}.bias"), &format!("{from}/beta"))
    }

    fn linear(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        self.linear_part(to, from, (0, 1), true)
    }

    /// One of several equal parts of a joined projection. Keys have no bias in ggml.
    fn linear_part(
        &mut self,
        to: &str,
        from: &str,
        part: (usize, usize),
        biased: bool,
    ) -> Result<(), ConvertError> {
        let mut write = |end: &str| {
            let name = format!("{from}/{end}");
            let tensor = self.weights.tensor(&name)?.part(part.0, part.1);
            let tensor = tensor.ok_or(ConvertError::Unknown(name))?;
            self.write(&format!("{to}.{end}"), &tensor)
        };
        write("weight")?;
        if biased { write("bias") } else { Ok(()) }
    }

    fn tensor(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        let tensor = self.weights.tensor(from)?.clone();
        self.write(to, &tensor)
    }

    fn write(&mut self, name: &str, tensor: &StoredTensor<'_>) -> Result<(), ConvertError> {
        let of_convolution = matches!(name, "encoder.conv1.bias" | "encoder.conv2.bias");
        let mut sizes: Vec<u32> = tensor.sizes.iter().rev().copied().collect();
        if of_convolution {
            sizes.insert(0, 1);
        }
        let wide = tensor.sizes.len() < 2 || name.ends_with("positional_embedding");
        self.numbers(&[count(sizes.len()), count(name.len()), u32::from(!wide)])?;
        self.numbers(&sizes)?;
        self.out.write_all(name.as_bytes())?;
        match (tensor.kind, wide) {
            (NumberFormat::F16, false) | (NumberFormat::F32, true) => {
                self.out.write_all(tensor.bytes)?;
            }
            (NumberFormat::F16, true) => {
                for half in tensor.bytes.as_chunks().0 {
                    let whole = widen(u16::from_le_bytes(*half));
                    self.out.write_all(&whole.to_le_bytes())?;
                }
            }
            (NumberFormat::F32, false) => return Err(ConvertError::Unknown(name.to_owned())),
        }
        Ok(())
    }

    fn numbers(&mut self, numbers: &[u32]) -> Result<(), ConvertError> {
        for number in numbers {
            self.out.write_all(&number.to_le_bytes())?;
        }
        Ok(())
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A number of 16 bits in 32, which is exact.
fn widen(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10) & 0x1f;
    let fraction = u32::from(half) & 0x3ff;
    let magnitude = match exponent {
        0 => {
            #[expect(clippy::cast_precision_loss, reason = "ten bits fit")]
            let small = fraction as f32 * 2_f32.powi(-24);
            small.to_bits()
        }
        0x1f => 0x7f80_0000 | fraction << 13,
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_widened_exactly() {
        for (half, whole) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
            (0x0001, 2_f32.powi(-24)),
            (0x03ff, 1_023.0 * 2_f32.powi(-24)),
            (0x0400, 2_f32.powi(-14)),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(widen(half).to_bits(), f32::to_bits(whole), "{half:04x}");
        }
        assert_eq!(widen(0x8000).to_bits(), (-0.0_f32).to_bits());
        assert!(widen(0x7e00).is_nan());
    }

    #[test]
    fn foreign_bytes_are_an_error() {
        for bytes in [&b""[..], b"PK\x03\x04 something else", &[0xff; 64]] {
            let error = to_ggml(bytes, "", &mut Vec::new()).unwrap_err();
            assert!(
                matches!(error, ConvertError::CutShort | ConvertError::Unknown(_)),
                "{error}"
            );
        }
    }
}
