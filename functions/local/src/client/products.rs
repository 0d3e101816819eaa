//! What can be downloaded of an interview.

use clap::ValueEnum;

/// Something that is downloaded of an interview, as one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// transcript.json: words and turns with their speakers and times
    Transcript,
    /// transcript.srt
    Srt,
    /// transcript.vtt
    Vtt,
    /// transcript.txt
    Txt,
    /// transcript.md
    Md,
    /// analysis.json
    Analysis,
    /// waveform.json, as of audiowaveform
    Waveform,
    /// waveform.dat, the same in binary
    Dat,
    /// report.docx
    Docx,
    /// report.html
    Html,
    /// interview.json: the interview with its notes
    Interview,
    /// The recording, as it was uploaded
    Recording,
}

impl Format {
    /// What `interviewlens process` leaves.
    pub(super) const AS_PROCESS: [Self; 6] = [
        Self::Transcript,
        Self::Srt,
        Self::Analysis,
        Self::Waveform,
        Self::Docx,
        Self::Html,
    ];

    /// The name of the file, and of the resource below the interview: of those whose resources
    /// are called otherwise, see [`Self::resource`].
    pub(super) const fn file_name(self) -> &'static str {
        match self {
            Self::Transcript => "transcript.json",
            Self::Srt => "transcript.srt",
            Self::Vtt => "transcript.vtt",
            Self::Txt => "transcript.txt",
            Self::Md => "transcript.md",
            Self::Analysis => "analysis.json",
            Self::Waveform => "waveform.json",
            Self::Dat => "waveform.dat",
            Self::Docx => "report.docx",
            Self::Html => "report.html",
            Self::Interview => "interview.json",
            Self::Recording => "recording",
        }
    }

    /// The resource below the interview; nothing for the interview itself and its recording.
    pub(super) const fn resource(self) -> Option<&'static str> {
        match self {
            Self::Transcript => Some("transcript"),
            Self::Analysis => Some("analysis"),
            Self::Waveform => Some("waveform"),
            Self::Interview | Self::Recording => None,
            other => Some(other.file_name()),
        }
    }
}

/// The name under which a recording is saved: the ending is that of the file that was uploaded.
pub(super) fn recording_name(uploaded: &str) -> String {
    let ending = uploaded.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_ending = (1..=8).contains(&ending.len())
        && ending.chars().all(|letter| letter.is_ascii_alphanumeric());
    if is_ending {
        format!("recording.{}", ending.to_lowercase())
    } else {
        "recording".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_an_uploaded_file_gives_an_ending_and_no_path() {
        for (uploaded, name) in [
            ("a.FLAC", "recording.flac"),
            ("../../etc/x.d/passwd", "recording"),
            ("a", "recording"),
            ("a.tar.gz", "recording.gz"),
            ("a.m 4", "recording"),
        ] {
            assert_eq!(recording_name(uploaded), name);
        }
    }
}
