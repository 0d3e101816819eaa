//! The codes of steps' errors: all there are, each with what it means.

macro_rules! codes {
    ($($name:ident, $word:literal, $meaning:literal;)*) => {
        /// Why a step did not succeed, as a stable word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// All of them, in the order in which they are described.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// All of them, as they are written.
            pub fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|code| code.as_str()).collect()
            }

            /// As it is written in an interview.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What it means, and who can resolve it.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)*
                }
            }
        }
    };
}

codes! {
    NotAudio, "not_audio", "The file is no recording of any kind that is known.";
    UnsupportedAudio, "unsupported_audio",
        "The recording's format or codec is known and not decoded; `message` names it.";
    DamagedAudio, "damaged_audio", "The recording cannot be decoded; `message` says what is wrong.";
    EmptyAudio, "empty_audio", "The recording has no sound in it.";
    TooLong, "too_long", "The recording is longer than is accepted.";
    TooLarge, "recording_too_large", "The recording is larger than the speech engine takes.";
    NoSpeech, "no_speech", "The speech engine finds no speech in the recording.";
    BudgetExhausted, "budget_exhausted",
        "The recording is longer than what is left of the user's budget, or the budget is used up; `message` says until when.";
    LanguageNotSupported, "language_not_supported",
        "The engine does not know the interview's language.";
    UploadAbandoned, "upload_abandoned", "The recording never came, for a week.";
    RecordingMissing, "recording_missing", "The recording is not there any more.";
    RecordingIncomplete, "recording_incomplete",
        "The uploaded object does not have the declared size: ask for an upload URL and upload the whole recording again.";
    RecordingUnavailable, "recording_unavailable", "The recording could not be read just now.";
    RecordingUnreachable, "recording_unreachable",
        "The speech engine could not fetch the recording.";
    RecordingInterrupted, "recording_interrupted", "The recording broke off while it was sent.";
    EngineUnauthorized, "engine_unauthorized", "The engine does not accept the service's key: the operator's to mend.";
    EngineForbidden, "engine_forbidden", "The service's key is not good for this: the operator's to mend.";
    EngineOutOfCredit, "engine_out_of_credit", "The service's account with the engine is empty: the operator's to mend.";
    EngineMisconfigured, "engine_misconfigured", "The engine knows no such model, option or address: the operator's to mend.";
    EngineRefused, "engine_refused", "The engine does not accept the request.";
    EngineQuota, "engine_quota", "The quota of the service with the engine is used up.";
    EngineBusy, "engine_busy", "The engine has too much to do for us.";
    EngineOverloaded, "engine_overloaded", "The engine is overloaded for all users.";
    EngineUnavailable, "engine_unavailable", "The engine is out of order, or cannot be reached.";
    EngineTimeout, "engine_timeout", "The engine did not answer in time.";
    EngineFailed, "engine_failed", "The engine broke down, or its answer makes no sense.";
    AnswerBlocked, "answer_blocked", "The language engine refuses to read the transcript, or to answer.";
    AnswerTruncated, "answer_truncated", "The language engine's answer was cut off, even for a small part.";
    AnswerUnfinished, "answer_unfinished", "The language engine ended its answer early.";
    AnswerEmpty, "answer_empty", "The language engine answered nothing.";
    AnswerMalformed, "answer_malformed", "The language engine's answer is not what it was asked for.";
    TranscriptMissing, "transcript_missing", "There is no transcript any more.";
    TranscriptDamaged, "transcript_damaged", "The stored transcript cannot be read.";
    ResultTooLarge, "result_too_large", "The result is larger than can be stored.";
    ReportNotWritten, "report_not_written", "The report could not be written.";
    StorageUnavailable, "storage_unavailable", "A result could not be stored, or work not be queued, just now.";
    PrerequisiteFailed, "prerequisite_failed", "A step failed whose result this one needs.";
    WorkerLost, "worker_lost", "The work was begun and never came to an end.";
    NeverStarted, "never_started", "The work waited for longer than a day.";
    DeadlineExceeded, "deadline_exceeded", "The work took longer than a day.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Code;

    #[test]
    fn every_code_has_a_distinct_name() {
        let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        let snake = |word: &str| {
            word.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        assert!(words.into_iter().all(snake));
    }
}
