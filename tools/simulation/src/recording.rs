//! The recording that clients upload.

use bytes::Bytes;

/// Half a second of a tone: 16 bits, 8,000 samples a second.
pub(crate) fn recording() -> Bytes {
    const SAMPLES: u32 = 4_000;
    let size = SAMPLES * 2;
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((size + 36).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(8_000_u32.to_le_bytes());
    bytes.extend(16_000_u32.to_le_bytes());
    bytes.extend(2_u16.to_le_bytes());
    bytes.extend(16_u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(size.to_le_bytes());
    // A square wave of 200 Hz.
    let sample = |index: u32| {
        if (index / 20).is_multiple_of(2) {
            8_000_i16
        } else {
            -8_000
        }
    };
    bytes.extend((0..SAMPLES).flat_map(|index| sample(index).to_le_bytes()));
    bytes.into()
}
