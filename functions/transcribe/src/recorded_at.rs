//! Notes when a recording was made, by the metadata in its file.

use std::sync::Arc;

use anyhow::Context;
use domain::{
    Interview, InterviewKey, RecordedAt,
    event::StoredObject,
    interview_store::{self, Decision},
    ports::Recording,
};
use media::ObjectReader;
use steps::Failure;
use tokio::task::spawn_blocking;

use crate::Transcribe;

impl Transcribe {
    /// The recording that has been stored.
    pub(crate) fn recording(&self, object: &StoredObject) -> Recording {
        Recording {
            objects: Arc::clone(&self.uploads),
            object: object.name.clone(),
            generation: object.generation,
            size: object.size,
            content_type: object.content_type.clone(),
        }
    }

    /// Stores the date in the metadata of a recording, before any step that shows it. A date
    /// in the future is of a clock that was not set.
    pub(crate) async fn note_recorded_at(
        &self,
        key: &InterviewKey,
        object: &StoredObject,
    ) -> Result<(), Failure> {
        let (recording, now) = (self.recording(object), self.steps.clock.now());
        let read = move || media::recorded_at(Box::new(ObjectReader::open(&recording)));
        let read = spawn_blocking(read).await;
        let found = read
            .context("reading the metadata of the recording")?
            .context("reading the metadata of the recording")?;
        let Some(found) = found.filter(|found| !found.is_future(now)) else {
            return Ok(());
        };
        let note = |interview: Option<&mut Interview>| note(interview, object, found);
        let noted = interview_store::transact(&*self.steps.records, key, now, note).await;
        Ok(noted?)
    }
}

fn note(
    interview: Option<&mut Interview>,
    object: &StoredObject,
    found: RecordedAt,
) -> Decision<()> {
    let interview = interview.filter(|interview| interview.deleted_at.is_none());
    let audio = interview.and_then(|interview| interview.audio.as_mut());
    let Some(audio) = audio.filter(|audio| audio.generation == Some(object.generation)) else {
        return Decision::Leave(());
    };
    if audio.recorded_at == Some(found) {
        return Decision::Leave(());
    }
    audio.recorded_at = Some(found);
    Decision::Write((), Vec::new())
}
