//! One recording, or one transcript, through the same pipeline, without a service.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, bail};
use config::SystemClock;
use domain::{
    Interview, InterviewId, InterviewKey, UserId,
    audio::Audio,
    interview_store,
    ledger::SpendingLimits,
    ports::{ByteStream, ObjectStore as _, Overwrite, Precondition, Write},
    transcript::Recognition,
};
use emulation::dispatch::GRACE;
use futures::{StreamExt as _, TryStreamExt as _};
use steps::{Import, Imported, StepRunner};
use tokio_util::{io::ReaderStream, sync::CancellationToken};

use super::{
    hints::Hints,
    input::{Content, Input},
    results,
};
use crate::{Host, HostEngines, Settings, progress::Display};

/// Runs it through the pipeline and leaves the results in `out`; returns the interview as it
/// is settled, and the names of the files.
pub(super) async fn process(
    mut settings: Settings,
    engines: HostEngines,
    input: Input,
    out: &Path,
    hints: Hints,
) -> anyhow::Result<(Interview, Vec<&'static str>)> {
    std::fs::create_dir_all(out).with_context(|| format!("creating `{}`", out.display()))?;
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
    let finished = match submit(&host, input, hints).await {
        Ok(interview) => follow(&host, &interview.key()).await,
        Err(error) => Err(error),
    };
    stop.cancel();
    dispatching.await?;
    let finished = finished?;
    let files = results::leave(&host, &finished, out).await?;
    Ok((finished, files))
}

/// Creates the interview and stores the recording or the transcript, which starts the
/// pipeline.
async fn submit(host: &Host, input: Input, hints: Hints) -> anyhow::Result<Interview> {
    let key = InterviewKey {
        user_id: UserId::parse("local")?,
        interview_id: InterviewId::generate(),
    };
    let mut interview = Interview::new(&key, input.name.clone().into(), host.clock.now());
    hints.apply(&mut interview);
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
        display.show(interview.steps.iter().map(Into::into))?;
        let status = interview.visible_status();
        if status.is_final() {
            display.end(status.as_str())?;
            return Ok(interview);
        }
    }
    bail!("the interview is gone")
}
