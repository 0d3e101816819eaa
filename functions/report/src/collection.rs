//! The report of a collection: its interviews beside each other, what they have in common, and
//! what people have marked in them.
//!
//! It is made on request from what is stored ([`domain::collection_report`]), as a Word document
//! alone. Nothing is added up, and no order of the interviews is a ranking.

mod colophon;
mod comparison;
mod front;
mod highlights;
mod interviews;
mod quotes;
mod themes;

use domain::{
    RecordedAt, Timestamp,
    collection_report::{CollectionReport, Inclusion},
    interview::Kind,
};

use crate::{
    document::{Document, Section},
    docx,
    sections::contents,
};

/// Writes the report as a Word document. The same content gives the same bytes; the error says
/// why it could not be written.
pub fn collection_report(content: &CollectionReport) -> Result<Vec<u8>, String> {
    docx::write(&document(content)).map_err(|error| error.to_string())
}

fn document(content: &CollectionReport) -> Document<'_> {
    let sections = [
        comparison::section(content),
        themes::section(content),
        highlights::section(content),
        interviews::section(content),
        colophon::section(content),
    ];
    let sections: Vec<Section<'_>> = sections
        .into_iter()
        .filter(|section| !section.blocks.is_empty())
        .collect();
    let mut first_page = front::sections(content);
    if let Some(last) = first_page.last_mut() {
        last.blocks.push(contents(&sections).into());
    }
    Document {
        id: &content.id,
        title: content.title.reveal(),
        language: content.language.as_deref().unwrap_or("en"),
        created_at: content.created_at.to_string(),
        recording: None,
        alert: Vec::new(),
        front: front::facts(content),
        first_page: first_page.into_iter().chain(sections).collect(),
        // The comparison begins below, where the pages do not turn for it.
        sections: Vec::new(),
    }
}

/// A date for people.
fn date(at: Timestamp) -> String {
    let text = RecordedAt::from_unix_secs(at.as_secs()).map(RecordedAt::to_text);
    let text = text.unwrap_or_default();
    // Of a collection the day says enough.
    text.split(',').next().unwrap_or_default().to_owned()
}

/// Why an interview is not compared, if it is not.
const fn reason(inclusion: Inclusion) -> Option<&'static str> {
    match inclusion {
        Inclusion::Compared | Inclusion::Stale => None,
        Inclusion::OtherRubric => {
            Some("Assessed by another rubric or version: ratings are not mixed.")
        }
        Inclusion::AwaitsUpload => Some("It has no recording yet."),
        Inclusion::NotAnalyzed => Some("Not analysed yet."),
        Inclusion::Failed => Some("Its analysis failed."),
    }
}

/// What a kind is called.
const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::JobInterview => "job interview",
        Kind::UserResearch => "user research",
        Kind::Journalism => "journalism",
        Kind::Other | Kind::Unknown(_) => "conversation",
    }
}
