//! The questions of one analysis: retries, one repair, token counts, and cached
//! answers.

use parking_lot::Mutex;

use super::{
    answer::{self, Object},
    answer_cache::{AnalysisProgress, CachedAnswer},
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
        let read = |text: String| answer::object(&text, &question.schema);
        let why = match read(self.text(question).await?) {
            Ok(object) => return Ok(object),
            Err(why) => why,
        };
        tracing::info!(
            event = "answer.invalid",
            why,
            "the answer does not fit its schema; asking once more"
        );
        let again = self.text(&prompt::repaired(question, &why)).await?;
        read(again).map_err(|why| ProviderError::Malformed { why })
    }

    /// Asks until the retry budget is spent.
    async fn text(&self, question: &ModelQuestion) -> Result<String, ProviderError> {
        let mut attempts = 1;
        loop {
            let reply = self.model.ask(question).await;
            self.progress
                .lock()
                .usage_totals
                .add(&reply, self.model.model());
            let error = match reply.outcome {
                Ok(text) => return Ok(text),
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
