//! The transcript.

use domain::usable::UnusableReason;
use serde_json::{Value, json};

use super::{a, count, list, number, object, or_null, requests::ROLES, share, text, words_or_null};

pub(super) fn all() -> Value {
    json!({
        "Transcript": transcript(),
        "Speaker": object("Someone who speaks.", &[], json!({
            "id": count("From 0."),
            "name": text("What they are called; `Speaker 1` where they have no name."),
            "role": words_or_null("Their part in a job interview: recognised by who asks, or as \
                `PATCH` of the interview gives it; `null` where it is not clear.", &ROLES),
            "role_confidence": or_null(share("How sure the role is, 0 to 1; 1 where a person \
                gave it.")),
        })),
        "Turn": object("A stretch of one speaker's words.", &[], json!({
            "id": count("From 0, in reading order."),
            "speaker": count("Who speaks."),
            "start_ms": count("When its first word begins."),
            "end_ms": count("When its last word ends."),
            "text": text("What is said."),
        })),
        "Word": object("One recognised word.", &["overlap"], json!({
            "text": text("As it is to be shown."),
            "start_ms": count("When it begins."),
            "end_ms": count("When it ends."),
            "speaker": count("Who says it."),
            "confidence": share("How sure the engine is, 0 to 1."),
            "overlap": {"type": "boolean", "description": "Whether another speaker talks at the \
                same time; left out where not."},
        })),
        "Quality": quality(),
        "Usable": usable(),
        "Segment": object("What is recognised of a stretch of speech.", &[], json!({
            "speaker": count("Who speaks, from 0."),
            "start_ms": count("When it begins."),
            "end_ms": count("When it ends."),
            "text": text("What is said."),
            "words": list("Word", "Its words, where the engine tells them apart."),
            "final": {"type": "boolean", "description": "Whether it stays as it is; one that \
                does not is replaced by what comes next for the same time."},
        })),
    })
}

fn transcript() -> Value {
    object(
        "Who said what, when.",
        &[],
        json!({
            "revision": count("Grows with every transcription of the same interview."),
            "engine": text("The engine that made it."),
            "model": text("The engine's model."),
            "diarization": or_null(text("The models that told the speakers apart by voice, where \
                the engine itself did not.")),
            "language": or_null(text("The language as a BCP 47 tag, where known.")),
            "duration_ms": count("Length of the recording."),
            "speakers": list("Speaker", "Everyone who speaks."),
            "turns": list("Turn", "The words by who speaks, in reading order."),
            "words": list("Word", "The words in reading order."),
            "quality": a("Quality", "How far it can be trusted."),
            "usable": a("Usable", "Whether it can be relied on."),
        }),
    )
}

fn usable() -> Value {
    let reasons = UnusableReason::ALL.iter().fold(
        "What was found, as stable words for programs; later releases may add some.".to_owned(),
        |text, reason| format!("{text} `{}`: {}", reason.as_str(), reason.meaning()),
    );
    object(
        "Whether a transcript can be relied on.",
        &[],
        json!({
            "ok": {"type": "boolean", "description": "Whether the words can be relied on. If \
                not, nothing is rated. With `one_speaker` alone it stays `true`, and a job \
                interview is not rated."},
            "reasons": {"type": "array", "items": {"type": "string"}, "description": reasons},
        }),
    )
}

fn quality() -> Value {
    object(
        "How far a transcript can be trusted.",
        &[],
        json!({
            "words": count("Number of words."),
            "mean_confidence": share("Mean confidence of the words, 0 to 1."),
            "low_confidence_share": share("Share of words below a confidence of 0.5."),
            "speech_coverage": share("Share of the recording that is covered by words."),
            "words_per_minute": number("Words per minute of the recording."),
            "repetition_share": share("Share of words inside loops of repeated phrases."),
        }),
    )
}
