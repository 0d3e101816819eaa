//! The record of one interview: small, written often, listened to by `announce`.

mod json_text;
mod settings;

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    InterviewId, InterviewKey, Private, RecordedAt, RunId, Timestamp, UserId,
    analysis::Rubric,
    assessment::NewestAssessment,
    audio::Audio,
    corrections::LogState,
    highlights::HighlightTotals,
    ledger::Reservations,
    note::NoteTotals,
    rubrics::RubricSource,
    search::index::IndexState,
    speaker::SpeakerLabel,
    steps::{Step, StepState, Steps},
    trace::TraceContext,
    usable::{self, Usable},
    versions::{StripUnknown, Unknown, UnknownFields, open_enum},
};

const DAY: Duration = Duration::from_hours(24);

open_enum! {
    /// What sort of conversation it is; chooses the rubric and the wording.
    #[derive(Default)]
    pub enum Kind, unknown as Other {
        /// A candidate is interviewed for a job.
        JobInterview = "job_interview",
        /// A participant is interviewed about a product or a need.
        UserResearch = "user_research",
        /// A source is interviewed for a story.
        Journalism = "journalism",
        /// Anything else.
        #[default]
        Other = "other",
    }
}

open_enum! {
    /// What the channels of the recording carry.
    #[derive(Default)]
    pub enum ChannelUse, unknown as Auto {
        /// It is found out from the recording.
        #[default]
        Auto = "auto",
        /// Each channel carries one speaker.
        Speakers = "speakers",
        /// All channels carry the same conversation.
        Mixed = "mixed",
    }
}

impl ChannelUse {
    /// Whether the owner has said nothing.
    fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

open_enum! {
    /// Where the interview as a whole stands; derived from its steps, never set.
    pub enum Status, unknown as Processing {
        /// Its recording has not arrived.
        AwaitingUpload = "awaiting_upload",
        /// At least one step is not settled.
        Processing = "processing",
        /// Every step is done, or skipped because there is nothing to do.
        Completed = "completed",
        /// All is settled and the transcript is there, but another step failed.
        Partial = "partial",
        /// All is settled and there is no transcript.
        Failed = "failed",
    }
}

impl Status {
    /// Whether nothing more will happen without a request.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Partial | Self::Failed)
    }
}

