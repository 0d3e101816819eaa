//! Whether a failed step may run again: not while everything that it is given is as it was
//! when it failed for good ([`domain::given`]), and not beyond its user's budget.

use domain::{
    ErrorCode, Interview, InterviewKey, Timestamp,
    given::{self, Engine},
    interview_store,
    ledger::{self, Amounts, Day, Ledger, SpendingLimits},
    ports::EngineStatus,
    steps::{Code, StepError, StepName, StepState},
};
use runtime::http::Problem;

use crate::Api;

/// What failed steps would be given now.
pub(crate) struct RetryCheck {
    speech: (&'static str, String),
    language: EngineStatus,
    max_duration_ms: u64,
    /// The revision of the transcript, where there is one.
    revision: Option<u64>,
    limits: SpendingLimits,
    ledger: Ledger,
    now: Timestamp,
}

impl RetryCheck {
    /// As things are at this moment.
    pub(crate) async fn new(api: &Api, key: &InterviewKey) -> Result<Self, Problem> {
        let (records, now, limits) = (&*api.records, api.clock.now(), api.limits.spending);
        let head = interview_store::transcript_head(records, key).await?;
        let ledger = if limits.is_none() {
            Ledger::default()
        } else {
            ledger::month(records, &key.user_id, Day::of(now).month()).await?
        };
        Ok(Self {
            speech: (api.live.name(), api.live.model().to_owned()),
            language: api.direct.status(),
            max_duration_ms: api.limits.max_duration_ms,
            revision: head.map(|head| head.revision),
            limits,
            ledger,
            now,
        })
    }

    /// Refuses a step that would fail again, or use more than its user may.
    pub(crate) fn admit(&self, interview: &Interview, step: StepName) -> Result<(), Problem> {
        let failed = interview.steps.step(step);
        let error = failed.error.as_ref();
        let error = error.filter(|error| failed.state == StepState::Failed && !error.retryable);
        if let Some(error) = error.filter(|error| depends_on_given(error)) {
            let given = failed.given.as_ref();
            if given.is_some() && given == self.given(interview, step).as_ref() {
                return Err(nothing_changed(step, error));
            }
        }
        self.check_budget(interview, step)
    }

    fn check_budget(&self, interview: &Interview, step: StepName) -> Result<(), Problem> {
        let length = interview.audio.as_ref().and_then(|audio| audio.duration_ms);
        let (limits, audio_ms) = match step {
            StepName::Transcription if interview.has_reserved(step) => return Ok(()),
            StepName::Transcription => (self.limits, length.unwrap_or(0)),
            StepName::Analysis => (self.limits.of_cost(), 0),
            StepName::Waveform | StepName::Report => return Ok(()),
        };
        // What it costs is known to the step alone.
        let more = Amounts::of_audio(audio_ms, None);
        Ok(limits.check(&self.ledger, more, self.now)?)
    }

    /// A digest of what the step would be given; nothing where it does not matter.
    fn given(&self, interview: &Interview, step: StepName) -> Option<String> {
        let generation = interview.audio.as_ref().and_then(|audio| audio.generation);
        let longest = self.max_duration_ms;
        Some(match step {
            StepName::Transcription => {
                let engine = Engine {
                    name: self.speech.0,
                    model: Some(&self.speech.1),
                };
                given::to_transcription(interview, generation, engine, longest)
            }
            StepName::Waveform => given::to_waveform(generation, longest),
            StepName::Analysis => {
                let engine = Engine {
                    name: &self.language.name,
                    model: self.language.model.as_deref(),
                };
                given::to_analysis(interview, self.revision?, engine)
            }
            StepName::Report => return None,
        })
    }
}

/// Whether the error follows from what the step was given, and from nothing else.
fn depends_on_given(error: &StepError) -> bool {
    let is_budget = error.code == Code::BudgetExhausted.as_str();
    !is_budget && !given::is_resolved_by_operator(&error.code)
}

fn nothing_changed(step: StepName, error: &StepError) -> Problem {
    let code = &error.code;
    let remedy = match step {
        StepName::Transcription if *code == Code::RecordingIncomplete.as_str() => {
            "ask for an upload URL and upload the whole recording again"
        }
        StepName::Transcription => {
            "change `speakers_expected` or `channels`, upload another recording or one with another `language` \
             in a new interview, or have the operator change the speech engine or its model"
        }
        StepName::Waveform => "upload another recording in a new interview",
        StepName::Analysis | StepName::Report => {
            "change the speakers' roles, or have the operator change the language engine or its \
             model"
        }
    };
    let detail = format!(
        "{step} failed with `{code}`, and what it is given has not changed since, so that it \
         would fail again: {remedy}"
    );
    Problem::new(ErrorCode::NothingChanged, detail)
}
