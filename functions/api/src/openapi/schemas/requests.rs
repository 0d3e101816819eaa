//! What is sent.

use serde_json::{Value, json};

use super::{a, count, or_null, strict, text, words, words_or_null};
use crate::openapi::operation::named;

pub(super) const KINDS: [&str; 4] = ["job_interview", "user_research", "journalism", "other"];

pub(super) const ROLES: [&str; 3] = ["interviewer", "interviewee", "other"];

pub(super) fn all() -> Value {
    json!({
        "NewInterview": new_interview(),
        "NewInterviewWithAudio": announced(),
        "NewInterviewForm": form(),
        "NewAudio": strict("The recording that is going to be uploaded.",
            &["filename", "content_type", "size_bytes"], json!({
                "filename": name("The file's name; shown, never used as a path."),
                "content_type": {"type": "string", "maxLength": 200,
                    "description": "Its media type, such as `audio/mpeg`."},
                "size_bytes": {"type": "integer", "minimum": 1,
                    "description": "Its size, which the upload must have."},
            })),
        "Rubric": rubric(),
        "Criterion": criterion(),
        "Anchors": anchors(),
        "ChangeInterview": strict("What changes; what is left out stays.", &[], json!({
            "title": or_null(name("What you call it.")),
            "metadata": or_null(metadata()),
            "speakers": or_null(speakers()),
            "speakers_expected": or_null(speakers_expected()),
            "webhook_url": webhook(),
            "retention_days": or_null(retention()),
        })),
        "Retry": strict("What to run again.", &[], json!({
            "step": or_null(words("The failed step; all failed ones where it is left out. A report \
                can be asked for that is done.",
                &["transcription", "waveform", "analysis", "report"])),
        })),
        "NewNote": strict("A note or a bookmark.", &["text"], json!({
            "text": note_text(), "at_ms": moment(),
            "kind": words("What sort of note it is; `note` where it is left out.", &["note", "bookmark"]),
        })),
        "ChangeNote": strict("What changes; `at_ms: null` takes the moment away.", &[], json!({
            "text": or_null(note_text()), "at_ms": moment(),
            "kind": {"type": ["string", "null"], "enum": ["note", "bookmark", null],
                "description": "What sort of note it is."},
        })),
        "Analyze": strict("A transcript to analyse.", &["transcript"], json!({
            "transcript": {"anyOf": [{"type": "string", "minLength": 1}, named("GivenTurns")],
                "description": "Lines of `Name: what was said`, or turns."},
            "kind": kind(), "language": language(),
            "rubric": or_null(a("Rubric", "What to assess, in place of the kind's own rubric.")),
        })),
        "GivenTurns": strict("A transcript's turns.", &["turns"], json!({
            "turns": {"type": "array", "minItems": 1, "items": named("GivenTurn")},
        })),
        "GivenTurn": given_turn(),
    })
}

fn new_interview() -> Value {
    strict(
        "A new interview.",
        &["title"],
        json!({
            "title": name("What you call it."),
            "language": language(),
            "kind": kind(),
            "webhook_url": webhook(),
            "metadata": metadata(),
            "rubric": or_null(a("Rubric", "What to assess, in place of the kind's own rubric.")),
            "retention_days": or_null(retention()),
            "speakers_expected": or_null(speakers_expected()),
            "audio": or_null(a("NewAudio", "The recording that you are about to upload.")),
        }),
    )
}

fn announced() -> Value {
    let mut schema = new_interview();
    schema["description"] = json!("A new interview whose recording is announced.");
    schema["required"] = json!(["title", "audio"]);
    schema["properties"]["audio"] = a("NewAudio", "The recording that you are about to upload.");
    schema
}

fn form() -> Value {
    strict(
        "A new interview and its recording.",
        &["file"],
        json!({
            "file": {"type": "string", "format": "binary",
                "description": "The recording, with its file name and content type."},
            "title": name("What you call it; the file's name where it is left out."),
            "language": text("What is spoken, as a BCP 47 tag."),
            "kind": kind(),
            "webhook_url": text("Where its events go."),
            "metadata": metadata(),
            "rubric": a("Rubric", "What to assess, as JSON."),
            "retention_days": retention(),
            "speakers_expected": speakers_expected(),
        }),
    )
}

