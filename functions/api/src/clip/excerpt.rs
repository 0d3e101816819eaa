//! A part of a recording for people with a link, as WAV.

use std::ops::Range;

use axum::body::Body;
use domain::Interview;
use media::{Clip, Decoder, ObjectReader};
use runtime::http::Problem;
use tokio::task::spawn_blocking;

use super::{ClipPlace, Listener, MAX_CLIP_MS, body, refused, too_large};
use crate::Api;

/// A part that is ready to be sent.
pub(crate) struct Excerpt {
    clip: Clip,
    place: ClipPlace,
    /// Its size in bytes.
    pub(crate) size: u64,
}

impl Excerpt {
    /// These of its bytes.
    pub(crate) fn into_body(self, part: Range<u64>) -> Body {
        body::of_samples_within(self.clip, self.place, part)
    }
}

/// The part of a recording from one moment to another, as far as it can be listened to.
pub(crate) fn part(interview: &Interview, from_ms: u64, to_ms: u64) -> Option<Range<u64>> {
    let audio = interview.audio.as_ref().filter(|_| interview.has_audio())?;
    // Speech engines measure the length in other ways.
    let to_ms = to_ms.min(audio.duration_ms?);
    let length = to_ms.checked_sub(from_ms)?;
    (1..=MAX_CLIP_MS)
        .contains(&length)
        .then_some(from_ms..to_ms)
}

impl Api {
    /// A part of a recording, for the guests of its owner, who have places of their own.
    pub(crate) async fn excerpt(
        &self,
        interview: &Interview,
        part: Range<u64>,
    ) -> Result<Excerpt, Problem> {
        let (from_ms, to_ms) = (part.start, part.end);
        let recording = self.clipped(interview, from_ms, to_ms)?;
        let guest = Listener::Guest(interview.user_id.clone());
        let place = self.limits.rate_limits.begin_clip(guest)?;
        // The place is held until the part is made, also where the client has gone.
        let making = spawn_blocking(move || {
            let decoder = Decoder::open(Box::new(ObjectReader::open(&recording)))?;
            Clip::open(decoder, from_ms, to_ms).map(|clip| (clip, place))
        });
        let made = making.await.map_err(|_| Problem::internal())?;
        let (clip, place) = made.map_err(|error| refused(error.into()))?;
        let size = clip.wav_bytes().ok_or_else(too_large)?;
        Ok(Excerpt { clip, place, size })
    }
}
