//! Quotes with their speaker, time and verification status.

use docx_rs::{LineSpacing, Paragraph, Run};
use domain::{
    analysis::{Evidence, EvidenceStatus},
    transcript::Transcript,
};

use crate::{
    colour::{GREY, RED},
    content::ContentBlock,
    text::{clean, clock, directed, run},
};

/// One paragraph for each quote.
pub(crate) fn quotes(evidence: &[Evidence], transcript: &Transcript) -> Vec<ContentBlock> {
    evidence
        .iter()
        .map(|evidence| quote(evidence, transcript).into())
        .collect()
}

fn quote(evidence: &Evidence, transcript: &Transcript) -> Paragraph {
    let (mark, colour) = mark(evidence.status);
    let text = format!("\u{201c}{}\u{201d}", evidence.quote.reveal());
    let source = source(evidence, transcript);
    let paragraph = Paragraph::new()
        .indent(Some(400), None, None, None)
        .line_spacing(LineSpacing::new().after(60))
        .add_run(Run::new().add_text(format!("{mark} ")).color(colour).bold())
        .add_run(run(&text).italic())
        .add_run(
            Run::new()
                .add_text(format!("  {source}"))
                .size(18)
                .color(GREY),
        );
    directed(paragraph, evidence.quote.reveal())
}

const fn mark(status: EvidenceStatus) -> (&'static str, &'static str) {
    match status {
        EvidenceStatus::Verified => ("✓", "15803D"),
        EvidenceStatus::Repaired => ("≈", "B45309"),
        EvidenceStatus::Unverified | EvidenceStatus::Unknown(_) => ("✗", RED),
    }
}

fn source(evidence: &Evidence, transcript: &Transcript) -> String {
    match (evidence.speaker, evidence.start_ms) {
        (Some(speaker), Some(start_ms)) => {
            format!(
                "{}, {}",
                clean(transcript.speaker_name(speaker).reveal()),
                clock(start_ms)
            )
        }
        _ => "not in the transcript".to_owned(),
    }
}
