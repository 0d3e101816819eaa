//! What names one run of a step.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::{InterviewId, ids::random_name, text_form::text_form};

/// The id of one run of a step: what a transcription recognised, or what an analysis was made
/// of it.
///
/// It follows from the fencing token of the run's lease, so that results of earlier releases
/// have one too; unlike the token it says nothing about other runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId([u8; 12]);

impl RunId {
    /// Of the run that had the lease with this fencing token.
    pub fn new(interview: &InterviewId, token: u64) -> Self {
        Self::of(&format!("{interview}/run/{token}"))
    }

    /// A new one for a requested run; the same one for the same idempotency key.
    pub fn requested(interview: &InterviewId, idempotency_key: Option<&str>) -> Self {
        let seed = idempotency_key.map_or_else(random_name, str::to_owned);
        let is_repeatable = idempotency_key.is_some();
        Self::of(&format!("{interview}/requested/{is_repeatable}/{seed}"))
    }

    fn of(name: &str) -> Self {
        let mut bytes = [0; 12];
        bytes.copy_from_slice(&Sha256::digest(name)[..12]);
        Self(bytes)
    }

    /// Reads an id that came from outside; nothing where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let mut bytes = [0; 12];
        let decoded = hex::decode_to_slice(text, &mut bytes);
        (is_lower && decoded.is_ok()).then_some(Self(bytes))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

text_form!(RunId, |text| RunId::parse(text)
    .ok_or("not the id of a run"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_id_follows_from_interview_and_token_and_reads_back() {
        let interview = InterviewId::parse("i").unwrap();
        let first = RunId::new(&interview, 1);
        assert_eq!(first, RunId::new(&interview, 1));
        assert_ne!(first, RunId::new(&interview, 2));
        assert_ne!(first, RunId::new(&InterviewId::parse("j").unwrap(), 1));
        let requested = |key| RunId::requested(&interview, key);
        assert_eq!(requested(Some("k")), requested(Some("k")));
        assert_ne!(requested(Some("k")), requested(Some("l")));
        assert_ne!(requested(None), requested(None));
        assert_eq!(RunId::parse(&first.to_string()), Some(first));
        let stored = serde_json::to_value(first).unwrap();
        assert_eq!(serde_json::from_value::<RunId>(stored).unwrap(), first);
        for wrong in ["", "0", &"z".repeat(24), &"A".repeat(24), &"a".repeat(26)] {
            assert_eq!(RunId::parse(wrong), None, "{wrong}");
        }
    }
}
