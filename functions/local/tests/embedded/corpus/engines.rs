//! Engines that leave something of everything.

use async_trait::async_trait;
use domain::{
    analysis::{Citation, Draft, DraftClaim, DraftCompetency, DraftQuestion, DraftTopic, Usage},
    ports::{AnalysisRequest, Analyst, Progress, Transcriber, TranscriptionRequest},
    steps::StepError,
    transcript::Recognition,
};
use futures::future::BoxFuture;

use crate::support::engine::dialogue;

/// A language engine with something of everything: a rating that rests on a quote, one
/// that does not, and a quote that no speaker said.
pub(super) struct Thorough;

#[async_trait]
impl Analyst for Thorough {
    fn name(&self) -> &'static str {
        "gemini"
    }

    async fn analyze(&self, _: &AnalysisRequest) -> Result<Draft, StepError> {
        let cite = |turn, quote: &str| Citation {
            turn,
            quote: quote.into(),
        };
        let claim = |text: &str, evidence| DraftClaim {
            text: text.into(),
            evidence,
        };
        let rated = |name: &str, rating, evidence| DraftCompetency {
            name: name.to_owned(),
            rating,
            rationale: "built a boat".into(),
            evidence,
            parts: Vec::new(),
        };
        let boat = || vec![cite(1, "I built a small boat with my sister")];
        Ok(Draft {
            model: "scripted".to_owned(),
            prompt_version: "v1".to_owned(),
            usage: Usage {
                input_tokens: 100,
                output_tokens: 20,
                thinking_tokens: 3,
                repairs: 0,
            },
            cost_usd: Some(0.001),
            summary: Some("A boat was built.".into()),
            key_points: vec![claim("They built a boat", boat())],
            topics: vec![DraftTopic {
                title: "a boat".into(),
                first_turn: 0,
                last_turn: 1,
            }],
            questions: vec![DraftQuestion {
                question: "What did you do?".into(),
                answer: Some("They built a boat".into()),
                evidence: boat(),
            }],
            competencies: vec![
                rated("ownership", Some(4), boat()),
                rated("learning", Some(2), vec![cite(1, "we sank it twice")]),
                rated("communication", None, boat()),
            ],
            strengths: vec![claim("sails", vec![cite(1, "We sailed, to the island")])],
            concerns: vec![claim("sank", vec![cite(1, "and then it sank")])],
            follow_ups: vec!["How long did it take?".into()],
            warnings: Vec::new(),
        })
    }
}

/// A speech engine that takes a recording and has not called back yet.
pub(super) struct Patient;

#[async_trait]
impl Transcriber for Patient {
    fn name(&self) -> &'static str {
        "deepgram"
    }

    fn calls_back(&self, _: &TranscriptionRequest, _: &str) -> bool {
        true
    }

    async fn submit(
        &self,
        _: &TranscriptionRequest,
        _: &str,
        before: BoxFuture<'_, Result<(), StepError>>,
    ) -> Result<(), StepError> {
        before.await
    }

    fn receive(&self, _: &[u8]) -> Result<Recognition, StepError> {
        Ok(dialogue())
    }

    async fn transcribe(
        &self,
        _: &TranscriptionRequest,
        _: &dyn Progress,
    ) -> Result<Recognition, StepError> {
        Ok(dialogue())
    }
}
