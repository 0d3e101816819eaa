//! Identifies the local speakers of overlapping windows.
//!
//! Computing a voice takes most of the time of a diarization. A speaker of every other
//! window who overlaps speakers of the windows before and after, both with the same
//! voice, is the same person: the voice in between is not computed.

use serde::{Deserialize, Serialize};

use crate::{
    DiarizationError, Loaded,
    clustering::{self, Sample},
    diarizer::{HOP_FRAMES, RELIABLE_FRAMES},
    embedding::{Voice, dot},
    fbank::{self, Frame},
    segmentation::{Activity, FRAME_SAMPLES, FRAMES, LOCAL_SPEAKERS},
    timeline::Placed,
};

/// The least speech of a window that a voice is made from, in frames: 0.25 s.
const LEAST_FRAMES: usize = 15;

/// Local speakers of two windows are taken for one where both speak for this share of the
/// time in which either does, in percent.
const AGREEMENT_PERCENT: usize = 75;

/// The cosine of the angle between voices that are surely of the same person.
const SAME_VOICE: f32 = 0.55;

/// The windows so far, of which the last may wait for the one after it.
#[derive(Default)]
pub(crate) struct Windows {
    activities: Vec<Activity>,
    speakers: Vec<LocalSpeaker>,
    /// The samples of the last window while its speakers are not identified.
    waiting: Option<Vec<f32>>,
    /// How many windows were handed out for a later diarization, and how many speakers.
    handed_out: (usize, usize),
}

/// Windows that were processed, so that a later diarization of the same recording can
/// continue behind them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessedWindows {
    /// The number of the first one.
    first: usize,
    activities: Vec<Activity>,
    speakers: Vec<LocalSpeaker>,
}

/// One of the speakers that the segmentation separates within a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LocalSpeaker {
    window: usize,
    number: usize,
    identity: Identity,
}

/// How a local speaker is identified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Identity {
    Voice(Box<Sample>),
    /// The local speaker of that number in the window before.
    SameAs(usize),
}

impl Windows {
    pub(crate) const fn is_empty(&self) -> bool {
        self.activities.is_empty()
    }

    pub(crate) const fn count(&self) -> usize {
        self.activities.len()
    }

    /// The windows since the last call whose speakers are identified, if there are any.
    pub(crate) fn take_processed(&mut self) -> Option<ProcessedWindows> {
        let (first, first_speaker) = self.handed_out;
        let end = self.activities.len() - usize::from(self.waiting.is_some());
        self.handed_out = (end, self.speakers.len());
        (end > first).then(|| ProcessedWindows {
            first,
            activities: self.activities[first..end].to_vec(),
            speakers: self.speakers[first_speaker..].to_vec(),
        })
    }

    /// Adds windows that an earlier diarization processed; false if they do not follow
    /// the existing ones, or are damaged.
    pub(crate) fn resume(&mut self, processed: ProcessedWindows) -> bool {
        if processed.first != self.activities.len() || self.waiting.is_some() {
            return false;
        }
        let end = processed.first + processed.activities.len();
        let speakers_fit = processed.speakers.iter().all(|speaker| {
            let is_known = match speaker.identity {
                Identity::Voice(_) => true,
                Identity::SameAs(before) => speaker.window > 0 && before < LOCAL_SPEAKERS,
            };
            is_known && speaker.window < end && speaker.number < LOCAL_SPEAKERS
        });
        if !speakers_fit {
            return false;
        }
        self.activities.extend(processed.activities);
        self.speakers.extend(processed.speakers);
        self.handed_out = (self.activities.len(), self.speakers.len());
        true
    }

    /// Takes the next window.
    pub(crate) fn push(
        &mut self,
        models: &Loaded,
        samples: &[f32],
        activity: Activity,
    ) -> Result<(), DiarizationError> {
        let window = self.activities.len();
        self.activities.push(activity);
        if window.is_multiple_of(2) {
            self.identify(models, samples, window)?;
            self.finish(models)
        } else {
            self.waiting = Some(samples.to_vec());
            Ok(())
        }
    }

    /// Identifies the speakers of a window that waits for the one after it.
    pub(crate) fn finish(&mut self, models: &Loaded) -> Result<(), DiarizationError> {
        let Some(samples) = self.waiting.take() else {
            return Ok(());
        };
        // The last of all, or the one before it.
        let last = self.activities.len() - 1;
        self.identify(models, &samples, last - usize::from(last.is_multiple_of(2)))
    }

