//! The newest transcript, against which an analysis and a report are held.

use std::collections::BTreeMap;

use domain::{
    Interview, Timestamp,
    analysis::{Analysis, DerivedFrom, settings_digest},
    assessment::NewestAssessment,
    corrections::Revision,
    interview_store, speaker,
    speaker::SpeakerLabel,
    stale::{Newest, Stale},
    transcript::TranscriptHead,
};
use runtime::http::Problem;

use crate::{Api, results::AnalysisBody};

/// The newest transcript of an interview, without its words.
pub(crate) struct NewestTranscript {
    head: TranscriptHead,
    revision: u64,
    log: Vec<Revision>,
    labels_changed_at: Option<Timestamp>,
}

impl NewestTranscript {
    /// Whether what was made from `derived_from` is out of date, which is told this of the
    /// speakers; an analysis of what it assesses by, a report of a person's assessment.
    pub(crate) fn stale(
        &self,
        derived_from: &DerivedFrom,
        labels: &BTreeMap<u32, SpeakerLabel>,
        settings: Option<(u64, Timestamp)>,
        assessment: Option<&NewestAssessment>,
    ) -> Option<Stale> {
        let newest = Newest {
            settings,
            token: self.head.revision,
            recognized_at: self.head.created_at,
            revision: self.revision,
            log: &self.log,
            labels,
            labels_changed_at: self.labels_changed_at,
            assessment,
        };
        newest.stale(derived_from)
    }

    fn is_source(&self, derived_from: &DerivedFrom) -> bool {
        derived_from.transcript_revision == self.head.revision
            && derived_from.revision() == self.revision
    }
}

impl Api {
    /// The newest transcript, if there is one.
    pub(crate) async fn newest_transcript(
        &self,
        interview: &Interview,
    ) -> Result<Option<NewestTranscript>, Problem> {
        let (records, key) = (&*self.records, interview.key());
        let Some(head) = interview_store::transcript_head(records, &key).await? else {
            return Ok(None);
        };
        let state = interview.log_state(head.revision);
        let log = interview_store::revisions(records, &key, head.revision, &state).await?;
        Ok(Some(NewestTranscript {
            head,
            revision: state.revision,
            log,
            labels_changed_at: interview.speakers_changed_at,
        }))
    }

    /// The analysis with its quotes as they stand in the newest transcript, if there is one.
    pub(crate) async fn analysis_part(
        &self,
        interview: &Interview,
    ) -> Result<Option<AnalysisBody>, Problem> {
        let Some(mut analysis) = self.data::<Analysis>(interview, "analysis").await? else {
            return Ok(None);
        };
        let derived_from = analysis.derived_from.known;
        let Some(newest) = self.newest_transcript(interview).await? else {
            return Ok(Some(AnalysisBody {
                analysis,
                stale: None,
            }));
        };
        let changed_at = interview.settings_changed_at;
        let settings = changed_at.map(|changed_at| (settings_digest(interview), changed_at));
        let roles = speaker::roles(&interview.speakers);
        let stale = newest.stale(&derived_from, &roles, settings, None);
        if !newest.is_source(&derived_from) {
            let NewestTranscript {
                head,
                log,
                revision,
                ..
            } = newest;
            let kind = interview.kind;
            let renewed = self.corrected(interview, head, log, revision, move |corrected| {
                evidence::renewed(analysis, &corrected.transcript, kind)
            });
            analysis = renewed.await?;
        }
        analysis.derived_from = derived_from.shown(interview).into();
        Ok(Some(AnalysisBody { analysis, stale }))
    }
}
