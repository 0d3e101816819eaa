//! What the user knows of the recordings, checked.

use anyhow::{Context as _, bail};
use api::checks::NewInterviewFields;
use domain::{
    Interview, Private,
    analysis::Rubric,
    interview::{ChannelUse, Kind},
    versions::closed,
};

use crate::interview_options::InterviewOptions;

/// What the user knows of a recording.
#[derive(Clone)]
pub(super) struct Hints {
    kind: Kind,
    /// Without one it is the file's name.
    title: Option<Private>,
    language: Option<String>,
    rubric: Option<Rubric>,
    speakers_expected: Option<u32>,
    channels: ChannelUse,
    key_terms: Vec<Private>,
}

impl Hints {
    /// Reads the options of as many files, and checks them as the API does.
    pub(super) fn read(options: InterviewOptions, files: usize) -> anyhow::Result<Self> {
        let rubric = options.read_rubric(files)?;
        let rubric = rubric.map(|rubric| closed(rubric).context("`--rubric`"));
        let hints = Self {
            kind: options.kind.unwrap_or_default(),
            title: options.title.map(Private::from),
            language: options.language,
            rubric: rubric.transpose()?,
            speakers_expected: options.speakers,
            channels: options.channels,
            key_terms: options.key_terms.into_iter().map(Private::from).collect(),
        };
        let fields = NewInterviewFields {
            title: hints.title.as_ref().unwrap_or(&Private::new("a file")),
            language: hints.language.as_deref(),
            rubric: hints.rubric.as_ref(),
            key_terms: &hints.key_terms,
        }
        .check();
        if let Err(problem) = fields {
            bail!("{}", problem.detail);
        }
        Ok(hints)
    }

    /// Writes them into an interview.
    pub(super) fn apply(self, interview: &mut Interview) {
        interview.kind = self.kind;
        if let Some(title) = self.title {
            interview.title = title;
        }
        interview.language = self.language;
        interview.rubric = self.rubric;
        interview.speakers_expected = self.speakers_expected;
        interview.channels = self.channels;
        interview.key_terms = self.key_terms;
    }
}