    fn identify(
        &mut self,
        models: &Loaded,
        samples: &[f32],
        window: usize,
    ) -> Result<(), DiarizationError> {
        let mut features = None;
        for number in 0..LOCAL_SPEAKERS {
            let Some((speech, frames)) = speech(&self.activities[window], number) else {
                continue;
            };
            let identity = if let Some(before) = self.unchanged(window, number) {
                Identity::SameAs(before)
            } else {
                let features = features.get_or_insert_with(|| models.features.frames(samples));
                let Some(voice) = models.embedding.run(&chosen(features, &speech))? else {
                    continue;
                };
                Identity::Voice(Box::new(Sample { voice, frames }))
            };
            self.speakers.push(LocalSpeaker {
                window,
                number,
                identity,
            });
        }
        Ok(())
    }

    /// The number of a local speaker in the window before, where the windows before and
    /// after hold the same voice at the same times.
    fn unchanged(&self, window: usize, number: usize) -> Option<usize> {
        let (before, voice_before) = self.same_times(window.checked_sub(1)?, window, number)?;
        let (_, voice_after) = self.same_times(window + 1, window, number)?;
        (dot(voice_before, voice_after) >= SAME_VOICE).then_some(before)
    }

    /// The local speaker of `other`, the window before or after, who overlaps the one
    /// of `window`, and the voice.
    fn same_times(&self, other: usize, window: usize, number: usize) -> Option<(usize, &Voice)> {
        let own = &self.activities[window];
        let others = self.activities.get(other)?;
        // Where a frame of the overlap is in each of the two.
        let (first_own, first_other) = if other < window {
            (0, HOP_FRAMES)
        } else {
            (HOP_FRAMES, 0)
        };
        let agree = |candidate: usize| {
            let (mut both, mut either) = (0, 0);
            for frame in 0..FRAMES - HOP_FRAMES {
                let speaks = own.speaks(number, first_own + frame);
                let other_speaks = others.speaks(candidate, first_other + frame);
                both += usize::from(speaks && other_speaks);
                either += usize::from(speaks || other_speaks);
            }
            both >= RELIABLE_FRAMES && both * 100 >= either * AGREEMENT_PERCENT
        };
        // Those of neighbouring windows are among the last.
        let recent = self.speakers.iter().rev().take(4 * LOCAL_SPEAKERS);
        let mut known = recent.filter(|speaker| speaker.window == other && agree(speaker.number));
        known.find_map(|speaker| Some((speaker.number, &speaker.sample()?.voice)))
    }

    /// The voices that are known, in the order of the windows or nearly so.
    pub(crate) fn samples(&self) -> Vec<&Sample> {
        self.speakers
            .iter()
            .filter_map(LocalSpeaker::sample)
            .collect()
    }

    /// The windows with the nearest of some people for each local speaker.
    pub(crate) fn placed(&self, people: &[Voice]) -> Vec<Placed<'_>> {
        let place = |(index, activity)| Placed {
            first: index * HOP_FRAMES,
            activity,
            people: [None; LOCAL_SPEAKERS],
        };
        let mut windows: Vec<Placed<'_>> = self.activities.iter().enumerate().map(place).collect();
        for speaker in &self.speakers {
            if let Identity::Voice(sample) = &speaker.identity {
                let person = clustering::nearest(&sample.voice, people);
                windows[speaker.window].people[speaker.number] = person;
            }
        }
        for speaker in &self.speakers {
            if let Identity::SameAs(before) = speaker.identity {
                let person = windows[speaker.window - 1].people[before];
                windows[speaker.window].people[speaker.number] = person;
            }
        }
        windows
    }
}

impl LocalSpeaker {
    const fn sample(&self) -> Option<&Sample> {
        match &self.identity {
            Identity::Voice(sample) => Some(sample),
            Identity::SameAs(_) => None,
        }
    }
}

/// The frames from which a local speaker's voice is made, and their number: where it
/// speaks alone, or at all if that is too little; none where even that is.
fn speech(activity: &Activity, speaker: usize) -> Option<(Vec<bool>, usize)> {
    let count = |frames: &[bool]| frames.iter().filter(|speaks| **speaks).count();
    [activity.alone(speaker), activity.frames_of(speaker)]
        .into_iter()
        .map(|frames| {
            let count = count(&frames);
            (frames, count)
        })
        .find(|(_, count)| *count >= LEAST_FRAMES)
}

/// The filter bank frames in the middle of which there is speech.
fn chosen(features: &[Frame], speech: &[bool]) -> Vec<Frame> {
    let is_speech = |index: usize| {
        let middle = index * fbank::SHIFT + fbank::LENGTH / 2;
        speech[(middle / FRAME_SAMPLES).min(FRAMES - 1)]
    };
    let frames = features.iter().enumerate();
    frames
        .filter(|(index, _)| is_speech(*index))
        .map(|(_, frame)| *frame)
        .collect()
}
