//! The copy of a recording that browsers do not play.

use std::sync::Arc;

use domain::{
    InterviewKey,
    audio::{PLAYBACK_TYPE, Playback},
    deletion, interview_store,
    lease::Lease,
    ports::{ByteStream, Overwrite, Recording},
    steps::{Code, StepError, StepState},
    versions::UnknownFields,
};
use futures::StreamExt as _;
use media::{CopyError, Decoder, Ffmpeg, ObjectReader};
use steps::{Failure, Uncancelled, storage_error};
use tokio::{fs::File, task::spawn_blocking};
use tokio_util::io::ReaderStream;

use crate::Waveform;

impl Waveform {
    /// Makes and stores the copy; none where there is no FFmpeg that can encode it, which is
    /// no reason to be without the waveform.
    pub(crate) async fn store_copy(
        &self,
        key: &InterviewKey,
        lease: Lease,
        recording: Recording,
    ) -> Result<Option<Playback>, StepError> {
        let Some(ffmpeg) = Ffmpeg::configured() else {
            return Ok(None);
        };
        let generation = recording.generation;
        let encode = move || {
            let decoder = Decoder::open(Box::new(ObjectReader::open(&recording)))?;
            let file = ffmpeg.encode_playable(decoder)?;
            let size_bytes = file.metadata().map_err(CopyError::Encode)?.len();
            Ok((file, size_bytes))
        };
        let encoded = spawn_blocking(encode).await;
        let encoded = encoded
            .map_err(|_| StepError::transient(Code::WorkerLost, "the encoder broke down"))?;
        let (file, size_bytes) = match encoded {
            Ok(encoded) => encoded,
            Err(CopyError::Decode(error)) => return Err(error.to_step_error()),
            Err(CopyError::Encode(error)) => {
                tracing::warn!(
                    event = "waveform.copy_failed", %error,
                    "FFmpeg could not encode a playable copy"
                );
                return Ok(None);
            }
        };
        let object = key.playback_object(lease.token);
        let (artifacts, name) = (Arc::clone(&self.artifacts), object.clone());
        let body: ByteStream = ReaderStream::new(File::from_std(file)).boxed();
        let uncancelled = Uncancelled::current();
        let stored = uncancelled.run(async move {
            let written = artifacts.write(&name, PLAYBACK_TYPE, body, Overwrite::Allowed);
            written.await.map(drop)
        });
        stored.await.map_err(|error| storage_error(&error))?;
        Ok(Some(Playback {
            object,
            size_bytes,
            generation,
            unknown: UnknownFields::default(),
        }))
    }

    /// Deletes the copies of older leases than the one under which the step was done: they are
    /// replaced, or no copy is needed any more.
    pub(crate) async fn delete_replaced(&self, key: &InterviewKey) -> Result<(), Failure> {
        let interview = interview_store::interview(&*self.steps.records, key).await?;
        let step = interview.map(|interview| interview.steps.waveform);
        let Some(done) = step.filter(|step| step.state == StepState::Done) else {
            return Ok(());
        };
        let newest = key.playback_object(done.token);
        Ok(deletion::clear_replaced(&*self.artifacts, key, &newest).await?)
    }
}
