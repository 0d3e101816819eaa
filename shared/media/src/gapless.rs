//! How much of a track is an encoder's run-up and filling.

use symphonia::core::{
    codecs::audio::well_known::CODEC_ID_OPUS,
    formats::{FormatReader, Track},
    meta::RawValue,
};

use crate::FileKind;

/// Frames of Opus before the sound, by its header (RFC 7845, section 5.1), at
/// 48 kHz; nothing for other codecs. Of an MP4 the library gives the fields of its `dOps`
/// box, which has the higher byte first.
pub(crate) fn pre_skip(track: &Track, kind: FileKind) -> Option<u64> {
    let parameters = track.codec_params.as_ref()?.audio()?;
    let header = parameters.extra_data.as_deref()?;
    let is_opus = parameters.codec == CODEC_ID_OPUS && header.starts_with(b"OpusHead");
    let field = header.get(10..12).filter(|_| is_opus)?;
    let field = field.try_into().ok()?;
    Some(u64::from(match kind {
        FileKind::Mp4 => u16::from_be_bytes(field),
        _ => u16::from_le_bytes(field),
    }))
}

/// What iTunes and its like note in an M4A without an edit list: frames before
/// the sound, and frames of sound.
pub(crate) fn itunes(reader: &mut dyn FormatReader) -> Option<(u64, u64)> {
    let metadata = reader.metadata();
    let tags = &metadata.current()?.media.tags;
    let note = tags.iter().find(|tag| tag.raw.key.ends_with("iTunSMPB"))?;
    match &note.raw.value {
        RawValue::String(text) => smpb(text),
        _ => None,
    }
}

/// Four hexadecimal numbers: nothing, priming, padding, length.
fn smpb(text: &str) -> Option<(u64, u64)> {
    let mut numbers = text.split_whitespace().skip(1);
    let mut next = || u64::from_str_radix(numbers.next()?, 16).ok();
    let (priming, _, length) = (next()?, next()?, next()?);
    // A value longer than any encoder delay is ignored.
    (priming < 16_384 && length > 0).then_some((priming, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_of_itunes_is_read() {
        let note = " 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000";
        assert_eq!(smpb(note), Some((0x840, 0x3f_31f6)));
        assert_eq!(smpb(" 00000000 FFFFFFFF 000001CA 00000000003F31F6"), None);
        assert_eq!(smpb("no numbers at all"), None);
    }
}
