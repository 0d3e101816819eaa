//! One recording through the same pipeline, without a service.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, bail};
use api::exports;
use config::SystemClock;
use domain::{
    Interview, InterviewId, InterviewKey, UserId,
    analysis::{Analysis, NO_LANGUAGE_MODEL},
    interview::{Audio, ChannelUse, Status},
    interview_store,
    ledger::SpendingLimits,
    ports::{ByteStream, ObjectStore, Overwrite, Precondition, Records, Write},
    report::StoredReport,
    usable::Usable,
    versions::UnknownFields,
    waveform::{Bits, StoredWaveform},
};
use emulation::dispatch::GRACE;
use futures::{StreamExt, TryStreamExt};
use runtime::telemetry;
use serde_json::Value;
use tokio_util::{io::ReaderStream, sync::CancellationToken};

use crate::{Host, HostEngines, Settings, progress::Display};

/// What the user knows of the recording.
#[derive(Clone, Copy)]
pub(crate) struct Hints {
    /// The number of people who speak.
    pub(crate) speakers_expected: Option<u32>,
    /// What its channels carry.
    pub(crate) channels: ChannelUse,
}

/// Runs the recording through the pipeline and leaves the results in `out`;
/// answers the exit code.
pub(crate) async fn run(
    mut settings: Settings,
    engines: HostEngines,
    file: &Path,
    out: &Path,
    hints: Hints,
) -> anyhow::Result<u8> {
    telemetry::for_people("error");
    let size = fs::metadata(file)
        .with_context(|| format!("reading `{}`", file.display()))?
        .len();
    if size == 0 {
        bail!("`{}` is empty", file.display());
    }
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
    let interview = submit(&host, file, size, hints).await?;
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

/// Creates the interview and stores the recording, which starts the pipeline.
async fn submit(host: &Host, file: &Path, size: u64, hints: Hints) -> anyhow::Result<Interview> {
    let key = InterviewKey {
        user_id: UserId::parse("local")?,
        interview_id: InterviewId::generate(),
    };
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let mut interview = Interview::new(&key, name.clone().into(), host.clock.now());
    interview.speakers_expected = hints.speakers_expected;
    interview.channels = hints.channels;
    let object = key.new_audio_object();
    interview.audio = Some(Audio {
        filename: name.into(),
        content_type: "application/octet-stream".into(),
        size_bytes: size,
        object: object.clone(),
        generation: None,
        duration_ms: None,
        channels: None,
        sample_rate_hz: None,
        container: None,
        codec: None,
        warnings: Vec::new(),
        recorded_at: None,
        unknown: UnknownFields::default(),
    });
    let write = Write::put(key.document(), &interview, Precondition::Absent)?;
    host.store.records().commit(vec![write]).await?;
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
    Ok(interview)
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
        let json = serde_json::to_vec_pretty(&exports::json(&transcript))?;
        fs::write(out.join("transcript.json"), json)?;
        fs::write(out.join("transcript.srt"), exports::srt(&transcript))?;
    }
    if let Some(analysis) = data(&*records, &key, "analysis").await? {
        hint(&analysis)?;
        fs::write(
            out.join("analysis.json"),
            serde_json::to_vec_pretty(&analysis)?,
        )?;
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
fn hint(analysis: &Value) -> anyhow::Result<()> {
    let analysis: Analysis = serde_json::from_value(analysis.clone())?;
    let mut warnings = analysis.warnings.iter();
    if let Some(warning) = warnings.find(|warning| warning.code == NO_LANGUAGE_MODEL) {
        writeln!(io::stderr(), "{}", warning.message)?;
    }
    Ok(())
}

async fn data(
    records: &dyn Records,
    key: &InterviewKey,
    name: &str,
) -> anyhow::Result<Option<Value>> {
    Ok(records
        .read(&key.data(name))
        .await?
        .map(|document| document.fields))
}
