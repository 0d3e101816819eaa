//! When packets are played: priming, edit lists, gaps, late starts.

use domain::audio_warning::AudioWarningCode;
use symphonia::core::units::{TimeBase, Timestamp};

use super::Library;
use crate::{
    Error, FileKind,
    block::Block,
    gapless,
    mp4::{Fraction, SoundTrack, Stretches},
    open::damaged,
    timeline::{LATEST_START_S, LONGEST_GAP_S, Timeline},
    trim::Trimmer,
};

impl Library {
    /// Gives silence for shorter gaps, and for a late start however late it is: the times
    /// are those of a player.
    pub(crate) fn keep_exactly_to_times(&mut self) {
        if let Some(timeline) = &mut self.timeline {
            timeline.be_exact();
        }
    }

    /// A track that begins before the sound shows that a late start is meant.
    pub(super) fn note_other_track(&mut self) {
        if let (None, Some(timeline)) = (&self.trimmer, &mut self.timeline) {
            timeline.believe_starts(LONGEST_GAP_S);
        }
    }

    pub(super) fn new_timeline(&self) -> Option<Timeline> {
        let mut timeline = Timeline::new(self.time_base()?);
        // What begins late was cut from a stream.
        if matches!(self.kind, FileKind::Ogg | FileKind::Flac) {
            timeline.believe_starts(0);
        }
        Some(timeline)
    }

    /// The unit of packets' times, in containers where they are to be kept to.
    pub(super) fn time_base(&self) -> Option<TimeBase> {
        let timed = matches!(
            self.kind,
            FileKind::Mp4 | FileKind::Matroska | FileKind::Ogg | FileKind::Flac
        );
        self.own_track()?.time_base.filter(|_| timed)
    }

    /// Takes padding away, and finds out whether silence goes before.
    pub(super) fn place(
        &mut self,
        time: Timestamp,
        (start, end): (u64, u64),
        block: &mut Block,
    ) -> Result<(), Error> {
        let rate = self.sample_rate_hz;
        (self.last_frames, self.decoded_frames) = (
            block.frames() as u64,
            self.decoded_frames + block.frames() as u64,
        );
        if let Some(timeline) = &mut self.timeline {
            let repeated = timeline.repeated(time, rate).min(block.frames() as u64);
            if repeated > 0 {
                let samples = usize::try_from(repeated).unwrap_or(0) * block.channels;
                block.samples.drain(..samples);
            }
            let missing = timeline.missing(time, block.frames() as u64, rate);
            // Of Ogg it is not known where within the page before the gap lies.
            if missing > 0 && self.kind == FileKind::Ogg && self.has_fallback {
                return Err(damaged("packets are missing"));
            }
            if missing > 0 && self.trimmer.is_some() {
                self.defects.push(AudioWarningCode::GapFilled);
            }
            self.edits += u32::from(missing > 0);
            self.silence += missing;
        }
        if self.trimmer.is_none() {
            self.trimmer = Some(self.begin(time));
        }
        if let Some(trimmer) = &mut self.trimmer {
            trimmer.trim(block, start, end);
        }
        Ok(())
    }

    /// The track's encoder delay, by the most reliable field of its container.
    pub(super) fn begin(&mut self, first: Timestamp) -> Trimmer {
        let rate = self.sample_rate_hz;
        let mut tracks = self.movie.tracks.iter();
        let track = tracks.find(|track| track.id == self.track);
        if let Some(SoundTrack {
            edit: Some(edit),
            stretches,
            ..
        }) = track
        {
            let delay = edit.delay.frames(rate);
            let second = u64::from(rate);
            // Alone, a track that begins later than that was cut from a longer one; beside
            // a picture the sound begins when it says.
            let latest = if self.movie.has_other_tracks {
                LONGEST_GAP_S
            } else {
                LATEST_START_S
            };
            if (second / 5..latest * second).contains(&delay) {
                self.silence += delay;
            }
            // What an encoder adds is shorter.
            let is_trimmed = edit.skip.frames(rate) > second / 5;
            let has_stretches = matches!(stretches, Stretches::Ascending(_));
            let is_edited = self.silence > 0 || is_trimmed || edit.is_cut || has_stretches;
            self.edits += u32::from(is_edited);
            if let Stretches::Ascending(stretches) = stretches {
                let frames = |(start, length): &(Fraction, Fraction)| {
                    let start = start.frames(rate);
                    start..start.saturating_add(length.frames(rate))
                };
                return Trimmer::of_stretches(stretches.iter().map(frames).collect());
            }
            let length = edit.length.map(|length| length.frames(rate));
            let trimmer = Trimmer::new(edit.skip.frames(rate), length);
            return if edit.is_cut {
                trimmer.binding()
            } else {
                trimmer
            };
        }
        if let Some(frames) = self.pre_skip {
            return Trimmer::new(frames, None);
        }
        let itunes = || gapless::itunes(&mut *self.reader);
        if let Some((lead, length)) = (self.kind == FileKind::Mp4).then(itunes).flatten() {
            return Trimmer::new(lead, Some(length));
        }
        let timeline = self.timeline.as_ref();
        let lead = timeline.filter(|_| matches!(self.kind, FileKind::Mp4 | FileKind::Matroska));
        let lead = lead.map(|timeline| timeline.lead(first, rate));
        Trimmer::new(lead.unwrap_or(0), None)
    }
}
