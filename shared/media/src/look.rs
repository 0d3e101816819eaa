//! What a file is, by its first bytes.

use crate::{Error, wav};

/// How much of a file [`look`] wants to see, in bytes.
pub const LOOK_SIZE: u64 = 64 * 1024;

/// Frames in a row that make bytes believable as MP3.
const FRAMES_IN_A_ROW: usize = 3;

/// Refuses what cannot be a recording that is decoded here; `start` is the first
/// [`LOOK_SIZE`] bytes of the file, or all of it when it is smaller.
///
/// File names and declared media types are not asked: they lie.
pub fn look(start: &[u8]) -> Result<(), Error> {
    if start.is_empty() {
        return Err(Error::Empty);
    }
    if wav::is_wav(start) || start.starts_with(b"fLaC") || start.starts_with(b"ID3") {
        return Ok(());
    }
    if let Some(what) = known_by_name(start) {
        return Err(Error::Unsupported {
            what: what.to_owned(),
        });
    }
    if mp3_frames(start) {
        Ok(())
    } else {
        Err(Error::NotAudio)
    }
}

fn known_by_name(start: &[u8]) -> Option<&'static str> {
    const ASF: [u8; 8] = [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11];
    const EBML: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];
    let at = |offset: usize, text: &[u8]| {
        start
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(text))
    };
    [
        (at(0, b"OggS"), "Ogg (Vorbis or Opus)"),
        (at(4, b"ftyp"), "MP4 or M4A"),
        (at(0, &EBML), "WebM or Matroska"),
        (at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")), "AIFF"),
        (at(0, b"caff"), "CAF"),
        (at(0, b"#!AMR"), "AMR"),
        (at(0, &ASF), "WMA"),
        (at(0, b"RIFF") && at(8, b"AVI "), "AVI"),
        (at(0, b"riff\x2e\x91\xcf\x11"), "Wave64"),
        (at(0, b".snd"), "AU"),
        (mpeg(start, 0b00), "AAC (ADTS)"),
        (mpeg(start, 0b10), "MPEG layer II"),
    ]
    .into_iter()
    .find_map(|(is, what)| is.then_some(what))
}

/// Whether `start` is an MPEG audio frame of this layer, by its two bits.
fn mpeg(start: &[u8], layer: u8) -> bool {
    let [0xff, second, third, ..] = *start else {
        return false;
    };
    let (version, rate) = ((second >> 3) & 3, (third >> 2) & 3);
    second & 0xe0 == 0xe0 && (second >> 1) & 3 == layer && version > 1 && rate != 3
}

/// Whether believable MP3 frames follow each other somewhere in `start`. A single
/// one is found in any text or noise sooner or later.
fn mp3_frames(start: &[u8]) -> bool {
    (0..start.len().saturating_sub(4)).any(|offset| {
        let mut position = offset;
        for found in 0..FRAMES_IN_A_ROW {
            let Some(header) = start.get(position..position + 4) else {
                // What is cut off by the end of the look, or of a tiny file.
                return found > 1 && position >= start.len();
            };
            match frame_length([header[0], header[1], header[2], header[3]]) {
                Some(length) => position += length,
                None => return false,
            }
        }
        true
    })
}

/// The length in bytes of the MPEG audio layer III frame with this header, by
/// ISO/IEC 11172-3 section 2.4.1.3 and 13818-3 for the lower rates.
fn frame_length(header: [u8; 4]) -> Option<usize> {
    const BITRATES_1: [usize; 15] = [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ];
    const BITRATES_2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let sync = header[0] == 0xff && header[1] & 0xe0 == 0xe0;
    let layer_three = (header[1] >> 1) & 3 == 1;
    let (version, bitrate) = ((header[1] >> 3) & 3, usize::from(header[2] >> 4));
    let rate = usize::from((header[2] >> 2) & 3);
    if !sync || !layer_three || version == 1 || rate == 3 || bitrate == 0 || bitrate == 15 {
        return None;
    }
    let halvings = match version {
        3 => 0,
        2 => 1,
        _ => 2,
    };
    let sample_rate = [44_100, 48_000, 32_000][rate] >> halvings;
    let (kilobits, samples) = if version == 3 {
        (BITRATES_1[bitrate], 144)
    } else {
        (BITRATES_2[bitrate], 72)
    };
    let padding = usize::from((header[2] >> 1) & 1);
    Some(samples * kilobits * 1_000 / sample_rate + padding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_recording_is_told_from_one_that_is_not_decoded_here() {
        assert!(matches!(look(b""), Err(Error::Empty)));
        assert!(matches!(
            look(b"hello, I am a text named song.mp3"),
            Err(Error::NotAudio)
        ));
        assert!(matches!(look(&vec![0; 70_000]), Err(Error::NotAudio)));
        let refusal = look(b"OggS\0\x02").unwrap_err().to_string();
        assert!(
            refusal.contains("Ogg") && refusal.contains("convert"),
            "{refusal}"
        );
        assert!(look(b"RIFF\x24\0\0\0WAVEfmt ").is_ok());
        assert!(look(b"fLaC\0\0\0\x22").is_ok());
    }

    #[test]
    fn frames_in_a_row_are_mp3_and_a_single_one_is_not() {
        // MPEG 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes.
        let frame = [&[0xff, 0xfb, 0x90, 0x00][..], &[0x55; 413]].concat();
        assert_eq!(frame_length([0xff, 0xfb, 0x90, 0x00]), Some(417));
        assert!(look(&frame.repeat(4)).is_ok());
        assert!(matches!(
            look(&[&frame[..], &[b'x'; 5_000]].concat()),
            Err(Error::NotAudio)
        ));
    }
}
