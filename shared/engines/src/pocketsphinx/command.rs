//! The program itself: its two command lines and what they print.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use domain::steps::{Code, StepError};
use serde::Deserialize;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command as Process},
    time::timeout,
};

/// How long a piece of at most 30 seconds may take on a slow, busy machine.
const PROCESS_TIMEOUT: Duration = Duration::from_mins(10);

/// The program is not on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "TRANSCRIBER=pocketsphinx needs the packages `pocketsphinx` and `pocketsphinx-en-us`: \
     apt-get install pocketsphinx pocketsphinx-en-us"
)]
pub struct NotInstalled;

/// Which command line the program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// `pocketsphinx_continuous` of 0.8: a line of text, then a line per word.
    Continuous,
    /// `pocketsphinx` of 5.x: a line of JSON.
    Single,
}

/// The program, found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    program: PathBuf,
    dialect: Dialect,
}

/// A word with its times in the piece.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CommandWord {
    pub(crate) text: String,
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) confidence: f32,
}

impl Command {
    /// Looks for either program in the folders of a `PATH`.
    pub(crate) fn find(path: &str) -> Result<Self, NotInstalled> {
        let candidates = [
            ("pocketsphinx_continuous", Dialect::Continuous),
            ("pocketsphinx", Dialect::Single),
        ];
        for (name, dialect) in candidates {
            let mut places = path.split(':').map(|folder| Path::new(folder).join(name));
            if let Some(program) = places.find(|place| place.is_file()) {
                return Ok(Self { program, dialect });
            }
        }
        Err(NotInstalled)
    }

    /// Recognises a piece of 16 kHz samples.
    pub(crate) async fn recognize(&self, samples: &[i16]) -> Result<Vec<CommandWord>, StepError> {
        let child = self.start().map_err(|error| {
            tracing::error!(event = "transcription.start_failed", %error, "the speech engine did not start");
            StepError::transient(
                Code::EngineUnavailable,
                "the speech engine could not be started",
            )
        })?;
        let bytes = self.input(samples);
        let printed = timeout(PROCESS_TIMEOUT, talk(child, bytes))
            .await
            .map_err(|_| {
                StepError::transient(Code::EngineTimeout, "the speech engine did not answer")
            })??;
        self.read(&printed).ok_or_else(|| {
            StepError::transient(
                Code::EngineFailed,
                "the speech engine gave an answer that makes no sense",
            )
        })
    }

