//! What its owner sets, and what belongs to one of several transcripts.

use std::collections::BTreeMap;

use super::{Interview, Kind};
use crate::{
    Private, RunId, Timestamp, analysis::Rubric, corrections::LogState, rubrics::RubricSource,
    speaker::SpeakerLabel, tags,
};

impl Interview {
    /// Notes what its owner says about the speakers.
    pub fn label_speakers(&mut self, labels: BTreeMap<u32, SpeakerLabel>, now: Timestamp) {
        if self.speakers != labels {
            self.speakers_changed_at = Some(now);
        }
        self.speakers = labels;
    }

    /// The id of the run that was done under this fencing token.
    pub fn run_id(&self, token: u64) -> RunId {
        let requested = self.run_ids.get(&token).copied();
        requested.unwrap_or_else(|| RunId::new(&self.id, token))
    }

    /// Shows the transcript of one run in place of that of another: what the owner says about
    /// speakers holds for the people of one recognition, not for their numbers.
    pub fn exchange_speakers(&mut self, shown: u64, new: u64, now: Timestamp) {
        if shown == new {
            return;
        }
        let others = self.other_speakers.remove(&new).unwrap_or_default();
        let labels = self.speakers.clone();
        self.label_speakers(others, now);
        if !labels.is_empty() {
            self.other_speakers.insert(shown, labels);
        }
    }

    /// Sets what it is assessed by from now on.
    pub fn assess_by(
        &mut self,
        kind: Kind,
        rubric: Option<Rubric>,
        source: Option<RubricSource>,
        now: Timestamp,
    ) {
        if (self.kind, &self.rubric) != (kind, &rubric) {
            self.settings_changed_at = Some(now);
        }
        self.kind = kind;
        self.rubric = rubric;
        self.rubric_source = source;
    }

    /// Gives it these tags in place of those before.
    pub fn tag_with(&mut self, given: Vec<Private>) {
        self.tag_keys = given.iter().map(|tag| tags::key(tag.reveal())).collect();
        self.tags = given;
    }

    /// How the transcript that was recognised under this fencing token was corrected.
    pub fn log_state(&self, token: u64) -> LogState {
        self.corrections.get(&token).cloned().unwrap_or_default()
    }
}
