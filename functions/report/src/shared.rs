//! The page of an interview for people without an account.
//!
//! It has the sections of a report but for what is the owner's alone: notes, the assessment by
//! a person, and what the analysis has cost.

use domain::{
    Interview,
    analysis::{Analysis, DerivedFrom, Metrics, Usage},
    share::{SharedContent, SharedPage},
    transcript::Transcript,
    versions::UnknownFields,
};

use crate::{RenderError, content::ReportContent, html, sections};

/// Writes the page. The error says why it could not be written.
pub fn shared_page(content: &SharedContent<'_>) -> Result<SharedPage, String> {
    write(content).map_err(|error| error.to_string())
}

fn write(content: &SharedContent<'_>) -> Result<SharedPage, RenderError> {
    let SharedContent {
        interview,
        transcript,
        analysis,
        waveform,
    } = *content;
    let none = no_analysis(interview, transcript);
    let content = ReportContent {
        interview,
        transcript,
        analysis: analysis.unwrap_or(&none),
        waveform,
        notes: &[],
        assessment: None,
        public_url: None,
    };
    let document = match analysis {
        Some(_) => sections::shared(&content)?,
        None => sections::transcript_alone(&content),
    };
    let page = html::write(&document);
    Ok(SharedPage {
        html: page.html,
        style_sha256: page.style_sha256,
    })
}

/// In the place of an analysis that could not be made: nothing of it is shown.
fn no_analysis(interview: &Interview, transcript: &Transcript) -> Analysis {
    let token = transcript.head.revision;
    Analysis {
        derived_from: DerivedFrom::new(interview, token, 0).into(),
        engine: String::new(),
        model: String::new(),
        prompt_version: String::new(),
        usage: Usage::default().into(),
        cost_usd: None,
        summary: None,
        key_points: Vec::new(),
        topics: Vec::new(),
        questions: Vec::new(),
        competencies: Vec::new(),
        strengths: Vec::new(),
        concerns: Vec::new(),
        follow_ups: Vec::new(),
        metrics: Metrics::default(),
        evidence_validity: None,
        warnings: Vec::new(),
        created_at: interview.created_at,
        unknown: UnknownFields::default(),
    }
}
