//! Recordings made for a test.

use std::io::Cursor;

use bytes::Bytes;

/// A WAV file of 16-bit channels of one length, at `rate` Hz.
pub fn wav(rate: u32, channels: &[&[i16]]) -> Bytes {
    let spec = hound::WavSpec {
        channels: u16::try_from(channels.len()).unwrap(),
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for frame in 0..channels[0].len() {
        for channel in channels {
            writer.write_sample(channel[frame]).unwrap();
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner().into()
}
