//! The same for a transcript from elsewhere, nothing stored.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    analysis::{Analysis, Rubric},
    interview::Kind,
    ports::{AnalysisRequest, Analyst, Clock, DirectAnalysis, EngineStatus},
    steps::StepError,
    transcript::Transcript,
    usable::least_speakers,
};

use crate::verified;

/// What an analysis on the spot needs.
pub struct Direct {
    analyst: Arc<dyn Analyst>,
    clock: Arc<dyn Clock>,
}

impl Direct {
    /// By this engine.
    pub fn by(analyst: Arc<dyn Analyst>, clock: Arc<dyn Clock>) -> Arc<dyn DirectAnalysis> {
        Arc::new(Self { analyst, clock })
    }
}

#[async_trait]
impl DirectAnalysis for Direct {
    fn status(&self) -> EngineStatus {
        EngineStatus::ok(self.analyst.name(), self.analyst.model())
    }

    async fn analyze(
        &self,
        mut transcript: Transcript,
        kind: Kind,
        rubric: Option<Rubric>,
    ) -> Result<Analysis, StepError> {
        transcript.head.usable = Some(transcript.usable(least_speakers(kind, None)));
        let request = AnalysisRequest {
            transcript: Arc::new(transcript),
            kind,
            rubric: rubric.unwrap_or_else(|| Rubric::default_for(kind)),
            key_terms: Vec::new(),
        };
        let draft = self.analyst.analyze(&request).await?;
        verified(draft, self.analyst.name(), request, self.clock.now()).await
    }
}
