//! `interviewlens doctor`: whether the engines work as they are set up, and its last result,
//! which `GET /v1/engines` shows.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use async_trait::async_trait;
use config::{Environment, InvalidSetting};
use domain::{
    Timestamp,
    engine_check::{EngineCheck, Finding, Severity},
    ids::hex,
    ports::{Clock, EngineChecks, EngineKind},
};
use runtime::telemetry;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The last result, in the data directory.
const FILE: &str = "engine-checks.json";

/// The variables that engines are set up by: a result is shown as long as all are the same.
const VARIABLES: [&str; 20] = [
    "TRANSCRIBER",
    "WHISPER_MODEL",
    "MODEL_DIR",
    "DIARIZATION",
    "DEEPGRAM_API_KEY",
    "DEEPGRAM_BASE_URL",
    "DEEPGRAM_MODEL",
    "OPENAI_TRANSCRIPTION_API_KEY",
    "OPENAI_TRANSCRIPTION_BASE_URL",
    "OPENAI_TRANSCRIPTION_MODEL",
    "ANALYZER",
    "ANALYZER_PART_TOKENS",
    "GEMINI_API_KEY",
    "GEMINI_BASE_URL",
    "GEMINI_MODEL",
    "GCS_PROJECT_ID",
    "VERTEX_LOCATION",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
];

/// How to connect other engines.
const CONNECT: &str = "
To connect a language model, which rates competencies, set these and start again:
  Ollama    ANALYZER=openai OPENAI_BASE_URL=http://localhost:11434/v1 OPENAI_MODEL=llama3.1:8b
  Gemini    ANALYZER=gemini GEMINI_API_KEY=…
To connect another speech engine:
  Deepgram  TRANSCRIBER=deepgram DEEPGRAM_API_KEY=…
";

/// A digest of the settings of engines. It changes with each of them and shows none.
pub(crate) fn digest(environment: &Environment) -> String {
    let set: BTreeMap<_, _> = VARIABLES
        .iter()
        .map(|name| (name, environment.text(name)))
        .collect();
    let all = serde_json::to_vec(&set).unwrap_or_default();
    hex(&Sha256::digest(all)[..16])
}

/// The results of one run, as they are stored.
#[derive(Serialize, Deserialize)]
struct StoredChecks {
    /// [`digest`] at that time.
    settings: String,
    speech: EngineCheck,
    language: EngineCheck,
}

/// Reads the last result from the data directory.
pub(crate) struct LastChecks {
    file: PathBuf,
    settings: String,
}

impl LastChecks {
    /// Of the engines with this [`digest`].
    pub(crate) fn new(data_dir: &Path, settings: String) -> Self {
        Self {
            file: data_dir.join(FILE),
            settings,
        }
    }
}

#[async_trait]
impl EngineChecks for LastChecks {
    async fn last(&self, kind: EngineKind) -> Option<EngineCheck> {
        let stored = tokio::fs::read(&self.file).await.ok()?;
        let stored: StoredChecks = serde_json::from_slice(&stored).ok()?;
        let is_current = stored.settings == self.settings;
        is_current.then_some(match kind {
            EngineKind::Speech => stored.speech,
            EngineKind::Language => stored.language,
        })
    }
}

/// An engine, what it is called, and what was found.
struct Checked {
    title: String,
    findings: Vec<Finding>,
}

/// Runs the command; returns the exit code: 1 where an engine does not work.
pub(crate) async fn run(
    environment: &Environment,
    data_dir: &Path,
    clock: &dyn Clock,
) -> anyhow::Result<u8> {
    telemetry::for_people("error");
    let recordings = engines::ffmpeg_finding(environment);
    let (speech, language) = futures::join!(speech(environment), language(environment));
    let has_model = language
        .findings
        .iter()
        .all(|own| own.code != "no_language_model");
    let mut out = io::stdout().lock();
    writeln!(out, "Speech: {}", speech.title)?;
    print(&mut out, &speech.findings)?;
    writeln!(out, "Analysis: {}", language.title)?;
    print(&mut out, &language.findings)?;
    writeln!(out, "Recordings:")?;
    print(&mut out, std::slice::from_ref(&recordings))?;
    if !has_model {
        write!(out, "{CONNECT}")?;
    }
    let now = clock.now();
    let checks = StoredChecks {
        settings: digest(environment),
        speech: checked(speech, now),
        language: checked(language, now),
    };
    store(data_dir, &checks)?;
    let is_passed = checks.speech.is_passed()
        && checks.language.is_passed()
        && recordings.severity != Severity::Error;
    Ok(u8::from(!is_passed))
}

