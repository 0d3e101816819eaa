//! What a person knows of an interview: the options that `process` and `upload` share.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use domain::interview::{ChannelUse, Kind};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The fields of stored rubrics and of templates beside `competencies`, which are left out.
const OF_STORED_RUBRICS: [&str; 6] = ["id", "name", "kind", "version", "created_at", "updated_at"];

/// What a person knows of an interview.
#[derive(Args)]
pub(crate) struct InterviewOptions {
    /// What sort of conversation it is: selects what is assessed, and the wording
    #[arg(long, value_name = "KIND", value_parser = word::<Kind>(Kind::WORDS))]
    pub(crate) kind: Option<Kind>,
    /// The title, of one file alone; without it the file's name
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// The language that is spoken, as a BCP 47 tag such as `en`, or `multi` for several;
    /// recognised without it
    #[arg(long, value_name = "TAG")]
    pub(crate) language: Option<String>,
    /// What to assess in place of the kind's own rubric: a JSON file with `competencies`, each
    /// with `name`, `description`, `anchors` and `weight`
    #[arg(long, value_name = "FILE")]
    pub(crate) rubric: Option<PathBuf>,
    /// Number of speakers, if known
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) speakers: Option<u32>,
    /// What the channels carry: one speaker each, or all the same conversation
    #[arg(long, default_value = "auto", value_parser = word::<ChannelUse>(ChannelUse::WORDS))]
    pub(crate) channels: ChannelUse,
    /// A name or term that is likely to be said, as it is spelt; for several, more than once
    #[arg(long = "key-term", value_name = "TERM")]
    pub(crate) key_terms: Vec<String>,
}

/// Reads one of the words that the API has for something.
fn word<T: DeserializeOwned + Clone + Send + Sync + 'static>(
    words: &'static [&'static str],
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words).try_map(|word| serde_json::from_value(Value::String(word)))
}

/// An option that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OptionError {
    /// One title for several files.
    #[error(
        "`--title` is the title of one file, and there are {files}: leave it out, and each is \
         called after its file"
    )]
    TitleOfSeveral {
        /// How many files there are.
        files: usize,
    },
    /// The file of the rubric cannot be read.
    #[error("`--rubric`: reading `{}`: {error}", path.display())]
    RubricFile {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file of the rubric holds something else.
    #[error(
        "`--rubric`: `{}` {reason}: it must be a JSON object with `competencies`, such as \
         {{\"competencies\": [{{\"name\": \"Ownership\", \"description\": \"…\"}}]}}",
        path.display()
    )]
    NotRubric {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl InterviewOptions {
    /// Checks the title, and reads the rubric, of as many files.
    pub(crate) fn read_rubric(&self, files: usize) -> Result<Option<Value>, OptionError> {
        if self.title.is_some() && files > 1 {
            return Err(OptionError::TitleOfSeveral { files });
        }
        self.rubric.as_deref().map(rubric).transpose()
    }
}

/// Reads a rubric; that of `GET /v1/rubrics/{id}` and a template count as well.
fn rubric(path: &Path) -> Result<Value, OptionError> {
    let not_rubric = |reason: String| OptionError::NotRubric {
        path: path.to_owned(),
        reason,
    };
    let text = fs::read(path).map_err(|error| OptionError::RubricFile {
        path: path.to_owned(),
        error,
    })?;
    let read: Result<Map<String, Value>, _> = serde_json::from_slice(&text);
    let mut fields = read.map_err(|error| not_rubric(format!("is not a JSON object ({error})")))?;
    if !fields.contains_key("competencies") {
        return Err(not_rubric("has no `competencies`".into()));
    }
    fields.retain(|name, _| !OF_STORED_RUBRICS.contains(&name.as_str()));
    Ok(Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), text).expect("written");
        rubric(file.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn stored_rubric_is_read_without_its_own_fields() {
        let stored = r#"{"id": "r", "name": "Engineers", "version": 2, "competencies": []}"#;
        assert_eq!(read(stored), Ok(json!({"competencies": []})));
    }

    #[test]
    fn file_without_rubric_is_refused_by_its_name() {
        for (text, reason) in [
            ("[]", "is not a JSON object"),
            ("{", "is not a JSON object"),
            ("{}", "has no `competencies`"),
        ] {
            let error = read(text).unwrap_err();
            let is_named = error.starts_with("`--rubric`: `/") && error.contains(reason);
            assert!(is_named, "{error}");
        }
    }
}
