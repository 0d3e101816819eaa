//! The layouts in which ggml stores weights.
//!
//! Blocks as in `ggml-common.h` and `ggml-quants.c` of
//! <https://github.com/ggml-org/ggml>: 32 weights share a scale and, in some layouts,
//! an offset.

/// Weights to a block.
const BLOCK: usize = 32;

/// How weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WeightFormat {
    F32,
    F16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
}

impl WeightFormat {
    /// From a number of `ggml_type`.
    pub(crate) const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            6 => Self::Q5_0,
            7 => Self::Q5_1,
            8 => Self::Q8_0,
            _ => return None,
        })
    }

    /// Weights and bytes to a block.
    const fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 => (1, 2),
            Self::Q4_0 => (BLOCK, 18),
            Self::Q4_1 => (BLOCK, 20),
            Self::Q5_0 => (BLOCK, 22),
            Self::Q5_1 => (BLOCK, 24),
            Self::Q8_0 => (BLOCK, 34),
        }
    }

    /// Bytes that so many weights take; none where they do not fill whole blocks.
    pub(crate) fn bytes_of(self, elements: usize) -> Option<usize> {
        let (weights, bytes) = self.block();
        let is_whole = elements.is_multiple_of(weights);
        is_whole.then(|| (elements / weights).checked_mul(bytes))?
    }

    /// The weights of whole blocks.
    pub(crate) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        let blocks = bytes.chunks_exact(self.block().1);
        match self {
            Self::F32 => blocks.map(float).collect(),
            Self::F16 => blocks.map(half).collect(),
            _ => blocks.flat_map(|block| self.decode_block(block)).collect(),
        }
    }

    fn decode_block(self, block: &[u8]) -> [f32; BLOCK] {
        let scale = half(block);
        let with_offset = |at: usize| half(&block[at..]);
        match self {
            Self::Q4_0 => weights(|index| scale * (nibble(&block[2..], index) - 8.0)),
            Self::Q4_1 => {
                let offset = with_offset(2);
                weights(|index| scale * nibble(&block[4..], index) + offset)
            }
            Self::Q5_0 => {
                weights(|index| scale * (five_bits(&block[2..6], &block[6..], index) - 16.0))
            }
            Self::Q5_1 => {
                let offset = with_offset(2);
                weights(|index| scale * five_bits(&block[4..8], &block[8..], index) + offset)
            }
            _ => weights(|index| scale * f32::from(block[2 + index].cast_signed())),
        }
    }
}

fn weights(weight: impl Fn(usize) -> f32) -> [f32; BLOCK] {
    std::array::from_fn(weight)
}

fn float(bytes: &[u8]) -> f32 {
    let bytes = bytes.first_chunk().copied().unwrap_or_default();
    f32::from_le_bytes(bytes)
}

/// The first half of a block's weights lies in the low nibbles, the second in the high.
fn nibble(packed: &[u8], index: usize) -> f32 {
    let byte = packed[index % 16];
    f32::from(if index < 16 { byte & 15 } else { byte >> 4 })
}

/// A nibble with its fifth bit from a word of 32.
fn five_bits(high: &[u8], packed: &[u8], index: usize) -> f32 {
    let high = u32::from_le_bytes(high.first_chunk().copied().unwrap_or_default());
    let bit = if high >> index & 1 == 1 { 16.0 } else { 0.0 };
    nibble(packed, index) + bit
}

/// A number of 16 bits as IEEE 754 has it.
fn half(bytes: &[u8]) -> f32 {
    let bits = u16::from_le_bytes(bytes.first_chunk().copied().unwrap_or_default());
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10 & 31);
    let fraction = u32::from(bits & 1_023);
    match exponent {
        // Subnormal: the fraction counts units of 2^-24.
        0 => {
            let value = f32::from(bits & 1_023) / 16_777_216.0;
            f32::from_bits(value.to_bits() | sign)
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_as_ieee_754_has_them() {
        for (bits, value) in [
            (0x0000_u16, 0.0_f32),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0x7bff, 65_504.0),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(
                half(&bits.to_le_bytes()).to_bits(),
                value.to_bits(),
                "{bits:x}"
            );
        }
        assert!(half(&0x7e00_u16.to_le_bytes()).is_nan());
    }

    #[test]
    fn quantized_blocks_decode_to_their_weights() {
        let one = 0x3c00_u16.to_le_bytes();
        let q8: Vec<u8> = one.into_iter().chain(0..32).collect();
        assert_eq!(
            WeightFormat::Q8_0.decode(&q8)[31].to_bits(),
            31.0_f32.to_bits()
        );
        let q4: Vec<u8> = one.into_iter().chain([0x21; 16]).collect();
        let decoded = WeightFormat::Q4_0.decode(&q4);
        assert_eq!((decoded[0], decoded[16]), (-7.0, -6.0));
        let q51: Vec<u8> = [one, one, [1, 0], [0, 128]].concat();
        let q51: Vec<u8> = q51.into_iter().chain([0x21; 16]).collect();
        let decoded = WeightFormat::Q5_1.decode(&q51);
        assert_eq!((decoded[0], decoded[1], decoded[31]), (18.0, 2.0, 19.0));
    }

    #[test]
    fn weights_fill_whole_blocks() {
        assert_eq!(WeightFormat::Q8_0.bytes_of(64), Some(68));
        assert_eq!(WeightFormat::Q8_0.bytes_of(63), None);
    }
}
