//! The warning about an unreliable transcript, above everything else.

use domain::{
    interview::Kind,
    usable::{UnusableReason, Usable},
};

use crate::{
    content::ReportContent,
    document::{Block, Paragraph, Style},
};

/// Whether the transcript can be relied on.
pub(super) fn usable(content: &ReportContent<'_>) -> Usable {
    let least = content.interview.least_speakers();
    content.transcript.usable(least)
}

/// A warning with its reasons; nothing for a usable transcript.
pub(super) fn blocks<'a>(content: &ReportContent<'a>) -> Vec<Block<'a>> {
    let usable = usable(content);
    let Some(heading) = heading(&usable, content.interview.kind) else {
        return Vec::new();
    };
    let reasons = usable.known_reasons();
    let reasons = reasons.map(|reason| Paragraph::of(Style::AlertReason, reason.meaning()));
    let heading = Paragraph::of(Style::Alert, heading);
    std::iter::once(heading)
        .chain(reasons)
        .map(Block::from)
        .collect()
}

fn heading(usable: &Usable, kind: Kind) -> Option<&'static str> {
    if !usable.ok {
        Some("⚠ This transcript is unreliable: do not base decisions on this report")
    } else if !usable.permits_ratings(kind) {
        Some("⚠ Only one speaker was recognised: no speaker is rated")
    } else if usable.has(UnusableReason::OneSpeaker) {
        Some("⚠ Only one speaker was recognised")
    } else {
        None
    }
}
