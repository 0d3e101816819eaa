//! What `interviewlens upload` prints.

use std::{io, path::PathBuf};

use serde_json::{Value, json};

use super::{error::ClientError, shown::Interview};
use crate::{
    exit::Exit,
    print::{self, cell},
};

/// What became of a file.
pub(super) struct Uploaded {
    pub(super) file: PathBuf,
    /// The interview, once the file is uploaded.
    pub(super) interview: Option<Value>,
    pub(super) error: Option<ClientError>,
}

impl Uploaded {
    /// How the command ends of this file alone.
    pub(super) fn exit(&self, is_awaited: bool) -> Exit {
        match (&self.error, &self.interview) {
            (Some(error), _) => error.exit(),
            (None, Some(interview)) if is_awaited => {
                Exit::of_status(interview["status"].as_str().unwrap_or_default())
            }
            _ => Exit::Done,
        }
    }

    fn json(&self) -> Value {
        let error = self.error.as_ref().map(ClientError::json);
        json!({"file": self.file.to_string_lossy(), "interview": self.interview, "error": error})
    }

    fn row(&self) -> Vec<String> {
        let shown = self.interview.as_ref().map(Interview::read);
        let interview = shown.and_then(Result::ok).unwrap_or_default();
        let status = if self.interview.is_some() {
            &interview.status
        } else {
            "not uploaded"
        };
        let failure = || interview.failure().or_else(|| interview.doubts());
        let error = self.error.as_ref().map(ToString::to_string);
        let note = error.or_else(failure).unwrap_or_default();
        let file = cell(&self.file.display().to_string());
        vec![file, cell(&interview.id), cell(status), cell(&note)]
    }
}

/// Prints what became of all files.
pub(super) fn print(all: &[Uploaded], json: bool) -> io::Result<()> {
    if json {
        let items: Vec<Value> = all.iter().map(Uploaded::json).collect();
        return print::json(&json!({"items": items}));
    }
    let rows: Vec<_> = all.iter().map(Uploaded::row).collect();
    print::table(&["FILE", "INTERVIEW", "STATUS", "NOTE"], &rows)
}
