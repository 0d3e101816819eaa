//! A first look at a whole recording: how long and how loud it is, and whether its
//! channels carry different people.

use domain::{
    interview::ChannelUse,
    ports::TranscriptionRequest,
    steps::{Code, StepError},
    transcript::{AudioFacts, Recognition, Speaker, Word},
};
use media::{Mix, ObjectReader, Overview, level::Gain};
use tokio::task::spawn_blocking;

/// What a first look at the whole recording shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AudioProbe {
    pub(crate) facts: AudioFacts,
    /// Whether there is a person to each channel: as the client says, or else by the
    /// samples.
    pub(crate) separate: bool,
    /// How the channels are joined to one.
    pub(crate) mix: Mix,
    /// The gain with which the recording is to be decoded.
    pub(crate) gain: Gain,
}

impl AudioProbe {
    /// The number of speakers that channels distinguish.
    pub(crate) fn speakers(&self) -> u32 {
        if self.separate {
            u32::from(self.facts.channels)
        } else {
            1
        }
    }

    /// What was recognised of the recording: words, a language, and milliseconds of speech.
    pub(crate) fn recognition(
        &self,
        model: &str,
        words: Vec<Word>,
        language: Option<String>,
        speech_ms: u64,
    ) -> Recognition {
        Recognition {
            speakers: (0..self.speakers()).map(Speaker::unnamed).collect(),
            words,
            language,
            audio: self.facts,
            speech_ms: Some(speech_ms),
            model: model.to_owned(),
            diarization: None,
        }
    }

    /// The share of the recording that ends at `reached_ms`, in percent.
    pub(crate) fn percent(&self, reached_ms: u64) -> u8 {
        let percent = reached_ms.saturating_mul(100) / self.facts.duration_ms.max(1);
        u8::try_from(percent).map_or(100, |percent| percent.min(100))
    }
}

/// Decodes the whole recording once, up to the longest that is accepted.
pub(crate) async fn probe(request: &TranscriptionRequest) -> Result<AudioProbe, StepError> {
    let (recording, limit) = (request.recording.clone(), request.max_duration_ms);
    let look = move || Overview::of_all(Box::new(ObjectReader::open(&recording)), limit);
    let overview = spawn_blocking(look)
        .await
        .map_err(|_| StepError::transient(Code::EngineFailed, "the speech engine broke down"))?
        .map_err(|error| error.to_step_error())?;
    let separate = match request.channels.known() {
        ChannelUse::Speakers => overview.facts.channels > 1,
        ChannelUse::Mixed => false,
        _ => overview.separate,
    };
    Ok(AudioProbe {
        facts: overview.facts,
        separate,
        mix: overview.mix,
        gain: overview.gain(),
    })
}
