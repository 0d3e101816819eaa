//! Which model answers, by the settings.

use std::sync::Arc;

use config::{Environment, InvalidSetting};
use domain::ports::{Analyst, TokenSource};

use super::{AnalystOptions, LanguageAnalyst, LanguageModel};
use crate::{
    gemini::{BASE_URL, Gemini, VertexProject},
    openai::OpenAi,
};

/// Tokens of transcript in one question: of Gemini, whose context holds many
/// times that, a part of some four hours; of others what leaves room for the
/// answer in a context of 32,768.
const GEMINI_PART_TOKENS: u32 = 48_000;
const OPENAI_PART_TOKENS: u32 = 12_000;

/// What a part may be: enough for an exchange, and no more than prices are for.
const PART_TOKENS: std::ops::RangeInclusive<u32> = 1_000..=150_000;

/// Concurrent questions: a server at home has one processor.
const GEMINI_AT_ONCE: usize = 3;
const OPENAI_AT_ONCE: usize = 1;

const MODEL: &str = "gemini-3.5-flash-lite";

/// `GEMINI_API_KEY`, `GEMINI_BASE_URL`, `GEMINI_MODEL`.
pub(crate) fn gemini(environment: &Environment) -> anyhow::Result<Arc<dyn Analyst>> {
    let key = environment.required("GEMINI_API_KEY", "an API key when ANALYZER is `gemini`")?;
    let base_url = environment.text("GEMINI_BASE_URL").unwrap_or(BASE_URL);
    let model = environment.text("GEMINI_MODEL").unwrap_or(MODEL);
    let model = Gemini::new(base_url, model, key)?;
    let parts = part_tokens(environment, GEMINI_PART_TOKENS)?;
    Ok(engine(model, AnalystOptions::new(parts, GEMINI_AT_ONCE)))
}

/// `GCS_PROJECT_ID`, `VERTEX_LOCATION`, `GEMINI_MODEL`; `tokens` provides the access
/// tokens.
pub(crate) fn vertex(
    environment: &Environment,
    tokens: Option<Arc<dyn TokenSource>>,
) -> anyhow::Result<Arc<dyn Analyst>> {
    let expected = "something else than `vertex` where there are no Google credentials: \
        `gemini` takes a key";
    let tokens = tokens.ok_or_else(|| InvalidSetting::new("ANALYZER", expected))?;
    let expected = "the id of a project when ANALYZER is `vertex`";
    let project = VertexProject {
        project: environment.required("GCS_PROJECT_ID", expected)?.to_owned(),
        location: environment
            .text("VERTEX_LOCATION")
            .unwrap_or("global")
            .to_owned(),
        base_url: None,
    };
    let model = environment.text("GEMINI_MODEL").unwrap_or(MODEL);
    let model = Gemini::vertex(&project, model, tokens)?;
    let parts = part_tokens(environment, GEMINI_PART_TOKENS)?;
    Ok(engine(model, AnalystOptions::new(parts, GEMINI_AT_ONCE)))
}

/// `OPENAI_BASE_URL`, which has no default: no transcript goes to a company by
/// accident; `OPENAI_MODEL`, `OPENAI_API_KEY`.
pub(crate) fn openai(environment: &Environment) -> anyhow::Result<Arc<dyn Analyst>> {
    let expected = "a URL such as `http://localhost:11434/v1` when ANALYZER is `openai`";
    let base_url = environment.required("OPENAI_BASE_URL", expected)?;
    let expected = "a model's name when ANALYZER is `openai`";
    let model = environment.required("OPENAI_MODEL", expected)?;
    let model = OpenAi::new(base_url, model, environment.text("OPENAI_API_KEY"))?;
    let parts = part_tokens(environment, OPENAI_PART_TOKENS)?;
    Ok(engine(model, AnalystOptions::new(parts, OPENAI_AT_ONCE)))
}

fn engine(model: impl LanguageModel + 'static, options: AnalystOptions) -> Arc<dyn Analyst> {
    Arc::new(LanguageAnalyst::new(Arc::new(model), options))
}

