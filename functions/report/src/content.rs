//! What a report is made from.

use domain::{
    Interview, analysis::Analysis, assessment::Assessment, note::Note, transcript::Transcript,
    waveform::StoredWaveform,
};

/// Everything that a report holds.
#[derive(Clone, Copy)]
pub struct ReportContent<'a> {
    /// What it is about.
    pub interview: &'a Interview,
    /// The transcript.
    pub transcript: &'a Transcript,
    /// The analysis.
    pub analysis: &'a Analysis,
    /// How loud it is; absent when that could not be found out.
    pub waveform: Option<&'a StoredWaveform>,
    /// What people wrote down, in order.
    pub notes: &'a [Note],
    /// What a person says about it.
    pub assessment: Option<&'a Assessment>,
    /// Where the service is reached, without a slash at the end: times in the transcript lead
    /// to the recording there. Absent where no console is served.
    pub public_url: Option<&'a str>,
}
