//! Whether an analysis or a report is older than the transcript and the speakers that it was
//! made from.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    Timestamp,
    analysis::DerivedFrom,
    assessment::NewestAssessment,
    corrections::{ChangeKind, Revision, difference},
    speaker::{self, SpeakerLabel},
};

/// Since when an artifact is out of date, and why. Nothing is run again by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Stale {
    /// When the first of the changes was made.
    pub since: Timestamp,
    /// What has changed: `transcript_corrected` for words and turns, `speakers_changed` for who
    /// says them and what is known of the speakers, `transcript_replaced` for another
    /// recognition, of an analysis `rubric_changed` for another kind or rubric, and of a report `assessment_changed` for a newer assessment by a person. Later releases may add some.
    pub reasons: Vec<&'static str>,
}

/// The transcript and the speakers as they are now.
#[derive(Debug, Clone, Copy)]
pub struct Newest<'a> {
    /// The fencing token of the run that recognised the transcript.
    pub token: u64,
    /// When it was recognised.
    pub recognized_at: Timestamp,
    /// Its newest revision.
    pub revision: u64,
    /// All its revisions.
    pub log: &'a [Revision],
    /// What the artifact is told of the speakers.
    pub labels: &'a BTreeMap<u32, SpeakerLabel>,
    /// When that was changed.
    pub labels_changed_at: Option<Timestamp>,
    /// A digest of what the interview is assessed by, and when that was changed; for an
    /// analysis.
    pub settings: Option<(u64, Timestamp)>,
    /// The newest version of a person's assessment, for a report.
    pub assessment: Option<&'a NewestAssessment>,
}

impl Newest<'_> {
    /// Whether what was made from `derived_from` is out of date.
    pub fn stale(&self, derived_from: &DerivedFrom) -> Option<Stale> {
        let mut found: Vec<(Timestamp, &'static str)> = Vec::new();
        if derived_from.transcript_revision != self.token {
            found.push((self.recognized_at, "transcript_replaced"));
        } else if let Some(difference) =
            difference(self.log, derived_from.revision(), self.revision)
        {
            let reason = |kind: &ChangeKind| match kind {
                ChangeKind::Text => "transcript_corrected",
                ChangeKind::Speakers => "speakers_changed",
            };
            let reasons = difference.kinds.iter().map(reason);
            found.extend(reasons.map(|reason| (difference.since, reason)));
        }
        let known = derived_from.speakers;
        if let Some(changed_at) = self.labels_changed_at
            && known.is_some_and(|known| known != speaker::digest(self.labels))
        {
            found.push((changed_at, "speakers_changed"));
        }
        if let Some((settings, changed_at)) = self.settings
            && derived_from.settings.is_some_and(|own| own != settings)
        {
            found.push((changed_at, "rubric_changed"));
        }
        if let Some(newest) = self.assessment
            && derived_from.assessment.unwrap_or(0) != newest.version
        {
            found.push((newest.updated_at, "assessment_changed"));
        }
        let since = found.iter().map(|(since, _)| *since).min()?;
        let mut reasons: Vec<&'static str> = found.into_iter().map(|(_, reason)| reason).collect();
        reasons.dedup();
        Some(Stale { since, reasons })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Interview, InterviewId, InterviewKey, UserId,
        corrections::{self, Operation},
        versions::UnknownFields,
    };

    fn revision(revision: u64, operation: serde_json::Value) -> Revision {
        let sent: Vec<Operation<String>> = serde_json::from_value(operation).unwrap();
        Revision {
            revision,
            created_at: Timestamp::from_millis(revision.try_into().unwrap()),
            author: UserId::parse("u").unwrap(),
            operations: corrections::parse(sent).unwrap(),
            undoes: None,
            request: None,
            unknown: UnknownFields::default(),
        }
    }

    #[test]
    fn reasons_are_named_once_with_the_time_of_the_first_change() {
        let delete = serde_json::json!([{"op": "delete_words", "from": "w1", "to": "w1"}]);
        let merge = serde_json::json!([{"op": "merge_speakers", "from": 1, "into": 0}]);
        let log = [revision(1, delete), revision(2, merge)];
        let nothing = BTreeMap::new();
        let labels: BTreeMap<u32, SpeakerLabel> =
            serde_json::from_value(serde_json::json!({"0": "Ada"})).unwrap();
        let newest = Newest {
            token: 3,
            recognized_at: Timestamp::from_millis(0),
            revision: 2,
            log: &log,
            labels: &labels,
            labels_changed_at: Some(Timestamp::from_millis(9)),
            settings: None,
            assessment: None,
        };
        let key = InterviewKey {
            user_id: UserId::parse("u").unwrap(),
            interview_id: InterviewId::parse("i").unwrap(),
        };
        let interview = Interview::new(&key, "t".into(), Timestamp::from_millis(0));
        let made = |token, revision, labels| {
            DerivedFrom::new(&interview, token, revision).with_speakers(labels)
        };
        let stale = |derived_from: DerivedFrom| {
            let stale = newest.stale(&derived_from);
            stale.map(|stale| (stale.since.as_millis(), stale.reasons))
        };
        assert_eq!(stale(made(3, 2, &labels)), None);
        assert_eq!(
            stale(made(3, 0, &nothing)),
            Some((1, vec!["transcript_corrected", "speakers_changed"]))
        );
        assert_eq!(
            stale(made(3, 1, &labels)),
            Some((2, vec!["speakers_changed"]))
        );
        assert_eq!(
            stale(made(3, 2, &nothing)),
            Some((9, vec!["speakers_changed"]))
        );
        assert_eq!(
            stale(made(2, 7, &labels)),
            Some((0, vec!["transcript_replaced"]))
        );
        // Of an earlier release, which did not note what it knew.
        let earlier = DerivedFrom {
            transcript_revision: 3,
            ..DerivedFrom::default()
        };
        assert_eq!(
            stale(earlier),
            Some((1, vec!["transcript_corrected", "speakers_changed"]))
        );
    }
}
