//! What a file is that is no transcript, by how it begins.

use crate::TranscriptFileError;

/// A file that is no transcript.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreign {
    pub(crate) what: &'static str,
    pub(crate) remedy: &'static str,
}

const SAVE: &str = "save it as plain text in UTF-8";
const UPLOAD: &str = "upload it as the recording of an interview";
const EXPORT: &str = "export the transcript in one of them";

/// How the beginnings of common files look, and what they are.
const SIGNATURES: [(&[u8], &str, &str); 15] = [
    (
        b"PK\x03\x04",
        "a Word document or another ZIP archive",
        SAVE,
    ),
    (b"%PDF", "a PDF document", SAVE),
    (b"{\\rtf", "a Rich Text document", SAVE),
    (b"\xd0\xcf\x11\xe0", "an old Word document", SAVE),
    (b"\x1f\x8b", "a gzip archive", "unpack it"),
    (b"RIFF", "a recording (WAV)", UPLOAD),
    (b"ID3", "a recording (MP3)", UPLOAD),
    (b"\xff\xfb", "a recording (MP3)", UPLOAD),
    (b"\xff\xf3", "a recording (MP3)", UPLOAD),
    (b"OggS", "a recording (Ogg)", UPLOAD),
    (b"fLaC", "a recording (FLAC)", UPLOAD),
    (
        b"\x1a\x45\xdf\xa3",
        "a recording (Matroska or WebM)",
        UPLOAD,
    ),
    (b"FORM", "a recording (AIFF)", UPLOAD),
    (b"caff", "a recording (CAF)", UPLOAD),
    (b"\x89PNG", "a picture", EXPORT),
];

/// Where MP4 has its signature, in bytes.
const MP4: std::ops::Range<usize> = 4..8;

/// The text of a file: UTF-8, or UTF-16 with a byte order mark.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, TranscriptFileError> {
    let refused = |what, remedy| Err(TranscriptFileError::foreign(Foreign { what, remedy }));
    let mut signatures = SIGNATURES.iter();
    if let Some((_, what, remedy)) = signatures.find(|(start, ..)| bytes.starts_with(start)) {
        return refused(what, remedy);
    }
    if bytes.get(MP4) == Some(b"ftyp") {
        return refused("a recording (MP4)", UPLOAD);
    }
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    match text.filter(|text| !text.contains('\0')) {
        Some(text) => Ok(text),
        None => refused("a file that is not text in UTF-8", SAVE),
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    rest.is_empty()
        .then(|| String::from_utf16(&units).ok())
        .flatten()
}

/// What a text is that is no transcript, whatever stands in it.
pub(crate) fn foreign(text: &str) -> Option<Foreign> {
    let start: String = text.trim_start().chars().take(512).collect();
    let start = start.to_lowercase();
    let begins = |with: &[&str]| with.iter().any(|with| start.starts_with(with));
    let (what, remedy) = if start.is_empty() {
        ("an empty file", EXPORT)
    } else if begins(&["<!doctype html", "<html"]) {
        ("an HTML page", EXPORT)
    } else if begins(&["<?xml", "<tt"]) {
        ("an XML document", EXPORT)
    } else if begins(&["--"]) && start.contains("content-disposition: form-data") {
        (
            "a form (multipart/form-data)",
            "send the file itself as the body",
        )
    } else if begins(&["{\\rtf"]) {
        ("a Rich Text document", SAVE)
    } else {
        return None;
    };
    Some(Foreign { what, remedy })
}

/// What a text without speakers and times is.
pub(crate) fn describe(text: &str) -> Foreign {
    if text.starts_with("WEBVTT") {
        return Foreign {
            what: "WebVTT without cues",
            remedy: EXPORT,
        };
    }
    Foreign {
        what: "text without speakers or times",
        remedy: "begin each turn with `Name:` or a time",
    }
}
