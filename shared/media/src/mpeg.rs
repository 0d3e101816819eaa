//! MPEG audio without a container: known only by frames that follow each other.

/// Frames in a row that make bytes believable. A single one is found in any text
/// or noise sooner or later.
const FRAMES_IN_A_ROW: usize = 3;

/// Whether believable frames of layer II or III follow each other in `start`.
pub(crate) fn is_mpeg_audio(start: &[u8]) -> bool {
    (0..start.len().saturating_sub(4)).any(|offset| follow(start, offset, frame_length))
}

/// Whether `start` begins with AAC frames with ADTS headers.
pub(crate) fn is_adts(start: &[u8]) -> bool {
    follow(start, 0, adts_length)
}

fn follow(start: &[u8], offset: usize, length: impl Fn(&[u8]) -> Option<usize>) -> bool {
    let mut position = offset;
    for found in 0..FRAMES_IN_A_ROW {
        let Some(header) = start.get(position..position + 7) else {
            // What is cut off by the end of the look, or of a tiny file.
            return found > 1 && position >= start.len();
        };
        match length(header) {
            Some(length) => position += length,
            None => return false,
        }
    }
    true
}

/// The length in bytes of the MPEG audio frame with this header, by ISO/IEC
/// 11172-3 section 2.4.1.3 and 13818-3 for the lower rates.
fn frame_length(header: &[u8]) -> Option<usize> {
    const LAYER_3: [usize; 15] = [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ];
    const LAYER_2: [usize; 15] = [
        0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
    ];
    const LOWER_RATES: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let sync = header[0] == 0xff && header[1] & 0xe0 == 0xe0;
    let (version, layer) = ((header[1] >> 3) & 3, (header[1] >> 1) & 3);
    let (bitrate, rate) = (usize::from(header[2] >> 4), (header[2] >> 2) & 3);
    let is_frame = sync && version != 1 && matches!(layer, 1 | 2) && rate != 3;
    if !is_frame || bitrate == 0 || bitrate == 15 {
        return None;
    }
    let halvings = match version {
        3 => 0,
        2 => 1,
        _ => 2,
    };
    let sample_rate = [44_100, 48_000, 32_000][usize::from(rate)] >> halvings;
    let (kilobits, samples) = match (version, layer) {
        (3, 1) => (LAYER_3[bitrate], 144),
        (3, _) => (LAYER_2[bitrate], 144),
        (_, 1) => (LOWER_RATES[bitrate], 72),
        _ => (LOWER_RATES[bitrate], 144),
    };
    let padding = usize::from((header[2] >> 1) & 1);
    Some(samples * kilobits * 1_000 / sample_rate + padding)
}

/// The length in bytes of the ADTS frame with this header, by ISO/IEC 13818-7
/// section 6.2.
fn adts_length(header: &[u8]) -> Option<usize> {
    let sync = header[0] == 0xff && header[1] & 0xf6 == 0xf0;
    let rate = (header[2] >> 2) & 15;
    let length = usize::from(header[3] & 3) << 11
        | usize::from(header[4]) << 3
        | usize::from(header[5]) >> 5;
    (sync && rate < 13 && length > 7).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_in_a_row_are_mp3_and_a_single_one_is_not() {
        // MPEG 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes.
        let frame = [&[0xff, 0xfb, 0x90, 0x00][..], &[0x55; 413]].concat();
        assert_eq!(frame_length(&frame), Some(417));
        assert!(is_mpeg_audio(&frame.repeat(4)));
        assert!(!is_mpeg_audio(&[&frame[..], &[b'x'; 5_000]].concat()));
    }

    #[test]
    fn other_layers_and_rates_have_their_own_tables() {
        // Layer II, 192 kbit/s, 48 kHz, and MPEG 2 layer III, 64 kbit/s, 24 kHz.
        assert_eq!(frame_length(&[0xff, 0xfd, 0xa4, 0]), Some(576));
        assert_eq!(frame_length(&[0xff, 0xf3, 0x84, 0]), Some(192));
        assert_eq!(frame_length(&[0xff, 0xfb, 0xf0, 0]), None);
    }

    #[test]
    fn adts_frames_follow_each_other() {
        let frame = [&[0xff, 0xf1, 0x50, 0x80, 0x02, 0x00, 0xfc][..], &[0; 9]].concat();
        assert_eq!(adts_length(&frame), Some(16));
        assert!(is_adts(&frame.repeat(3)));
        assert!(!is_adts(&[&frame[..], b"and no other frame"].concat()));
    }
}
