//! What an analysis costs, every answer counted, the useless ones too.

use domain::analysis::{Draft, Usage};

use super::{model::Reply, prices::cost_usd, warning};

/// The sum of all answers so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct UsageTotals {
    usage: Usage,
    cost_usd: f64,
    /// Whether there was an answer without a token count.
    uncounted: bool,
    /// Whether there was an answer of a model without a price.
    unpriced: bool,
    /// Whether a count was too low to be true.
    is_doubtful: bool,
    /// The model that answered last, as it calls itself.
    model: Option<String>,
}

impl UsageTotals {
    /// Adds what came back of a question to the model that the settings name.
    pub(crate) fn add(&mut self, reply: &Reply, model: &str) {
        if reply.model.is_some() {
            self.model.clone_from(&reply.model);
        }
        let Some(usage) = reply.usage else {
            self.uncounted |= reply.outcome.is_ok();
            return;
        };
        self.usage.input_tokens += usage.input_tokens;
        self.usage.output_tokens += usage.output_tokens;
        self.usage.thinking_tokens += usage.thinking_tokens;
        self.is_doubtful |= reply.is_count_doubtful;
        let named = reply.model.as_deref().unwrap_or(model);
        match cost_usd(named, usage).or_else(|| cost_usd(model, usage)) {
            Some(cost) => self.cost_usd += cost,
            None => self.unpriced = true,
        }
    }

    /// Counts an answer that was not the JSON that was requested.
    pub(crate) const fn add_repair(&mut self) {
        self.usage.repairs += 1;
    }

    /// Writes model, usage and cost on the draft; a cost that is not known is
    /// none.
    pub(crate) fn settle(self, draft: &mut Draft, model: &str) {
        draft.model = self.model.unwrap_or_else(|| model.to_owned());
        draft.usage = self.usage;
        let is_known = !self.uncounted && !self.unpriced && !self.is_doubtful;
        draft.cost_usd = is_known.then_some(self.cost_usd);
        let mut warn = |code, message: &str| draft.warnings.push(warning(code, message));
        if self.uncounted {
            warn(
                "usage_unknown",
                "the engine did not count all tokens: the cost is not known",
            );
        }
        if self.is_doubtful {
            warn(
                "usage_doubtful",
                "the engine counted fewer tokens than the conversation has: either it does not \
                 count cached ones, or it read only a part; compare its context length",
            );
        }
        if self.unpriced {
            warn(
                "price_unknown",
                "cost unknown: no price is stored for this model",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::ProviderError;

    const USAGE: Usage = Usage {
        input_tokens: 1_000_000,
        output_tokens: 0,
        thinking_tokens: 100_000,
        repairs: 0,
    };

    fn reply(
        outcome: Result<String, ProviderError>,
        usage: Option<Usage>,
        model: Option<&str>,
    ) -> Reply {
        Reply {
            outcome,
            usage,
            model: model.map(str::to_owned),
            is_misplaced: false,
            is_count_doubtful: false,
        }
    }

    fn settled(replies: &[Reply], model: &str) -> Draft {
        let (mut usage_totals, mut draft) = (UsageTotals::default(), Draft::default());
        for reply in replies {
            usage_totals.add(reply, model);
        }
        usage_totals.settle(&mut draft, model);
        draft
    }

    #[test]
    fn unusable_answers_are_counted_as_usage_and_errors_are_not() {
        let replies = [
            reply(Err(ProviderError::Truncated), Some(USAGE), None),
            ProviderError::QuotaSpent.into(),
            reply(Ok(String::new()), Some(USAGE), Some("gemini-2.5-flash-001")),
        ];
        let draft = settled(&replies, "gemini-2.5-flash");
        assert_eq!(draft.model, "gemini-2.5-flash-001");
        assert_eq!(draft.usage.thinking_tokens, 200_000);
        assert!((draft.cost_usd.unwrap() - 2.0 * (0.30 + 0.25)).abs() < 1e-9);
        assert!(draft.warnings.is_empty());
    }

    #[test]
    fn doubtful_count_has_no_cost_and_a_warning() {
        let mut doubtful = reply(Ok(String::new()), Some(USAGE), None);
        doubtful.is_count_doubtful = true;
        let draft = settled(&[doubtful], "gemini-2.5-flash");
        assert_eq!(
            (draft.cost_usd, &draft.warnings[0].code[..]),
            (None, "usage_doubtful")
        );
    }

    #[test]
    fn unknown_usage_stays_unknown() {
        let draft = settled(&[reply(Ok(String::new()), Some(USAGE), None)], "llama3.1");
        assert_eq!(
            (draft.cost_usd, &draft.warnings[0].code[..]),
            (None, "price_unknown")
        );
        let draft = settled(&[reply(Ok(String::new()), None, None)], "gemini-2.5-flash");
        assert_eq!(
            (draft.cost_usd, &draft.warnings[0].code[..]),
            (None, "usage_unknown")
        );
    }
}