/// `ANALYZER_PART_TOKENS`.
fn part_tokens(environment: &Environment, default: u32) -> Result<u32, InvalidSetting> {
    let (least, most) = (PART_TOKENS.start(), PART_TOKENS.end());
    let expected = format!("a number of tokens, {least} to {most}");
    let parts = environment.parsed("ANALYZER_PART_TOKENS", default, &expected)?;
    let known = PART_TOKENS.contains(&parts).then_some(parts);
    known.ok_or(InvalidSetting::new("ANALYZER_PART_TOKENS", expected))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use domain::ports::TokenError;

    use super::*;
    use crate::{analyst, analyst_with};

    const SECRET: &str = "hunter2";

    struct Tokens;

    #[async_trait]
    impl TokenSource for Tokens {
        async fn token(&self) -> Result<String, TokenError> {
            Ok(SECRET.to_owned())
        }
    }

    fn refused<const N: usize>(pairs: [(&str, &str); N]) -> String {
        let error = analyst(&Environment::from_pairs(pairs))
            .map(|_| ())
            .unwrap_err();
        format!("{error:#}")
    }

    #[test]
    fn each_engine_is_found_by_its_name() {
        let name = |pairs: &[(&str, &str)]| {
            let pairs: [(&str, &str); 4] =
                std::array::from_fn(|at| *pairs.get(at).unwrap_or(&("", "")));
            let engine = analyst_with(&Environment::from_pairs(pairs), Some(Arc::new(Tokens)));
            engine.unwrap().name()
        };
        assert_eq!(name(&[]), "extractive");
        assert_eq!(
            name(&[("ANALYZER", "gemini"), ("GEMINI_API_KEY", SECRET)]),
            "gemini"
        );
        assert_eq!(
            name(&[("ANALYZER", "vertex"), ("GCS_PROJECT_ID", "p")]),
            "vertex"
        );
        let openai = [
            ("ANALYZER", "openai"),
            ("OPENAI_BASE_URL", "http://localhost:11434/v1/"),
            ("OPENAI_MODEL", "llama3.1:8b"),
        ];
        assert_eq!(name(&openai), "openai");
    }

    #[test]
    fn invalid_settings_are_named_without_their_values() {
        let gemini = ("ANALYZER", "gemini");
        let key = ("GEMINI_API_KEY", SECRET);
        let openai = ("ANALYZER", "openai");
        let url = ("OPENAI_BASE_URL", "http://localhost/v1");
        for (error, name) in [
            (refused([("ANALYZER", SECRET)]), "ANALYZER"),
            (refused([gemini]), "GEMINI_API_KEY"),
            (
                refused([gemini, ("GEMINI_API_KEY", "hunter2\u{1}")]),
                "GEMINI_API_KEY",
            ),
            (
                refused([gemini, key, ("GEMINI_MODEL", "../hunter2")]),
                "GEMINI_MODEL",
            ),
            (
                refused([gemini, key, ("GEMINI_BASE_URL", SECRET)]),
                "GEMINI_BASE_URL",
            ),
            (
                refused([gemini, key, ("ANALYZER_PART_TOKENS", "7")]),
                "ANALYZER_PART_TOKENS",
            ),
            (
                refused([("ANALYZER", "vertex"), ("GCS_PROJECT_ID", "p")]),
                "ANALYZER",
            ),
            (refused([openai]), "OPENAI_BASE_URL"),
            (refused([openai, url]), "OPENAI_MODEL"),
            (
                refused([openai, ("OPENAI_BASE_URL", SECRET), ("OPENAI_MODEL", "m")]),
                "OPENAI_BASE_URL",
            ),
            (
                refused([
                    openai,
                    url,
                    ("OPENAI_MODEL", "m"),
                    ("OPENAI_API_KEY", "hunter2\u{1}"),
                ]),
                "OPENAI_API_KEY",
            ),
        ] {
            assert!(error.starts_with(name), "{name}: {error}");
            assert!(!error.contains(SECRET) && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn vertex_is_where_its_location_says() {
        let at = |location: &str| {
            let environment = Environment::from_pairs([
                ("ANALYZER", "vertex"),
                ("GCS_PROJECT_ID", "p"),
                ("VERTEX_LOCATION", location),
            ]);
            analyst_with(&environment, Some(Arc::new(Tokens))).map(|_| ())
        };
        assert!(at("europe-west1").is_ok());
        let error = at("evil.example/?").unwrap_err().to_string();
        assert!(error.starts_with("VERTEX_LOCATION must be"), "{error}");
    }
}
