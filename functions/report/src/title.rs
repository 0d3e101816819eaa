//! What the report is about, and where to find what.

use docx_rs::{Hyperlink, HyperlinkType, LineSpacing, Paragraph, Run};
use domain::{
    Interview, RecordedAt,
    interview::Kind,
    transcript::{IMPORT_ENGINE, TranscriptHead},
};

use crate::{
    colour::GREY,
    content::{ContentBlock, ReportContent, Section},
    text::{clock, directed, run},
};

/// Title and facts.
pub(crate) fn block(content: &ReportContent<'_>) -> Vec<ContentBlock> {
    let title = content.interview.title.reveal();
    let heading = Paragraph::new()
        .style("Title")
        .line_spacing(LineSpacing::new().after(60))
        .add_run(run(title));
    let mut blocks: Vec<ContentBlock> = vec![directed(heading, title).into()];
    for (label, value) in facts(content) {
        let line = Paragraph::new()
            .line_spacing(LineSpacing::new().after(20))
            .add_run(Run::new().add_text(format!("{label}: ")).color(GREY))
            .add_run(run(&value));
        blocks.push(line.into());
    }
    blocks
}

fn facts(content: &ReportContent<'_>) -> Vec<(&'static str, String)> {
    let (interview, head) = (content.interview, &content.transcript.head);
    let kind = match interview.kind {
        Kind::JobInterview => "job interview",
        Kind::UserResearch => "user research",
        Kind::Journalism => "journalism",
        Kind::Other | Kind::Unknown(_) => "conversation",
    };
    let speakers: Vec<&str> = head
        .speakers
        .iter()
        .map(|speaker| speaker.name.reveal())
        .collect();
    let language = interview.language.as_deref().unwrap_or("not known");
    vec![
        ("Kind", kind.to_owned()),
        date(interview),
        ("Length", clock(head.duration_ms)),
        ("Language", language.to_owned()),
        ("Speakers", speakers.join(", ")),
        transcriber(head),
        (
            "Analysed by",
            format!(
                "{} ({})",
                content.analysis.engine, content.analysis.prompt_version
            ),
        ),
    ]
}

/// What made the transcript, or which format it was imported from.
fn transcriber(head: &TranscriptHead) -> (&'static str, String) {
    if head.engine == IMPORT_ENGINE {
        return ("Transcript", format!("imported ({})", head.model));
    }
    let engine = format!("{} ({})", head.engine, head.model);
    ("Transcribed by", engine)
}

/// When the recording was made, or, where that is not known, when it was uploaded.
fn date(interview: &Interview) -> (&'static str, String) {
    if let Some(recorded_at) = interview.effective_recorded_at() {
        return ("Date", recorded_at.to_text());
    }
    let uploaded = RecordedAt::from_unix_secs(interview.created_at.as_secs());
    (
        "Uploaded",
        uploaded.map_or_else(String::new, RecordedAt::to_text),
    )
}

/// Links to the parts. Word's own table of contents shows its field code in
/// `LibreOffice` until it is updated; links to bookmarks are right everywhere.
pub(crate) fn contents(sections: &[Section]) -> Vec<ContentBlock> {
    let heading = Paragraph::new()
        .line_spacing(LineSpacing::new().before(240).after(60))
        .add_run(Run::new().add_text("Contents").bold());
    let links = sections.iter().map(|section| {
        let text = Run::new().add_text(section.title).style("Hyperlink");
        Paragraph::new()
            .line_spacing(LineSpacing::new().after(20))
            .add_hyperlink(Hyperlink::new(section.anchor, HyperlinkType::Anchor).add_run(text))
            .into()
    });
    std::iter::once(heading.into()).chain(links).collect()
}
