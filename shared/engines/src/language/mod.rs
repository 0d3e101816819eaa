//! Analyses by language models: what all of them share.
//!
//! In reading order:
//!
//! - [`LanguageModel`] answers a [`ModelQuestion`] with a [`Reply`]; [`ProviderError`]
//!   says why there is no answer, `errors` what that means for the step;
//! - [`LanguageAnalyst`] makes an engine of a model: `parts` writes the transcript
//!   and splits it, `prompt` and `schema` make questions of it, `session` asks them
//!   (`usage_totals`: tokens and cost; `answer_cache`: answers of earlier attempts),
//!   `answer_object` finds the JSON in an answer, `lenient_json` reads it in spite of
//!   mistakes, `answer` reads its fields, `merge` and `reduce` make one draft of several, `limits`
//!   keeps it to what can be stored;
//! - `themes` asks what several interviews have in common, in one question;
//! - `check` finds out whether a model works as it is set up.
//!
//! A part that fails fails the whole: nothing is silently left out.

mod answer;
mod answer_cache;
pub(crate) mod answer_object;
mod check;
mod errors;
mod lenient_json;
mod limits;
mod merge;
mod model;
mod parts;
pub(crate) mod prices;
mod prompt;
mod reduce;
mod schema;
mod session;
pub(crate) mod settings;
mod themes;
mod usage_totals;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    analysis::{Draft, Warning},
    engine_check::Finding,
    ports::{AnalysisRequest, Analyst, ThemesRequest},
    steps::StepError,
    themes::ThemesDraft,
};
use futures::future::join_all;

pub use crate::provider::ProviderError;
pub use model::{LanguageModel, ModelFacts, ModelQuestion, ModelVariables, Reply, SchemaUse};
pub use prompt::PROMPT_VERSION;

use answer_cache::{AnswerCache, CachedAnswer};
use answer_object::Object;
use parts::{Line, TranscriptPart};
use reduce::PartResult;
use session::Session;

use crate::provider::retry_budget::RetryBudget;

/// How a model is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnalystOptions {
    /// Tokens of transcript in one question, at most.
    pub part_tokens: u32,
    /// Concurrent questions.
    pub at_once: usize,
    /// The retry budget of one analysis.
    pub retry_budget: Duration,
}

impl AnalystOptions {
    /// For so many tokens of transcript in one question.
    pub const fn new(part_tokens: u32, at_once: usize) -> Self {
        Self {
            part_tokens,
            at_once,
            retry_budget: Duration::from_mins(1),
        }
    }

    /// How long an answer may be, in tokens: half of what it is about, within
    /// what a few lists of short items need and what models can write.
    fn answer_tokens(self) -> u32 {
        (self.part_tokens / 2).clamp(2_048, 16_384)
    }
}

/// A language engine: analyzes with any model.
pub struct LanguageAnalyst {
    model: Arc<dyn LanguageModel>,
    options: AnalystOptions,
    answer_cache: AnswerCache,
}

impl LanguageAnalyst {
    /// An engine of that model.
    pub fn new(model: Arc<dyn LanguageModel>, options: AnalystOptions) -> Self {
        Self {
            model,
            options,
            answer_cache: AnswerCache::default(),
        }
    }

    async fn draft(
        &self,
        session: &Session<'_>,
        request: &AnalysisRequest,
        lines: &[Line],
    ) -> Result<Draft, ProviderError> {
        let parts = parts::split(lines, self.options.part_tokens);
        let mut drafts = Vec::new();
        // All concurrent questions are awaited although one of them fails: they are
        // paid for.
        for together in parts.chunks(self.options.at_once.max(1)) {
            let asked = together.iter();
            let asked = asked.map(|part| self.part(session, request, lines, *part));
            for drafted in join_all(asked).await {
                drafts.extend(drafted?);
            }
        }
        let (read, dropped): (Vec<Draft>, Vec<usize>) = drafts.into_iter().unzip();
        let mut draft = self.whole(session, request, read).await?;
        warn_of_dropped(&mut draft, dropped.iter().sum());
        Ok(limits::truncate_draft(draft))
    }

    /// The drafts of one part; of its halves, where it is too much for an answer.
    async fn part(
        &self,
        session: &Session<'_>,
        request: &AnalysisRequest,
        lines: &[Line],
        part: TranscriptPart,
    ) -> Result<Vec<(Draft, usize)>, ProviderError> {
        let (mut open, mut drafts) = (vec![part], Vec::new());
        while let Some(part) = open.pop() {
            let tokens = self.options.answer_tokens();
            let question = prompt::about(request, lines, part, tokens);
            match session.answer(&question).await? {
                CachedAnswer::Object(object) => {
                    let (mut draft, dropped) = answer::draft(&object);
                    end_topics(&mut draft, part.last_turn(lines));
                    drafts.push((draft, dropped));
                }
                CachedAnswer::TooLarge(error) => {
                    let halves = part.halves(lines).ok_or(error)?;
                    open.extend(halves.into_iter().rev());
                }
            }
        }
        Ok(drafts)
    }

    /// One draft of all.
    async fn whole(
        &self,
        session: &Session<'_>,
        request: &AnalysisRequest,
        mut drafts: Vec<Draft>,
    ) -> Result<Draft, ProviderError> {
        if drafts.len() < 2 {
            return Ok(drafts.pop().unwrap_or_default());
        }
        let count = drafts.len();
        let (mut draft, findings) = merge::merge(drafts);
        let finding = self.combine(session, request, findings).await?;
        draft.summary = finding.summary;
        draft.competencies = finding.competencies;
        let message = format!("the conversation was read in {count} parts, all of it");
        draft.warnings.push(warning("analysed_in_parts", message));
        Ok(draft)
    }