    fn start(&self) -> std::io::Result<Child> {
        let arguments: &[&str] = match self.dialect {
            // The pieces are cut at silences already, and times are to count from
            // the start of the piece, so its own detection of silence is off.
            Dialect::Continuous => &[
                "-infile",
                "/dev/stdin",
                "-time",
                "yes",
                "-remove_silence",
                "no",
                "-logfn",
                "/dev/null",
            ],
            Dialect::Single => &["-loglevel", "ERROR", "single", "-"],
        };
        Process::new(&self.program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }

    /// The samples as the program wants them. Version 5 looks for a file's magic
    /// number even in a pipe and takes samples of -1 for an MP3 file, so it is
    /// given a quarter of a millisecond of silence to look at.
    fn input(&self, samples: &[i16]) -> Vec<u8> {
        let silence: &[i16] = match self.dialect {
            Dialect::Continuous => &[],
            Dialect::Single => &[0; 4],
        };
        let all = silence.iter().chain(samples);
        all.flat_map(|sample| sample.to_le_bytes()).collect()
    }

    fn read(&self, printed: &str) -> Option<Vec<CommandWord>> {
        match self.dialect {
            Dialect::Continuous => Some(
                printed
                    .lines()
                    .filter_map(word_line)
                    .filter(is_word)
                    .map(plain)
                    .collect(),
            ),
            Dialect::Single => json_words(printed),
        }
    }
}

/// Feeds the samples and collects what is printed.
async fn talk(mut child: Child, bytes: Vec<u8>) -> Result<String, StepError> {
    let failed = |_| StepError::transient(Code::EngineFailed, "the speech engine broke down");
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program that ends early says why by its exit code.
            let _ = stdin.write_all(&bytes).await;
        }
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    let output = output.map_err(failed)?;
    if !output.status.success() {
        tracing::warn!(event = "transcription.failed", status = %output.status, "the speech engine failed");
        return Err(failed(std::io::ErrorKind::Other.into()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `word start end confidence`, times in seconds; other lines are the text.
fn word_line(line: &str) -> Option<CommandWord> {
    let fields: Vec<&str> = line.split(' ').collect();
    let [text, start, end, confidence] = fields[..] else {
        return None;
    };
    Some(CommandWord {
        text: text.to_owned(),
        start_ms: millis(start.parse().ok()?)?,
        // The last frame of 10 ms belongs to the word.
        end_ms: millis(end.parse().ok()?)? + 10,
        confidence: confidence.parse::<f32>().ok()?.clamp(0.0, 1.0),
    })
}

#[derive(Deserialize)]
struct JsonUtterance {
    w: Vec<JsonWord>,
}

/// Begin and duration in seconds, probability, text.
#[derive(Deserialize)]
struct JsonWord {
    b: f64,
    d: f64,
    p: f32,
    t: String,
}

fn json_words(printed: &str) -> Option<Vec<CommandWord>> {
    let mut words = Vec::new();
    for line in printed.lines().filter(|line| line.starts_with('{')) {
        let utterance: JsonUtterance = serde_json::from_str(line).ok()?;
        for word in utterance.w {
            let heard = CommandWord {
                text: word.t,
                start_ms: millis(word.b)?,
                end_ms: millis(word.b + word.d)?,
                confidence: word.p.clamp(0.0, 1.0),
            };
            words.extend(Some(heard).filter(is_word).map(plain));
        }
    }
    Some(words)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be in range"
)]
fn millis(seconds: f64) -> Option<u64> {
    (0.0..1e6)
        .contains(&seconds)
        .then(|| (seconds * 1_000.0).round() as u64)
}

/// Not a silence, a noise or a breath, which are written `<sil>`, `[NOISE]`, `++BREATH++`.
fn is_word(heard: &CommandWord) -> bool {
    !heard.text.is_empty() && !heard.text.starts_with(['<', '[', '+'])
}

/// Without the number of the pronunciation: `the(2)`.
fn plain(mut heard: CommandWord) -> CommandWord {
    let length = heard.text.find('(').unwrap_or(heard.text.len());
    heard.text.truncate(length);
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(dialect: Dialect) -> Command {
        Command {
            program: PathBuf::new(),
            dialect,
        }
    }

    fn heard(text: &str, start_ms: u64, end_ms: u64, confidence: f32) -> CommandWord {
        CommandWord {
            text: text.into(),
            start_ms,
            end_ms,
            confidence,
        }
    }

    #[test]
    fn the_lines_of_version_0_8_are_read() {
        let printed = "hello rather\n<s> 0.000 0.190 0.999300\nhello 0.200 0.490 0.228648\n\
                       [NOISE] 0.500 0.600 0.9\nrather(2) 0.860 1.210 0.981275\n</s> 5.090 5.280 1.000000\n";
        assert_eq!(
            command(Dialect::Continuous).read(printed),
            Some(vec![
                heard("hello", 200, 500, 0.228_648),
                heard("rather", 860, 1_220, 0.981_275)
            ])
        );
    }

    #[test]
    fn the_json_of_version_5_is_read() {
        let printed = r#"{"b":0.000,"d":2.840,"p":0.987,"t":"go forward","w":[
            {"b":0.000,"d":0.210,"p":0.987,"t":"<sil>"},{"b":0.210,"d":0.250,"p":0.995,"t":"go"},
            {"b":0.460,"d":0.510,"p":0.872,"t":"forward(2)"}]}"#
            .replace('\n', "");
        assert_eq!(
            command(Dialect::Single).read(&printed),
            Some(vec![
                heard("go", 210, 460, 0.995),
                heard("forward", 460, 970, 0.872)
            ])
        );
    }

    #[test]
    fn no_samples_begin_like_a_file() {
        let samples = [-1, -1, 7];
        let plain = command(Dialect::Continuous).input(&samples);
        assert_eq!(plain, [0xff, 0xff, 0xff, 0xff, 7, 0]);
        let padded = command(Dialect::Single).input(&samples);
        assert_eq!((&padded[..8], &padded[8..]), (&[0; 8][..], &plain[..]));
    }

    #[test]
    fn invalid_response_is_an_error_not_an_empty_transcript() {
        assert_eq!(command(Dialect::Single).read("{\"w\": 5}"), None);
        assert_eq!(command(Dialect::Single).read(""), Some(Vec::new()));
    }

    #[test]
    fn missing_program_error_names_the_package() {
        let error = Command::find("/nonexistent").unwrap_err().to_string();
        assert!(error.contains("apt-get install pocketsphinx"), "{error}");
    }
}
