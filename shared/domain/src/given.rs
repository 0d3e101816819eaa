//! What a step was given: by it is known whether running a failed step again can help.
//!
//! A permanent error follows from what the step was given: the recording, the fields of its
//! interview that the engine is told, the engine with its model, and this release. A digest
//! of these is stored with the failed step. While the same digest comes out, the step would
//! fail again, and an engine would bill it again; so `retry` refuses it. A step that failed
//! in an earlier release has no digest, and can be run again.
//!
//! Errors that the operator resolves are left out ([`is_resolved_by_operator`]): keys, credit
//! and quotas change where no digest shows it, and such requests are not billed.

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Interview, Private,
    ids::hex,
    speaker,
    steps::{Code, StepName},
};

/// The release of the program, in which a step may do what it did not before.
const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// The engine that does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Engine<'a> {
    /// Its name in the settings.
    pub name: &'a str,
    /// Its model, where it has one.
    pub model: Option<&'a str>,
}

/// A digest of what the transcription of a recording of this generation is given.
/// `max_duration_ms` is the longest recording that is accepted.
pub fn to_transcription(
    interview: &Interview,
    generation: Option<i64>,
    engine: Engine<'_>,
    max_duration_ms: u64,
) -> String {
    digest(
        StepName::Transcription,
        &json!([
            generation,
            interview.language,
            interview.kind,
            interview.speakers_expected,
            interview.channels,
            vocabulary(interview),
            engine,
            max_duration_ms,
        ]),
    )
}

/// The same of the waveform.
pub fn to_waveform(generation: Option<i64>, max_duration_ms: u64) -> String {
    digest(StepName::Waveform, &json!([generation, max_duration_ms]))
}

/// A digest of what the analysis of a transcript is given, in its newest revision. The token is
/// that of the run that recognised it.
pub fn to_analysis(interview: &Interview, token: u64, engine: Engine<'_>) -> String {
    digest(
        StepName::Analysis,
        &json!([
            token,
            interview.log_state(token).revision,
            interview.kind,
            interview.rubric,
            interview.key_terms,
            speaker::roles(&interview.speakers),
            interview.speakers_expected,
            engine,
        ]),
    )
}

/// The names and terms that a speech engine is given: the owner's key terms, then the
/// competencies of the owner's rubric. A default rubric adds none: no speaker says the names of
/// its competencies.
pub fn vocabulary(interview: &Interview) -> Vec<&str> {
    let rubric = interview.rubric.iter();
    let competencies = rubric.flat_map(|rubric| &rubric.competencies);
    let terms = interview.key_terms.iter().map(Private::reveal);
    terms
        .chain(competencies.map(|criterion| criterion.name.as_str()))
        .collect()
}

fn digest(step: StepName, given: &Value) -> String {
    let all = json!([RELEASE, step, given]).to_string();
    hex(&Sha256::digest(all)[..16])
}

/// Whether an error of this code ends when the operator does something about it.
pub fn is_resolved_by_operator(code: &str) -> bool {
    const CODES: [Code; 5] = [
        Code::EngineUnauthorized,
        Code::EngineForbidden,
        Code::EngineOutOfCredit,
        Code::EngineMisconfigured,
        Code::EngineQuota,
    ];
    CODES.iter().any(|known| known.as_str() == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InterviewId, InterviewKey, Timestamp, UserId, interview::ChannelUse};

    const ENGINE: Engine<'_> = Engine {
        name: "deepgram",
        model: Some("nova-3"),
    };

    fn interview() -> Interview {
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        };
        Interview::new(&key, "t".into(), Timestamp::from_millis(0))
    }

    #[test]
    fn digest_changes_with_what_the_engine_is_told_and_with_nothing_else() {
        let own = interview();
        let given = |own: &Interview| to_transcription(own, Some(1), ENGINE, 60_000);
        let before = given(&own);
        let renamed = Interview {
            title: "Another".into(),
            webhook_url: Some("https://example.com".into()),
            ..own.clone()
        };
        assert_eq!(given(&renamed), before);
        let expecting = Interview {
            speakers_expected: Some(2),
            ..own.clone()
        };
        let spoken = Interview {
            language: Some("de".into()),
            ..own.clone()
        };
        let by_channel = Interview {
            channels: ChannelUse::Speakers,
            ..own.clone()
        };
        let with_terms = Interview {
            key_terms: vec!["Kubernetes".into()],
            ..own.clone()
        };
        assert_eq!(vocabulary(&with_terms), ["Kubernetes"]);
        let mut others = vec![given(&expecting), given(&spoken), given(&by_channel)];
        others.push(given(&with_terms));
        others.push(to_transcription(&own, Some(2), ENGINE, 60_000));
        others.push(to_transcription(&own, Some(1), ENGINE, 120_000));
        let newer = Engine {
            model: Some("nova-4"),
            ..ENGINE
        };
        others.push(to_transcription(&own, Some(1), newer, 60_000));
        others.push(before);
        others.sort();
        others.dedup();
        assert_eq!(others.len(), 8);
    }

    #[test]
    fn analysis_depends_on_the_revision_and_steps_differ() {
        let own = interview();
        let first = to_analysis(&own, 1, ENGINE);
        assert_ne!(first, to_analysis(&own, 2, ENGINE));
        assert_eq!(first, to_analysis(&own, 1, ENGINE));
        let with_terms = Interview {
            key_terms: vec!["Kubernetes".into()],
            ..own.clone()
        };
        assert_ne!(first, to_analysis(&with_terms, 1, ENGINE));
        assert_ne!(to_waveform(Some(1), 7), to_waveform(Some(1), 8));
    }
}
