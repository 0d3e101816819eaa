//! The analysis.

use serde_json::{Value, json};

use super::{a, count, list, number, object, or_null, share, text, time, words};

pub(super) fn all() -> Value {
    json!({
        "Analysis": analysis(),
        "DerivedFrom": object("What it was made from.", &[], json!({
            "transcript_revision": count("The transcript's revision."),
        })),
        "Usage": object("Tokens as the provider counts them.", &[], json!({
            "input_tokens": count("Tokens read."),
            "output_tokens": count("Tokens written, thinking not included."),
            "thinking_tokens": count("Tokens thought."),
        })),
        "Claim": object("A claim with what it rests on.", &[], json!({
            "text": text("The claim."),
            "evidence": list("Evidence", "What it rests on."),
        })),
        "Evidence": evidence(),
        "Topic": object("A stretch of the recording about one thing.", &[], json!({
            "title": text("A few words."),
            "start_ms": count("When its first turn begins."),
            "end_ms": count("When its last turn ends."),
        })),
        "Question": object("A question and what was answered.", &[], json!({
            "question": text("The question as asked."),
            "answer": or_null(text("The answer in short.")),
            "evidence": list("Evidence", "Where both are found."),
        })),
        "Competency": object("An assessment of one competency.", &[], json!({
            "name": text("The criterion's name."),
            "status": words("Whether it could be assessed.",
                &["assessed", "insufficient_evidence", "not_assessed"]),
            "rating": or_null(json!({"type": "integer", "minimum": 1, "maximum": 5,
                "description": "Only where it is assessed."})),
            "rationale": text("Why, or why not."),
            "evidence": list("Evidence", "What it rests on."),
        })),
        "Warning": object("Something the reader should know.", &[], json!({
            "code": text("A stable word."),
            "message": text("For people to read."),
        })),
        "Metrics": metrics(),
        "SpeakerMetrics": speaker(),
    })
}

fn analysis() -> Value {
    object(
        "What is said about an interview, every claim with its evidence.",
        &[],
        json!({
            "derived_from": a("DerivedFrom", "What it was made from."),
            "engine": text("The engine, by its name in the settings."),
            "model": text("The engine's model."),
            "prompt_version": text("The version of the prompt, or of the method."),
            "usage": a("Usage", "Tokens counted by the provider."),
            "cost_usd": or_null(number("What it cost, in US dollars, where a price is known.")),
            "summary": or_null(text("A few sentences.")),
            "key_points": list("Claim", "What matters most."),
            "topics": list("Topic", "What was talked about, in order."),
            "questions": list("Question", "What was asked and answered."),
            "competencies": list("Competency", "Assessments by the rubric."),
            "strengths": list("Claim", "What speaks for."),
            "concerns": list("Claim", "What speaks against."),
            "follow_ups": {"type": "array", "items": {"type": "string"}, "description": "What to ask next."},
            "metrics": a("Metrics", "The conversation measured by code."),
            "evidence_validity": or_null(share("Share of quotes that are verified or repaired; \
                `null` without quotes.")),
            "warnings": list("Warning", "What the reader should know."),
            "created_at": time("When it was made."),
        }),
    )
}

fn evidence() -> Value {
    object(
        "A quote after it has been looked up in the transcript.",
        &[],
        json!({
            "quote": text("The real words where found, the claimed ones where not."),
            "status": words("Whether it was found: word for word, but for trifles, or not at all.",
                &["verified", "repaired", "unverified"]),
            "speaker": or_null(count("Who really said it.")),
            "start_ms": or_null(count("When its first word begins.")),
            "end_ms": or_null(count("When its last word ends.")),
            "turn": or_null(count("The turn it is found in.")),
        }),
    )
}

fn metrics() -> Value {
    object(
        "The conversation measured from its words.",
        &[],
        json!({
            "duration_ms": count("Length of the recording."),
            "speech_ms": count("Time in which at least one speaker speaks."),
            "silence_ms": count("Time in which no speaker speaks."),
            "turns": count("Turns, neighbours of the same speaker joined, without what is said while another speaks on."),
            "quality": a("Quality", "How far the transcript can be trusted."),
            "speakers": {"type": "object", "additionalProperties": a("SpeakerMetrics", "One speaker's part."),
                "description": "By speaker id."},
        }),
    )
}

fn speaker() -> Value {
    object(
        "One speaker's part in the conversation.",
        &[],
        json!({
            "talk_ms": count("Time covered by this speaker's words, short pauses included."),
            "talk_share": share("Share of all speakers' talk time."),
            "words": count("Number of words."),
            "words_per_minute": number("Words per minute of this speaker's talk time."),
            "longest_monologue_ms": count("The longest stretch without another speaker's turn."),
            "response_delay_ms": or_null(count("Median time between the other's last word and this \
                speaker's first.")),
            "interruptions": count("How often this speaker took the turn while another spoke."),
            "fillers": count("Number of filler words."),
            "questions": count("Number of questions asked."),
        }),
    )
}
