//! Writes the report: a Word document and a page that one would hand on.
//!
//! Listens to `data/analysis`; writes both to the bucket for products, and where they lie to
//! `data/report`. `sections` says what a report holds, without a format; `docx` and `html`
//! write it; `shared` leaves out of it what is the owner's alone. `collection` is the report of
//! a collection, which `api` requests.

mod canvas;
mod collection;
mod colour;
mod content;
mod document;
mod docx;
mod html;
mod recording;
mod sections;
mod shared;
mod text;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Interview, InterviewKey,
    analysis::{Analysis, DerivedFrom},
    deletion,
    event::Event,
    interview_store,
    lease::Lease,
    note::{self, Note},
    ports::{ByteStream, ObjectStore, Overwrite, Precondition, Query, Write},
    report::{CONTENT_TYPE, HTML_CONTENT_TYPE, StoredHtml, StoredReport},
    steps::{Code, StepError, StepName},
    transcript::Transcript,
    versions::UnknownFields,
    waveform::StoredWaveform,
};
use futures::{StreamExt, stream};
use steps::{
    Failure, Function, Outcome, StepOutput, StepRun, StepRunner, Trigger, Uncancelled, readable,
    storage_error,
};

pub use collection::collection_report;
pub use content::ReportContent;
pub use html::Page;
pub use shared::shared_page;

/// Who the documents say has written them.
const AUTHOR: &str = "InterviewLens";

/// A report in both formats.
pub struct Rendered {
    /// The Word document.
    pub docx: Vec<u8>,
    /// The page.
    pub page: Page,
}

