//! Codecs that are not decoded here, by the names people know.

use symphonia::core::{
    audio::Channels,
    codecs::audio::{AudioCodecId, AudioCodecParameters, well_known as codec},
};

/// The short name of a codec that is decoded, as FFmpeg writes it.
pub(crate) fn short_name(parameters: &AudioCodecParameters) -> &'static str {
    const NAMES: [(AudioCodecId, &str); 9] = [
        (codec::CODEC_ID_AAC, "aac"),
        (codec::CODEC_ID_ALAC, "alac"),
        (codec::CODEC_ID_FLAC, "flac"),
        (codec::CODEC_ID_MP2, "mp2"),
        (codec::CODEC_ID_MP3, "mp3"),
        (codec::CODEC_ID_OPUS, "opus"),
        (codec::CODEC_ID_VORBIS, "vorbis"),
        (codec::CODEC_ID_PCM_MULAW, "pcm_mulaw"),
        (codec::CODEC_ID_PCM_ALAW, "pcm_alaw"),
    ];
    let known = NAMES.iter().find(|(codec, _)| *codec == parameters.codec);
    known.map_or("pcm", |(_, name)| name)
}

/// The media type of what has no other.
pub const UNKNOWN_TYPE: &str = "application/octet-stream";

/// The media type of a container and codec, both by FFmpeg's names; unknown ones are bytes.
pub(crate) fn media_type(container: &str, codec: &str) -> &'static str {
    match container {
        "wav" | "w64" => "audio/wav",
        "aiff" => "audio/aiff",
        "caf" => "audio/x-caf",
        "flac" => "audio/flac",
        "mp3" => "audio/mpeg",
        "aac" => "audio/aac",
        "ogg" => "audio/ogg",
        "matroska" if matches!(codec, "opus" | "vorbis") => "audio/webm",
        "matroska" => "audio/x-matroska",
        "mov" => "audio/mp4",
        "amr" | "amrnb" | "amrwb" => "audio/amr",
        "asf" => "audio/x-ms-wma",
        "au" => "audio/basic",
        _ => UNKNOWN_TYPE,
    }
}

/// Whether Chrome, Firefox and Safari all play a codec in a container, both by FFmpeg's
/// names (MDN, "Media container formats" and "Web audio codec guide").
pub(crate) fn plays_in_browsers(container: &str, codec: &str) -> bool {
    match container {
        "wav" => codec.starts_with("pcm"),
        "mp3" => codec == "mp3",
        "aac" => codec == "aac",
        "flac" => codec == "flac",
        "mov" => matches!(codec, "aac" | "mp3"),
        "ogg" | "matroska" => matches!(codec, "opus" | "vorbis"),
        _ => false,
    }
}

/// A codec without a name here.
pub(crate) const UNKNOWN: &str = "the codec of this recording";

/// The name of a codec without a decoder.
pub(crate) fn codec_name(parameters: &AudioCodecParameters) -> &'static str {
    const NAMES: [(AudioCodecId, &str); 9] = [
        (codec::CODEC_ID_AC3, "Dolby Digital (AC-3)"),
        (codec::CODEC_ID_EAC3, "Dolby Digital Plus (E-AC-3)"),
        (codec::CODEC_ID_AC4, "Dolby AC-4"),
        (codec::CODEC_ID_DCA, "DTS"),
        (codec::CODEC_ID_SPEEX, "Speex"),
        (codec::CODEC_ID_WAVPACK, "WavPack"),
        (codec::CODEC_ID_WMA, "WMA"),
        (codec::CODEC_ID_ADPCM_G722, "G.722"),
        (codec::CODEC_ID_ADPCM_G726, "G.726"),
    ];
    let channels = parameters.channels.as_ref().map_or(0, Channels::count);
    match parameters.codec {
        codec::CODEC_ID_AAC => aac(parameters.extra_data.as_deref().unwrap_or(&[]), channels),
        codec::CODEC_ID_OPUS if channels > 2 => "Opus with more than two channels",
        own => NAMES
            .iter()
            .find(|(codec, _)| *codec == own)
            .map_or(UNKNOWN, |(_, name)| name),
    }
}

/// Which AAC it is, by its `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1): the
/// object type in five bits, the sampling rate in four, the channels in four.
fn aac(header: &[u8], channels: usize) -> &'static str {
    let bits = header
        .iter()
        .take(2)
        .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    let configured = (bits >> 3 & 15) as usize;
    match bits >> 11 {
        5 | 29 => "HE-AAC",
        0..=2 if channels.max(configured) > 2 => "AAC with more than two channels",
        23 => "AAC-LD",
        39 => "AAC-ELD",
        42 => "xHE-AAC",
        _ => "this variety of AAC",
    }
}

/// The name of a track in an MP4 by its sample entry.
pub(crate) fn sample_entry_name(entry: [u8; 4]) -> &'static str {
    match &entry {
        b"samr" | b"sawb" => "AMR",
        b"ac-3" => "Dolby Digital (AC-3)",
        b"ec-3" => "Dolby Digital Plus (E-AC-3)",
        b"QDM2" | b"QDMC" => "QDesign Music",
        b"apac" => "Apple Positional Audio",
        b"enca" => "an encrypted track",
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_of_some_browsers_are_not_playable() {
        for (container, codec) in [("wav", "pcm_s16le"), ("mov", "aac"), ("ogg", "opus")] {
            assert!(plays_in_browsers(container, codec), "{container}");
        }
        for (container, codec) in [
            ("mov", "alac"),
            ("mov", "amr_nb"),
            ("aiff", "pcm"),
            ("mp3", "mp2"),
            ("asf", "wmav2"),
        ] {
            assert!(!plays_in_browsers(container, codec), "{container}");
        }
    }

    #[test]
    fn aac_variants_are_distinguished() {
        assert_eq!(aac(&[0x2b, 0x92, 0x08, 0x00], 1), "HE-AAC");
        assert_eq!(aac(&[0xeb, 0x8a], 1), "HE-AAC");
        assert_eq!(aac(&[0x11, 0xb0], 0), "AAC with more than two channels");
        assert_eq!(aac(&[], 6), "AAC with more than two channels");
        assert_eq!(sample_entry_name(*b"samr"), "AMR");
    }
}
