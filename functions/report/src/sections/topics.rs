//! What was spoken about and when, below a picture of the recording.

use domain::analysis::Topic;

use super::quotes;
use crate::{
    RenderError,
    content::ReportContent,
    document::{Block, Look, Paragraph, Section, Span, Style},
    recording,
    text::clock,
};

/// The picture with its legend, and the topics; their times lead to the transcript.
pub(super) fn section<'a>(content: &ReportContent<'a>) -> Result<Section<'a>, RenderError> {
    let picture = recording::picture(content)?;
    let legend = picture.as_ref().map(|_| legend(content).into());
    let topics = content.analysis.topics.iter();
    let topics = topics.map(|own| topic(content, own).into());
    let picture = picture.map(Block::Picture).into_iter();
    let blocks = picture.chain(legend).chain(topics);
    Ok(Section::new("topics", "Topics", blocks))
}

fn legend<'a>(content: &ReportContent<'a>) -> Paragraph<'a> {
    let speakers = recording::speakers(&content.transcript.turns);
    let spans = speakers.into_iter().flat_map(|speaker| {
        let name = content.transcript.speaker_name(speaker);
        [
            Span::looking(Look::Swatch(speaker), "■ "),
            Span::new(format!("{}      ", name.reveal())),
        ]
    });
    Paragraph::new(Style::Note).with_all(spans)
}

fn topic<'a>(content: &ReportContent<'a>, topic: &'a Topic) -> Paragraph<'a> {
    let begins = quotes::turn_at(content.transcript, topic.start_ms);
    let title = topic.title.reveal();
    Paragraph::new(Style::Body)
        .directed(title)
        .with(Span::looking(Look::Quiet, clock(topic.start_ms)).linked(begins))
        .with(Span::looking(
            Look::Quiet,
            format!(" – {}   ", clock(topic.end_ms)),
        ))
        .with(Span::new(title))
}
