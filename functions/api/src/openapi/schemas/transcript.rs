//! The transcript.

use serde_json::{Value, json};

use super::{a, count, list, number, object, or_null, share, text};

pub(super) fn all() -> Value {
    json!({
        "Transcript": transcript(),
        "Speaker": object("Someone who speaks.", &[], json!({
            "id": count("From 0."),
            "name": text("What they are called; `Speaker 1` where nobody has named them."),
        })),
        "Turn": object("A stretch of one speaker's words.", &[], json!({
            "id": count("From 0, in reading order."),
            "speaker": count("Who speaks."),
            "start_ms": count("When its first word begins."),
            "end_ms": count("When its last word ends."),
            "text": text("What is said."),
        })),
        "Word": object("One recognised word.", &[], json!({
            "text": text("As it is to be shown."),
            "start_ms": count("When it begins."),
            "end_ms": count("When it ends."),
            "speaker": count("Who says it."),
            "confidence": share("How sure the engine is, 0 to 1."),
        })),
        "Quality": quality(),
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
            "language": or_null(text("The language as a BCP 47 tag, where known.")),
            "duration_ms": count("Length of the recording."),
            "speakers": list("Speaker", "Everyone who speaks."),
            "turns": list("Turn", "The words by who speaks, in reading order."),
            "words": list("Word", "The words in reading order."),
            "quality": a("Quality", "How far it can be trusted."),
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
