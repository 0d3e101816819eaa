//! The warning about an unreliable transcript, above everything else.

use domain::{
    Interview,
    interview::Kind,
    transcript::Transcript,
    usable::{UnusableReason, Usable},
};

use crate::document::{Block, Paragraph, Style};

/// A warning with its reasons; nothing for a usable transcript.
pub(super) fn blocks<'a>(interview: &Interview, transcript: &Transcript) -> Vec<Block<'a>> {
    let usable = transcript.usable(interview.least_speakers());
    let Some(heading) = heading(&usable, interview.kind) else {
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