fn checked(engine: Checked, now: Timestamp) -> EngineCheck {
    EngineCheck {
        checked_at: now,
        findings: engine.findings,
    }
}

async fn speech(environment: &Environment) -> Checked {
    let found = engines::transcriber(environment)
        .and_then(|transcriber| engines::with_diarization(environment, transcriber));
    match found {
        Ok(transcriber) => Checked {
            title: title(transcriber.name(), transcriber.model()),
            findings: transcriber.check().await,
        },
        Err(error) => not_set_up(environment.text("TRANSCRIBER").unwrap_or("whisper"), &error),
    }
}

async fn language(environment: &Environment) -> Checked {
    match engines::analyst(environment) {
        Ok(analyst) => Checked {
            title: title(analyst.name(), analyst.model()),
            findings: analyst.check().await,
        },
        Err(error) => not_set_up(environment.text("ANALYZER").unwrap_or("extractive"), &error),
    }
}

/// The finding of an engine that the settings do not describe.
fn not_set_up(name: &str, error: &anyhow::Error) -> Checked {
    let finding = Finding::error("setting_invalid", format!("{error:#}"));
    let variable = error.downcast_ref::<InvalidSetting>();
    Checked {
        title: name.to_owned(),
        findings: vec![match variable {
            Some(variable) => finding.about(&[variable.name]),
            None => finding,
        }],
    }
}

fn title(name: &str, model: Option<&str>) -> String {
    match model {
        Some(model) => format!("{name}, model {model}"),
        None => name.to_owned(),
    }
}

fn print(out: &mut impl io::Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        let severity = match finding.severity {
            Severity::Ok => "ok",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let missing = |name: &&String| !finding.message.contains(name.as_str());
        let settings: Vec<_> = finding.settings.iter().filter(missing).cloned().collect();
        let settings = if settings.is_empty() {
            String::new()
        } else {
            format!(" (set {})", settings.join(" or "))
        };
        writeln!(out, "  {severity:<8} {}{settings}", finding.message)?;
    }
    Ok(())
}

fn store(data_dir: &Path, checks: &StoredChecks) -> anyhow::Result<()> {
    let storing = || format!("storing the result in `{}`", data_dir.display());
    fs::create_dir_all(data_dir).with_context(storing)?;
    let text = serde_json::to_vec_pretty(checks)?;
    let file = tempfile::NamedTempFile::new_in(data_dir).with_context(storing)?;
    fs::write(file.path(), text).with_context(storing)?;
    file.persist(data_dir.join(FILE)).with_context(storing)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn result_is_shown_as_long_as_the_settings_are_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let own = Environment::from_pairs([("ANALYZER", "extractive")]);
        let other =
            Environment::from_pairs([("ANALYZER", "gemini"), ("GEMINI_API_KEY", "hunter2")]);
        let last = async |environment| {
            let checks = LastChecks::new(folder.path(), digest(environment));
            checks.last(EngineKind::Language).await
        };
        assert_eq!(last(&own).await, None);
        let check = EngineCheck {
            checked_at: Timestamp::from_millis(1_000),
            findings: vec![Finding::ok("engine_works", "it does")],
        };
        let checks = StoredChecks {
            settings: digest(&own),
            speech: check.clone(),
            language: check.clone(),
        };
        store(folder.path(), &checks).unwrap();
        assert_eq!(last(&own).await, Some(check));
        assert_eq!(last(&other).await, None);
        let stored = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!stored.contains("hunter2"));
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert_eq!(last(&own).await, None);
    }

    #[test]
    fn settings_that_a_message_does_not_name_are_added() {
        let mut out = Vec::new();
        let findings = [
            Finding::error("a", "check THE_KEY").about(&["THE_KEY"]),
            Finding::warning("b", "no such model").about(&["THE_MODEL", "THE_URL"]),
        ];
        print(&mut out, &findings).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "  error    check THE_KEY\n  warning  no such model (set THE_MODEL or THE_URL)\n"
        );
    }
}
