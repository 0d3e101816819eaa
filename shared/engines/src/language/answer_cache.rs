//! Answers of analyses that did not complete, so that the next attempt does not pay for
//! them again.
//!
//! A step that fails transiently is retried within minutes, often by the same process.
//! Its answers are cached for half an hour, in memory alone; another process asks
//! again.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::{answer_object::Object, model::ModelQuestion, usage_totals::UsageTotals};
use crate::provider::ProviderError;

/// How long answers are kept.
const LONG_ENOUGH: Duration = Duration::from_mins(30);

/// Of how many analyses, at most.
const MAX_ANALYSES: usize = 64;

/// What a question came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CachedAnswer {
    /// An answer.
    Object(Object),
    /// The question is too large, in this way: split the part in two.
    TooLarge(ProviderError),
}

/// How far an analysis has come.
#[derive(Debug, Default)]
pub(crate) struct AnalysisProgress {
    /// Answers by [`ModelQuestion::key`].
    answers: HashMap<[u8; 32], CachedAnswer>,
    /// What they cost, failed attempts included.
    pub(crate) usage_totals: UsageTotals,
}

impl AnalysisProgress {
    /// The cached answer.
    pub(crate) fn find(&self, question: &ModelQuestion) -> Option<CachedAnswer> {
        self.answers.get(&question.key()).cloned()
    }

    /// Remembers an answer.
    pub(crate) fn remember(&mut self, question: &ModelQuestion, answered: CachedAnswer) {
        self.answers.insert(question.key(), answered);
    }
}

/// The analyses under way, by the question about the whole transcript.
#[derive(Debug, Default)]
pub(crate) struct AnswerCache(Mutex<Vec<([u8; 32], Instant, AnalysisProgress)>>);

impl AnswerCache {
    /// Takes up where an earlier try broke off, or begins.
    pub(crate) fn take(&self, key: &[u8; 32]) -> AnalysisProgress {
        let mut all = self.0.lock();
        all.retain(|(_, since, _)| since.elapsed() < LONG_ENOUGH);
        let known = all.iter().position(|(own, _, _)| own == key);
        known.map_or_else(AnalysisProgress::default, |at| all.swap_remove(at).2)
    }

    /// Stores the progress so far.
    pub(crate) fn keep(&self, key: [u8; 32], progress: AnalysisProgress) {
        let mut all = self.0.lock();
        if all.len() >= MAX_ANALYSES {
            let oldest = (0..all.len()).min_by_key(|at| all[*at].1);
            oldest.map(|at| all.swap_remove(at));
        }
        all.push((key, Instant::now(), progress));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn question(content: &str) -> ModelQuestion {
        ModelQuestion {
            instructions: String::new(),
            content: content.to_owned(),
            name: "test",
            schema: Value::Null,
            answer_tokens: 1,
        }
    }

    fn with_one() -> AnalysisProgress {
        let mut progress = AnalysisProgress::default();
        progress.remember(
            &question("a"),
            CachedAnswer::TooLarge(ProviderError::Truncated),
        );
        progress
    }

    #[tokio::test(start_paused = true)]
    async fn cached_answers_are_used_once_and_expire() {
        let answer_cache = AnswerCache::default();
        answer_cache.keep([1; 32], with_one());
        let taken = answer_cache.take(&[1; 32]);
        assert_eq!(
            taken.find(&question("a")),
            Some(CachedAnswer::TooLarge(ProviderError::Truncated))
        );
        assert_eq!(taken.find(&question("b")), None);
        assert_eq!(answer_cache.take(&[1; 32]).find(&question("a")), None);
        answer_cache.keep([1; 32], with_one());
        tokio::time::advance(LONG_ENOUGH).await;
        assert_eq!(answer_cache.take(&[1; 32]).find(&question("a")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn oldest_entry_is_evicted() {
        let answer_cache = AnswerCache::default();
        for key in 0..70 {
            answer_cache.keep([key; 32], with_one());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!(answer_cache.take(&[5; 32]).find(&question("a")).is_none());
        assert!(answer_cache.take(&[6; 32]).find(&question("a")).is_some());
    }
}
