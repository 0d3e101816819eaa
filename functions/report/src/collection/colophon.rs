//! How the quotes were checked, and what made the report.

use std::collections::BTreeSet;

use domain::collection_report::CollectionReport;

use crate::{
    document::Section,
    sections::{LEGEND, colophon},
};

const CHECKED: &str = "How quotes were checked: a program looked up every quote of the engine in \
    the transcript of its interview, word for word and, failing that, with small differences, and \
    took speaker and time from there. Ratings without such a quote are left out. The quotes of \
    the comparison were looked up in the newest transcript, corrections included; those of the \
    themes in the transcripts from which the themes were made. Highlights are words of the \
    transcript that a person has marked.";

const WRITTEN: &str = "Summaries, ratings and themes were written by an engine and can be wrong: \
    listen to the recording before you decide.";

/// The statements, a paragraph each.
pub(super) fn section(content: &CollectionReport) -> Section<'_> {
    let lines = [
        Some(CHECKED.to_owned()),
        Some(LEGEND.to_owned()),
        Some(WRITTEN.to_owned()),
        engines(content),
        Some(format!(
            "InterviewLens {}, collection {}, made at {}.",
            env!("CARGO_PKG_VERSION"),
            content.id,
            content.created_at
        )),
    ];
    colophon("About this report", lines.into_iter().flatten())
}

/// The engines and models of the analyses and of the themes.
fn engines(content: &CollectionReport) -> Option<String> {
    let of_interviews = content.interviews.iter();
    let of_interviews = of_interviews.filter_map(|own| own.engine.clone());
    let all: BTreeSet<(String, String)> = of_interviews.collect();
    let text = |(engine, model): (String, String)| format!("{engine} ({model})");
    let engines: Vec<String> = all.into_iter().map(text).collect();
    let themes = content.themes.as_ref();
    let themes = themes.map(|own| format!("Themes by {} ({}).", own.engine, own.model));
    let analyses = (!engines.is_empty()).then(|| format!("Analysed by {}.", engines.join(", ")));
    let both: Vec<String> = [analyses, themes].into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(" "))
}
