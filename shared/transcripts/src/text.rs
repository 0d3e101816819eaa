//! Text for people: turns that begin with a time, a name, or both.
//!
//! - this service's `[0:00:12] Speaker 1: …`, and whisper's `[00:00:12.000 --> …] …`;
//! - Otter: `Ada Lovelace  0:12`, and below it what is said;
//! - Rev: `Ada Lovelace (00:12):`, and behind or below it what is said;
//! - Google Meet: a document with `00:05:00` on a line of its own every few minutes;
//! - `Ada: …`, as people write it. A line without a name goes on.

use domain::text::joined;

use crate::{
    Format, Segment, Speakers, TranscriptFile,
    heads::{Head, Style, head, unmarked},
    names::Names,
};

/// What exporting programs write below a transcript.
const FOOTERS: [&str; 3] = [
    "Transcribed by https://otter.ai",
    "Transcription ended after",
    "This editable transcript was computer generated",
];

/// The resolution of most such times, in milliseconds.
const SECOND_MS: u64 = 1_000;

/// Reads it; `None` where no line says who speaks, and too few say when.
pub(crate) fn read(text: &str) -> Option<TranscriptFile> {
    let is_footer = |line: &str| FOOTERS.iter().any(|footer| line.starts_with(footer));
    let lines: Vec<_> = text.lines().map(unmarked).collect();
    let lines: Vec<&str> = lines
        .iter()
        .map(|line| &**line)
        .filter(|line| !is_footer(line))
        .collect();
    let heads: Vec<Option<Head<'_>>> = lines.iter().map(|line| head(line)).collect();
    let layout = Layout::new(&lines, &heads)?;
    let mut builder = Builder::new(layout.format);
    for (line, head) in lines.iter().zip(&heads) {
        match head.as_ref().and_then(|head| layout.accept(head)) {
            Some(accepted) => builder.begin(&accepted),
            None => builder.add_line(line),
        }
    }
    Some(builder.finish())
}

/// How the turns of a file begin.
struct Layout {
    format: Format,
    names: Names,
    /// Whether every turn has a time in brackets and a name, as this service writes it: then
    /// anything before the colon is a name.
    is_own: bool,
    /// Whether a time without brackets or name begins a turn.
    has_bare_times: bool,
}

impl Layout {
    fn new(lines: &[&str], heads: &[Option<Head<'_>>]) -> Option<Self> {
        let mut names = Names::default();
        for name in heads.iter().flatten().filter_map(|head| head.name) {
            names.count(name);
        }
        let counts = Counts::new(lines, heads, &names);
        let are_named = heads.iter().flatten().all(|head| head.name.is_some());
        Some(Self {
            format: counts.format(&names)?,
            is_own: counts.of(Style::BracketedTime) == counts.lines && are_named,
            has_bare_times: 2 * counts.of(Style::Time) >= counts.lines,
            names,
        })
    }

    /// The beginning of a turn, with a name that is one; `None` where the line is text.
    fn accept<'a>(&self, head: &Head<'a>) -> Option<Head<'a>> {
        let has_name = head
            .name
            .is_some_and(|name| self.is_own || self.names.has(name));
        let is_alone = head.behind_time.is_empty();
        let begins = match (head.style, self.format) {
            (Style::BracketedTime, _) => true,
            (Style::Time, _) => has_name || is_alone || self.has_bare_times,
            (Style::NameAndBracketedTime | Style::NameAndTime, Format::Rev | Format::Otter)
            | (Style::Name, Format::NamedLines | Format::GoogleMeet | Format::TimedText) => {
                has_name
            }
            _ => false,
        };
        let nameless = Head {
            name: None,
            text: head.behind_time,
            ..*head
        };
        begins.then_some(if has_name { *head } else { nameless })
    }
}

/// How many lines of a file begin in each way.
struct Counts<'a> {
    /// Lines that are not blank.
    lines: usize,
    heads: Vec<Head<'a>>,
    /// Those of them whose name is one.
    with_speaker: Vec<Head<'a>>,
}

