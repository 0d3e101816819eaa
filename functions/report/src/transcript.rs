//! Everything that was said.

use docx_rs::{LineSpacing, Paragraph, Run};

use crate::{
    colour::GREY,
    content::{Block, ReportContent, Section},
    text::{clock, directed, run},
};

/// Each turn with who speaks and when.
pub(crate) fn section(content: &ReportContent<'_>) -> Section {
    let mut blocks: Vec<Block> = Vec::new();
    let mut last = None;
    for turn in &content.transcript.turns {
        if last != Some(turn.speaker) {
            let name = content.transcript.speaker_name(turn.speaker);
            let who = Paragraph::new()
                .keep_next(true)
                .line_spacing(LineSpacing::new().before(140).after(20))
                .add_run(run(name.reveal()).bold().size(19))
                .add_run(
                    Run::new()
                        .add_text(format!("   {}", clock(turn.start_ms)))
                        .size(18)
                        .color(GREY),
                );
            blocks.push(who.into());
            last = Some(turn.speaker);
        }
        let words = Paragraph::new()
            .line_spacing(LineSpacing::new().after(60))
            .add_run(run(turn.text.reveal()));
        blocks.push(directed(words, turn.text.reveal()).into());
    }
    Section {
        anchor: "transcript",
        title: "Transcript",
        blocks,
    }
}
