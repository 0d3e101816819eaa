//! Identifies the local speakers of overlapping windows.
//!
//! Computing a voice takes most of the time of a diarization. A speaker of every other
//! window who overlaps speakers of the windows before and after, both with the same
//! voice, is the same person: the voice in between is not computed.
//!
//! The segmentation sometimes gives people who speak one after the other the same number.
//! Where a local speaker pauses, the voices before and behind the pause are compared, and
//! a different one becomes a local speaker of its own.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{
    DiarizationError, Loaded,
    clustering::{self, Sample},
    diarizer::{HOP_FRAMES, RELIABLE_FRAMES},
    embedding::{Voice, dot},
    fbank::{self, Frame},
    segmentation::{Activity, FRAME_SAMPLES, FRAMES, LOCAL_SPEAKERS, SEPARATED_SPEAKERS},
    timeline::Placed,
};

/// The least speech of a window that a voice is made from, in frames: 0.25 s.
const LEAST_FRAMES: usize = 15;

/// Local speakers of two windows are taken for one where both speak for this share of the
/// time in which either does, in percent.
const AGREEMENT_PERCENT: usize = 75;

/// The cosine of the angle between voices that are surely of the same person.
const SAME_VOICE: f32 = 0.55;

/// Behind a pause of this length, in frames, a local speaker may be another person: 0.8 s, ...
const LONG_PAUSE_FRAMES: usize = 47;

/// ... where there is as much speech as this on both sides of it: 1.2 s.
const STRETCH_FRAMES: usize = 71;

/// The cosine of the angle between voices that are surely of different people.
const OTHER_VOICE: f32 = 0.35;

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

    /// The number of windows whose speakers are identified.
    pub(crate) fn identified(&self) -> usize {
        self.activities.len() - usize::from(self.waiting.is_some())
    }

    /// The windows since the last call whose speakers are identified, if there are any.
    pub(crate) fn take_processed(&mut self) -> Option<ProcessedWindows> {
        let (first, first_speaker) = self.handed_out;
        let end = self.identified();
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
        for number in 0..SEPARATED_SPEAKERS {
            let Some(speech) = speech(&self.activities[window], number) else {
                continue;
            };
            if let Some(before) = self.unchanged(window, number) {
                self.add(window, number, Identity::SameAs(before));
                continue;
            }
            let features = features.get_or_insert_with(|| models.features.frames(samples));
            let mut voices = Vec::new();
            for stretch in stretches(&speech) {
                if let Some(voice) = models.embedding.run(&chosen(features, &speech, &stretch))? {
                    voices.push((stretch, voice));
                }
            }
            for (index, person) in by_person(&speech, voices).into_iter().enumerate() {
                let activity = &mut self.activities[window];
                let number = if index == 0 {
                    Some(number)
                } else {
                    activity.split(number, &person.stretches)
                };
                if let Some(number) = number {
                    let sample = Box::new(person.sample);
                    self.add(window, number, Identity::Voice(sample));
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, window: usize, number: usize, identity: Identity) {
        self.speakers.push(LocalSpeaker {
            window,
            number,
            identity,
        });
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

/// The frames from which a local speaker's voice is made: where it speaks alone, or at all
/// if that is too little; none where even that is.
fn speech(activity: &Activity, speaker: usize) -> Option<Vec<bool>> {
    let is_enough = |frames: &Vec<bool>| count(frames) >= LEAST_FRAMES;
    [activity.alone(speaker), activity.frames_of(speaker)]
        .into_iter()
        .find(is_enough)
}

fn count(frames: &[bool]) -> usize {
    frames.iter().filter(|speaks| **speaks).count()
}

/// The stretches of a local speaker's speech between long pauses, each with enough speech
/// for a voice of its own. What has too little belongs to the stretch before it.
fn stretches(speech: &[bool]) -> Vec<Range<usize>> {
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for (frame, _) in speech.iter().enumerate().filter(|(_, speaks)| **speaks) {
        match stretches.last_mut() {
            Some(last) if frame - last.end < LONG_PAUSE_FRAMES => last.end = frame + 1,
            _ => stretches.push(frame..frame + 1),
        }
    }
    let mut joined: Vec<Range<usize>> = Vec::new();
    for stretch in stretches {
        match joined.last_mut() {
            Some(last)
                if count(&speech[stretch.clone()]) < STRETCH_FRAMES
                    || count(&speech[last.clone()]) < STRETCH_FRAMES =>
            {
                last.end = stretch.end;
            }
            _ => joined.push(stretch),
        }
    }
    joined
}

/// One of the people whom the segmentation may have taken for one.
struct Person {
    stretches: Vec<Range<usize>>,
    sample: Sample,
}

/// The stretches of a local speaker by person: the first person has the most speech.
fn by_person(speech: &[bool], voices: Vec<(Range<usize>, Voice)>) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::new();
    for (stretch, voice) in voices {
        let frames = count(&speech[stretch.clone()]);
        let likeness = |person: &&mut Person| dot(&person.sample.voice, &voice);
        let nearest = people
            .iter_mut()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        match nearest.filter(|nearest| likeness(nearest) >= OTHER_VOICE) {
            Some(person) => {
                person.sample = person.sample.joined(&voice, frames);
                person.stretches.push(stretch);
            }
            None => people.push(Person {
                stretches: vec![stretch],
                sample: Sample { voice, frames },
            }),
        }
    }
    people.sort_by_key(|person| std::cmp::Reverse(person.sample.frames));
    people
}

/// The filter bank frames of a stretch in the middle of which there is speech.
fn chosen(features: &[Frame], speech: &[bool], stretch: &Range<usize>) -> Vec<Frame> {
    let is_speech = |index: usize| {
        let middle = index * fbank::SHIFT + fbank::LENGTH / 2;
        let frame = (middle / FRAME_SAMPLES).min(FRAMES - 1);
        stretch.contains(&frame) && speech[frame]
    };
    let frames = features.iter().enumerate();
    frames
        .filter(|(index, _)| is_speech(*index))
        .map(|(_, frame)| *frame)
        .collect()
}

#[cfg(test)]
mod tests;
