//! What a file is, by its first bytes.

use crate::{
    Error, Ffmpeg, mpeg,
    open::{damaged, unsupported},
    wav,
};

/// How much of a file [`probe`] wants to see, in bytes.
pub const PROBE_SIZE: u64 = 64 * 1024;

/// The id of a cluster of Matroska, which follows the headers.
const CLUSTER: [u8; 4] = [0x1f, 0x43, 0xb6, 0x75];

/// The kinds of files that recordings come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// WAV, and its 64-bit forms RF64 and BW64.
    Wav,
    /// AIFF and AIFF-C.
    Aiff,
    /// Apple's Core Audio format.
    Caf,
    /// FLAC by itself.
    Flac,
    /// MPEG audio, layers II and III, with or without an ID3 tag.
    Mpeg,
    /// AAC in ADTS frames.
    Adts,
    /// Ogg with Vorbis, Opus or FLAC.
    Ogg,
    /// Matroska and WebM.
    Matroska,
    /// MP4, M4A, QuickTime, 3GP.
    Mp4,
}

/// Detects the kind of a recording, and rejects kinds that cannot be decoded; `start`
/// is the first [`PROBE_SIZE`] bytes of the file, or all of it when it is smaller.
///
/// File name and declared content type are ignored; only the bytes count.
pub fn probe(start: &[u8]) -> Result<FileKind, Error> {
    if start.is_empty() {
        return Err(Error::Empty);
    }
    if let Some(kind) = known(start) {
        return Ok(kind);
    }
    if start.starts_with(&CLUSTER) {
        return Err(damaged(
            "the beginning of this WebM is missing, as in a later piece of a live recording; join \
             all pieces in their order and upload the whole",
        ));
    }
    if let Some(what) = refused(start) {
        return Err(unsupported(what));
    }
    if mpeg::is_adts(start) {
        Ok(FileKind::Adts)
    } else if mpeg::is_mpeg_audio(start) {
        Ok(FileKind::Mpeg)
    } else {
        Err(Error::NotAudio)
    }
}

/// Refuses a file by its first bytes where nothing can decode it: neither the library nor
/// the FFmpeg that is configured, nor, with `engine_decodes`, the speech engine.
///
/// # Errors
///
/// Those of [`probe`].
pub fn check(start: &[u8], engine_decodes: bool) -> Result<(), Error> {
    let has_ffmpeg = Ffmpeg::configured().is_some();
    match probe(start) {
        Err(Error::Unsupported { .. }) if has_ffmpeg || engine_decodes => Ok(()),
        Err(Error::NotAudio) if has_ffmpeg && !is_document(start) => Ok(()),
        outcome => outcome.map(drop),
    }
}

/// Whether a file is a text, or another kind that people upload by mistake.
fn is_document(start: &[u8]) -> bool {
    const KINDS: [&[u8]; 7] = [
        b"%PDF",
        b"PK\x03\x04",
        b"\x89PNG",
        b"GIF8",
        b"\xff\xd8\xff",
        b"BM",
        b"\xd0\xcf\x11\xe0",
    ];
    let head = &start[..start.len().min(1_024)];
    // The last character may be cut.
    let is_utf8 = str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true);
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    let is_text = is_utf8 && !head.iter().any(is_control);
    is_text || KINDS.iter().any(|kind| head.starts_with(kind))
}

/// Whether a recording in a container begins here.
pub(crate) fn is_container(start: &[u8]) -> bool {
    known(start).is_some_and(|kind| kind != FileKind::Mpeg)
}

impl FileKind {
    /// FFmpeg's name of the container.
    pub(crate) const fn container(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Aiff => "aiff",
            Self::Caf => "caf",
            Self::Flac => "flac",
            Self::Mpeg => "mp3",
            Self::Adts => "aac",
            Self::Ogg => "ogg",
            Self::Matroska => "matroska",
            Self::Mp4 => "mov",
        }
    }
}

fn is_at(start: &[u8], offset: usize, text: &[u8]) -> bool {
    start
        .get(offset..)
        .is_some_and(|rest| rest.starts_with(text))
}

fn known(start: &[u8]) -> Option<FileKind> {
    const EBML: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];
    let at = |offset, text| is_at(start, offset, text);
    [
        (wav::is_wav(start), FileKind::Wav),
        (
            at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")),
            FileKind::Aiff,
        ),
        (at(0, b"caff"), FileKind::Caf),
        (at(0, b"fLaC"), FileKind::Flac),
        (at(0, b"ID3"), FileKind::Mpeg),
        (at(0, b"OggS"), FileKind::Ogg),
        (at(0, &EBML), FileKind::Matroska),
        (at(4, b"ftyp"), FileKind::Mp4),
    ]
    .into_iter()
    .find_map(|(is, kind)| is.then_some(kind))
}

fn refused(start: &[u8]) -> Option<&'static str> {
    const ASF: [u8; 8] = [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11];
    let at = |offset, text| is_at(start, offset, text);
    let quicktime = [&b"moov"[..], b"mdat", b"wide"];
    [
        (at(0, b"#!AMR"), "AMR"),
        (at(0, &ASF), "WMA"),
        (at(0, b"RIFF") && at(8, b"AVI "), "AVI"),
        (at(0, b"riff\x2e\x91\xcf\x11"), "Wave64"),
        (at(0, b".snd"), "AU"),
        (at(0, b"wvpk"), "WavPack"),
        (at(0, b"MAC "), "Monkey's Audio"),
        (at(0, b"FLV\x01"), "Flash video"),
        (at(0, b".RMF") || at(0, b".ra\xfd"), "RealAudio"),
        (
            quicktime.iter().any(|id| at(4, id)),
            "QuickTime of before 2001",
        ),
        (
            start.first() == Some(&0x47) && start.get(188) == Some(&0x47),
            "an MPEG transport stream",
        ),
    ]
    .into_iter()
    .find_map(|(is, what)| is.then_some(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn non_recordings_and_unsupported_recordings_are_distinguished() {
        assert!(matches!(probe(b""), Err(Error::Empty)));
        assert!(matches!(
            probe(b"hello, I am a text named song.mp3"),
            Err(Error::NotAudio)
        ));
        assert!(matches!(probe(&vec![0; 70_000]), Err(Error::NotAudio)));
        let refusal = probe(b"#!AMR\n\x3c").unwrap_err().to_string();
        assert!(
            refusal.contains("AMR") && refusal.contains("convert"),
            "{refusal}"
        );
    }

    #[test]
    fn webm_without_its_beginning_is_named() {
        let error = probe(b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff").unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }));
        assert!(error.to_string().contains("beginning"), "{error}");
    }

    #[test]
    fn file_kinds_are_detected_by_their_first_bytes() {
        for (start, kind) in [
            (&b"RIFF\x24\0\0\0WAVEfmt "[..], FileKind::Wav),
            (b"fLaC\0\0\0\x22", FileKind::Flac),
            (b"OggS\0\x02", FileKind::Ogg),
            (b"\0\0\0\x20ftypM4A ", FileKind::Mp4),
            (b"FORM\0\0\0\x04AIFF", FileKind::Aiff),
        ] {
            assert_eq!(probe(start).expect("known"), kind);
        }
    }
}
