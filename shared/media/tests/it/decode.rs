//! Recordings of all sorts, good and bad, through the decoder.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use domain::transcript::AudioFacts;
use hound::{SampleFormat, WavSpec, WavWriter};
use media::{Decoder, Error, Source};
use proptest::prelude::*;

fn wav(spec: WavSpec, frames: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).expect("a valid format");
    for frame in 0..frames {
        for channel in 0..spec.channels {
            let level = f64::from(frame % 100) / 200.0 * if channel == 0 { 1.0 } else { -1.0 };
            match spec.sample_format {
                SampleFormat::Float =>
                {
                    #[expect(clippy::cast_possible_truncation, reason = "a test signal")]
                    writer.write_sample(level as f32)
                }
                SampleFormat::Int => {
                    #[expect(clippy::cast_possible_truncation, reason = "a test signal")]
                    let sample = (level * f64::from(1_u32 << (spec.bits_per_sample - 1))) as i32;
                    writer.write_sample(sample)
                }
            }
            .expect("written to memory");
        }
    }
    writer.finalize().expect("written to memory");
    bytes.into_inner()
}

const PLAIN: WavSpec = WavSpec {
    channels: 1,
    sample_rate: 8_000,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

fn decode(bytes: Vec<u8>) -> Result<(AudioFacts, Vec<i16>), Error> {
    decode_from(Box::new(Cursor::new(bytes)))
}

fn decode_from(source: Box<dyn Source>) -> Result<(AudioFacts, Vec<i16>), Error> {
    let mut decoder = Decoder::open_with(source, None)?;
    let mut first = Vec::new();
    while let Some(block) = decoder.next_block()? {
        first.extend(block.channel(0));
    }
    Ok((decoder.facts(), first))
}

/// Offset of the four bytes that say how long the samples are.
fn length_field(bytes: &[u8]) -> usize {
    bytes
        .windows(4)
        .position(|window| window == b"data")
        .expect("a data chunk")
        + 4
}

#[test]
fn every_sample_format_of_wav_gives_the_same_sound() {
    for (bits_per_sample, sample_format) in [
        (8, SampleFormat::Int),
        (16, SampleFormat::Int),
        (24, SampleFormat::Int),
        (32, SampleFormat::Int),
        (32, SampleFormat::Float),
    ] {
        let spec = WavSpec {
            channels: 2,
            sample_rate: 44_100,
            bits_per_sample,
            sample_format,
        };
        let (facts, samples) = decode(wav(spec, 44_100)).expect("decodes");
        assert_eq!(
            facts,
            AudioFacts {
                duration_ms: 1_000,
                channels: 2,
                sample_rate_hz: 44_100
            }
        );
        let expected = 50 * 32_768 / 200;
        assert!(
            (i32::from(samples[50]) - expected).abs() <= 256,
            "{bits_per_sample}: {}",
            samples[50]
        );
    }
}

#[test]
fn a_header_that_lies_about_the_length_loses_nothing() {
    let honest = wav(PLAIN, 16_000);
    let at = length_field(&honest);
    for lie in [0, 1_000, 31_000, 64_000, 0x7fff_ffff, u32::MAX] {
        let mut bytes = honest.clone();
        bytes[at..at + 4].copy_from_slice(&lie.to_le_bytes());
        let (facts, samples) = decode(bytes).expect("decodes");
        assert_eq!(
            (facts.duration_ms, samples.len()),
            (2_000, 16_000),
            "said {lie} bytes"
        );
    }
}

#[test]
fn a_chunk_behind_the_samples_is_not_heard() {
    let mut bytes = wav(PLAIN, 800);
    bytes.extend_from_slice(b"LIST\x08\0\0\0INFOabcd");
    let (facts, _) = decode(bytes).expect("decodes");
    assert_eq!(facts.duration_ms, 100);
}

#[test]
fn recording_with_a_read_error_is_decoded_as_far_as_it_goes() {
    let mut bytes = wav(PLAIN, 16_000);
    bytes.truncate(44 + 16_000);
    let (facts, _) = decode(bytes).expect("decodes");
    assert_eq!(facts.duration_ms, 1_000);
}

#[test]
fn file_without_audio_is_an_error() {
    assert!(matches!(decode(wav(PLAIN, 0)), Err(Error::Empty)));
    let nothing = decode(Vec::new());
    assert!(matches!(nothing, Err(Error::Empty)), "{nothing:?}");
    assert!(matches!(
        decode(b"just a text".to_vec()),
        Err(Error::NotAudio)
    ));
}

#[test]
fn absurd_headers_are_refused_by_name() {
    let honest = wav(PLAIN, 100);
    let with = |offset: usize, value: &[u8]| {
        let mut bytes = honest.clone();
        bytes[offset..offset + value.len()].copy_from_slice(value);
        decode(bytes)
    };
    assert!(with(22, &[0, 0]).is_err(), "no channels");
    assert!(with(24, &[0; 4]).is_err(), "no frames per second");
    assert!(
        with(24, &0x8000_0000_u32.to_le_bytes()).is_err(),
        "two billion frames per second"
    );
    assert!(with(34, &[7, 0]).is_err(), "7 bits");
}

/// A disk that fails once, in the middle, in some way.
struct Failing(Cursor<Vec<u8>>, u64, Option<io::ErrorKind>);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.position() >= self.1
            && let Some(kind) = self.2.take()
        {
            return Err(kind.into());
        }
        let count = buffer.len().min(1_000);
        self.0.read(&mut buffer[..count])
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl Source for Failing {
    fn size(&self) -> Option<u64> {
        self.0.size()
    }
}

fn decode_failing(at: u64, kind: io::ErrorKind) -> Result<(AudioFacts, Vec<i16>), Error> {
    let bytes = Cursor::new(wav(PLAIN, 400_000));
    decode_from(Box::new(Failing(bytes, at, Some(kind))))
}

#[test]
fn a_failing_disk_is_not_taken_for_the_end() {
    use io::ErrorKind::{Other, TimedOut, UnexpectedEof};
    for at in [500, 5_000, 600_000] {
        for kind in [Other, TimedOut, UnexpectedEof] {
            let outcome = decode_failing(at, kind);
            assert!(
                matches!(&outcome, Err(Error::Read(error)) if error.kind() == kind),
                "at {at}: {outcome:?}"
            );
        }
    }
}

#[test]
fn an_interrupted_read_loses_nothing() {
    for at in [500, 600_000] {
        let (_, samples) = decode_failing(at, io::ErrorKind::Interrupted).expect("decodes");
        assert_eq!(samples.len(), 400_000, "at {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_headers_and_bytes_never_panic(
        flips in prop::collection::vec((0_usize..300, any::<u8>()), 1..12),
        cut in 0_usize..2_044,
    ) {
        let mut bytes = wav(PLAIN, 1_000);
        for (offset, value) in flips {
            bytes[offset] = value;
        }
        bytes.truncate(cut);
        let _ = decode(bytes);
    }

    #[test]
    fn arbitrary_bytes_behind_a_known_beginning_never_panic(
        beginning in prop::sample::select(vec![&b"RIFF\xff\xff\xff\xffWAVEfmt "[..], b"fLaC", b"ID3\x04", b"\xff\xfb\x90\0", b""]),
        rest in prop::collection::vec(any::<u8>(), 0..4_000),
    ) {
        let _ = decode([beginning, &rest].concat());
    }
}
