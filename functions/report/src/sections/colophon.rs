//! How the report was made: what its operator wants to know, and no reader before.

use domain::{analysis::NO_LANGUAGE_MODEL, transcript::IMPORT_ENGINE};

use super::quotes::LEGEND;
use crate::{
    content::ReportContent,
    document::{Paragraph, Section, Style},
    text::{counted, sentence},
};

/// The warnings about tokens and prices.
const OF_OPERATORS: [&str; 2] = ["price_unknown", "usage_unknown"];

/// Whether a warning stands here and not among the limits.
pub(crate) fn is_for_operators(code: &str) -> bool {
    OF_OPERATORS.contains(&code)
}

/// Marks, engines, prices and version, a line to each.
pub(super) fn section<'a>(content: &ReportContent<'a>) -> Section<'a> {
    colophon("About this report", lines(content, cost(content)))
}

/// The same for people without an account: without tokens and prices.
pub(super) fn shared<'a>(content: &ReportContent<'a>) -> Section<'a> {
    colophon("About this page", lines(content, None))
}

/// A section of such lines.
pub(crate) fn colophon<'a>(
    title: &'static str,
    lines: impl IntoIterator<Item = String>,
) -> Section<'a> {
    let lines = lines.into_iter();
    let blocks = lines.map(|line| Paragraph::of(Style::Note, line).into());
    Section::new("colophon", title, blocks)
}

fn lines(content: &ReportContent<'_>, cost: Option<String>) -> impl Iterator<Item = String> {
    let made = [
        LEGEND.to_owned(),
        times(content),
        transcription(content),
        analysis(content),
    ];
    made.into_iter().chain(cost).chain([version(content)])
}

fn times(content: &ReportContent<'_>) -> String {
    let there = content
        .public_url
        .map(|_| "; a time there, to the recording");
    format!(
        "A time leads to its place in the transcript{}.",
        there.unwrap_or_default()
    )
}

fn transcription(content: &ReportContent<'_>) -> String {
    let head = &content.transcript.head;
    if head.engine == IMPORT_ENGINE {
        return format!("Imported transcript ({}).", head.model);
    }
    let speakers = head.diarization.as_ref();
    let speakers = speakers.map(|model| format!("; speakers separated by {model}"));
    format!(
        "Transcribed by {} ({}){}.",
        head.engine,
        head.model,
        speakers.unwrap_or_default()
    )
}

fn analysis(content: &ReportContent<'_>) -> String {
    let analysis = content.analysis;
    format!(
        "Analysed by {} ({}, {}).",
        analysis.engine, analysis.model, analysis.prompt_version
    )
}

/// What the language model read, wrote and cost; nothing without one.
fn cost(content: &ReportContent<'_>) -> Option<String> {
    let analysis = content.analysis;
    let mut warnings = analysis.warnings.iter();
    if warnings.any(|warning| warning.code == NO_LANGUAGE_MODEL) {
        return None;
    }
    let usage = &analysis.usage;
    let written = usage.output_tokens + usage.thinking_tokens;
    let are_counted = usage.input_tokens + written > 0;
    let tokens = are_counted.then(|| {
        let read = counted(usage.input_tokens, "token");
        format!("{read} read, {written} written.")
    });
    let unknown = || {
        let mut warnings = analysis.warnings.iter();
        let warning = warnings.find(|warning| is_for_operators(&warning.code));
        warning.map(|warning| sentence(&warning.message))
    };
    let price = |cost: f64| format!("Cost of the analysis: ${cost:.4}.");
    let price = analysis.cost_usd.map(price).or_else(unknown);
    let both: Vec<String> = [tokens, price].into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(" "))
}

fn version(content: &ReportContent<'_>) -> String {
    format!(
        "InterviewLens {}, interview {}, transcript revision {}, analysis of {}.",
        env!("CARGO_PKG_VERSION"),
        content.interview.id.as_str(),
        content.analysis.derived_from.revision(),
        content.analysis.created_at
    )
}
