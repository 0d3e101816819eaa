//! The program as a person or a script runs it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::host::PROGRAM;

/// A transcript that the service imports without a speech engine.
pub(crate) const OTTER: &str =
    "Ada Lovelace  0:00\nWhat did you build?\n\nBob  0:04\nI built a small boat.\n";

/// Where the program runs, with a state of its own.
pub(crate) struct Runner {
    pub(crate) folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// How it ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) said: String,
}

impl Runner {
    /// With these variables of the environment.
    pub(crate) fn new<const N: usize>(variables: [(&'static str, &str); N]) -> Self {
        let variables = variables.map(|(name, value)| (name, value.to_owned()));
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            variables: variables.into(),
        }
    }

    /// At a service.
    pub(crate) fn at(url: &str) -> Self {
        Self::new([("INTERVIEWLENS_URL", url)])
    }

    /// Writes a file; returns its name.
    pub(crate) fn file<'a>(&self, name: &'a str, content: impl AsRef<[u8]>) -> &'a str {
        std::fs::write(self.path(name), content).expect("written");
        name
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the program in the folder.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        Command::new(PROGRAM)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("INTERVIEWLENS_URL")
            .env_remove("INTERVIEWLENS_TOKEN")
            .env("XDG_STATE_HOME", self.path("state"))
            .env("MODEL_FETCH", "off")
            .env("MODEL_DIR", self.folder.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts")
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        let ended = self.start(arguments).wait_with_output().await;
        let ended = ended.expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Ended {
            code: ended.status.code(),
            out: text(&ended.stdout),
            said: text(&ended.stderr),
        }
    }

    /// The names in a folder, in their order.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        names(&self.path(folder))
    }
}

impl Ended {
    /// The JSON that it printed, having ended with this code.
    pub(crate) fn json(&self, code: i32) -> Value {
        self.assert(code);
        serde_json::from_str(&self.out).expect("JSON alone on standard output")
    }

    pub(crate) fn assert(&self, code: i32) {
        let (out, said) = (&self.out, &self.said);
        assert_eq!(self.code, Some(code), "{out}\n{said}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.expect("an entry").file_name();
        name.to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}
