//! One recording, or one transcript, through the same pipeline, without a service.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use api::exports;
use config::SystemClock;
use domain::{
    Interview, InterviewId, InterviewKey, Private, UserId,
    analysis::{Analysis, NO_LANGUAGE_MODEL},
    audio::Audio,
    interview::{ChannelUse, Status},
    interview_store,
    ledger::SpendingLimits,
    ports::{ByteStream, ObjectStore, Overwrite, Precondition, Write},
    report::StoredReport,
    transcript::Recognition,
    usable::Usable,
    waveform::{Bits, StoredWaveform},
};
use emulation::dispatch::GRACE;
use futures::{StreamExt, TryStreamExt};
use runtime::telemetry;
use steps::{Import, Imported, StepRunner};
use tokio_util::{io::ReaderStream, sync::CancellationToken};
use transcripts::TranscriptFile;

use crate::{Host, HostEngines, Settings, progress::Display};

/// What the user knows of the recording.
pub(crate) struct Hints {
    /// The number of people who speak.
    pub(crate) speakers_expected: Option<u32>,
    /// What its channels carry.
    pub(crate) channels: ChannelUse,
    /// Names and terms that are likely to be said.
    pub(crate) key_terms: Vec<String>,
}

/// What is processed.
pub(crate) struct Input {
    name: String,
    content: Content,
}

