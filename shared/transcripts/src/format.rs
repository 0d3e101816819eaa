//! The formats that are read.

use std::fmt;

/// What a file was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Captions with the header `WEBVTT`: of this service, Zoom, Teams and Google Meet.
    WebVtt,
    /// Captions with numbered cues, or without the header.
    SubRip,
    /// This service's Markdown.
    Markdown,
    /// This service's JSON.
    Json,
    /// Lines that begin with a time, such as those of this service's text.
    TimedText,
    /// A name and a time above what is said: Otter's text.
    Otter,
    /// A name and a time in brackets: Rev's text.
    Rev,
    /// Times on lines of their own between named lines: Google Meet's document as text.
    GoogleMeet,
    /// Lines of `Name: what was said`.
    NamedLines,
    /// The answer of Deepgram's API.
    Deepgram,
    /// The JSON of `OpenAI`'s API, whisper, whisper.cpp, faster-whisper and `WhisperX`.
    Whisper,
}

impl Format {
    /// What all formats are, for errors.
    pub const READ: &str = "the transcripts of this service (.txt, .md, .srt, .vtt, .json), \
        WebVTT of Zoom, Teams and Google Meet, SubRip, text of Otter and Rev, lines of \
        `Name: what was said`, and JSON of Deepgram, OpenAI, whisper, whisper.cpp, \
        faster-whisper and WhisperX";

    /// A stable word for it, which stands as the model of an imported transcript.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebVtt => "webvtt",
            Self::SubRip => "subrip",
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::TimedText => "timed_text",
            Self::Otter => "otter",
            Self::Rev => "rev",
            Self::GoogleMeet => "google_meet",
            Self::NamedLines => "named_lines",
            Self::Deepgram => "deepgram",
            Self::Whisper => "whisper",
        }
    }

    /// Whether its segments are what speakers say without interruption. Those of captions and
    /// engines are cut by length.
    pub(crate) const fn has_turns(self) -> bool {
        matches!(
            self,
            Self::Markdown
                | Self::TimedText
                | Self::Otter
                | Self::Rev
                | Self::GoogleMeet
                | Self::NamedLines
        )
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