/// The interview document at `users/{user}/interviews/{interview}`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interview {
    /// Its id.
    pub id: InterviewId,
    /// Whose it is.
    pub user_id: UserId,
    /// The title.
    pub title: Private,
    /// What sort of conversation it is.
    #[serde(default)]
    pub kind: Kind,
    /// The language as a BCP 47 tag, given by the client or recognised, or
    /// [`MULTI`](crate::language::MULTI).
    pub language: Option<String>,
    /// When its recording was made, where its owner says so.
    pub recorded_at: Option<RecordedAt>,
    /// When it was created.
    pub created_at: Timestamp,
    /// What lists by date go by: when its recording was made, else when it was created. Derived
    /// at every write; earlier releases did not store it ([`crate::dates`]).
    pub date: Option<Timestamp>,
    /// When its document last changed.
    pub updated_at: Timestamp,
    /// Its recording, once announced.
    pub audio: Option<Audio>,
    /// Its steps.
    #[serde(default)]
    pub steps: Steps,
    /// Derived from `steps` at every write, so that lists can ask for it.
    pub status: Status,
    /// What is reserved in its user's ledger for steps that are not settled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reservations: Reservations,
    /// The last fencing token handed out; tokens only grow.
    #[serde(default)]
    pub last_token: u64,
    /// Whether its transcript can be relied on, once there is one.
    pub usable: Option<Usable>,
    /// Its notes in numbers; absent until one is written by a release that counts them.
    pub note_totals: Option<NoteTotals>,
    /// Its highlights in numbers; absent until one is marked.
    pub highlight_totals: Option<HighlightTotals>,
    /// How its transcripts were corrected, by the fencing tokens of the runs that recognised
    /// them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub corrections: BTreeMap<u64, LogState>,
    /// The newest version of a person's assessment.
    pub assessment: Option<NewestAssessment>,
    /// The runs that its owner requested, by the fencing tokens under which they were done.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub run_ids: BTreeMap<u64, RunId>,
    /// What its owner says about the speakers of transcripts that are not shown, by the fencing
    /// tokens of the runs that recognised them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_speakers: BTreeMap<u64, BTreeMap<u32, SpeakerLabel>>,
    /// Where its events go.
    pub webhook_url: Option<String>,
    /// The receiver answered 410: nothing more is sent there.
    #[serde(default)]
    pub webhook_gone: bool,
    /// The client's own data, returned as it came; kept as a text, because not
    /// every JSON can be a document.
    #[serde(default, with = "json_text")]
    pub metadata: Map<String, Value>,
    /// What its owner says about the speakers, by their ids in the transcript.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub speakers: BTreeMap<u32, SpeakerLabel>,
    /// When the owner last changed that.
    pub speakers_changed_at: Option<Timestamp>,
    /// How many people speak in it, where its owner knows.
    pub speakers_expected: Option<u32>,
    /// What the channels of its recording carry, where its owner knows.
    #[serde(default, skip_serializing_if = "ChannelUse::is_auto")]
    pub channels: ChannelUse,
    /// The collection that it is in.
    pub collection_id: Option<String>,
    /// Its tags, as its owner writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Private>,
    /// What lists find its tags by, see [`crate::tags::key`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tag_keys: Vec<Private>,
    /// Names and terms that are likely to be said, as they are spelt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_terms: Vec<Private>,
    /// What to assess, in place of the kind's own rubric.
    pub rubric: Option<Rubric>,
    /// The stored rubric that this is a copy of.
    pub rubric_source: Option<RubricSource>,
    /// How far it is indexed for searches; absent until a release that searches has done so.
    pub index: Option<IndexState>,
    /// When its kind or rubric was last changed.
    pub settings_changed_at: Option<Timestamp>,
    /// For how many days from its creation it is kept, where that is its own.
    pub retention_days: Option<u32>,
    /// When those days are over, so that the sweep can ask for it.
    pub expires_at: Option<Timestamp>,
    /// When the sweep marked it because its time is over: some time after that the sweep
    /// deletes it, unless the mark is taken back.
    pub expiring_at: Option<Timestamp>,
    /// How long sweeps had come regularly by then, in milliseconds: what the sweep counts
    /// from, which no clock that jumps can change.
    pub expiring_regular_ms: Option<u64>,
    /// Set first of all when it is deleted: from then on it is gone for
    /// everyone, and any function that finds it clears away the rest.
    pub deleted_at: Option<Timestamp>,
    /// The trace of the request that created it, which every step goes on with.
    pub trace: Option<TraceContext>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

impl StripUnknown for Interview {
    fn strip(&mut self, found: &mut Vec<Unknown>) {
        self.status = self.visible_status();
        self.unknown.strip(found);
        self.kind.strip(found);
        self.channels.strip(found);
        self.audio.strip(found);
        self.steps.strip(found);
        self.reservations.strip(found);
        self.usable.strip(found);
        self.note_totals.strip(found);
        self.highlight_totals.strip(found);
        self.corrections.strip(found);
        self.rubric_source.strip(found);
        self.index.strip(found);
        self.assessment.strip(found);
        self.other_speakers.strip(found);
        self.speakers.strip(found);
        self.rubric.strip(found);
    }
}

