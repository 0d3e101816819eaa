//! Engines that are set up beside the active ones, so that a run can choose them.
//!
//! An engine is set up by its own variables. One whose variables are not all there is left out;
//! one of which a variable is malformed stops the start, as it does for the active engine.
//! Connections are made, and models read, when an engine is first used.

use std::sync::Arc;

use config::{Environment, InvalidSetting};
use domain::ports::{Analyst, TokenSource, Transcriber};

use crate::{
    Deepgram, Extractive, Fallback, OpenAiTranscriber, Speech,
    deepgram::DeepgramOptions,
    language,
    openai_transcription::OpenAiTranscriptionOptions,
    settings::{self, pocketsphinx},
};

/// The kind of machine that the engines are called from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineHost {
    /// On this machine, with what is installed there.
    ThisMachine,
    /// In the cloud, whose image has no engine of its own.
    Cloud,
}

/// The speech engines that are set up beside the one of this name.
pub fn other_transcribers(
    environment: &Environment,
    active: &str,
    host: EngineHost,
) -> anyhow::Result<Vec<Arc<dyn Transcriber>>> {
    let mut found: Vec<Arc<dyn Transcriber>> = Vec::new();
    let has_whisper = cfg!(feature = "whisper") && host == EngineHost::ThisMachine;
    if has_whisper && active != "whisper" {
        found.extend(whisper(environment)?);
    }
    if active != "deepgram" && environment.text("DEEPGRAM_API_KEY").is_some() {
        let options = DeepgramOptions::read(environment)?;
        found.push(Arc::new(Deepgram::new(options)?));
    }
    if active != "openai"
        && let Some(options) = OpenAiTranscriptionOptions::read_own(environment)?
    {
        found.push(Arc::new(OpenAiTranscriber::new(options)?));
    }
    if host == EngineHost::ThisMachine && active != "pocketsphinx" {
        let engine = pocketsphinx(environment).ok();
        found.extend(engine.map(|engine| Arc::new(engine) as Arc<dyn Transcriber>));
    }
    for (engine, model) in other_models(environment, SPEECH_MODELS)? {
        found.push(speech_model(environment, active, host, engine, model)?);
    }
    Ok(found)
}

/// Further models of speech engines that runs can choose.
const SPEECH_MODELS: &str = "OTHER_SPEECH_MODELS";

/// The same of language engines.
const LANGUAGE_MODELS: &str = "OTHER_LANGUAGE_MODELS";

/// Pairs of an engine and a model: `deepgram/nova-2, whisper/tiny.en`.
fn other_models<'a>(
    environment: &'a Environment,
    name: &'static str,
) -> Result<Vec<(&'a str, &'a str)>, InvalidSetting> {
    let text = environment.text(name).unwrap_or_default();
    let pairs = text
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    let read = |pair: &'a str| {
        let (engine, model) = pair.split_once('/').unwrap_or((pair, ""));
        let expected =
            "pairs of an engine and a model, such as `deepgram/nova-2, openai/whisper-1`";
        let known = (!model.is_empty()).then_some((engine, model));
        known.ok_or_else(|| InvalidSetting::new(name, expected))
    };
    pairs.map(read).collect()
}

/// An engine of [`SPEECH_MODELS`], set up like the one of its name, with this model.
fn speech_model(
    environment: &Environment,
    active: &str,
    host: EngineHost,
    engine: &str,
    model: &str,
) -> anyhow::Result<Arc<dyn Transcriber>> {
    match engine {
        "whisper" if cfg!(feature = "whisper") && host == EngineHost::ThisMachine => {
            let own = environment.and("WHISPER_MODEL", model);
            if let Some(engine) = fetched(settings::whisper(&own, Fallback::Never)?) {
                return Ok(engine);
            }
        }
        "deepgram" if environment.text("DEEPGRAM_API_KEY").is_some() => {
            let own = environment.and("DEEPGRAM_MODEL", model);
            return Ok(Arc::new(Deepgram::new(DeepgramOptions::read(&own)?)?));
        }
        "openai" => {
            let own = environment.and("OPENAI_TRANSCRIPTION_MODEL", model);
            let options = if active == "openai" {
                Some(OpenAiTranscriptionOptions::read(&own)?)
            } else {
                OpenAiTranscriptionOptions::read_own(&own)?
            };
            if let Some(options) = options {
                return Ok(Arc::new(OpenAiTranscriber::new(options)?));
            }
        }
        _ => {}
    }
    Err(not_set_up(SPEECH_MODELS).into())
}

