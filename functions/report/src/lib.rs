//! Writes the report: a Word document that one would hand on.
//!
//! Listens to `data/analysis`; writes `report.docx` to the bucket for products,
//! and `data/report`. [`render()`] makes the document, part by part.

mod content;
mod evidence;
mod metrics;
mod pack;
mod render;
mod sections;
mod styles;
mod text;
mod title;
mod transcript;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Interview, InterviewKey,
    analysis::Analysis,
    event::{Event, WrittenDocument},
    ports::{ByteStream, ObjectStore, Overwrite, Precondition, Write},
    report::{CONTENT_TYPE, StoredReport},
    steps::{StepError, StepName},
    transcript::Transcript,
    work,
};
use futures::{StreamExt, stream};
use runtime::{
    Failure, Function, Incoming,
    step::{Assignment, Desk, Outcome, Product, storage_error},
};

pub use content::ReportContent;
pub use render::{RenderError, render};

/// The function, and what it needs.
pub struct Report {
    /// Claims, results and the time.
    pub desk: Desk,
    /// The bucket for products.
    pub artifacts: Arc<dyn ObjectStore>,
}

#[async_trait]
impl Function for Report {
    fn name(&self) -> &'static str {
        "report"
    }

    async fn handle(&self, incoming: Incoming) -> Result<(), Failure> {
        match incoming.event()? {
            Event::DocumentWritten(written) => self.write(&written).await,
            _ => Ok(()),
        }
    }
}

impl Report {
    async fn write(&self, written: &WrittenDocument) -> Result<(), Failure> {
        let Some(key) = InterviewKey::of_path(written.path.as_str()) else {
            return Ok(());
        };
        // The event may be late: what counts is the analysis that is there now.
        let Some(document) = self.desk.records.read(&key.data("analysis")).await? else {
            return Ok(());
        };
        let analysis: Analysis = document.decode()?;
        let revision = analysis.derived_from.transcript_revision;
        let assignment = Assignment {
            key: key.clone(),
            step: StepName::Report,
            input: format!("{revision}@{}", analysis.created_at),
            engine: None,
        };
        let outcome = self
            .desk
            .run(assignment, |_, _| self.compose(&key, analysis))
            .await?;
        if outcome == Outcome::Gone {
            self.artifacts.delete(&key.report_object()).await?;
        }
        Ok(())
    }

    async fn compose(&self, key: &InterviewKey, analysis: Analysis) -> Result<Product, StepError> {
        let (interview, transcript) = self.sources(key).await?;
        let derived_from = analysis.derived_from;
        let rendered = tokio::task::spawn_blocking(move || {
            render(&ReportContent {
                interview: &interview,
                transcript: &transcript,
                analysis: &analysis,
            })
        });
        let bytes = rendered
            .await
            .map_err(|_| not_written())?
            .map_err(|_| not_written())?;
        let size_bytes = bytes.len() as u64;
        let object = key.report_object();
        let body: ByteStream = stream::iter([Ok(Bytes::from(bytes))]).boxed();
        let stored = self
            .artifacts
            .write(&object, CONTENT_TYPE, body, Overwrite::Allowed)
            .await;
        stored.map_err(|error| storage_error(&error))?;
        let report = StoredReport {
            derived_from,
            object,
            size_bytes,
            created_at: self.desk.clock.now(),
        };
        let write = Write::put(key.data("report"), &report, Precondition::None);
        Ok(Product {
            writes: vec![write.map_err(|error| storage_error(&error))?],
            amend: None,
        })
    }

    async fn sources(&self, key: &InterviewKey) -> Result<(Interview, Transcript), StepError> {
        let records = &*self.desk.records;
        let interview = work::interview(records, key)
            .await
            .map_err(|error| storage_error(&error))?;
        let transcript = work::transcript(records, key)
            .await
            .map_err(|error| storage_error(&error))?;
        interview.zip(transcript).ok_or_else(|| {
            StepError::permanent("transcript_missing", "there is no transcript any more")
        })
    }
}

fn not_written() -> StepError {
    StepError::permanent("report_not_written", "the report could not be written")
}
