//! What came of an interview.

use domain::{ErrorCode, report::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::openapi::{
    examples,
    operation::{Operation, named},
    problems::{STORE, USER},
};

/// How a transcript is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Format {
    Json,
    Srt,
    Vtt,
    Text,
    Markdown,
}

pub(super) const TAG: &str = "Results";

fn operation(id: &str, summary: &str) -> Operation {
    let operation = Operation::new(id, TAG, summary).takes(&["id"]);
    let operation = operation.fails(&USER).fails(&STORE);
    operation.fails(&[ErrorCode::InterviewNotFound, ErrorCode::NotReady])
}

pub(super) fn transcript(format: Format) -> Operation {
    let (id, summary, media_type, sample) = match format {
        Format::Json => {
            let media = json!({"schema": named("Transcript"), "example": examples::transcript()});
            return operation("get_transcript", "Read the transcript")
                .answers(200, "The transcript.", json!({"application/json": media}))
                .fails(&[ErrorCode::UnknownParameter]);
        }
        Format::Srt => (
            "get_transcript_srt",
            "Read the transcript as SubRip captions",
            "application/x-subrip",
            "1\n00:00:02,500 --> 00:00:04,100\nI built a boat.\n",
        ),
        Format::Vtt => (
            "get_transcript_vtt",
            "Read the transcript as WebVTT captions with voices",
            "text/vtt",
            "WEBVTT\n\n00:00:02.500 --> 00:00:04.100\n<v Speaker 2>I built a boat.\n",
        ),
        Format::Text => (
            "get_transcript_txt",
            "Read the transcript as plain text, a turn to a line",
            "text/plain",
            "[0:00:02] Speaker 2: I built a boat.\n",
        ),
        Format::Markdown => (
            "get_transcript_md",
            "Read the transcript as Markdown",
            "text/markdown",
            "# Ada, first round\n\n**Speaker 2** (0:00:02)\n\nI built a boat.\n",
        ),
    };
    let content = json!({media_type: {"schema": {"type": "string"}, "example": sample}});
    operation(id, summary)
        .answers(200, "The transcript.", content)
        .fails(&[ErrorCode::UnknownParameter])
}

pub(super) fn analysis() -> Operation {
    operation("get_analysis", "Read the analysis").gives(
        200,
        "The analysis.",
        "Analysis",
        examples::analysis(),
    )
}

pub(super) fn waveform() -> Operation {
    operation("get_waveform", "Read the waveform as JSON")
        .about("audiowaveform's JSON format, version 2.")
        .takes(&["samples_per_pixel", "bits"])
        .gives(200, "The waveform.", "Waveform", examples::waveform())
        .fails(&[ErrorCode::UnknownParameter, ErrorCode::InvalidParameter])
}

pub(super) fn waveform_data() -> Operation {
    operation("get_waveform_data", "Read the waveform as binary data")
        .about("audiowaveform's binary format, as it writes it for one channel.")
        .takes(&["samples_per_pixel", "bits"])
        .answers(
            200,
            "The waveform.",
            json!({"application/octet-stream": {}}),
        )
        .fails(&[ErrorCode::UnknownParameter, ErrorCode::InvalidParameter])
}

pub(super) fn report() -> Operation {
    let disposition = json!({
        "description": "An attachment by the name `report.docx`.",
        "schema": {"type": "string"},
    });
    operation("get_report", "Download the report")
        .answers(200, "A Word document.", json!({CONTENT_TYPE: {}}))
        .header(200, "Content-Disposition", disposition)
        .fails(&[ErrorCode::NotFound])
}

pub(super) fn audio() -> Operation {
    let any = json!({"*/*": {}});
    let about = "The requested range.";
    let range = header("Which bytes these are, and of how many.");
    listening("listen", "Listen to the recording")
        .takes(&["range", "if_range"])
        .answers(
            200,
            "The recording, of the type that was announced.",
            any.clone(),
        )
        .answers(206, about, any)
        .ranged(200)
        .ranged(206)
        .header(206, "Content-Range", range)
        .fails(&[ErrorCode::NotFound, ErrorCode::RangeNotSatisfiable])
}

pub(super) fn audio_head() -> Operation {
    listening(
        "look_at_recording",
        "Ask for the size and type of the recording",
    )
    .answers(200, "The recording's headers.", Value::Null)
    .ranged(200)
    .bodiless()
}

fn listening(id: &str, summary: &str) -> Operation {
    Operation::new(id, TAG, summary)
        .about(
            "By the link in `audio.url`, whose token is all the permission that it needs, or as \
             the interview's owner. Several ranges at a time are answered with the whole.",
        )
        .takes(&["filename", "audio_token"])
        .with(
            "security",
            json!([{"audio_token": []}, {"bearer": []}, {"user_id": []}]),
        )
        .fails(&USER)
        .fails(&STORE)
        .fails(&[
            ErrorCode::UnknownParameter,
            ErrorCode::InvalidToken,
            ErrorCode::InterviewNotFound,
        ])
        .fails(&[ErrorCode::NotReady])
}

fn header(about: &str) -> Value {
    json!({"description": about, "schema": {"type": "string"}})
}

impl Operation {
    /// With the headers of an answer that can be asked for in parts.
    fn ranged(self, status: u16) -> Self {
        self.header(status, "ETag", header("What `If-Range` takes."))
            .header(status, "Accept-Ranges", header("`bytes`."))
    }
}
