//! The engines by their names in the settings.

use std::sync::Arc;

use config::{Environment, InvalidSetting};
use domain::{
    engine_check::Finding,
    ports::{Analyst, LiveTranscriber, TokenSource, Transcriber},
};
use models::Supply;

use crate::{
    Deepgram, Extractive, OpenAiTranscriber, PocketSphinx, deepgram, language,
    openai_transcription, pocketsphinx::NotInstalled,
};

/// One speech engine in both its ways of listening.
#[derive(Clone)]
pub struct Speech {
    /// To stored recordings.
    pub transcriber: Arc<dyn Transcriber>,
    /// To speech as it comes.
    pub live: Arc<dyn LiveTranscriber>,
    /// The supply of its model, where it may have to be fetched.
    pub supply: Option<Arc<Supply>>,
}

impl Speech {
    pub(crate) fn new<E: Transcriber + LiveTranscriber + 'static>(engine: E) -> Self {
        let engine = Arc::new(engine);
        Self {
            transcriber: Arc::clone(&engine) as _,
            live: engine,
            supply: None,
        }
    }
}

/// Whether another engine is used as long as the model of the chosen one is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// Where it is installed.
    IfInstalled,
    /// As `ALLOW_FALLBACK` says.
    AsSet,
    /// None: it was not chosen.
    Never,
}

/// The engines of `TRANSCRIBER`, the default first.
const NAMES: [&str; 4] = if cfg!(feature = "whisper") {
    ["whisper", "deepgram", "openai", "pocketsphinx"]
} else {
    ["pocketsphinx", "deepgram", "openai", "whisper"]
};

/// `TRANSCRIBER`: the speech engine, found on this machine or reached from it.
pub fn speech(environment: &Environment) -> anyhow::Result<Speech> {
    speech_with(environment, Fallback::AsSet)
}

/// The same, with a fallback.
pub fn speech_with(environment: &Environment, fallback: Fallback) -> anyhow::Result<Speech> {
    match environment.word("TRANSCRIBER", &NAMES)? {
        "deepgram" => {
            let options = deepgram::DeepgramOptions::read(environment)?;
            Ok(Speech::new(Deepgram::new(options)?))
        }
        "openai" => {
            let options = openai_transcription::OpenAiTranscriptionOptions::read(environment)?;
            Ok(Speech::new(OpenAiTranscriber::new(options)?))
        }
        "whisper" => whisper(environment, fallback),
        _ => Ok(Speech::new(pocketsphinx(environment)?)),
    }
}

/// The engine that is installed with the distribution and needs no other model.
pub(crate) fn pocketsphinx(environment: &Environment) -> Result<PocketSphinx, NotInstalled> {
    PocketSphinx::find(environment.text("PATH").unwrap_or_default())
}

#[cfg(feature = "whisper")]
pub(crate) fn whisper(environment: &Environment, fallback: Fallback) -> anyhow::Result<Speech> {
    crate::supplied::whisper(environment, fallback)
}

#[cfg(not(feature = "whisper"))]
pub(crate) fn whisper(_: &Environment, _: Fallback) -> anyhow::Result<Speech> {
    anyhow::bail!("TRANSCRIBER=whisper needs a program that is built with `--features whisper`")
}

/// `FFMPEG`: the program that decodes what the decoding library cannot, for all of this
/// process.
pub fn use_ffmpeg(environment: &Environment) -> Result<(), InvalidSetting> {
    let found = media::Ffmpeg::find(environment.text("FFMPEG"));
    let expected = "the path or name of a program with `ffprobe` beside it, or `off`";
    let found = found.ok_or_else(|| InvalidSetting::new("FFMPEG", expected))?;
    if found.is_none() {
        tracing::warn!(
            event = "media.ffmpeg_missing",
            "there is no FFmpeg: recordings in some formats cannot be decoded, and damaged ones \
             only in part; install it, or set FFMPEG to its path"
        );
    }
    media::Ffmpeg::configure(found);
    Ok(())
}

/// What a check finds of `FFMPEG`.
pub fn ffmpeg_finding(environment: &Environment) -> Finding {
    let finding = match media::Ffmpeg::find(environment.text("FFMPEG")) {
        Some(Some(_)) => {
            return Finding::ok("ffmpeg", "FFmpeg is there for rare and damaged recordings");
        }
        Some(None) => Finding::warning(
            "ffmpeg",
            "there is no FFmpeg: recordings in some formats cannot be decoded, and damaged ones \
             only in part",
        ),
        None => Finding::error(
            "ffmpeg",
            "there is no such program, or no `ffprobe` beside it",
        ),
    };
    finding.about(&["FFMPEG"])
}

/// The same engine for stored recordings alone.
pub fn transcriber(environment: &Environment) -> anyhow::Result<Arc<dyn Transcriber>> {
    Ok(speech(environment)?.transcriber)
}

/// `DIARIZATION`: the engine, with diarization where it has none of its own.
///
/// Separate from [`speech`], so that programs that transcribe no recordings link no
/// models.
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

/// `ANALYZER`: the language engine, without Google credentials.
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
