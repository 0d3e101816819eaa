//! The engines by their names in the settings.

use std::sync::Arc;

use domain::ports::{Analyst, LiveTranscriber, Transcriber};
use runtime::settings::Environment;

use crate::{
    Deepgram, Extractive, OpenAiTranscriber, PocketSphinx, TokenSource, deepgram, language,
    openai_transcription,
};

/// One speech engine in both its ways of listening.
#[derive(Clone)]
pub struct Speech {
    /// To stored recordings.
    pub transcriber: Arc<dyn Transcriber>,
    /// To speech as it comes.
    pub live: Arc<dyn LiveTranscriber>,
}

impl Speech {
    fn of<E: Transcriber + LiveTranscriber + 'static>(engine: E) -> Self {
        let engine = Arc::new(engine);
        Self {
            transcriber: Arc::clone(&engine) as _,
            live: engine,
        }
    }
}

/// `TRANSCRIBER`: the speech engine, found on this machine or reached from it.
pub fn speech(environment: &Environment) -> anyhow::Result<Speech> {
    let name = environment.word(
        "TRANSCRIBER",
        &["pocketsphinx", "deepgram", "openai", "whisper"],
    )?;
    if name == "deepgram" {
        let options = deepgram::Options::read(environment)?;
        return Ok(Speech::of(Deepgram::new(options)?));
    }
    if name == "openai" {
        let options = openai_transcription::Options::read(environment)?;
        return Ok(Speech::of(OpenAiTranscriber::new(options)?));
    }
    if name == "whisper" {
        return whisper(environment);
    }
    let path = environment.text("PATH").unwrap_or_default();
    Ok(Speech::of(PocketSphinx::find(path)?))
}

#[cfg(feature = "whisper")]
fn whisper(environment: &Environment) -> anyhow::Result<Speech> {
    let expected = "a model file in ggml format";
    let path = environment.required("WHISPER_MODEL", expected)?;
    let engine = crate::Whisper::from_file(std::path::Path::new(path));
    let engine = engine.map_err(|error| runtime::settings::InvalidSetting {
        name: "WHISPER_MODEL",
        expected: format!("{expected}: {error}"),
    })?;
    Ok(Speech::of(engine))
}

#[cfg(not(feature = "whisper"))]
fn whisper(_: &Environment) -> anyhow::Result<Speech> {
    anyhow::bail!("TRANSCRIBER=whisper needs a program that is built with `--features whisper`")
}

/// The same engine for stored recordings alone.
pub fn transcriber(environment: &Environment) -> anyhow::Result<Arc<dyn Transcriber>> {
    Ok(speech(environment)?.transcriber)
}

/// `DIARIZATION`: the engine with speakers told apart by voice where it cannot do so
/// itself.
///
/// Apart from [`speech`], so that programs that transcribe no recordings link no models.
#[cfg(feature = "diarization")]
pub fn with_diarization(
    environment: &Environment,
    transcriber: Arc<dyn Transcriber>,
) -> anyhow::Result<Arc<dyn Transcriber>> {
    let setting = environment.word("DIARIZATION", &["auto", "off"])?;
    if setting == "off" || transcriber.name() == "deepgram" {
        return Ok(transcriber);
    }
    Ok(Arc::new(crate::Diarized::new(transcriber)))
}

/// `ANALYZER`: the language engine, where there are no Google credentials.
pub fn analyst(environment: &Environment) -> anyhow::Result<Arc<dyn Analyst>> {
    analyst_with(environment, None)
}

/// `ANALYZER`: the language engine. `vertex` needs `tokens`.
pub fn analyst_with(
    environment: &Environment,
    tokens: Option<Arc<dyn TokenSource>>,
) -> anyhow::Result<Arc<dyn Analyst>> {
    let names = ["extractive", "gemini", "openai", "vertex"];
    match environment.word("ANALYZER", &names)? {
        "gemini" => language::settings::gemini(environment),
        "openai" => language::settings::openai(environment),
        "vertex" => language::settings::vertex(environment, tokens),
        _ => Ok(Arc::new(Extractive)),
    }
}
