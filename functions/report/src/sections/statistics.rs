//! The conversation in numbers.

use std::borrow::Cow;

use domain::{analysis::SpeakerMetrics, interview::Kind};

use crate::{
    content::ReportContent,
    document::{Bar, Block, Paragraph, Row, Section, Style, Table},
    text::{clock, counted},
};

/// A figure of a speaker: its name, and how it is written.
type Figure = (&'static str, fn(&SpeakerMetrics) -> String);

const CONTENT: [Figure; 5] = [
    ("Talk time", |metrics| clock(metrics.talk_ms)),
    ("Talk share", |metrics| percent(metrics.talk_share)),
    ("Words", |metrics| metrics.words.to_string()),
    ("Questions", |metrics| metrics.questions.to_string()),
    ("Longest monologue", |metrics| {
        clock(metrics.longest_monologue_ms)
    }),
];

/// What tells how someone speaks: people are assessed by what they say, so it is no part of a
/// job interview's report.
const MANNER: [Figure; 4] = [
    ("Words per minute", |metrics| {
        format!("{:.0}", metrics.words_per_minute)
    }),
    ("Response delay (median)", |metrics| {
        let delay = metrics.response_delay_ms;
        delay.map_or_else(|| "–".to_owned(), |delay| format!("{delay} ms"))
    }),
    ("Interruptions", |metrics| metrics.interruptions.to_string()),
    ("Fillers", |metrics| metrics.fillers.to_string()),
];

/// The pace to which the longest bar belongs where no speaker is faster, in words per minute.
const SLOWEST_SCALE: f64 = 200.0;

/// Speakers in one table, at most.
const MAX_SPEAKERS: usize = 6;

/// The width of the names of the figures, in thousandths.
const NAMES: usize = 300;

/// The table of figures, a column for each speaker, and bars.
pub(super) fn section<'a>(content: &ReportContent<'a>) -> Section<'a> {
    let metrics = &content.analysis.metrics;
    let speakers = metrics.speakers.iter().take(MAX_SPEAKERS);
    let speakers: Vec<(u32, &'a SpeakerMetrics)> = speakers.map(|(id, own)| (*id, own)).collect();
    let with_manner = content.interview.kind.known() != Kind::JobInterview;
    let silence = with_manner.then(|| format!(" {} of silence,", clock(metrics.silence_ms)));
    let summary = format!(
        "{} of speech,{} {}.",
        clock(metrics.speech_ms),
        silence.unwrap_or_default(),
        counted(metrics.turns, "turn")
    );
    let figures = (!speakers.is_empty()).then(|| table(content, &speakers, with_manner));
    let summary = Paragraph::of(Style::Note, summary).into();
    let blocks = figures.into_iter().chain([summary]);
    let blocks = blocks.chain(bars(content, &speakers, with_manner));
    Section::new("statistics", "Conversation statistics", blocks)
}

fn table<'a>(
    content: &ReportContent<'a>,
    speakers: &[(u32, &'a SpeakerMetrics)],
    with_manner: bool,
) -> Block<'a> {
    let names = speakers.iter().map(|(id, _)| name(content, *id).into());
    let head: Vec<Cow<'a, str>> = std::iter::once("".into()).chain(names).collect();
    let manner = MANNER.iter().filter(|_| with_manner);
    let rows = CONTENT.iter().chain(manner).map(|(name, write)| {
        let values = speakers.iter().map(|(_, metrics)| write(metrics));
        Row::of_texts(std::iter::once((*name).to_owned()).chain(values))
    });
    let mut widths = vec![NAMES];
    widths.resize(head.len(), (1_000 - NAMES) / speakers.len());
    Block::Table(Table {
        widths,
        head,
        rows: rows.collect(),
        has_figures: true,
    })
}

/// Talk share and pace of each speaker.
fn bars<'a>(
    content: &ReportContent<'a>,
    speakers: &[(u32, &'a SpeakerMetrics)],
    with_manner: bool,
) -> impl Iterator<Item = Block<'a>> {
    let paces = speakers.iter().map(|(_, metrics)| metrics.words_per_minute);
    let fastest = paces.fold(SLOWEST_SCALE, f64::max);
    let bar = |speaker: u32, share: f64, value: String| Bar {
        label: name(content, speaker),
        share,
        value,
        speaker,
    };
    let shares = speakers.iter().map(|(id, metrics)| {
        let share = metrics.talk_share;
        bar(*id, share, percent(share))
    });
    let shares = ("Share of the talking", shares.collect::<Vec<_>>());
    let paces = with_manner.then(|| {
        let paces = speakers.iter().map(|(id, metrics)| {
            let pace = metrics.words_per_minute;
            bar(*id, pace / fastest, format!("{pace:.0} / min"))
        });
        ("Pace in words per minute", paces.collect())
    });
    let charts = std::iter::once(shares).chain(paces);
    let charts = charts.filter(|(_, bars)| !bars.is_empty());
    charts.map(|(title, bars)| Block::Bars(title, bars))
}

fn name(content: &ReportContent<'_>, speaker: u32) -> String {
    content.transcript.speaker_name(speaker).reveal().to_owned()
}

fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", share * 100.0)
}