/// An engine of [`LANGUAGE_MODELS`], set up like the one of its name, with this model.
fn language_model(
    environment: &Environment,
    tokens: Option<&Arc<dyn TokenSource>>,
    engine: &str,
    model: &str,
) -> anyhow::Result<Arc<dyn Analyst>> {
    match engine {
        "gemini" if environment.text("GEMINI_API_KEY").is_some() => {
            language::settings::gemini(&environment.and("GEMINI_MODEL", model))
        }
        "vertex" if tokens.is_some() && environment.text("GCS_PROJECT_ID").is_some() => {
            language::settings::vertex(&environment.and("GEMINI_MODEL", model), tokens.cloned())
        }
        "openai" if environment.text("OPENAI_BASE_URL").is_some() => {
            language::settings::openai(&environment.and("OPENAI_MODEL", model))
        }
        _ => Err(not_set_up(LANGUAGE_MODELS).into()),
    }
}

fn not_set_up(name: &'static str) -> InvalidSetting {
    InvalidSetting::new(
        name,
        "models of engines that are set up here by their own variables, of `whisper` those that have \
         been fetched (`interviewlens models fetch`)",
    )
}

/// Whisper, where `WHISPER_MODEL` names its model or the default one has been fetched. Where
/// nothing is set, there need be no folder for models either.
fn whisper(environment: &Environment) -> anyhow::Result<Option<Arc<dyn Transcriber>>> {
    let read = || settings::whisper(environment, Fallback::Never);
    if environment.text("WHISPER_MODEL").is_some() {
        return Ok(Some(read()?.transcriber));
    }
    Ok(read().ok().and_then(fetched))
}

/// The engine, where its model is there.
fn fetched(speech: Speech) -> Option<Arc<dyn Transcriber>> {
    let supply = speech.supply.as_ref()?;
    let is_there = matches!(supply.state(), models::SupplyState::Ready(_));
    is_there.then_some(speech.transcriber)
}

