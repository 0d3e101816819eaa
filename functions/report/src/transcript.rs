//! Everything that was said.

use docx_rs::{BreakType, Paragraph, Run};

use crate::{
    content::{ContentBlock, ReportContent, Section},
    text::{clock, directed, run},
};

/// One paragraph for each turn, below its speaker and time.
///
/// A paragraph of the library has two and a half kilobytes and is moved at every call,
/// so there is one to a turn, and its format is left to styles.
pub(crate) fn section(content: &ReportContent<'_>) -> Section {
    let mut blocks: Vec<ContentBlock> = Vec::new();
    let mut last = None;
    for turn in &content.transcript.turns {
        let text = turn.text.reveal();
        let paragraph = if last == Some(turn.speaker) {
            Paragraph::new().style("Speech")
        } else {
            let name = content.transcript.speaker_name(turn.speaker);
            let time = Run::new()
                .add_text(format!("   {}", clock(turn.start_ms)))
                .style("Time")
                .add_break(BreakType::TextWrapping);
            Paragraph::new()
                .style("Turn")
                .add_run(run(name.reveal()).style("Speaker"))
                .add_run(time)
        };
        last = Some(turn.speaker);
        blocks.push(directed(paragraph.add_run(run(text)), text).into());
    }
    Section::new("transcript", "Transcript", blocks)
}
