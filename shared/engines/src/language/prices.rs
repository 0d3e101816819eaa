//! What tokens and minutes of speech cost, from `prices.json`.

use std::sync::LazyLock;

use domain::analysis::Usage;
use serde::Deserialize;

/// The one table of prices, with its sources and its date.
static PRICES: LazyLock<Prices> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../prices.json")).unwrap_or_default());

#[derive(Default, Deserialize)]
struct Prices {
    models: Vec<Price>,
    speech: Vec<SpeechPrice>,
}

/// In US dollars for a minute.
#[derive(Deserialize)]
struct SpeechPrice {
    engine: String,
    model: String,
    minute: f64,
}

/// In US dollars for a million tokens.
#[derive(Deserialize)]
struct Price {
    prefix: String,
    input: f64,
    output: f64,
    thinking: f64,
}

impl Price {
    /// Whether the name is the model's, or that of one of its versions:
    /// `gpt-5.4-2026-03-05`, but not `gpt-5.4-mini`, which costs something else.
    fn is_for(&self, model: &str) -> bool {
        let Some(version) = model.strip_prefix(&self.prefix) else {
            return false;
        };
        version.split(['-', '@']).enumerate().all(|(place, part)| {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            (place == 0 && part.is_empty())
                || (place > 0 && (is_number || matches!(part, "preview" | "latest" | "exp")))
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "tokens are few")]
    fn cost(&self, usage: Usage) -> f64 {
        let dollars = usage.input_tokens as f64 * self.input
            + usage.output_tokens as f64 * self.output
            + usage.thinking_tokens as f64 * self.thinking;
        dollars / 1e6
    }
}

/// What the tokens cost with that model, in US dollars; nothing when its price
/// is not in the table.
pub(crate) fn cost_usd(model: &str, usage: Usage) -> Option<f64> {
    let price = PRICES.models.iter().find(|price| price.is_for(model))?;
    Some(price.cost(usage))
}

/// What it costs to recognise a recording of that length in milliseconds, in US dollars;
/// nothing when the price is not in the table.
#[expect(clippy::cast_precision_loss, reason = "recordings are short")]
pub(crate) fn speech_cost_usd(engine: &str, model: &str, audio_ms: u64) -> Option<f64> {
    let is_for = |price: &&SpeechPrice| price.engine == engine && price.model == model;
    let price = PRICES.speech.iter().find(is_for)?;
    Some(price.minute * audio_ms as f64 / 60_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLION: Usage = Usage {
        input_tokens: 1_000_000,
        output_tokens: 1_000_000,
        thinking_tokens: 1_000_000,
        repairs: 0,
    };

    #[test]
    fn the_table_is_read() {
        assert!(PRICES.models.len() > 10);
        for price in &PRICES.models {
            assert!(
                price.input > 0.0 && price.output > price.input,
                "{}",
                price.prefix
            );
        }
    }

    #[test]
    fn a_version_costs_what_its_model_does_and_a_sibling_does_not() {
        let flash = Some(0.30 + 2.50 + 2.50);
        for name in [
            "gemini-2.5-flash",
            "gemini-2.5-flash-001",
            "gemini-2.5-flash-preview-09-2025",
            "gemini-2.5-flash@001",
        ] {
            assert_eq!(cost_usd(name, MILLION), flash, "{name}");
        }
        assert_eq!(
            cost_usd("gemini-2.5-flash-lite", MILLION),
            Some(0.10 + 0.40 + 0.40)
        );
        for name in [
            "gemini-2.5-flash-image",
            "gemini-2.5",
            "llama3.1:8b",
            "",
            "gemini-2.5-flash8b",
        ] {
            assert_eq!(cost_usd(name, MILLION), None, "{name}");
        }
    }

    #[test]
    fn speech_costs_by_the_minute_where_the_price_is_known() {
        let hour = speech_cost_usd("deepgram", "nova-3-general", 3_600_000).unwrap();
        assert!((hour - 0.258).abs() < 1e-9, "{hour}");
        assert_eq!(speech_cost_usd("deepgram", "nova-3-medical", 1), None);
        assert_eq!(speech_cost_usd("openai", "nova-3", 1), None);
    }

    #[test]
    fn an_hour_costs_a_few_cents() {
        let usage = Usage {
            input_tokens: 14_000,
            output_tokens: 3_000,
            thinking_tokens: 1_000,
            repairs: 0,
        };
        let cost = cost_usd("gemini-2.5-flash", usage).unwrap();
        assert!((cost - 0.0142).abs() < 1e-9, "{cost}");
    }
}