enum Content {
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

impl Input {
    /// A file: by the ending of its name a transcript, which is read, or a recording.
    pub(crate) fn read(file: &Path) -> anyhow::Result<Self> {
        let reading = || format!("reading `{}`", file.display());
        let size = fs::metadata(file).with_context(reading)?.len();
        if size == 0 {
            bail!("`{}` is empty", file.display());
        }
        let ending = file.extension().unwrap_or_default().to_string_lossy();
        let content = if TRANSCRIPTS.contains(&&*ending.to_lowercase()) {
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
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let name = name.into_owned();
        Ok(Self { name, content })
    }

    /// Whether a speech engine is going to recognise it.
    pub(crate) const fn needs_models(&self) -> bool {
        matches!(self.content, Content::Recording { .. })
    }
}

/// Runs a recording or a transcript through the pipeline and leaves the results in `out`;
/// answers the exit code.
pub(crate) async fn run(
    mut settings: Settings,
    engines: HostEngines,
    input: Input,
    out: &Path,
    hints: Hints,
) -> anyhow::Result<u8> {
    telemetry::for_people("error");
    fs::create_dir_all(out).with_context(|| format!("creating `{}`", out.display()))?;
    let scratch = tempfile::tempdir().context("creating a temporary folder")?;
    settings.data_dir = scratch.path().to_owned();
    // Those are for users of a service.
    settings.spending = SpendingLimits::default();
    let host = Host::open(settings, String::new(), engines, Arc::new(SystemClock)).await?;
    let stop = CancellationToken::new();
    let dispatching = host
        .dispatcher()
        .run(Arc::clone(&host.clock), stop.clone(), GRACE);
    let dispatching = tokio::spawn(dispatching);
    let interview = submit(&host, input, hints).await?;
    let finished = follow(&host, &interview.key()).await;
    stop.cancel();
    dispatching.await?;
    let finished = finished?;
    leave_results(&host, &finished, out).await?;
    Ok(match finished.status {
        Status::Completed => 0,
        Status::Partial => 3,
        _ => 1,
    })
}

/// Creates the interview and stores the recording or the transcript, which starts the
/// pipeline.
async fn submit(host: &Host, input: Input, hints: Hints) -> anyhow::Result<Interview> {
    let key = InterviewKey {
        user_id: UserId::parse("local")?,
        interview_id: InterviewId::generate(),
    };
    let mut interview = Interview::new(&key, input.name.clone().into(), host.clock.now());
    interview.speakers_expected = hints.speakers_expected;
    interview.channels = hints.channels;
    interview.key_terms = hints.key_terms.into_iter().map(Private::from).collect();
    match input.content {
        Content::Recording { file, size } => {
            upload(host, &mut interview, input.name, &file, size).await?;
        }
        Content::Transcript { bytes, transcript } => {
            create(host, &interview).await?;
            import(host, &key, &bytes, *transcript).await?;
        }
    }
    Ok(interview)
}

async fn create(host: &Host, interview: &Interview) -> anyhow::Result<()> {
    let write = Write::put(interview.key().document(), interview, Precondition::Absent)?;
    Ok(host.store.records().commit(vec![write]).await?)
}

async fn import(
    host: &Host,
    key: &InterviewKey,
    bytes: &[u8],
    transcript: Recognition,
) -> anyhow::Result<()> {
    let runner = StepRunner {
        records: host.store.records(),
        clock: Arc::clone(&host.clock),
    };
    let imported = runner.import_transcript(key, Import::new(bytes, transcript));
    match Box::pin(imported).await {
        Ok(Imported::Stored) => Ok(()),
        other => bail!("the transcript was not stored: {other:?}"),
    }
}

async fn upload(
    host: &Host,
    interview: &mut Interview,
    name: String,
    file: &Path,
    size: u64,
) -> anyhow::Result<()> {
    let object = interview.key().new_audio_object();
    let content_type = "application/octet-stream".to_owned();
    let audio = Audio::new(name.into(), content_type, size, object.clone());
    interview.audio = Some(audio);
    create(host, interview).await?;
    let bytes: ByteStream = ReaderStream::new(tokio::fs::File::open(file).await?).boxed();
    let bucket = host.store.bucket("uploads");
    bucket
        .write(
            &object,
            "application/octet-stream",
            bytes,
            Overwrite::Refused,
        )
        .await?;
    Ok(())
}

/// Shows the steps until all are settled.
async fn follow(host: &Host, key: &InterviewKey) -> anyhow::Result<Interview> {
    let mut changes = interview_store::watch(host.store.records(), key);
    let mut display = Display::default();
    while let Some(interview) = changes.try_next().await? {
        display.show(&interview.steps)?;
        if interview.visible_status().is_final() {
            display.end(&interview)?;
            return Ok(interview);
        }
    }
    bail!("the interview is gone")
}

async fn leave_results(host: &Host, interview: &Interview, out: &Path) -> anyhow::Result<()> {
    let (records, key) = (host.store.records(), interview.key());
    for reason in interview.usable.iter().flat_map(Usable::known_reasons) {
        writeln!(io::stderr(), "warning: {}", reason.meaning())?;
    }
    if let Some(transcript) = interview_store::transcript(&*records, &key).await? {
        let json = serde_json::to_vec_pretty(&exports::json(interview, &transcript))?;
        fs::write(out.join("transcript.json"), json)?;
        fs::write(out.join("transcript.srt"), exports::srt(&transcript))?;
    }
    if let Some(document) = records.read(&key.data("analysis")).await? {
        let mut analysis: Analysis = document.decode()?;
        hint(&analysis)?;
        analysis.derived_from = analysis.derived_from.shown(interview).into();
        let json = serde_json::to_vec_pretty(&analysis)?;
        fs::write(out.join("analysis.json"), json)?;
    }
    if let Some(document) = records.read(&key.data("waveform")).await? {
        let waveform: StoredWaveform = document.decode()?;
        fs::write(out.join("waveform.json"), waveform.to_json(Bits::Eight)?)?;
    }
    if let Some(document) = records.read(&key.data("report")).await? {
        let report: StoredReport = document.decode()?;
        let artifacts = host.store.bucket("artifacts");
        let page = report.html.as_ref().map(|html| &html.object);
        for (name, object) in [("docx", Some(&report.object)), ("html", page)] {
            if let Some(object) = object {
                let (_, bytes) = artifacts.read(object, None, None).await?;
                let chunks: Vec<_> = bytes.try_collect().await?;
                fs::write(out.join(format!("report.{name}")), chunks.concat())?;
            }
        }
    }
    Ok(())
}

/// Says which settings bring a scorecard, where no language model is connected.
fn hint(analysis: &Analysis) -> anyhow::Result<()> {
    let mut warnings = analysis.warnings.iter();
    if let Some(warning) = warnings.find(|warning| warning.code == NO_LANGUAGE_MODEL) {
        writeln!(io::stderr(), "{}", warning.message)?;
    }
    Ok(())
}