/// A report could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The XML could not be written.
    #[error("writing the document")]
    Write(#[source] zip::result::ZipError),
    /// A picture could not be drawn.
    #[error("drawing a picture")]
    Picture(#[source] png::EncodingError),
    /// It could not be compressed.
    #[error("compressing the document")]
    Compress(#[source] std::io::Error),
}

/// Writes a report in both formats. The same content gives the same bytes.
pub fn render(content: &ReportContent<'_>) -> Result<Rendered, RenderError> {
    let document = sections::document(content)?;
    Ok(Rendered {
        docx: docx::write(&document)?,
        page: html::write(&document),
    })
}

/// The function, and what it needs.
pub struct Report {
    /// Claims, results and the time.
    pub steps: StepRunner,
    /// The bucket for products.
    pub artifacts: Arc<dyn ObjectStore>,
    /// Where the service is reached, without a slash at the end; absent where no console is
    /// served.
    pub public_url: Option<String>,
}

#[async_trait]
impl Function for Report {
    fn name(&self) -> &'static str {
        "report"
    }

    async fn handle(&self, trigger: Trigger) -> Result<(), Failure> {
        match trigger {
            Trigger::Task(task) => self.write(&task.decode()?).await,
            Trigger::Event(Event::DocumentWritten(written)) => {
                match InterviewKey::from_path(written.path.as_str()) {
                    Some(key) => self.write(&key).await,
                    None => Ok(()),
                }
            }
            Trigger::Event(_) => Ok(()),
        }
    }
}

impl Report {
    async fn write(&self, key: &InterviewKey) -> Result<(), Failure> {
        // The event may be late: what counts is the analysis that is there now.
        let Some(document) = self.steps.records.read(&key.data("analysis")).await? else {
            // Deleted, perhaps after a report was written and before that was noted.
            let gone = interview_store::interview(&*self.steps.records, key)
                .await?
                .is_none();
            return if gone { self.clear(key).await } else { Ok(()) };
        };
        let analysis: Analysis = document.decode()?;
        let revision = analysis.derived_from.transcript_revision;
        let step_run = StepRun {
            key: key.clone(),
            step: StepName::Report,
            input: format!("{revision}@{}", analysis.created_at),
            engine: None,
        };
        let compose = |_, lease| self.compose(key, lease, analysis);
        match Box::pin(self.steps.run(step_run, compose)).await? {
            // A worker that was killed after its commit has left this to a redelivery, and one
            // that missed the response to its commit finds its lease ended.
            Outcome::Finished
            | Outcome::AlreadySettled
            | Outcome::GivenUp
            | Outcome::Superseded => self.delete_replaced(key).await,
            Outcome::Gone => self.clear(key).await,
            Outcome::Deferred => Ok(()),
        }
    }

    /// Deletes the reports that the stored one has replaced, and those of workers that were
    /// killed before they stored theirs.
    async fn delete_replaced(&self, key: &InterviewKey) -> Result<(), Failure> {
        let records = &*self.steps.records;
        // Read first: a worker that begins later has a newer token.
        let interview = interview_store::interview(records, key).await?;
        let document = records.read(&key.data("report")).await?;
        let stored: Option<StoredReport> = document.map(|own| own.decode()).transpose()?;
        if let Some(stored) = &stored {
            deletion::clear_replaced(&*self.artifacts, key, &stored.object).await?;
        }
        let settled = interview.filter(|own| own.steps.report.is_settled());
        let Some(interview) = settled else {
            return Ok(());
        };
        let next = key.report_object(interview.last_token + 1);
        for object in self.artifacts.list(&key.object_prefix()).await? {
            let is_stored = stored.as_ref().is_some_and(|own| {
                let html = own.html.as_ref();
                own.object == object || html.is_some_and(|html| html.object == object)
            });
            if !is_stored && key.is_replaced(&object, &next) {
                self.artifacts.delete(&object).await?;
            }
        }
        Ok(())
    }

    async fn clear(&self, key: &InterviewKey) -> Result<(), Failure> {
        Ok(deletion::clear(&*self.artifacts, key).await?)
    }

    async fn compose(
        &self,
        key: &InterviewKey,
        lease: Lease,
        analysis: Analysis,
    ) -> Result<StepOutput, StepError> {
        let (derived_from, rendered) = self.rendered(key, analysis).await?;
        let size_bytes = rendered.docx.len() as u64;
        let object = key.report_object(lease.token);
        let html = StoredHtml {
            object: key.report_page_object(lease.token),
            style_sha256: rendered.page.style_sha256,
        };
        self.store(&object, CONTENT_TYPE, rendered.docx).await?;
        let page = rendered.page.html.into_bytes();
        self.store(&html.object, HTML_CONTENT_TYPE, page).await?;
        let report = StoredReport {
            derived_from: derived_from.into(),
            object,
            size_bytes,
            html: Some(html.into()),
            created_at: self.steps.clock.now(),
            unknown: UnknownFields::default(),
        };
        let write = Write::put(key.data("report"), &report, Precondition::None);
        Ok(StepOutput {
            writes: vec![stored(write)?],
            ..StepOutput::default()
        })
    }

    async fn rendered(
        &self,
        key: &InterviewKey,
        analysis: Analysis,
    ) -> Result<(DerivedFrom, Rendered), StepError> {
        let (interview, transcript, derived_from) = self.sources(key).await?;
        let waveform = self.waveform(key).await?;
        let notes = self.notes(key).await?;
        let assessment = interview_store::assessment(&*self.steps.records, &interview).await;
        let assessment = stored(assessment)?;
        let derived_from = DerivedFrom {
            assessment: assessment.as_ref().map(|assessment| assessment.version),
            ..derived_from
        };
        let public_url = self.public_url.clone();
        let rendered = tokio::task::spawn_blocking(move || {
            let analysis = current(analysis, &interview, &transcript, derived_from);
            render(&ReportContent {
                interview: &interview,
                transcript: &transcript,
                analysis: &analysis,
                waveform: waveform.as_ref(),
                notes: &notes,
                assessment: assessment.as_ref(),
                public_url: public_url.as_deref(),
            })
        });
        let rendered = rendered.await.map_err(|_| not_written())?;
        Ok((derived_from, rendered.map_err(|_| not_written())?))
    }

    /// Writes an object to its end, also when the step is stopped meanwhile.
    async fn store(
        &self,
        object: &str,
        content_type: &'static str,
        bytes: Vec<u8>,
    ) -> Result<(), StepError> {
        let body: ByteStream = stream::iter([Ok(Bytes::from(bytes))]).boxed();
        let (artifacts, name) = (Arc::clone(&self.artifacts), object.to_owned());
        let uncancelled = Uncancelled::current();
        let writing = uncancelled.run(async move {
            let written = artifacts.write(&name, content_type, body, Overwrite::Allowed);
            written.await.map(drop)
        });
        stored(writing.await)
    }

    /// The waveform, where there is one: nearly always, since decoding is less
    /// work than recognising and analysing.
    async fn waveform(&self, key: &InterviewKey) -> Result<Option<StoredWaveform>, StepError> {
        let found = stored(self.steps.records.read(&key.data("waveform")).await)?;
        stored(found.map(|document| document.decode()).transpose())
    }

    async fn notes(&self, key: &InterviewKey) -> Result<Vec<Note>, StepError> {
        let query = Query::collection(key.notes());
        let documents = self.steps.records.list(&query).await;
        let mut notes: Vec<Note> = readable(&stored(documents)?);
        note::order(&mut notes);
        Ok(notes)
    }

    /// The interview, its transcript as it is corrected now, and what that is derived from.
    async fn sources(
        &self,
        key: &InterviewKey,
    ) -> Result<(Interview, Transcript, DerivedFrom), StepError> {
        let records = &*self.steps.records;
        let missing = || {
            let message = "there is no transcript any more";
            StepError::permanent(Code::TranscriptMissing, message)
        };
        let interview = stored(interview_store::interview(records, key).await)?;
        let interview = interview.ok_or_else(missing)?;
        let corrected = interview_store::corrected_transcript(records, &interview).await;
        let corrected = stored(corrected)?.ok_or_else(missing)?;
        let (revision, transcript) = (corrected.revision, corrected.transcript);
        let derived_from = DerivedFrom::new(&interview, transcript.head.revision, revision)
            .with_speakers(&interview.speakers);
        let transcript = transcript.with_speaker_names(&interview.speakers);
        Ok((interview, transcript, derived_from))
    }
}

/// The analysis with its quotes as they stand in the transcript now.
fn current(
    mut analysis: Analysis,
    interview: &Interview,
    transcript: &Transcript,
    derived_from: DerivedFrom,
) -> Analysis {
    if !analysis.derived_from.is_same_transcript(&derived_from) {
        analysis = evidence::renewed(analysis, transcript, interview.kind);
    }
    analysis.derived_from = derived_from.into();
    analysis
}

/// What the store answers a step.
fn stored<T, E: std::error::Error + 'static>(answer: Result<T, E>) -> Result<T, StepError> {
    answer.map_err(|error| storage_error(&error))
}

fn not_written() -> StepError {
    StepError::permanent(Code::ReportNotWritten, "the report could not be written")
}
