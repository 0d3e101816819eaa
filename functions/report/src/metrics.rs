//! The conversation in numbers.

use domain::analysis::SpeakerMetrics;

use crate::{
    content::{ReportContent, Section},
    styles::{note, table},
    text::{clean, clock},
};

/// The row of one figure: its name, and how it is written for a speaker.
type Figure = (&'static str, fn(&SpeakerMetrics) -> String);

const FIGURES: [Figure; 8] = [
    ("Talk time", |metrics| clock(metrics.talk_ms)),
    ("Talk share", |metrics| {
        format!("{:.0} %", metrics.talk_share * 100.0)
    }),
    ("Words", |metrics| metrics.words.to_string()),
    ("Words per minute", |metrics| {
        format!("{:.0}", metrics.words_per_minute)
    }),
    ("Longest monologue", |metrics| {
        clock(metrics.longest_monologue_ms)
    }),
    ("Response delay (median)", |metrics| {
        metrics
            .response_delay_ms
            .map_or_else(|| "–".to_owned(), |delay| format!("{delay} ms"))
    }),
    ("Interruptions", |metrics| metrics.interruptions.to_string()),
    ("Fillers / questions", |metrics| {
        format!("{} / {}", metrics.fillers, metrics.questions)
    }),
];

/// Speakers in one table, at most.
const MAX_SPEAKERS: usize = 6;

/// The table of figures, a column for each speaker.
pub(crate) fn section(content: &ReportContent<'_>) -> Section {
    let metrics = &content.analysis.metrics;
    let speakers: Vec<_> = metrics.speakers.iter().take(MAX_SPEAKERS).collect();
    let names = speakers
        .iter()
        .map(|(id, _)| clean(content.transcript.speaker_name(**id).reveal()));
    let head: Vec<String> = std::iter::once(String::new()).chain(names).collect();
    let rows: Vec<Vec<String>> = FIGURES
        .iter()
        .map(|(name, write)| {
            let values = speakers.iter().map(|(_, metrics)| write(metrics));
            std::iter::once((*name).to_owned()).chain(values).collect()
        })
        .collect();
    let mut widths = vec![2_800];
    widths.resize(head.len(), 6_400 / speakers.len().max(1));
    let summary = format!(
        "{} of speech, {} of silence, {} turns",
        clock(metrics.speech_ms),
        clock(metrics.silence_ms),
        metrics.turns
    );
    Section {
        anchor: "metrics",
        title: "The conversation in numbers",
        blocks: vec![table(&widths, &head, &rows).into(), note(&summary).into()],
    }
}
