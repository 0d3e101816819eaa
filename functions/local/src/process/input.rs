//! What is processed: a recording, or a transcript from elsewhere.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use domain::transcript::Recognition;
use transcripts::TranscriptFile;

/// What is processed.
pub(crate) struct Input {
    pub(super) name: String,
    pub(super) content: Content,
}

pub(super) enum Content {
    Recording {
        file: PathBuf,
        size: u64,
    },
    Transcript {
        bytes: Vec<u8>,
        transcript: Box<Recognition>,
    },
}

/// How the names of transcripts end.
const TRANSCRIPTS: [&str; 5] = ["txt", "md", "srt", "vtt", "json"];

/// Whether a file is a transcript, by the ending of its name.
pub(crate) fn is_transcript(file: &Path) -> bool {
    let ending = file.extension().unwrap_or_default().to_string_lossy();
    TRANSCRIPTS.contains(&&*ending.to_lowercase())
}

/// The name of a file, without its folder.
pub(crate) fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_else(|| OsStr::new("file"));
    name.to_string_lossy().into_owned()
}

impl Input {
    /// A file: by the ending of its name a transcript, which is read, or a recording.
    pub(crate) fn read(file: &Path) -> anyhow::Result<Self> {
        if !file.is_file() {
            bail!("`{}` is not a file", file.display());
        }
        let reading = || format!("reading `{}`", file.display());
        let size = fs::metadata(file).with_context(reading)?.len();
        if size == 0 {
            bail!("`{}` is empty", file.display());
        }
        let content = if is_transcript(file) {
            let bytes = fs::read(file).with_context(reading)?;
            let read = transcripts::read(&bytes).and_then(TranscriptFile::into_recognition);
            Content::Transcript {
                transcript: Box::new(read.with_context(reading)?),
                bytes,
            }
        } else {
            let file = file.to_owned();
            Content::Recording { file, size }
        };
        Ok(Self {
            name: name_of(file),
            content,
        })
    }

    /// Whether a speech engine is going to recognise it.
    pub(crate) const fn needs_models(&self) -> bool {
        matches!(self.content, Content::Recording { .. })
    }
}
