//! Captions: `SubRip` and `WebVTT`.
//!
//! - this service: `<v Name>` on every cue of `WebVTT`, `[Name]` on a line of its own in
//!   `SubRip` where the speaker changes;
//! - Teams: `<v Name>…</v>`, with ids of cues, and `NOTE` blocks in older files;
//! - Zoom: `Name: …` on the first line of each cue;
//! - Google Meet: `(Name)` on a line of its own.
//!
//! A cue without a name belongs to the speaker before it.

use std::sync::LazyLock;

use domain::text;
use regex::Regex;

use crate::{
    Format, Segment, Speakers, TranscriptFile,
    clock::{self, pattern},
    heads::{Style, head, unmarked},
    markup::{self, Piece},
    names::Names,
};

static TIMES: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*(TIME)\s*-->\s*(TIME)(?:\s.*)?$"));

static LANGUAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)^(?:NOTE\s+)?language\s*:\s*([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\s*$")
});

/// What is shown at once.
struct Cue {
    start_ms: u64,
    end_ms: u64,
    lines: Vec<String>,
}

/// Reads captions; `None` where no line has the times of a cue.
pub(crate) fn read(text: &str) -> Option<TranscriptFile> {
    let has_header = text.starts_with("WEBVTT");
    let (mut cues, language) = cues(text);
    if cues.is_empty() {
        return None;
    }
    // A stable sort: players show what begins at the same time in the order of the file.
    cues.sort_by_key(|cue| cue.start_ms);
    let pieces: Vec<Vec<Piece>> = cues
        .iter()
        .map(|cue| markup::pieces(&cue.lines.join("\n"), has_header))
        .collect();
    let labels = Labels::new(&pieces);
    let (mut speakers, mut segments) = (Speakers::default(), Vec::new());
    let mut speaker = None;
    for (cue, pieces) in cues.iter().zip(pieces) {
        let said: Vec<(u32, String)> = pieces
            .into_iter()
            .map(|piece| {
                let (name, text) = labels.split(piece);
                let named = name.map(|name| speakers.id(&name));
                let own = named.or(speaker).unwrap_or_else(|| speakers.number(0));
                speaker = Some(own);
                (own, text)
            })
            .collect();
        segments.extend(cue.share(said));
    }
    Some(TranscriptFile {
        format: if has_header {
            Format::WebVtt
        } else {
            Format::SubRip
        },
        language,
        duration_ms: None,
        speakers: speakers.into_list(),
        segments,
    })
}

/// The cues in the order of the file, and the language that its header or notes name.
fn cues(text: &str) -> (Vec<Cue>, Option<String>) {
    let lines: Vec<&str> = text.lines().collect();
    let times: Vec<Option<(u64, u64)>> = lines.iter().map(|line| times(line)).collect();
    let (mut cues, mut language) = (Vec::<Cue>::new(), None);
    let (mut begins_block, mut is_note) = (true, false);
    for (index, line) in lines.iter().enumerate() {
        if begins_block {
            // The header, notes and styles are over with a blank line.
            is_note = is_note_start(line);
        }
        begins_block = line.trim().is_empty();
        let is_id = times.get(index + 1).is_some_and(Option::is_some);
        if let Some((start_ms, end_ms)) = times[index] {
            is_note = false;
            cues.push(Cue {
                start_ms,
                end_ms,
                lines: Vec::new(),
            });
        } else if is_note {
            let found = LANGUAGE.captures(line.trim());
            language = language.or_else(|| found.map(|found| found[1].to_owned()));
        } else if !begins_block
            && !is_id
            && let Some(cue) = cues.last_mut()
        {
            cue.lines.push(line.trim().to_owned());
        }
    }
    (cues, language)
}

/// The times of a cue, which must not end before it begins.
fn times(line: &str) -> Option<(u64, u64)> {
    let found = TIMES.captures(line)?;
    let (start_ms, end_ms) = (clock::parse(&found[1])?, clock::parse(&found[2])?);
    Some((start_ms, end_ms.max(start_ms)))
}

/// Whether a block is none of a cue: the header of `WebVTT`, and what it has besides cues.
fn is_note_start(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    ["WEBVTT", "NOTE"].contains(&first) || ["STYLE", "REGION"].contains(&line.trim())
}

impl Cue {
    /// What is said in it, each with its share of the time by its words.
    fn share(&self, said: Vec<(u32, String)>) -> Vec<Segment> {
        let counts: Vec<u64> = said
            .iter()
            .map(|(_, said)| text::words(said).count() as u64)
            .collect();
        let all = counts.iter().sum::<u64>().max(1);
        let at = |place: u64| self.start_ms + (self.end_ms - self.start_ms) * place / all;
        let mut reached = 0;
        let mut segments = Vec::new();
        for ((speaker, said), count) in said.into_iter().zip(counts) {
            segments.push(Segment {
                speaker,
                start_ms: Some(at(reached)),
                end_ms: Some(at(reached + count)),
                text: said.into(),
                words: Vec::new(),
            });
            reached += count;
        }
        segments
    }
}

/// How a file names speakers without voices.
struct Labels {
    names: Names,
    /// Whether voices name the speakers: then nothing else does.
    has_voices: bool,
    /// Whether a line in brackets above what is said is a name: it is where the first cue
    /// has one.
    has_bracketed: bool,
}

impl Labels {
    fn new(cues: &[Vec<Piece>]) -> Self {
        let mut names = Names::default();
        let texts = || cues.iter().flatten().map(|piece| piece.text.as_str());
        for text in texts() {
            let line = unmarked(text.lines().next().unwrap_or_default());
            let found = head(&line).filter(|head| head.style == Style::Name);
            if let Some(name) = found.and_then(|head| head.name) {
                names.count(name);
            }
        }
        let first = texts().next().and_then(bracketed);
        Self {
            names,
            has_voices: cues.iter().flatten().any(|piece| piece.voice.is_some()),
            has_bracketed: first.is_some_and(|(name, _)| !is_sound(name)),
        }
    }

    /// The speaker's name, where one is given, and what is said, in one line.
    fn split(&self, piece: Piece) -> (Option<String>, String) {
        if self.has_voices {
            return (piece.voice, one_line(&piece.text));
        }
        if self.has_bracketed {
            return match bracketed(&piece.text) {
                Some((name, rest)) => (Some(name.to_owned()), one_line(rest)),
                None => (None, one_line(&piece.text)),
            };
        }
        let text = unmarked(&piece.text);
        let (line, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let found = head(line).filter(|head| head.style == Style::Name);
        match found.and_then(|head| Some((head.name?, head.text))) {
            Some((name, said)) if self.names.has(name) => {
                (Some(name.to_owned()), one_line(&format!("{said}\n{rest}")))
            }
            _ => (None, one_line(&text)),
        }
    }
}

/// What stands in brackets on the first line, and the lines below it, if there are any.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let (line, rest) = text.trim_start().split_once('\n')?;
    let line = line.trim();
    let within = |open, close| line.strip_prefix::<char>(open)?.strip_suffix::<char>(close);
    let name = within('[', ']').or_else(|| within('(', ')'))?.trim();
    (!name.is_empty() && !rest.trim().is_empty()).then_some((name, rest))
}

/// What captions describe in brackets that is no speech.
fn is_sound(label: &str) -> bool {
    const SOUNDS: [&str; 6] = [
        "music",
        "applause",
        "laughter",
        "laughs",
        "silence",
        "inaudible",
    ];
    SOUNDS.contains(&label.to_lowercase().as_str())
}

fn one_line(text: &str) -> String {
    text::joined(text.lines().map(str::trim).filter(|line| !line.is_empty()))
}
