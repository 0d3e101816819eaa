//! The conversation in numbers.

use domain::analysis::SpeakerMetrics;

use crate::{
    charts::{Bar, chart},
    colour,
    content::{ContentBlock, ReportContent, Section},
    styles::{note, table},
    text::clock,
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

/// The pace to which the longest bar belongs where no speaker is faster.
const SLOWEST_SCALE: f64 = 200.0;

/// Speakers in one table, at most.
const MAX_SPEAKERS: usize = 6;

/// The table of figures, a column for each speaker.
pub(crate) fn section(content: &ReportContent<'_>) -> Section {
    let metrics = &content.analysis.metrics;
    let speakers: Vec<_> = metrics.speakers.iter().take(MAX_SPEAKERS).collect();
    let names = speakers
        .iter()
        .map(|(id, _)| content.transcript.speaker_name(**id).reveal().to_owned());
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
    let figures = (!speakers.is_empty()).then(|| table(&widths, &head, &rows).into());
    let summary = format!(
        "{} of speech, {} of silence, {} turns",
        clock(metrics.speech_ms),
        clock(metrics.silence_ms),
        metrics.turns
    );
    Section::new(
        "metrics",
        "The conversation in numbers",
        figures
            .into_iter()
            .chain(std::iter::once(note(&summary).into()))
            .chain(bars(content, &speakers)),
    )
}

/// Talk share and pace of each speaker.
fn bars(content: &ReportContent<'_>, speakers: &[(&u32, &SpeakerMetrics)]) -> Vec<ContentBlock> {
    let paces = speakers.iter().map(|(_, metrics)| metrics.words_per_minute);
    let fastest = paces.fold(SLOWEST_SCALE, f64::max);
    let bar = |id: u32, share: f64, value: String| Bar {
        label: content.transcript.speaker_name(id).reveal().to_owned(),
        share,
        value,
        colour: colour::hex(id),
    };
    let shares = speakers.iter().map(|(id, metrics)| {
        let share = metrics.talk_share;
        bar(**id, share, format!("{:.0} %", share * 100.0))
    });
    let paces = speakers.iter().map(|(id, metrics)| {
        let pace = metrics.words_per_minute;
        bar(**id, pace / fastest, format!("{pace:.0} / min"))
    });
    let charts = [
        ("Share of the talking", shares.collect::<Vec<_>>()),
        ("Pace in words per minute", paces.collect()),
    ];
    let charts = charts.into_iter().filter(|(_, bars)| !bars.is_empty());
    charts
        .flat_map(|(title, bars)| {
            let (title, table) = chart(title, &bars);
            [title.into(), table.into()]
        })
        .collect()
}
