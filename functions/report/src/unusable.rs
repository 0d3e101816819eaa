//! The banner about an unreliable transcript, above everything else.

use docx_rs::{LineSpacing, Paragraph, Run, Shading};
use domain::{
    interview::Kind,
    usable::{UnusableReason, Usable},
};

use crate::{
    colour::{RED, RED_TINT},
    content::{ContentBlock, ReportContent},
    styles::bullet,
    text::run,
};

/// Whether the transcript can be relied on.
pub(crate) fn usable(content: &ReportContent<'_>) -> Usable {
    content
        .transcript
        .usable(content.interview.least_speakers())
}

/// A warning with its reasons, in red; nothing for a usable transcript.
pub(crate) fn block(content: &ReportContent<'_>) -> Vec<ContentBlock> {
    let usable = usable(content);
    let Some(heading) = heading(&usable, content.interview.kind) else {
        return Vec::new();
    };
    let heading = Paragraph::new()
        .keep_next(true)
        .line_spacing(LineSpacing::new().after(60))
        .add_run(
            Run::new()
                .add_text(heading)
                .bold()
                .size(26)
                .color(RED)
                .shading(Shading::new().fill(RED_TINT)),
        );
    let reasons = usable
        .known_reasons()
        .map(|reason| bullet(run(reason.meaning()).color(RED)).into());
    let space = Paragraph::new().line_spacing(LineSpacing::new().after(60));
    std::iter::once(heading.into())
        .chain(reasons)
        .chain([space.into()])
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