impl<'a> Counts<'a> {
    fn new(lines: &[&str], heads: &[Option<Head<'a>>], names: &Names) -> Self {
        let heads: Vec<Head<'a>> = heads.iter().flatten().copied().collect();
        let has_speaker = |head: &&Head<'_>| head.name.is_some_and(|name| names.has(name));
        Self {
            lines: lines.iter().filter(|line| !line.is_empty()).count(),
            with_speaker: heads.iter().filter(has_speaker).copied().collect(),
            heads,
        }
    }

    fn of(&self, style: Style) -> usize {
        let heads = self.heads.iter();
        heads.filter(|head| head.style == style).count()
    }

    fn with_speaker(&self, style: Style) -> usize {
        let heads = self.with_speaker.iter();
        heads.filter(|head| head.style == style).count()
    }

    /// Times on lines of their own.
    fn alone(&self) -> usize {
        let is_alone = |head: &&Head<'_>| head.style == Style::Time && head.behind_time.is_empty();
        self.heads.iter().filter(is_alone).count()
    }

    /// What most of the beginnings are of; nothing where hardly any is one.
    fn format(&self, names: &Names) -> Option<Format> {
        let above = self.with_speaker(Style::NameAndTime);
        let above_in_brackets = self.with_speaker(Style::NameAndBracketedTime);
        if above > 0 && above >= above_in_brackets {
            return Some(Format::Otter);
        }
        if above_in_brackets > 0 {
            return Some(Format::Rev);
        }
        let [bracketed, bare] = [Style::BracketedTime, Style::Time];
        let timed = self.of(bracketed) + self.of(bare) - self.alone();
        let is_named = self.with_speaker(bracketed) + self.with_speaker(bare) > 0;
        if is_named || timed > 0 && 2 * timed >= self.lines {
            return Some(Format::TimedText);
        }
        let lines = self.with_speaker.iter();
        let lines = lines.filter(|head| head.style == Style::Name);
        if !names.are_plausible(lines.filter_map(|head| head.name)) {
            return None;
        }
        Some(if self.alone() > 0 {
            Format::GoogleMeet
        } else {
            Format::NamedLines
        })
    }
}

/// Puts turns together.
struct Builder {
    format: Format,
    speakers: Speakers,
    paragraphs: Paragraphs,
    /// The time on a line of its own that the next turn begins at.
    pending_ms: Option<u64>,
    /// Lines before the first turn, without a blank line behind them.
    preamble: Vec<String>,
}

impl Builder {
    fn new(format: Format) -> Self {
        Self {
            format,
            speakers: Speakers::default(),
            paragraphs: Paragraphs::default(),
            pending_ms: None,
            preamble: Vec::new(),
        }
    }

    fn begin(&mut self, head: &Head<'_>) {
        if head.style == Style::Time && head.name.is_none() && head.text.is_empty() {
            self.pending_ms = head.start_ms;
            return;
        }
        self.keep_preamble();
        let speaker = match (head.name, self.paragraphs.speaker()) {
            (Some(name), _) => self.speakers.id(name),
            (None, Some(last)) => last,
            (None, None) => self.speakers.number(0),
        };
        self.paragraphs.begin(Segment {
            speaker,
            start_ms: head.start_ms.or(self.pending_ms.take()),
            end_ms: head.end_ms,
            ..Segment::default()
        });
        self.paragraphs.append(head.text);
    }

    /// A heading above lines with names is no one's, unless the conversation goes on below it
    /// at once.
    fn keep_preamble(&mut self) {
        let lines = std::mem::take(&mut self.preamble);
        if self.format == Format::NamedLines && !lines.is_empty() {
            let speaker = self.speakers.number(0);
            for line in lines {
                self.paragraphs.add(speaker, &line);
            }
        }
    }

    fn add_line(&mut self, line: &str) {
        match self.paragraphs.speaker() {
            _ if line.is_empty() => self.preamble.clear(),
            None => self.preamble.push(line.to_owned()),
            Some(speaker) if self.format == Format::NamedLines && !self.paragraphs.is_open() => {
                self.paragraphs.add(speaker, line);
            }
            Some(_) => self.paragraphs.append(line),
        }
    }

    fn finish(self) -> TranscriptFile {
        TranscriptFile {
            format: self.format,
            language: None,
            duration_ms: None,
            speakers: self.speakers.into_list(),
            segments: self.paragraphs.finish(),
        }
    }
}

/// Turns whose text comes line by line.
#[derive(Default)]
pub(crate) struct Paragraphs {
    segments: Vec<Segment>,
    /// The lines of the last segment.
    lines: Vec<String>,
}

impl Paragraphs {
    /// Begins a turn without text.
    pub(crate) fn begin(&mut self, segment: Segment) {
        self.close();
        self.segments.push(segment);
    }

    /// Adds a line to the last turn, if there is one.
    pub(crate) fn append(&mut self, line: &str) {
        if !line.is_empty() && !self.segments.is_empty() {
            self.lines.push(line.to_owned());
        }
    }

    /// Adds a turn of one line.
    fn add(&mut self, speaker: u32, line: &str) {
        self.begin(Segment {
            speaker,
            ..Segment::default()
        });
        self.append(line);
    }

    /// Who speaks last.
    fn speaker(&self) -> Option<u32> {
        self.segments.last().map(|segment| segment.speaker)
    }

    /// Whether the last turn has no text yet.
    fn is_open(&self) -> bool {
        self.lines.is_empty()
    }

    fn close(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        if let Some(last) = self.segments.last_mut() {
            last.text = joined(lines.iter().map(String::as_str)).into();
        }
    }

    /// All turns, their times in order.
    pub(crate) fn finish(mut self) -> Vec<Segment> {
        self.close();
        separate(&mut self.segments);
        self.segments
    }
}

/// Puts times in order. Turns that begin in the same second share it, so that each has some
/// time.
fn separate(segments: &mut [Segment]) {
    let mut latest = 0;
    for start_ms in segments.iter_mut().filter_map(|own| own.start_ms.as_mut()) {
        *start_ms = latest.max(*start_ms);
        latest = *start_ms;
    }
    for same in segments.chunk_by_mut(|left, right| left.start_ms == right.start_ms) {
        let count = same.len() as u64;
        let whole = same[0]
            .start_ms
            .filter(|start_ms| start_ms % SECOND_MS == 0);
        if let Some(start_ms) = whole {
            for (segment, place) in same.iter_mut().zip(0..) {
                segment.start_ms = Some(start_ms + place * SECOND_MS / count);
                segment.end_ms = segment.end_ms.max(segment.end_ms.and(segment.start_ms));
            }
        }
    }
}