    async fn combine(
        &self,
        session: &Session<'_>,
        request: &AnalysisRequest,
        mut findings: Vec<PartResult>,
    ) -> Result<PartResult, ProviderError> {
        while findings.len() > 1 {
            let groups = reduce::groups(findings, self.options.part_tokens);
            findings = Vec::with_capacity(groups.len());
            for group in groups {
                findings.push(self.combine_group(session, request, group).await?);
            }
        }
        Ok(findings.swap_remove(0))
    }

    async fn combine_group(
        &self,
        session: &Session<'_>,
        request: &AnalysisRequest,
        mut group: Vec<PartResult>,
    ) -> Result<PartResult, ProviderError> {
        if group.len() == 1 {
            return Ok(group.swap_remove(0));
        }
        let tokens = self.options.answer_tokens();
        let written = reduce::to_json_lines(&group);
        let question = prompt::in_conclusion(&request.rubric, &written, tokens);
        match session.answer(&question).await? {
            CachedAnswer::Object(object) => Ok(reduce::combined(group, answer::draft(&object).0)),
            CachedAnswer::TooLarge(error) => Err(error),
        }
    }
}

#[async_trait]
impl Analyst for LanguageAnalyst {
    fn name(&self) -> &'static str {
        self.model.name()
    }

    fn model(&self) -> Option<&str> {
        Some(self.model.model())
    }

    async fn check(&self) -> Vec<Finding> {
        check::check(&*self.model, self.options).await
    }

    async fn analyze(&self, request: &AnalysisRequest) -> Result<Draft, StepError> {
        let lines = parts::lines(&request.transcript, self.options.part_tokens);
        let key = key(request, &lines);
        let retry_budget = RetryBudget::new(self.options.retry_budget);
        let session = Session::new(&*self.model, retry_budget, self.answer_cache.take(&key));
        let drafted = self.draft(&session, request, &lines).await;
        let progress = session.into_progress();
        match drafted {
            Ok(mut draft) => {
                PROMPT_VERSION.clone_into(&mut draft.prompt_version);
                progress.usage_totals.settle(&mut draft, self.model.model());
                Ok(draft)
            }
            Err(error) => {
                tracing::warn!(
                    event = "analysis.failed",
                    error = error.as_str(),
                    "the language model returned no analysis"
                );
                self.answer_cache.keep(key, progress);
                Err(error.step_error())
            }
        }
    }

    async fn themes(&self, request: &ThemesRequest) -> Result<ThemesDraft, StepError> {
        let (part, answer) = (self.options.part_tokens, self.options.answer_tokens());
        let (question, left_out) = themes::question(request, part, answer)?;
        let (object, mut draft) = self.ask_for_themes(&question).await?;
        let (proposed, dropped) = themes::draft(&object, request);
        warn_of_dropped(&mut draft, dropped);
        if left_out > 0 {
            let message = format!(
                "{left_out} statements of the analyses did not fit into the question; the most \
                 important ones of each interview did"
            );
            draft.warnings.push(warning("items_left_out", message));
        }
        Ok(ThemesDraft {
            model: draft.model,
            prompt_version: themes::PROMPT_VERSION.to_owned(),
            usage: draft.usage,
            cost_usd: draft.cost_usd,
            themes: proposed,
            warnings: draft.warnings,
        })
    }
}

impl LanguageAnalyst {
    /// The answer to one question, with what it cost; kept for the next attempt where there is
    /// none.
    async fn ask_for_themes(&self, question: &ModelQuestion) -> Result<(Object, Draft), StepError> {
        let key = question.key();
        let retry_budget = RetryBudget::new(self.options.retry_budget);
        let session = Session::new(&*self.model, retry_budget, self.answer_cache.take(&key));
        let answered = session.answer(question).await;
        let progress = session.into_progress();
        let error = match answered {
            Ok(CachedAnswer::Object(object)) => {
                let mut draft = Draft::default();
                progress.usage_totals.settle(&mut draft, self.model.model());
                return Ok((object, draft));
            }
            Ok(CachedAnswer::TooLarge(error)) | Err(error) => error,
        };
        tracing::warn!(
            event = "themes.engine_failed",
            error = error.as_str(),
            "the language model returned no themes"
        );
        self.answer_cache.keep(key, progress);
        Err(error.step_error())
    }
}

/// A topic ends with its part, or it would swallow the topics of the next.
fn end_topics(draft: &mut Draft, last_turn: u32) {
    for topic in &mut draft.topics {
        topic.last_turn = topic.last_turn.min(last_turn);
    }
}

/// The same for the same analysis.
fn key(request: &AnalysisRequest, lines: &[Line]) -> [u8; 32] {
    let all = TranscriptPart {
        from: 0,
        start: 0,
        end: lines.len(),
    };
    prompt::about(request, lines, all, 0).key()
}

fn warn_of_dropped(draft: &mut Draft, dropped: usize) {
    if dropped > 0 {
        let message =
            format!("{dropped} items of the engine's answer made no sense and were dropped");
        draft.warnings.push(warning("items_unreadable", message));
    }
}

/// A warning on a draft.
pub(crate) fn warning(code: &str, message: impl Into<String>) -> Warning {
    Warning {
        code: code.to_owned(),
        message: message.into(),
    }
}
