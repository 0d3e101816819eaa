//! What `POST /v1/transcribe-stream` takes of its user's budget.
//!
//! Where there are limits, the whole recording is counted before the engine hears any of
//! it, whether or not the client listens to the end: streams that run at the same time cannot
//! use more than there is. Otherwise it is counted when it has been recognised.

use std::sync::Arc;

use domain::{
    Timestamp, UserId,
    ledger::{self, Amounts, Day},
    steps::{Code, StepError},
};
use media::ObjectReader;
use runtime::http::Problem;
use tokio::task::spawn_blocking;

use crate::{Api, error::step_problem, temp_recording::TempRecording};

/// What is counted for one stream.
pub(crate) struct StreamCharge {
    api: Arc<Api>,
    user: UserId,
    /// What was counted before, and when.
    counted: Option<(Timestamp, Amounts)>,
}

impl StreamCharge {
    /// Counts a recording where there are limits.
    pub(crate) async fn begin(
        api: &Arc<Api>,
        user: UserId,
        spooled: &TempRecording,
    ) -> Result<Self, Problem> {
        let limits = &api.limits.spending;
        let mut counted = None;
        if !limits.is_none() {
            let audio_ms = measure(spooled, api.limits.max_duration_ms).await;
            let audio_ms = audio_ms.map_err(|error| step_problem(&error))?;
            let (now, amounts) = (api.clock.now(), amounts(api, audio_ms));
            ledger::spend(&*api.records, &user, amounts, limits, now).await?;
            counted = Some((now, amounts));
        }
        Ok(Self {
            api: Arc::clone(api),
            user,
            counted,
        })
    }

    /// Takes back what the engine refused to begin with.
    pub(crate) async fn take_back(&self) {
        let Some((at, unused)) = self.counted else {
            return;
        };
        let records = &*self.api.records;
        let taken = ledger::take_back(records, &self.user, Day::of(at), unused).await;
        if let Err(error) = taken {
            tracing::warn!(event = "ledger.not_counted", %error, "an unused recording stays counted");
        }
    }

    /// Counts a recording of this length that was not counted before.
    pub(crate) async fn end(&self, audio_ms: u64) {
        if self.counted.is_none() {
            let amounts = amounts(&self.api, audio_ms);
            self.api.count_use(&self.user, amounts).await;
        }
    }
}

/// What a stream of that length in milliseconds takes.
fn amounts(api: &Api, audio_ms: u64) -> Amounts {
    Amounts::of_audio(audio_ms, api.live.stream_cost_usd(audio_ms))
}

/// The length of a recording by decoded frames, in milliseconds.
async fn measure(spooled: &TempRecording, longest_ms: u64) -> Result<u64, StepError> {
    let reader = ObjectReader::open(&spooled.recording);
    let measured = spawn_blocking(move || media::length_ms(Box::new(reader), longest_ms));
    measured
        .await
        .map_err(|_| {
            StepError::transient(Code::EngineFailed, "the recording could not be decoded")
        })?
        .map_err(|error| error.to_step_error())
}
