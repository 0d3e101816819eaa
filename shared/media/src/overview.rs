//! What a recording is like as a whole, for its decoding to go by.

use domain::transcript::AudioFacts;

use crate::{
    Decoder, Error, Source,
    channels::ChannelComparison,
    level::{Gain, LevelReport},
    mix::Mix,
};

/// What a first decoding of a recording shows.
#[derive(Debug, Clone, Copy)]
pub struct Overview {
    /// Length, channels and rate.
    pub facts: AudioFacts,
    /// Whether there is a person to each channel.
    pub separate: bool,
    /// How its channels are joined.
    pub mix: Mix,
    /// How loud it is.
    pub level: LevelReport,
}

impl Overview {
    /// Of a whole recording; an error where it is longer than `limit_ms`.
    pub fn of_all(source: Box<dyn Source>, limit_ms: u64) -> Result<Self, Error> {
        let overview = Self::of_start(source, limit_ms)?;
        if overview.facts.duration_ms > limit_ms {
            return Err(Error::TooLong {
                limit_minutes: limit_ms / 60_000,
            });
        }
        Ok(overview)
    }

    /// Of a recording's beginning, up to the block that exceeds `until_ms`.
    pub fn of_start(source: Box<dyn Source>, until_ms: u64) -> Result<Self, Error> {
        let mut decoder = Decoder::open(source)?.with_level_meter();
        let rate = decoder.facts().sample_rate_hz;
        let mut comparison = None;
        while let Some(block) = decoder.next_block()? {
            let comparison =
                comparison.get_or_insert_with(|| ChannelComparison::new(block.channels(), rate));
            comparison.push(block);
            if decoder.facts().duration_ms > until_ms {
                break;
            }
        }
        let comparison = comparison.as_ref();
        Ok(Self {
            facts: decoder.facts(),
            separate: comparison.is_some_and(ChannelComparison::separate),
            mix: comparison.map(ChannelComparison::mix).unwrap_or_default(),
            level: decoder.level(),
        })
    }

    /// The gain with which it is to be decoded.
    pub fn gain(&self) -> Gain {
        self.level.gain()
    }
}
