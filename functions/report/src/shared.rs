//! The page of an interview for people without an account.
//!
//! It has the sections of a report but for what is the owner's alone: notes, the assessment by
//! a person, and what the analysis has cost.

use domain::share::{SharedContent, SharedPage};

use crate::{content::ReportContent, html, sections};

/// Writes the page. The error says why it could not be written.
pub fn shared_page(content: &SharedContent<'_>) -> Result<SharedPage, String> {
    let SharedContent {
        interview,
        transcript,
        analysis,
        waveform,
    } = *content;
    let document = match analysis {
        Some(analysis) => sections::shared(&ReportContent {
            interview,
            transcript,
            analysis,
            waveform,
            notes: &[],
            assessment: None,
            public_url: None,
        })
        .map_err(|error| error.to_string())?,
        None => sections::transcript_alone(interview, transcript),
    };
    let page = html::write(&document);
    Ok(SharedPage {
        html: page.html,
        style_sha256: page.style_sha256,
    })
}