impl Interview {
    /// A new interview that awaits its recording.
    pub fn new(key: &InterviewKey, title: Private, now: Timestamp) -> Self {
        Self {
            id: key.interview_id.clone(),
            user_id: key.user_id.clone(),
            title,
            kind: Kind::default(),
            language: None,
            recorded_at: None,
            created_at: now,
            date: Some(now),
            updated_at: now,
            audio: None,
            steps: Steps::default(),
            status: Status::AwaitingUpload,
            reservations: Reservations::new(),
            last_token: 0,
            usable: None,
            note_totals: None,
            highlight_totals: None,
            corrections: BTreeMap::new(),
            assessment: None,
            run_ids: BTreeMap::new(),
            other_speakers: BTreeMap::new(),
            webhook_url: None,
            webhook_gone: false,
            metadata: Map::new(),
            speakers: BTreeMap::new(),
            speakers_changed_at: None,
            speakers_expected: None,
            channels: ChannelUse::default(),
            collection_id: None,
            tags: Vec::new(),
            tag_keys: Vec::new(),
            key_terms: Vec::new(),
            rubric: None,
            rubric_source: None,
            index: Some(IndexState::default()),
            settings_changed_at: None,
            retention_days: None,
            expires_at: None,
            expiring_at: None,
            expiring_regular_ms: None,
            deleted_at: None,
            trace: None,
            unknown: UnknownFields::default(),
        }
    }

    /// User and interview.
    pub fn key(&self) -> InterviewKey {
        InterviewKey {
            user_id: self.user_id.clone(),
            interview_id: self.id.clone(),
        }
    }

    /// Keeps it for so many days from its creation, or for as long as all others. A
    /// change takes back the sweep's mark, which was set by what held before.
    pub fn keep_for(&mut self, days: Option<u32>) {
        if self.retention_days != days {
            self.expiring_at = None;
            self.expiring_regular_ms = None;
        }
        self.retention_days = days;
        self.expires_at = days.map(|days| self.created_at + DAY * days);
    }

    /// How many speakers its transcript must have, for people to be told apart.
    pub fn least_speakers(&self) -> u32 {
        usable::least_speakers(self.kind, self.speakers_expected)
    }

    /// When its recording was made: by its owner, or by the file.
    pub fn effective_recorded_at(&self) -> Option<RecordedAt> {
        let of_file = self.audio.as_ref().and_then(|audio| audio.recorded_at);
        self.recorded_at.or(of_file)
    }

    /// What lists by date go by: when its recording was made, else when it was created.
    pub fn derive_date(&self) -> Timestamp {
        let recorded_at = self.effective_recorded_at();
        recorded_at.map_or(self.created_at, RecordedAt::to_timestamp)
    }

    /// Whether a transcript was stored in place of a recording.
    pub fn is_imported(&self) -> bool {
        self.audio.is_none() && self.steps.transcription.state == StepState::Done
    }

    /// Whether its recording has been stored.
    pub fn has_audio(&self) -> bool {
        self.audio
            .as_ref()
            .is_some_and(|audio| audio.generation.is_some())
    }

    /// Works the status out from the steps.
    pub fn derive_status(&self) -> Status {
        let begun = self.has_audio()
            || self
                .steps
                .iter()
                .any(|(_, step)| step.state != StepState::Pending);
        if !begun {
            return Status::AwaitingUpload;
        }
        if self.steps.iter().any(|(_, step)| !step.is_settled()) {
            return Status::Processing;
        }
        if self.steps.transcription.state != StepState::Done {
            return Status::Failed;
        }
        let failed = |(_, step): (_, &Step)| step.state == StepState::Failed;
        if self.steps.iter().any(failed) {
            Status::Partial
        } else {
            Status::Completed
        }
    }

    /// The status as it is shown: one of a newer release is worked out from the steps.
    pub fn visible_status(&self) -> Status {
        match self.status {
            Status::Unknown(_) => self.derive_status(),
            known => known,
        }
    }

    /// Settles what is derived; called before every write.
    pub fn touch(&mut self, now: Timestamp) {
        self.status = self.derive_status();
        self.date = Some(self.derive_date());
        self.updated_at = now;
    }
}

#[cfg(test)]
mod tests;
