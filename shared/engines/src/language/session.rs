//! The questions of one analysis: retries, one repair, token counts, and cached
//! answers.

use parking_lot::Mutex;

use super::{
    answer_cache::{AnalysisProgress, CachedAnswer},
    answer_object::{self, AnswerError, Object},
    model::{LanguageModel, ModelQuestion},
    prompt,
};
use crate::provider::{ProviderError, retry_budget::RetryBudget};

/// One analysis under way.
pub(crate) struct Session<'a> {
    model: &'a dyn LanguageModel,
    retry_budget: RetryBudget,
    progress: Mutex<AnalysisProgress>,
}

impl<'a> Session<'a> {
    /// Continues from `progress`.
    pub(crate) fn new(
        model: &'a dyn LanguageModel,
        retry_budget: RetryBudget,
        progress: AnalysisProgress,
    ) -> Self {
        Self {
            model,
            retry_budget,
            progress: Mutex::new(progress),
        }
    }

    /// How far it has come.
    pub(crate) fn into_progress(self) -> AnalysisProgress {
        self.progress.into_inner()
    }

    /// The answer to a question; from memory, if it has been given before.
    pub(crate) async fn answer(
        &self,
        question: &ModelQuestion,
    ) -> Result<CachedAnswer, ProviderError> {
        let known = self.progress.lock().find(question);
        if let Some(known) = known {
            return Ok(known);
        }
        let answered = match self.object(question).await {
            Ok(object) => CachedAnswer::Object(object),
            Err(error) if error.is_too_much() => CachedAnswer::TooLarge(error),
            Err(error) => return Err(error),
        };
        self.progress.lock().remember(question, answered.clone());
        Ok(answered)
    }

    /// Asks for an object, and once more when the answer is none.
    async fn object(&self, question: &ModelQuestion) -> Result<Object, ProviderError> {
        let error = match self.attempt(question).await? {
            Ok(object) => return Ok(object),
            Err(error) => error,
        };
        let why = error.to_string();
        tracing::info!(
            event = "answer.invalid",
            why,
            "the answer does not fit its schema; asking once more"
        );
        self.progress.lock().usage_totals.add_repair();
        let again = self.attempt(&prompt::repaired(question, &why)).await?;
        again.map_err(|error| match error {
            // Twice: the server ends answers early without saying so.
            AnswerError::BreaksOff => ProviderError::Truncated,
            other => ProviderError::Malformed {
                why: other.to_string(),
            },
        })
    }

    /// Asks once for an object; counts and logs what was repaired of it.
    async fn attempt(
        &self,
        question: &ModelQuestion,
    ) -> Result<Result<Object, AnswerError>, ProviderError> {
        let (text, is_misplaced) = self.text(question).await?;
        let found = match answer_object::find(&text, &question.schema) {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        if is_misplaced || !found.repairs.is_empty() {
            tracing::info!(
                event = "answer.repaired",
                is_misplaced,
                repairs = found.repairs(),
                "the answer was read with repairs"
            );
            self.progress.lock().usage_totals.add_repair();
        }
        Ok(Ok(found.object))
    }

    /// Asks until the retry budget is spent; also whether the text was misplaced.
    async fn text(&self, question: &ModelQuestion) -> Result<(String, bool), ProviderError> {
        let mut attempts = 1;
        loop {
            let reply = self.model.ask(question).await;
            self.progress
                .lock()
                .usage_totals
                .add(&reply, self.model.model());
            let error = match reply.outcome {
                Ok(text) => return Ok((text, reply.is_misplaced)),
                Err(error) => error,
            };
            if !self.retry_budget.wait(attempts, &error).await {
                return Err(error);
            }
            tracing::info!(
                event = "question.retrying",
                error = error.as_str(),
                attempts,
                "retrying the question"
            );
            attempts += 1;
        }
    }
}
