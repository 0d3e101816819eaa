//! Whether a failed step may run again: not while everything that it is given is as it was
//! when it failed for good ([`domain::given`]), and not beyond its user's budget.

use domain::{
    ErrorCode, Interview, InterviewKey, Timestamp,
    given::{self, Engine},
    interview_store,
    ledger::{self, Amounts, Day, Ledger, SpendingLimits},
    ports::{AvailableEngine, EngineId, EngineStatus},
    steps::{Code, StepError, StepName, StepState},
};
use runtime::http::Problem;

use crate::Api;

/// What failed steps would be given now.
pub(crate) struct RetryCheck {
    /// The engine that is in use, and its model: the active one's substitute, where it has one.
    speech: (String, String),
    language: EngineStatus,
    /// The engines that runs can choose, the active one first.
    speech_engines: Vec<AvailableEngine>,
    language_engines: Vec<AvailableEngine>,
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
            speech: (api.live.name().to_owned(), api.live.model().to_owned()),
            language: api.direct.status(),
            speech_engines: api.available(StepName::Transcription),
            language_engines: api.available(StepName::Analysis),
            max_duration_ms: api.limits.max_duration_ms,
            revision: head.map(|head| head.revision),
            limits,
            ledger,
            now,
        })
    }

    /// Refuses a step that would fail again by this engine, or by the active one, or use more
    /// than its user may.
    pub(crate) fn admit(
        &self,
        interview: &Interview,
        step: StepName,
        engine: Option<&str>,
    ) -> Result<(), Problem> {
        let failed = interview.steps.step(step);
        let error = failed.error.as_ref();
        let error = error.filter(|error| failed.state == StepState::Failed && !error.retryable);
        if let Some(error) = error.filter(|error| depends_on_given(error)) {
            let given = failed.given.as_ref();
            if given.is_some() && given == self.given(interview, step, engine).as_ref() {
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
    fn given(&self, interview: &Interview, step: StepName, engine: Option<&str>) -> Option<String> {
        let generation = interview.audio.as_ref().and_then(|audio| audio.generation);
        let longest = self.max_duration_ms;
        Some(match step {
            StepName::Transcription => {
                let active = Engine {
                    name: &self.speech.0,
                    model: Some(&self.speech.1),
                };
                let engine = other(&self.speech_engines, engine).unwrap_or(active);
                given::to_transcription(interview, generation, engine, longest)
            }
            StepName::Waveform => given::to_waveform(generation, longest),
            StepName::Analysis => {
                let active = Engine {
                    name: &self.language.name,
                    model: self.language.model.as_deref(),
                };
                let engine = other(&self.language_engines, engine).unwrap_or(active);
                given::to_analysis(interview, self.revision?, engine)
            }
            StepName::Report => return None,
        })
    }
}

/// The engine with this id, unless it is the active one, which may have a substitute.
fn other<'a>(available: &'a [AvailableEngine], id: Option<&str>) -> Option<Engine<'a>> {
    let id = EngineId::parse(id?);
    let found = available.iter().position(|found| id.is(found))?;
    let found = available.get(found).filter(|_| found > 0)?;
    Some(Engine {
        name: &found.engine,
        model: found.model.as_deref(),
    })
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
            "change `speakers_expected`, `channels` or `key_terms`, upload another recording or one \
             with another `language` in a new interview, run it again with another engine, or have the \
             operator change the speech engine or its model"
        }
        StepName::Waveform => "upload another recording in a new interview",
        StepName::Analysis | StepName::Report => {
            "change the speakers' roles, run it again with another engine, or have the operator \
             change the language engine or its model"
        }
    };
    let detail = format!(
        "{step} failed with `{code}`, and what it is given has not changed since, so that it \
         would fail again: {remedy}"
    );
    Problem::new(ErrorCode::NothingChanged, detail)
}