/// The language engines that are set up beside the one of this name. `vertex` is among them
/// where there are `tokens` and `VERTEX_LOCATION` is set.
pub fn other_analysts(
    environment: &Environment,
    active: &str,
    tokens: Option<&Arc<dyn TokenSource>>,
) -> anyhow::Result<Vec<Arc<dyn Analyst>>> {
    let is_set = |names: &[&'static str]| {
        // All of them are asked for: which variables are read depends on no value.
        let there = names.iter().filter(|name| environment.text(name).is_some());
        there.count() == names.len()
    };
    let mut found: Vec<Arc<dyn Analyst>> = Vec::new();
    if active != "gemini" && is_set(&["GEMINI_API_KEY"]) {
        found.push(language::settings::gemini(environment)?);
    }
    let vertex = is_set(&["GCS_PROJECT_ID", "VERTEX_LOCATION"]);
    if active != "vertex" && vertex && tokens.is_some() {
        found.push(language::settings::vertex(environment, tokens.cloned())?);
    }
    if active != "openai" && is_set(&["OPENAI_BASE_URL", "OPENAI_MODEL"]) {
        found.push(language::settings::openai(environment)?);
    }
    if active != "extractive" {
        found.push(Arc::new(Extractive));
    }
    for (engine, model) in other_models(environment, LANGUAGE_MODELS)? {
        found.push(language_model(environment, tokens, engine, model)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speech<const N: usize>(active: &str, pairs: [(&str, &str); N]) -> Vec<String> {
        let environment = Environment::from_pairs(pairs);
        let found = other_transcribers(&environment, active, EngineHost::Cloud).unwrap();
        let name = |engine: &Arc<dyn Transcriber>| {
            format!("{} {}", engine.name(), engine.model().unwrap_or("-"))
        };
        found.iter().map(name).collect()
    }

    fn language<const N: usize>(active: &str, pairs: [(&str, &str); N]) -> Vec<&'static str> {
        let environment = Environment::from_pairs(pairs);
        let found = other_analysts(&environment, active, None).unwrap();
        found.iter().map(|engine| engine.name()).collect()
    }

    #[test]
    fn speech_engines_are_there_with_their_own_variables() {
        assert!(speech("deepgram", [("DEEPGRAM_API_KEY", "k")]).is_empty());
        let server = ("OPENAI_TRANSCRIPTION_BASE_URL", "http://localhost:9");
        let found = speech(
            "whisper",
            [
                ("DEEPGRAM_API_KEY", "k"),
                ("DEEPGRAM_MODEL", "nova-2"),
                server,
                ("OPENAI_TRANSCRIPTION_MODEL", "large"),
            ],
        );
        assert_eq!(found, ["deepgram nova-2", "openai large"]);
        // No recording goes to the language engine's server, or to one without a model.
        let shared = ("OPENAI_BASE_URL", "https://api.openai.com/v1");
        assert!(speech("whisper", [shared, ("OPENAI_API_KEY", "k")]).is_empty());
        assert!(speech("whisper", [server]).is_empty());
    }

    #[test]
    fn language_engines_are_there_with_their_own_variables() {
        assert_eq!(language("gemini", []), ["extractive"]);
        assert!(language("extractive", [("OPENAI_BASE_URL", "http://localhost:9")]).is_empty());
        let found = language(
            "extractive",
            [
                ("GEMINI_API_KEY", "k"),
                ("OPENAI_BASE_URL", "http://localhost:9"),
                ("OPENAI_MODEL", "m"),
                ("GCS_PROJECT_ID", "p"),
                ("VERTEX_LOCATION", "global"),
            ],
        );
        // Without Google credentials there is no `vertex`.
        assert_eq!(found, ["gemini", "openai"]);
    }

    #[test]
    fn further_models_are_engines_of_their_own() {
        let key = ("DEEPGRAM_API_KEY", "k");
        let found = speech("deepgram", [key, (SPEECH_MODELS, "deepgram/nova-2, ")]);
        assert_eq!(found, ["deepgram nova-2"]);
        let pairs = [
            ("GEMINI_API_KEY", "k"),
            (LANGUAGE_MODELS, "gemini/gemini-pro"),
        ];
        let environment = Environment::from_pairs(pairs);
        let found = other_analysts(&environment, "extractive", None).unwrap();
        let models: Vec<_> = found.iter().map(|engine| engine.model()).collect();
        assert_eq!(models.len(), 2);
        assert_eq!(models.get(1), Some(&Some("gemini-pro")));
        for text in [
            "deepgram",
            "deepgram/",
            "/nova-2",
            "deepgram/nova-2",
            "vosk/small",
        ] {
            let environment = Environment::from_pairs([(SPEECH_MODELS, text)]);
            let refused =
                other_transcribers(&environment, "whisper", EngineHost::Cloud).map(|_| ());
            let line = refused.unwrap_err().to_string();
            assert!(line.starts_with("OTHER_SPEECH_MODELS must be"), "{line}");
        }
    }

    #[test]
    fn an_engine_of_this_machine_needs_no_settings_to_be_left_out() {
        let nothing = Environment::from_pairs([]);
        let found = other_transcribers(&nothing, "deepgram", EngineHost::ThisMachine).unwrap();
        assert!(found.is_empty());
    }

    #[test]
    fn malformed_settings_are_refused_by_name() {
        let malformed = Environment::from_pairs([("DEEPGRAM_API_KEY", "hunter2 \u{e9}")]);
        let error = other_transcribers(&malformed, "whisper", EngineHost::Cloud).map(|_| ());
        let line = error.unwrap_err().to_string();
        assert!(line.starts_with("DEEPGRAM_API_KEY must be"), "{line}");
    }
}
