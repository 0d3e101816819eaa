//! A first look at a whole recording: how long it is, and whether its channels
//! carry different people.

use domain::{
    ports::TranscriptionRequest,
    steps::{Code, StepError},
    transcript::AudioFacts,
};
use media::{Decoder, Error, ObjectReader, Source, channels::ChannelComparison};
use tokio::task::spawn_blocking;

/// What a first look at the whole recording shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AudioProbe {
    pub(crate) facts: AudioFacts,
    /// Whether there is a person to each channel.
    pub(crate) separate: bool,
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
}

/// Decodes the whole recording once, up to the longest that is accepted.
pub(crate) async fn probe(request: &TranscriptionRequest) -> Result<AudioProbe, StepError> {
    let (recording, limit) = (request.recording.clone(), request.max_duration_ms);
    spawn_blocking(move || probe_source(Box::new(ObjectReader::open(&recording)), limit))
        .await
        .map_err(|_| StepError::transient(Code::EngineFailed, "the speech engine broke down"))?
        .map_err(|error| error.to_step_error())
}

/// Whether there is a person to each channel. One channel is enough to know that there
/// is not; otherwise the whole recording is decoded.
#[cfg(feature = "diarization")]
pub(crate) async fn is_one_person_per_channel(
    request: &TranscriptionRequest,
) -> Result<bool, StepError> {
    let (recording, limit) = (request.recording.clone(), request.max_duration_ms);
    let look = move || -> Result<bool, Error> {
        let mut decoder = Decoder::open(Box::new(ObjectReader::open(&recording)))?;
        let channels = decoder.next_block()?.map_or(0, media::Block::channels);
        if channels < 2 {
            return Ok(false);
        }
        let probe = probe_source(Box::new(ObjectReader::open(&recording)), limit)?;
        Ok(probe.separate)
    };
    spawn_blocking(look)
        .await
        .map_err(|_| StepError::transient(Code::EngineFailed, "the speech engine broke down"))?
        .map_err(|error| error.to_step_error())
}

fn probe_source(source: Box<dyn Source>, limit_ms: u64) -> Result<AudioProbe, Error> {
    let mut decoder = Decoder::open(source)?;
    let rate = decoder.facts().sample_rate_hz;
    let mut comparison = None;
    while let Some(block) = decoder.next_block()? {
        let comparison =
            comparison.get_or_insert_with(|| ChannelComparison::new(block.channels(), rate));
        comparison.push(block);
        if decoder.facts().duration_ms > limit_ms {
            return Err(Error::TooLong {
                limit_minutes: limit_ms / 60_000,
            });
        }
    }
    Ok(AudioProbe {
        facts: decoder.facts(),
        separate: comparison.is_some_and(|comparison| comparison.separate()),
    })
}
