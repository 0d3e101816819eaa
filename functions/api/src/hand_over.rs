//! A recording that came by form, stored where the pipeline starts.

use domain::{
    ErrorCode, Interview,
    audio::Audio,
    ports::{ObjectError, Overwrite, Recording},
};
use runtime::http::Problem;

use crate::{Api, temp_recording::TempRecording};

/// What is stored already in the place of a recording.
enum Found {
    /// Nothing any more.
    Nothing,
    /// The same bytes.
    Same,
    /// Another recording of the declared size.
    Different,
    /// An object that does not have the declared size, of this generation.
    Incomplete(i64),
}

impl Api {
    /// Stores the recording as the upload of its interview. An object that is there
    /// already counts only when it has the same bytes: a call before may have left a part
    /// of them, which is replaced.
    pub(crate) async fn hand_over(
        &self,
        interview: &Interview,
        spooled: &TempRecording,
    ) -> Result<(), Problem> {
        let Some(audio) = &interview.audio else {
            return Err(Problem::internal());
        };
        let recording = &spooled.recording;
        if recording.size != audio.size_bytes {
            return Err(brought_another());
        }
        if self.store_recording(audio, recording).await? {
            return Ok(());
        }
        match self.compare(audio, recording).await? {
            Found::Same => return Ok(()),
            Found::Different => return Err(brought_another()),
            Found::Incomplete(generation) => {
                tracing::warn!(
                    event = "upload.replaced",
                    interview.id = %interview.id,
                    generation,
                    "an incomplete upload is replaced"
                );
                let name = &audio.object;
                self.uploads.delete_generation(name, generation).await?;
            }
            Found::Nothing => {}
        }
        if self.store_recording(audio, recording).await? {
            return Ok(());
        }
        let detail = "the recording was stored by another call at the same time; try again";
        Err(Problem::new(ErrorCode::Conflict, detail))
    }

    /// Answers `false` when there is an object already.
    async fn store_recording(&self, audio: &Audio, recording: &Recording) -> Result<bool, Problem> {
        let generation = Some(recording.generation);
        let read = recording.objects.read(&recording.object, generation, None);
        let (_, bytes) = read.await?;
        let (name, content_type) = (&audio.object, &audio.content_type);
        let stored = self
            .uploads
            .write(name, content_type, bytes, Overwrite::Refused)
            .await;
        match stored {
            Ok(_) => Ok(true),
            Err(ObjectError::Exists { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn compare(&self, audio: &Audio, recording: &Recording) -> Result<Found, Problem> {
        let Some(found) = self.uploads.stat(&audio.object).await? else {
            return Ok(Found::Nothing);
        };
        if found.size != audio.size_bytes {
            return Ok(Found::Incomplete(found.generation));
        }
        let (stored, brought) = futures::try_join!(
            self.uploads.crc32c(&found.name, found.generation),
            recording
                .objects
                .crc32c(&recording.object, recording.generation),
        )?;
        Ok(if stored == brought {
            Found::Same
        } else {
            Found::Different
        })
    }
}

fn brought_another() -> Problem {
    let detail = "this key has brought another recording before; use a new one";
    Problem::new(ErrorCode::IdempotencyKeyUsed, detail)
}