fn retention() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": 3_650,
        "description": "For how many days from its creation it is kept, if that is shorter than \
            for all others; after 24 more hours it is deleted like by `DELETE`."})
}

fn name(about: &str) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 500, "pattern": "\\S", "description": about})
}

fn speakers() -> Value {
    let name = json!({"type": "string", "minLength": 1, "maxLength": 100, "pattern": "\\S",
        "description": "What the speaker is called."});
    let fields = strict(
        "What changes about a speaker; what is left out stays, `null` is removed.",
        &[],
        json!({
            "name": or_null(name.clone()),
            "role": words_or_null("Their part in the interview. It replaces what was recognised.", &ROLES),
        }),
    );
    json!({"type": "object", "maxProperties": 64, "propertyNames": {"pattern": "^[0-9]{1,4}$"},
        "additionalProperties": {"anyOf": [name, fields, {"type": "null"}]},
        "description": "Names and roles of the speakers, by their ids in the transcript: a name \
            alone, or an object. A speaker who is left out stays; `null` removes what was said."})
}

fn speakers_expected() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": 20,
        "description": "How many people speak, where that is known: a hint for telling them apart \
            on one channel. It can be changed before transcription begins."})
}

fn language() -> Value {
    json!({"type": ["string", "null"], "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
        "description": "What is spoken, as a BCP 47 tag; recognised where it is left out."})
}

pub(super) fn kind() -> Value {
    words(
        "What sort of conversation it is: chooses the rubric and the wording. `other` where \
        it is left out.",
        &KINDS,
    )
}

fn webhook() -> Value {
    json!({"type": ["string", "null"], "format": "uri", "maxLength": 2048,
        "description": "Where its events go, signed as Standard Webhooks are: `https` or `http`, on the \
            public internet. `null` if no webhooks are sent."})
}

fn metadata() -> Value {
    json!({"type": "object",
        "description": "Your own data, returned as it came: at most 16 KiB of JSON."})
}

fn note_text() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 10_000, "pattern": "\\S", "description": "What it says."})
}

fn moment() -> Value {
    let mut moment = or_null(count("What moment of the recording it is about."));
    moment["maximum"] = json!(8_640_000_000_u64);
    moment
}

fn rubric() -> Value {
    strict(
        "What to assess.",
        &["competencies"],
        json!({
            "competencies": {"type": "array", "minItems": 1, "maxItems": 20,
                "items": named("Criterion"), "description": "The competencies, each by itself."},
        }),
    )
}

fn criterion() -> Value {
    strict(
        "One competency to assess.",
        &["name"],
        json!({
            "name": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "\\S",
                "description": "Its name, as it appears in the analysis."},
            "description": {"type": "string", "maxLength": 2000,
                "description": "What good and bad look like."},
            "anchors": or_null(a("Anchors", "What is seen at the ends and in the middle of the scale.")),
        }),
    )
}

fn anchors() -> Value {
    let anchor = |rating: u8| {
        json!({"type": "string", "maxLength": 500,
        "description": format!("What a rating of {rating} looks like.")})
    };
    strict(
        "Behaviour that stands for a rating.",
        &["low", "mid", "high"],
        json!({"low": anchor(1), "mid": anchor(3), "high": anchor(5)}),
    )
}

fn given_turn() -> Value {
    let at = |about: &str| {
        let mut at = or_null(count(about));
        at["maximum"] = json!(8_640_000_000_u64);
        at
    };
    json!({
        "type": "object",
        "description": "A stretch of one speaker's words; what else a transcript of ours has is ignored.",
        "required": ["speaker", "text"],
        "properties": {
            "speaker": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": u32::MAX}, {"type": "string"}],
                "description": "Who speaks: a number or a name."},
            "text": text("What is said."),
            "start_ms": at("When it begins; guessed from the number of words where it is left out."),
            "end_ms": at("When it ends, not before it begins."),
        },
    })
}
